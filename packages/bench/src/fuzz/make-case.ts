/** Cases of every layer, drawn from a seed. */
import { type Api, apiList, Produce } from '@odradek/protocol'
import type { FuzzCase, Layer } from './fuzz-case.ts'
import { mutateFrame } from './mutate-bytes.ts'
import type { Random } from './random.ts'
import { validBatch, wrongBatch } from './random-batch.ts'
import { wrongPayload } from './random-payload.ts'
import { type RandomRecords, randomFrame } from './random-request.ts'
import type { Vocabulary } from './vocabulary.ts'

/** Chance of each length, count, tag section or null to lie, where a body is to have such faults. */
const FAULT_RATE = 0.06
const SHARES: readonly Layer[] = [
  ...['requests', 'requests', 'requests', 'batches', 'batches', 'batches', 'payloads', 'payloads', 'frames'],
  ...['bodies', 'bodies', 'bodies', 'bodies', 'bodies', 'bodies'],
] as Layer[]
const OTHER_PROTOCOLS = [
  Buffer.from('GET / HTTP/1.1\r\nHost: broker\r\n\r\n'),
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from('1603010200010001fc0303', 'hex'),
  Buffer.from('SSH-2.0-fuzz\r\n'),
]
const LENGTHS = [0, -1, 1, 2, 3, 7, 0x7fffffff, -0x80000000, 100_000_000, 1 << 20]
/** A piece that is written by itself; a request that trickles in has at most so many. */
const PIECES_MAX = 24

/** Draws cases; `served` are the APIs that the broker lists, with the versions it lists. */
export class CaseMaker {
  readonly #random: Random
  readonly #vocabulary: Vocabulary
  readonly #versions: { readonly api: Api; readonly version: number }[] = []
  #correlationId = 1

  constructor(random: Random, vocabulary: Vocabulary, served: ReadonlySet<number>) {
    this.#random = random
    this.#vocabulary = vocabulary
    for (const api of apiList) {
      if (!served.has(api.key)) continue
      for (let version = api.versions[0]; version <= api.versions[1]; version += 1)
        this.#versions.push({ api, version })
    }
  }

  /** Number of pairs of an API and a version. */
  get versionCount(): number {
    return this.#versions.length
  }

  /** One case of every API and version, with nothing wrong in it. */
  tour(): FuzzCase[] {
    return this.#versions.map(({ api, version }) => this.#request('requests', api, version, 0))
  }

  next(): FuzzCase {
    const random = this.#random
    const layer = random.pick(SHARES)
    switch (layer) {
      case 'requests': {
        const { api, version } = random.pick(this.#versions)
        return this.#request(layer, api, version, 0)
      }
      case 'bodies': {
        const { api, version } = random.pick(this.#versions)
        const made = this.#request(layer, api, version, random.chance(0.6) ? FAULT_RATE : 0)
        if (random.chance(0.5)) return made
        return { ...made, pieces: [mutateFrame(made.pieces[0]!, random)] }
      }
      case 'batches':
        return this.#produce(layer, wrongBatch)
      case 'payloads':
        return this.#produce(layer, wrongPayload)
      case 'frames':
        return this.#frames()
      default:
        return layer satisfies never
    }
  }

  #request(layer: Layer, api: Api, version: number, faultRate: number): FuzzCase {
    const frame = this.#frame(api, version, faultRate, validBatch)
    return this.#whole(layer, `${api.name} ${version}`, frame, layer === 'requests')
  }

  #produce(layer: Layer, records: RandomRecords): FuzzCase {
    const version = this.#random.between(Produce.versions[0], Produce.versions[1])
    return this.#whole(layer, `Produce ${version}`, this.#frame(Produce as unknown as Api, version, 0, records), true)
  }

  #whole(layer: Layer, what: string, frame: Buffer, isValid: boolean): FuzzCase {
    return { layer, what, pieces: [frame], ending: 'wait', isValid }
  }

  #frame(api: Api, version: number, faultRate: number, records: RandomRecords): Buffer {
    this.#correlationId = (this.#correlationId + 1) & 0x3fffffff
    const random = this.#random.fork()
    return randomFrame(api, version, this.#correlationId, { random, vocabulary: this.#vocabulary, records, faultRate })
  }

  /** What is wrong with the stream and not with what it carries: pieces, lengths, ends. */
  #frames(): FuzzCase {
    const random = this.#random
    const frames = Array.from({ length: random.pick([1, 1, 2, 5, 20]) }, () => {
      const { api, version } = random.pick(this.#versions)
      return this.#frame(api, version, 0, validBatch)
    })
    const stream = Buffer.concat(frames)
    const layer = 'frames'
    const ending = random.pick(['wait', 'wait', 'end', 'reset'] as const)
    switch (random.below(8)) {
      case 0:
        return { layer, what: 'in pieces', pieces: cut(stream, random), ending: 'wait', isValid: true }
      case 1: {
        const first = frames[0]!
        const bytes = Math.min(first.length, PIECES_MAX - 1)
        const pieces = Array.from({ length: bytes }, (_, at) => first.subarray(at, at + 1))
        return {
          layer,
          what: 'byte by byte',
          pieces: [...pieces, first.subarray(bytes)],
          ending: 'wait',
          isValid: true,
        }
      }
      case 2:
        return { layer, what: 'pipelined', pieces: [stream], ending, isValid: true }
      case 3: {
        const lying = Buffer.from(stream)
        lying.writeInt32BE(random.chance(0.5) ? random.pick(LENGTHS) : frames[0]!.length - 4 + random.between(-9, 9))
        return { layer, what: 'a lying length', pieces: cut(lying, random), ending, isValid: false }
      }
      case 4:
        return {
          layer,
          what: 'cut off',
          pieces: [stream.subarray(0, random.below(stream.length))],
          ending,
          isValid: false,
        }
      case 5:
        return { layer, what: 'another protocol', pieces: [random.pick(OTHER_PROTOCOLS)], ending, isValid: false }
      case 6:
        return { layer, what: 'noise', pieces: [random.bytes(random.between(1, 400))], ending, isValid: false }
      default:
        return { layer, what: 'never reads', pieces: [stream, stream, stream], ending: 'deaf', isValid: true }
    }
  }
}

function cut(stream: Buffer, random: Random): Buffer[] {
  const pieces: Buffer[] = []
  let from = 0
  while (from < stream.length && pieces.length < PIECES_MAX - 1) {
    const to = Math.min(from + random.between(1, random.pick([2, 10, 1000])), stream.length)
    pieces.push(stream.subarray(from, to))
    from = to
  }
  if (from < stream.length) pieces.push(stream.subarray(from))
  return pieces
}

/**
 * Frames of every API and version, some of them with bytes changed, against a broker that also serves somebody else. What
 * is answered must be an answer of that API; nothing may be logged as a failure of the broker's own.
 *
 * A failure prints its seed; ODRADEK_FUZZ_SEED=<seed> repeats it, or tries another. `npm run fuzz` has the long form, and more layers.
 */
import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Api,
  apiList,
  apis,
  Fetch,
  isResponseHeaderFlexible,
  Produce,
  Reader,
  readResponseHeader,
  sliceOf,
  Writer,
  writeRequestHeader,
} from '@odradek/protocol'
import fc from 'fast-check'
import { arbitraryOf } from '../../protocol/test/arbitrary-of.ts'
import { HostileScene } from './hostile-scene.ts'
import { WireTopic } from './protocol/wire-topic.ts'
import { WireClient } from './wire-client.ts'

const FRAMES = 2000
const AT_ONCE = 24
/** What a frame may wait for its answer: some are entitled to wait for ever. */
const PATIENCE_MS = 500
const SEED = Number(process.env.ODRADEK_FUZZ_SEED ?? 1)

/** Random integers below a bound, by the mulberry32 of the seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

function frameOf(api: Api, version: number, request: unknown): Buffer {
  const writer = new Writer()
  writer.int32(0)
  const header = { apiKey: api.key, apiVersion: version, correlationId: 7, clientId: 'fuzz' }
  writeRequestHeader(writer, header, api.request.isFlexible(version))
  api.request.encode(writer, request as never, version)
  writer.patchInt32(0, writer.length - 4)
  return Buffer.from(writer.buffer.subarray(0, writer.length))
}

/** Valid frames: some of every version of every API with random contents, and some that name what is there. */
function validFrames(topic: WireTopic, seed: number): Buffer[] {
  const frames: Buffer[] = []
  for (const api of apiList as readonly Api[]) {
    for (let version = api.versions[0]; version <= api.versions[1]; version += 1) {
      const requests = fc.sample(arbitraryOf(api.request, version), { seed, numRuns: 3 })
      for (const request of requests) frames.push(frameOf(api, version, request))
    }
  }
  const records = [{ key: 'k', value: 'v', timestamp: Date.now(), headers: [{ key: 'h', value: 'w' }] }]
  for (const version of [3, 8, 12, 13]) {
    for (const codec of ['none', 'gzip', 'zstd', 'lz4', 'snappy'] as const) {
      const batch = { records, codec, producerId: version, producerEpoch: 0, baseSequence: 0 }
      frames.push(frameOf(Produce, version, topic.produceRequest(batch)))
    }
  }
  for (const version of [4, 7, 12, 18]) frames.push(frameOf(Fetch, version, topic.fetchRequest(0)))
  return frames
}

const INTERESTING = [0, 1, -1, 0x7f, 0x80, 0xff, 0x7fff, -0x8000, 0x7fffffff, -0x80000000, 1_000_000]

/** The frame with one to four changes; most of them leave the frame's length right. */
function mutated(frame: Buffer, random: (below: number) => number): Buffer {
  let bytes = Buffer.from(frame)
  for (let changes = 1 + random(4); changes > 0; changes -= 1) {
    const at = 4 + random(Math.max(bytes.length - 4, 1))
    const rest = bytes.length - at
    switch (random(7)) {
      case 0:
        if (rest > 0) bytes[at]! ^= 1 << random(8)
        break
      case 1:
        if (rest > 0) bytes[at] = random(256)
        break
      case 2:
        if (rest >= 4) bytes.writeInt32BE(INTERESTING[random(INTERESTING.length)]!, at)
        break
      case 3:
        if (rest >= 2) bytes.writeInt16BE([0, -1, 0x7fff, -0x8000, 1][random(5)]!, at)
        break
      case 4:
        bytes = bytes.subarray(0, at)
        break
      case 5:
        bytes = Buffer.concat([bytes.subarray(0, at), Buffer.alloc(1 + random(8), random(256)), bytes.subarray(at)])
        break
      default:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.min(at + 1 + random(8), bytes.length))])
    }
  }
  bytes.writeInt32BE(random(20) === 0 ? random(0x7fffffff) : bytes.length - 4)
  return bytes
}

/** Fails where the first frame that came back is no answer to what was sent. */
function checkAnswer(sent: Buffer, said: Buffer): void {
  if (said.length === 0) return
  ok(said.length >= 4 && said.length >= 4 + said.readInt32BE(0), 'a whole answer')
  const [apiKey, asked, correlationId] = [sent.readInt16BE(4), sent.readInt16BE(6), sent.readInt32BE(8)]
  const api = apis.get(apiKey)
  if (!api) throw new Error(`API key ${apiKey} was answered`)
  // An unknown version of ApiVersions is answered as version 0; of no other API at all.
  const version = asked >= api.versions[0] && asked <= api.versions[1] ? asked : 0
  const { buffer, view } = sliceOf(said)
  const reader = new Reader(buffer, view, 4, 4 + said.readInt32BE(0))
  const flexible = isResponseHeaderFlexible(apiKey, api.response.isFlexible(version))
  equal(readResponseHeader(reader, flexible), correlationId)
  api.response.decode(reader, version)
  equal(reader.remaining, 0)
}

test(`${FRAMES} frames, valid and mutated (seed ${SEED})`, async () => {
  await using scene = await HostileScene.open()
  using client = await WireClient.connect(scene.broker.port)
  const topic = await WireTopic.create(client)
  const random = randomOf(SEED)
  const valid = validFrames(topic, SEED)
  let answered = 0
  const attack = async (frame: Buffer): Promise<void> => {
    const { socket } = await scene.connect()
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    await new Promise<void>((done) => {
      const impatience = setTimeout(() => socket.destroy(), PATIENCE_MS)
      socket.once('close', () => {
        clearTimeout(impatience)
        done()
      })
      socket.end(frame)
    })
    const said = Buffer.concat(chunks)
    if (said.length > 0) answered += 1
    try {
      checkAnswer(frame, said)
    } catch (error) {
      throw new Error(`Seed ${SEED}: ${frame.toString('hex')} was answered ${said.toString('hex')}`, { cause: error })
    }
  }
  const frames = Array.from({ length: FRAMES }, (_, at) => {
    const frame = valid[at] ?? valid[random(valid.length)]!
    return at < valid.length ? frame : mutated(frame, random)
  })
  ok(valid.length < FRAMES / 2, `${valid.length} valid frames`)
  let next = 0
  const work = async () => {
    while (next < frames.length) {
      next += 1
      await attack(frames[next - 1]!)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  ok(answered > FRAMES / 10, `${answered} of ${FRAMES} frames were answered`)
})

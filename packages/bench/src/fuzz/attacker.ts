/** Sends cases one after the other, over one connection for as long as the broker keeps it. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { ApiVersions, Produce } from '@odradek/protocol'
import { encodeRequest } from '../load/control-client.ts'
import { checkAnswer, WrongAnswer } from './check-answer.ts'
import type { FuzzCase } from './fuzz-case.ts'

const PROBE_ID = 0x7e570000

export interface Outcome {
  /** Decoded answers. */
  readonly answers: readonly object[]
  /** The broker ended the connection; it kept it and answered what came behind; or it said nothing in time. */
  readonly end: 'closed' | 'served' | 'silent'
}

/** The broker ended the connection from `address`, and nothing was wrong with the request. */
export class ClosedConnection extends WrongAnswer {
  readonly address: string

  constructor(address: string) {
    super(`the broker closed ${address}, and nothing was wrong with the request`)
    this.address = address
  }
}

export class Attacker {
  readonly #host: string
  readonly #port: number
  readonly #patienceMs: number
  #socket: Socket | null = null
  /** Its address, as the broker's log names it. */
  #name = ''
  #received: Buffer = Buffer.alloc(0)
  #probes = 0

  /** It waits `patienceMs` for an answer: some requests are entitled to wait for ever. */
  constructor(host: string, port: number, patienceMs: number) {
    this.#host = host
    this.#port = port
    this.#patienceMs = patienceMs
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = null
  }

  /** @throws WrongAnswer; the system's error where the broker cannot be reached */
  async run(fuzzCase: FuzzCase): Promise<Outcome> {
    // A stream that breaks off, or is not the protocol, has a connection of its own.
    if (fuzzCase.layer === 'frames') this.close()
    const socket = this.#socket ?? (await this.#connect())
    const { pieces, ending } = fuzzCase
    if (ending === 'deaf') socket.pause()
    for (const piece of pieces.slice(0, -1)) {
      if (socket.writable) socket.write(piece)
      await new Promise(setImmediate)
    }
    const probeId = PROBE_ID + (this.#probes++ & 0xffff)
    const last = pieces.at(-1)!
    const probe = ending === 'wait' ? encodeRequest(ApiVersions, 0, probeId, {}) : Buffer.alloc(0)
    if (socket.writable) socket.write(Buffer.concat([last, probe]))
    if (ending === 'end') socket.end()
    if (ending === 'reset' || ending === 'deaf') {
      await new Promise(setImmediate)
      socket.resetAndDestroy()
      this.#socket = null
      return { answers: [], end: 'silent' }
    }
    const said = await this.#listen(socket, probeId)
    if (said.end !== 'served') this.close()
    // The probe may have become a part of a frame that was cut off.
    const answers = checkAnswers(cutFrames(Buffer.concat([...pieces, probe])), said.frames)
    if (said.end === 'closed' && fuzzCase.isValid && ending === 'wait' && !mayBeClosed(fuzzCase)) {
      throw new ClosedConnection(this.#name)
    }
    return { answers, end: said.end }
  }

  async #connect(): Promise<Socket> {
    const socket = connect({ host: this.#host, port: this.#port, noDelay: true })
    this.#socket = socket
    this.#received = Buffer.alloc(0)
    await once(socket, 'connect')
    this.#name = `${socket.localAddress}:${socket.localPort}`
    socket.on('error', () => {})
    return socket
  }

  /** Collects frames until the probe is answered, the broker closes, or patience ends. */
  #listen(socket: Socket, probeId: number): Promise<{ frames: Buffer[]; end: Outcome['end'] }> {
    const frames: Buffer[] = []
    return new Promise((resolve) => {
      const done = (end: Outcome['end']) => {
        clearTimeout(timer)
        socket.off('data', data).off('close', closed)
        resolve({ frames, end })
      }
      const closed = () => done('closed')
      const data = (chunk: Buffer) => {
        this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
        for (;;) {
          const frame = firstFrame(this.#received)
          if (frame === null) return
          this.#received = this.#received.subarray(frame.length)
          if (frame.length >= 8 && frame.readInt32BE(4) === probeId) return done('served')
          frames.push(frame)
        }
      }
      const timer = setTimeout(() => done('silent'), this.#patienceMs)
      socket.on('data', data).on('close', closed)
      if (socket.destroyed) done('closed')
    })
  }
}

/** The first whole frame of a stream, its length in front; null where there is none. */
function firstFrame(stream: Buffer): Buffer | null {
  if (stream.length < 4) return null
  const length = stream.readInt32BE(0)
  return length < 0 || stream.length < 4 + length ? null : stream.subarray(0, 4 + length)
}

function cutFrames(stream: Buffer): Buffer[] {
  const frames: Buffer[] = []
  for (let rest = stream; ; ) {
    const frame = firstFrame(rest)
    if (frame === null || frame.length === 4) return frames
    frames.push(frame)
    rest = rest.subarray(frame.length)
  }
}

/** Each answer must be to a frame after that of the answer before; some frames have none. */
function checkAnswers(sent: readonly Buffer[], said: readonly Buffer[]): object[] {
  let next = 0
  return said.map((answer) => {
    const id = answer.length >= 8 ? answer.readInt32BE(4) : 0
    while (next < sent.length && (sent[next]!.length < 12 || sent[next]!.readInt32BE(8) !== id)) next += 1
    const asked = sent[next]
    if (!asked) throw new WrongAnswer(`an answer of ${answer.length} bytes came to nothing that was asked`)
    next += 1
    return checkAnswer(asked, answer)
  })
}

/** Nobody hears of an error with acks=0: the broker ends the connection instead. */
function mayBeClosed({ pieces }: FuzzCase): boolean {
  return cutFrames(Buffer.concat(pieces)).some((frame) => frame.length >= 6 && frame.readInt16BE(4) === Produce.key)
}

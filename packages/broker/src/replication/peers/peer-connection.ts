/**
 * One connection to another broker: requests by their tables, answers in the order of the requests.
 *
 *   send ─▶ waiting (in order) ─▶ answered | failed: the connection ended, or an answer took too long
 *
 * An answer that takes too long ends the connection: nobody could tell the late answer from the next one's, and a peer that
 * went without a word is found this way.
 */
import {
  type Api,
  isResponseHeaderFlexible,
  Reader,
  type RequestInput,
  type ResponseOutput,
  readResponseHeader,
  type Shape,
  Writer,
  writeRequestHeader,
} from '@odradek/protocol'
import type { Timer } from '../../host/clock.ts'
import { type FrameHandlers, FrameReader } from '../../host/frame-reader.ts'
import type { Host } from '../../host/host.ts'
import type { Connection, ConnectionHandlers } from '../../host/network.ts'
import { PeerError } from './peer-error.ts'

/** The largest answer that is read: more than any request of ours asks for. */
const ANSWER_BYTES_MAX = 256 * 1024 * 1024
/** Requests that wait for their answers on one connection. */
const WAITING_MAX = 1000
/** Output buffers that grew above this size are not kept. */
const KEPT_OUTPUT_BYTES_MAX = 1024 * 1024

const reader = new Reader()

/** Takes the outcome of a request, once. */
export interface Asker<A> {
  /** Slices in the response (records) are borrowed: none is kept after return. */
  answered(response: A): void
  failed(error: PeerError): void
}

interface Waiting {
  readonly api: Api
  readonly version: number
  readonly correlationId: number
  readonly asker: Asker<unknown>
  readonly timer: Timer
}

export class PeerConnection implements ConnectionHandlers, FrameHandlers {
  readonly #host: Host
  readonly #clientId: string
  readonly #name: string
  readonly #connection: Connection
  readonly #frames = new FrameReader(ANSWER_BYTES_MAX, this)
  readonly #waiting: Waiting[] = []
  readonly #ended: (connection: PeerConnection) => void
  #spare: Writer | null = null
  #correlationId = 0
  #isOver = false
  /** Whether anything was ever answered. */
  hasAnswered = false

  /** Connects to `address`; `name` is for messages. `ended` is called once, after all that waited has failed. */
  constructor(
    host: Host,
    address: { host: string; port: number },
    options: { name: string; clientId: string; ended: (connection: PeerConnection) => void },
  ) {
    this.#host = host
    this.#name = options.name
    this.#clientId = options.clientId
    this.#ended = options.ended
    this.#connection = host.network.connect(address)
    this.#connection.start(this)
  }

  get isOpen(): boolean {
    return !this.#isOver
  }

  /** Requests without an answer yet. */
  get outstanding(): number {
    return this.#waiting.length
  }

  /** Sends a request; `asker` hears of it later, never before this returns. */
  send<Q extends Shape, A extends Shape>(
    api: Api<Q, A>,
    version: number,
    request: RequestInput<Api<Q, A>>,
    timeoutMs: number,
    asker: Asker<ResponseOutput<Api<Q, A>>>,
  ): void {
    const refusal = this.#isOver
      ? `the connection to ${this.#name} has ended`
      : this.#waiting.length >= WAITING_MAX
        ? `${WAITING_MAX} requests to ${this.#name} wait already`
        : null
    if (refusal !== null) {
      queueMicrotask(() => asker.failed(new PeerError(refusal, { unsent: true })))
      return
    }
    this.#correlationId = (this.#correlationId + 1) & 0x7fff_ffff
    const correlationId = this.#correlationId
    const writer = this.#spare ?? new Writer()
    this.#spare = null
    writer.int32(0)
    const header = { apiKey: api.key, apiVersion: version, correlationId, clientId: this.#clientId }
    writeRequestHeader(writer, header, api.request.isFlexible(version))
    api.request.encode(writer, request as never, version)
    writer.patchInt32(0, writer.totalLength - 4)
    const timer = this.#host.timers.after(timeoutMs, () =>
      this.close(`${this.#name} did not answer ${api.name} within ${timeoutMs} ms`),
    )
    this.#waiting.push({ api: api as unknown as Api, version, correlationId, asker: asker as Asker<unknown>, timer })
    this.#connection.send(writer.buffer, 0, writer.length, writer.inserts, () => {
      if (writer.buffer.length > KEPT_OUTPUT_BYTES_MAX) return
      writer.reset()
      this.#spare = writer
    })
  }

  /** Ends the connection; all that waits fails. */
  close(reason: string, cause?: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#frames.close()
    this.#connection.destroy()
    for (const { asker, timer } of this.#waiting.splice(0)) {
      timer.cancel()
      asker.failed(new PeerError(reason, { cause }))
    }
    this.#ended(this)
  }

  data(buffer: Buffer, view: DataView, start: number, end: number): void {
    this.#frames.push(buffer, view, start, end)
  }

  frame(buffer: Buffer, view: DataView, start: number, end: number): boolean {
    const waiting = this.#waiting.shift()
    if (waiting === undefined) {
      this.close(`${this.#name} sent what nobody asked for`)
      return false
    }
    const { api, version, correlationId, asker, timer } = waiting
    timer.cancel()
    let response: unknown
    try {
      reader.reset(buffer, view, start, end)
      const answered = readResponseHeader(reader, isResponseHeaderFlexible(api.key, api.response.isFlexible(version)))
      if (answered !== correlationId) throw new Error(`it answers request ${answered} where ${correlationId} is next`)
      response = api.response.decode(reader, version)
    } catch (error) {
      const text = `the answer of ${this.#name} to ${api.name} cannot be read: ${(error as Error).message}`
      asker.failed(new PeerError(text, { cause: error }))
      this.close(text, error)
      return false
    }
    this.hasAnswered = true
    asker.answered(response)
    return !this.#isOver
  }

  badLength(length: number): void {
    this.close(`${this.#name} announced an answer of ${length} bytes`)
  }

  ended(): void {
    this.close(`${this.#name} closed the connection`)
  }

  drained(): void {}

  closed(error: Error | null): void {
    this.close(error === null ? `${this.#name} closed the connection` : `${this.#name}: ${error.message}`, error)
  }
}

/** One request and its answer, in the order of its connection. */
import type { Api, Reader, Shape } from '@odradek/protocol'
import type { BrokerContext } from './broker-context.ts'
import type { ServerConnection } from './server-connection.ts'

export class Exchange {
  readonly connection: ServerConnection
  readonly api: Api
  readonly version: number
  readonly correlationId: number
  readonly clientId: string | null
  /** Monotonic milliseconds at which the last of the request's bytes came. */
  readonly arrivedAt: number
  /** … at which it was read, and its handler began. */
  readonly receivedAt: number
  /** … at which its handler returned. */
  servedAt: number
  /** … at which it was answered. */
  answeredAt: number
  /** Bytes of files that its answer will send: handlers say so where they are many. */
  answerBytes = 0
  /** Set once answered; null means that nothing is sent (Produce with acks=0). */
  response: object | null = null
  answered = false
  /** Later requests of its connection wait for its answer, though those of its API do not in general. */
  blocks = false
  #onAbandoned: (() => void) | null = null
  #heldBytes = 0
  /** Called when the connection is about to be closed: what can be answered now is. */
  onHurried: (() => void) | null = null

  constructor(
    connection: ServerConnection,
    api: Api,
    version: number,
    correlationId: number,
    clientId: string | null,
    arrivedAt: number,
    receivedAt: number,
  ) {
    this.connection = connection
    this.api = api
    this.version = version
    this.correlationId = correlationId
    this.clientId = clientId
    this.arrivedAt = arrivedAt
    this.receivedAt = receivedAt
    this.servedAt = receivedAt
    this.answeredAt = receivedAt
  }

  /** Called when the connection ends before the answer, at once where it has ended: what waits for it is given up. */
  set onAbandoned(giveUp: (() => void) | null) {
    this.#onAbandoned = giveUp
    if (this.connection.isGone) this.abandon()
  }

  /** Counts `bytes` more that it has of the memory for requests, until its answer is encoded or nobody waits for that. */
  hold(bytes: number): void {
    if (this.connection.isGone) return
    this.#heldBytes += bytes
    this.broker.requestMemory.make(bytes)
  }

  /** It has nothing of that memory any more. */
  letGo(): void {
    if (this.#heldBytes === 0) return
    this.broker.requestMemory.make(-this.#heldBytes)
    this.#heldBytes = 0
  }

  /** The connection has ended. */
  abandon(): void {
    this.letGo()
    const giveUp = this.#onAbandoned
    this.#onAbandoned = null
    giveUp?.()
  }

  get broker(): BrokerContext {
    return this.connection.broker
  }

  /**
   * Answers, at `answeredAt` by the monotonic clock [now]. It is sent at the end of the turn, after the answers to what the
   * connection asked before.
   */
  answer(response: object | null, answeredAt = this.broker.host.clock.monotonic()): void {
    if (this.answered) throw new Error(`${this.api.name} was answered twice`)
    this.answered = true
    this.answeredAt = answeredAt
    this.response = response
    this.#onAbandoned = null
    this.onHurried = null
    this.connection.answered(this)
  }

  /** Ends the connection without an answer, with one log line. */
  refuse(reason: string): void {
    this.connection.refuse(reason, this)
  }
}

/** Serves one API. It answers by returning a response, or later through `exchange.answer`, returning undefined. */
export interface Handler {
  readonly api: Api
  /** Decodes and serves. Everything borrowed from the frame is used before it returns. */
  serve(reader: Reader, exchange: Exchange): object | undefined
  /** Whether the connection's later requests wait for a late answer of this one (long polls: they could not overtake it anyway). */
  readonly blocking: boolean
  /** Whether it waits for what others do, perhaps in vain: a stopping broker does not wait with it. */
  readonly isPoll: boolean
}

/**
 * Declares how an API is served. `serve` gets the decoded request and returns the response, or undefined when it answers
 * later through `exchange.answer`.
 */
export function handle<Q extends Shape, A extends Shape>(
  api: Api<Q, A>,
  serve: (
    request: ReturnType<Api<Q, A>['request']['decode']>,
    exchange: Exchange,
    broker: BrokerContext,
  ) => Parameters<Api<Q, A>['response']['encode']>[1] | undefined,
  options: { blocking?: boolean; isPoll?: boolean } = {},
): Handler {
  return {
    api: api as unknown as Api,
    serve: (reader, exchange) =>
      serve(api.request.decode(reader, exchange.version), exchange, exchange.broker) as object | undefined,
    blocking: options.blocking ?? false,
    isPoll: options.isPoll ?? false,
  }
}

import type { SimConnection, SimHost } from '@odradek/broker/src/host/sim/index.ts'
import {
  type Api,
  isResponseHeaderFlexible,
  Reader,
  readResponseHeader,
  type Shape,
  sliceOf,
  Writer,
  writeRequestHeader,
} from '@odradek/protocol'

type Request<Q extends Shape, A extends Shape> = Parameters<Api<Q, A>['request']['encode']>[1]
type Response<Q extends Shape, A extends Shape> = ReturnType<Api<Q, A>['response']['decode']>

/** The connection ended, or was silent for too long, before the answer came: whether the request was done is unknown. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost'
}

interface Waiting {
  readonly correlationId: number
  answer(frame: Buffer): void
  fail(error: Error): void
}

const REQUEST_TIMEOUT_MS = 5_000

/** One client connection in a simulated world: requests by their tables, answers in order. */
export class SimClient {
  readonly #host: SimHost
  readonly #connection: SimConnection
  readonly #timeoutMs: number
  readonly #waiting: Waiting[] = []
  #received: Buffer = Buffer.alloc(0)
  #correlationId = 0
  #lost: ConnectionLost | null = null

  /** An answer is waited for `timeoutMs`, and then the connection is given up. */
  constructor(host: SimHost, address: { host: string; port: number }, timeoutMs = REQUEST_TIMEOUT_MS) {
    this.#host = host
    this.#timeoutMs = timeoutMs
    this.#connection = host.network.connect(address)
    this.#connection.start({
      data: (buffer, _view, start, end) => this.#data(buffer.subarray(start, end)),
      ended: () => this.close('the broker closed the connection'),
      drained: () => {},
      closed: (error) => this.#end(error?.message ?? 'closed'),
    })
  }

  get isOpen(): boolean {
    return this.#lost === null
  }

  /** Sends a request and resolves with its answer. Rejects with ConnectionLost when none comes. */
  request<Q extends Shape, A extends Shape>(
    api: Api<Q, A>,
    version: number,
    request: Request<Q, A>,
    timeoutMs = this.#timeoutMs,
  ): Promise<Response<Q, A>> {
    if (this.#lost !== null) return Promise.reject(this.#lost)
    const correlationId = this.#send(api, version, request)
    return new Promise((resolve, reject) => {
      const timer = this.#host.timers.after(timeoutMs, () => this.close(`no answer to ${api.name} in ${timeoutMs} ms`))
      this.#waiting.push({
        correlationId,
        answer: (frame) => {
          timer.cancel()
          try {
            resolve(decode(api, version, correlationId, frame))
          } catch (error) {
            reject(error)
          }
        },
        fail: (error) => {
          timer.cancel()
          reject(error)
        },
      })
    })
  }

  /** Sends a request that has no answer. */
  post<Q extends Shape, A extends Shape>(api: Api<Q, A>, version: number, request: Request<Q, A>): void {
    if (this.#lost === null) this.#send(api, version, request)
  }

  close(reason = 'closed by the client'): void {
    this.#connection.destroy()
    this.#end(reason)
  }

  #send<Q extends Shape, A extends Shape>(api: Api<Q, A>, version: number, request: Request<Q, A>): number {
    this.#correlationId += 1
    const writer = new Writer()
    writer.int32(0)
    const header = { apiKey: api.key, apiVersion: version, correlationId: this.#correlationId, clientId: 'sim' }
    writeRequestHeader(writer, header, api.request.isFlexible(version))
    api.request.encode(writer, request, version)
    writer.patchInt32(0, writer.length - 4)
    this.#connection.send(writer.buffer, 0, writer.length, [], () => {})
    return this.#correlationId
  }

  #data(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes])
    while (this.#received.length >= 4 && this.#received.length >= 4 + this.#received.readInt32BE(0)) {
      const end = 4 + this.#received.readInt32BE(0)
      const frame = Buffer.from(this.#received.subarray(4, end))
      this.#received = this.#received.subarray(end)
      const waiting = this.#waiting.shift()
      if (waiting === undefined) throw new Error('the broker sent what nobody asked for')
      waiting.answer(frame)
    }
  }

  #end(reason: string): void {
    this.#lost ??= new ConnectionLost(reason)
    for (const waiting of this.#waiting.splice(0)) waiting.fail(this.#lost)
  }
}

function decode<Q extends Shape, A extends Shape>(
  api: Api<Q, A>,
  version: number,
  correlationId: number,
  frame: Buffer,
): Response<Q, A> {
  const { buffer, view, start, end } = sliceOf(frame)
  const reader = new Reader(buffer, view, start, end)
  const answered = readResponseHeader(reader, isResponseHeaderFlexible(api.key, api.response.isFlexible(version)))
  if (answered !== correlationId) throw new Error(`answer ${answered} came where ${correlationId} was due`)
  const response = api.response.decode(reader, version)
  if (reader.remaining > 0) throw new Error(`${reader.remaining} bytes follow the ${api.name} response`)
  return response
}

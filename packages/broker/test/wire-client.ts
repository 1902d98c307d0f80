/** A bare client for tests: one socket, requests by their tables, answers in order. It checks what it is told. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
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

export class WireClient {
  readonly socket: Socket
  readonly #waiting: { answer: (frame: Buffer) => void; fail: (error: Error) => void }[] = []
  #closedBy: Error | null = null
  #received: Buffer = Buffer.alloc(0)
  #correlationId = 0

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => this.#data(chunk))
    socket.on('error', (error) => this.#closed(error))
    socket.on('close', () => this.#closed(new Error('The broker closed the connection')))
  }

  static async connect(port: number, host = '127.0.0.1'): Promise<WireClient> {
    const socket = connect(port, host)
    socket.setNoDelay(true)
    await once(socket, 'connect')
    return new WireClient(socket)
  }

  /** The frame of a request, its length included. */
  encode<Q extends Shape, A extends Shape>(api: Api<Q, A>, version: number, request: Request<Q, A>): Buffer {
    this.#correlationId += 1
    const writer = new Writer()
    writer.int32(0)
    const header = { apiKey: api.key, apiVersion: version, correlationId: this.#correlationId, clientId: 'wire-client' }
    writeRequestHeader(writer, header, api.request.isFlexible(version))
    api.request.encode(writer, request, version)
    writer.patchInt32(0, writer.length - 4)
    return Buffer.from(writer.buffer.subarray(0, writer.length))
  }

  /** Sends a request and resolves with its answer; rejects when the connection ends first. */
  send<Q extends Shape, A extends Shape>(
    api: Api<Q, A>,
    version: number,
    request: Request<Q, A>,
  ): Promise<Response<Q, A>> {
    const frame = this.encode(api, version, request)
    const answer = this.expect(api, version)
    this.socket.write(frame)
    return answer
  }

  /** Sends a frame as it is and resolves with the next frame that comes, length excluded. */
  exchange(frame: Buffer): Promise<Buffer> {
    const answer = this.#nextFrame()
    this.socket.write(frame)
    return answer
  }

  /** Waits for the answer to the request that was encoded last. */
  async expect<Q extends Shape, A extends Shape>(api: Api<Q, A>, version: number): Promise<Response<Q, A>> {
    const correlationId = this.#correlationId
    const frame = await this.#nextFrame()
    const { buffer, view, start, end } = sliceOf(frame)
    const reader = new Reader(buffer, view, start, end)
    const answered = readResponseHeader(reader, isResponseHeaderFlexible(api.key, api.response.isFlexible(version)))
    if (answered !== correlationId) throw new Error(`Answer ${answered} came where ${correlationId} was due`)
    const response = api.response.decode(reader, version)
    if (reader.remaining > 0) throw new Error(`${reader.remaining} bytes follow the ${api.name} response`)
    return response
  }

  #nextFrame(): Promise<Buffer> {
    if (this.#closedBy) return Promise.reject(this.#closedBy)
    return new Promise((answer, fail) => this.#waiting.push({ answer, fail }))
  }

  /** Resolves when the broker has closed the connection. */
  async ended(): Promise<void> {
    if (!this.socket.closed) await once(this.socket, 'close')
  }

  close(): void {
    this.socket.destroy()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #data(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    while (this.#received.length >= 4 && this.#received.length >= 4 + this.#received.readInt32BE(0)) {
      const end = 4 + this.#received.readInt32BE(0)
      const frame = Buffer.from(this.#received.subarray(4, end))
      this.#received = this.#received.subarray(end)
      const waiting = this.#waiting.shift()
      if (!waiting) throw new Error('The broker sent what nobody asked for')
      waiting.answer(frame)
    }
  }

  #closed(error: Error): void {
    this.#closedBy ??= error
    for (const { fail } of this.#waiting.splice(0)) fail(error)
  }
}

/**
 * Speaks to etcd v3 through its JSON gateway, which every member serves on its client port: POST, JSON in and out, int64
 * as decimal text and bytes as base64 (etcd.io/docs/v3.4/dev-guide/api_grpc_gateway).
 */
import http from 'node:http'
import https from 'node:https'
import { StoreError } from '../store.ts'
import type { EtcdAddress } from './etcd-address.ts'

export type Json = Record<string, unknown>

/** Codes of gRPC that the gateway passes on. */
const GRPC = { invalidArgument: 3, notFound: 5, resourceExhausted: 8, outOfRange: 11, unauthenticated: 16 } as const

const RESPONSE_BYTES_MAX = 512 * 1024 * 1024
/** Probes that find a member whose machine went without a word. */
const KEEP_ALIVE_MS = 5_000

export interface EtcdStream {
  close(): void
  /** Ends it because its member is of no use: the next one is asked from now on. */
  leave(): void
}

/**
 * Requests to one member, and to the next one once that fails; logs in where credentials are given. Streams are where requests
 * go: a member that stands still says nothing on them, and is found by the requests that it does not answer.
 */
export class EtcdHttp {
  readonly #address: EtcdAddress
  readonly #timeoutMs: number
  readonly #agent: http.Agent
  #member = 0
  /** What ends each stream, by the member it is at. */
  readonly #streams = new Map<(error: Error) => void, number>()
  #token: Promise<string> | null = null

  constructor(address: EtcdAddress, timeoutMs: number) {
    this.#address = address
    this.#timeoutMs = timeoutMs
    const isSecure = address.endpoints[0]!.startsWith('https:')
    const { ca, cert, key } = address.tls
    const tls = { ...(ca === null ? {} : { ca }), ...(cert === null ? {} : { cert }), ...(key === null ? {} : { key }) }
    const options = { keepAlive: true, keepAliveMsecs: KEEP_ALIVE_MS, maxSockets: 64 }
    this.#agent = isSecure ? new https.Agent({ ...options, ...tls }) : new http.Agent(options)
  }

  get name(): string {
    return this.#address.endpoints.join(',')
  }

  /**
   * Asks `path`. A member that refuses the connection has not seen the request: the next one is asked. `isRepeatable`
   * requests are also asked again where the answer did not come, within half of the time where there are others. Rejects with
   * a StoreError.
   */
  async call(path: string, body: Json, isRepeatable: boolean, timeoutMs = this.#timeoutMs): Promise<Json> {
    const deadline = performance.now() + timeoutMs
    let error: Error = new Error('no member was asked')
    // Twice round: a member may come back while another is found away.
    const { length } = this.#address.endpoints
    for (let attempt = 0; attempt < 2 * length + 1; attempt++) {
      const remainingMs = deadline - performance.now()
      if (remainingMs <= 0) break
      const member = this.#member
      const isHalved = isRepeatable && attempt === 0 && length > 1
      try {
        return await this.#ask(member, path, body, isHalved ? remainingMs / 2 : remainingMs)
      } catch (failure) {
        error = failure as Error
        if (failure instanceof StoreError) throw failure
        if (failure instanceof EtcdError && failure.isLoggedOut && this.#address.credentials !== null) {
          this.#token = null
          continue
        }
        if (failure instanceof EtcdError && !failure.isPassing) throw failure.toStoreError(this.name)
        this.#leave(member, error)
        if (!isRepeatable && !(failure instanceof NotSentError)) break
      }
    }
    throw new StoreError('UNAVAILABLE', `etcd at ${this.name} does not answer: ${error.message}`, error)
  }

  /** Begins a stream of answers to `body`; `ended` is called once, also after `close`. */
  stream(path: string, body: Json, receive: (message: Json) => void, ended: (error: Error | null) => void): EtcdStream {
    let request: http.ClientRequest | null = null
    let isClosed = false
    let isEnded = false
    const member = this.#member
    const end = (error: Error | null) => {
      if (isEnded) return
      isEnded = true
      this.#streams.delete(cut)
      if (!isClosed) this.#leave(member, error ?? new Error('the stream ended'))
      ended(error)
    }
    const cut = (error: Error) => {
      if (request === null) end(error)
      else request.destroy(error)
    }
    this.#streams.set(cut, member)
    this.#headers(member).then((headers) => {
      if (isClosed || isEnded) return end(null)
      request = this.#request(member, path, body, { ...headers, 'Grpc-Metadata-hasleader': 'true' })
      request.on('socket', (socket) => socket.setKeepAlive(true, KEEP_ALIVE_MS))
      request.on('error', (error) => end(error))
      request.on('response', (response) => {
        let rest = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          const lines = (rest + chunk).split('\n')
          rest = lines.pop()!
          try {
            for (const line of lines) if (line !== '') receive(JSON.parse(line) as Json)
          } catch (error) {
            response.destroy(error as Error)
          }
        })
        response.on('error', (error) => end(error))
        response.on('close', () => end(null))
      })
    }, end)
    return {
      close() {
        isClosed = true
        request?.destroy()
      },
      leave: () => cut(new Error('the member refuses the stream')),
    }
  }

  close(): void {
    this.#agent.destroy()
  }

  /** The next member is asked from now on, where `member` still was; what it streams may never come. */
  #leave(member: number, error: Error): void {
    if (this.#member !== member) return
    const { length } = this.#address.endpoints
    if (length === 1) return
    this.#member = (member + 1) % length
    for (const [cut, at] of [...this.#streams]) if (at === member) cut(error)
  }

  async #ask(member: number, path: string, body: Json, timeoutMs: number): Promise<Json> {
    const headers = await this.#headers(member, timeoutMs)
    return await this.#post(member, path, body, headers, timeoutMs)
  }

  async #headers(member: number, timeoutMs = this.#timeoutMs): Promise<Record<string, string>> {
    const { credentials } = this.#address
    if (credentials === null) return {}
    this.#token ??= this.#logIn(member, credentials, timeoutMs)
    try {
      return { Authorization: await this.#token }
    } catch (error) {
      this.#token = null
      throw error
    }
  }

  async #logIn(
    member: number,
    { username, password }: { username: string; password: string },
    timeoutMs: number,
  ): Promise<string> {
    const body = { name: username, password }
    const { token } = await this.#post(member, '/v3/auth/authenticate', body, {}, timeoutMs)
    if (typeof token !== 'string') throw new StoreError('UNAVAILABLE', `etcd at ${this.name} gave no token`)
    return token
  }

  #request(member: number, path: string, body: Json, headers: Record<string, string>): http.ClientRequest {
    const endpoint = this.#address.endpoints[member]!
    const payload = JSON.stringify(body)
    const options = {
      method: 'POST',
      agent: this.#agent,
      headers: { ...headers, 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(payload) },
    }
    const request = endpoint.startsWith('https:')
      ? https.request(endpoint + path, options)
      : http.request(endpoint + path, options)
    request.end(payload)
    return request
  }

  #post(member: number, path: string, body: Json, headers: Record<string, string>, timeoutMs: number): Promise<Json> {
    return new Promise((resolve, reject) => {
      const request = this.#request(member, path, body, headers)
      const giveUp = () => request.destroy(new Error(`no answer within ${Math.round(timeoutMs)} ms`))
      // Where this process was held up the answer is there, and is read first.
      const timer = setTimeout(() => setImmediate(() => setImmediate(giveUp)), timeoutMs)
      const fail = (error: NodeJS.ErrnoException) => {
        clearTimeout(timer)
        const isSent = error.code !== 'ECONNREFUSED' && error.syscall !== 'getaddrinfo'
        reject(isSent ? error : new NotSentError(error.message))
      }
      request.on('error', fail)
      request.on('response', (response) => {
        const chunks: Buffer[] = []
        let bytes = 0
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk)
          bytes += chunk.length
          if (bytes > RESPONSE_BYTES_MAX) response.destroy(new Error(`more than ${RESPONSE_BYTES_MAX} bytes came`))
        })
        response.on('error', fail)
        response.on('end', () => {
          clearTimeout(timer)
          try {
            const answer = JSON.parse(Buffer.concat(chunks).toString()) as Json
            if (response.statusCode === 200) resolve(answer)
            else reject(new EtcdError(answer))
          } catch {
            reject(new Error(`status ${response.statusCode}, and no JSON`))
          }
        })
      })
    })
  }
}

/** The member was not reached: nothing was asked. */
class NotSentError extends Error {}

/** What etcd itself says. */
class EtcdError extends Error {
  readonly code: number

  constructor(answer: Json) {
    super(String(answer.error ?? answer.message ?? 'an error without a text'))
    this.code = Number(answer.code ?? 0)
  }

  /** The token's time is up, or etcd was started again since. */
  get isLoggedOut(): boolean {
    return this.code === GRPC.unauthenticated || /invalid auth token/.test(this.message)
  }

  /** Members that have no leader, or that are about to stop. */
  get isPassing(): boolean {
    const lasting: readonly number[] = [GRPC.invalidArgument, GRPC.notFound, GRPC.resourceExhausted, GRPC.outOfRange, 7]
    return !lasting.includes(this.code)
  }

  toStoreError(name: string): StoreError {
    if (this.code === GRPC.notFound) return new StoreError('LEASE_NOT_FOUND', this.message, this)
    if (this.code === GRPC.resourceExhausted)
      return new StoreError('NOT_WRITTEN', `etcd at ${name}: ${this.message}`, this)
    return new StoreError('UNAVAILABLE', `etcd at ${name} refuses: ${this.message}`, this)
  }
}

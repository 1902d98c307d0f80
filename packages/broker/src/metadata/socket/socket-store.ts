/**
 * A metadata store that another process of this machine serves. The connection is made when it is first needed and made
 * again, with growing pauses, whenever it is lost; watches go on where they were.
 *
 * What is asked while there is no connection waits for one, until its time is up. A read that loses its connection is
 * asked again; of a transaction nobody knows then whether it was done, and it is refused as UNAVAILABLE.
 */
import { connect, type Socket } from 'node:net'
import type { Timer, Timers } from '../../host/clock.ts'
import {
  checkTransaction,
  type MetadataStore,
  StoreError,
  type Transaction,
  type TransactionResult,
  type Watch,
  type WatchHandlers,
} from '../store.ts'
import { encodeFrame, FrameDecoder } from './json-frames.ts'
import type { ServerMessage, StoreCall, StoreCalls } from './store-messages.ts'

const RECONNECT_MS_MIN = 20
const RECONNECT_MS_MAX = 1000

export interface SocketStoreOptions {
  /** The Unix socket. */
  readonly path: string
  readonly timers: Timers
  /** How long a request waits for its answer, a connection included. [3000] */
  readonly requestTimeoutMs?: number
  /** The same for what may be much: lists and transactions, once they are sent. [requestTimeoutMs] */
  readonly answerTimeoutMs?: number
}

interface Call {
  readonly id: number
  readonly message: object
  /** Whether it may be sent again after the connection it went over is lost. */
  readonly isRepeatable: boolean
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
  /** Whether its answer may take its time. */
  readonly isLarge: boolean
  timer: Timer | null
  isSent: boolean
}

interface Watched {
  readonly prefix: string
  readonly handlers: WatchHandlers
  nextRevision: number
}

export class SocketStore implements MetadataStore {
  readonly #path: string
  readonly #timers: Timers
  readonly #requestTimeoutMs: number
  readonly #answerTimeoutMs: number
  readonly #calls = new Map<number, Call>()
  readonly #watches = new Map<number, Watched>()
  #lastId = 0
  #socket: Socket | null = null
  #isConnected = false
  #reconnect: Timer | null = null
  #reconnectMs = RECONNECT_MS_MIN
  #isClosed = false
  #idle: (() => void) | null = null

  constructor({ path, timers, requestTimeoutMs = 3000, answerTimeoutMs = requestTimeoutMs }: SocketStoreOptions) {
    this.#path = path
    this.#timers = timers
    this.#requestTimeoutMs = requestTimeoutMs
    this.#answerTimeoutMs = answerTimeoutMs
  }

  async get(key: string): Promise<StoreCalls['get']['response']> {
    return await this.#call('get', { key }, true)
  }

  async list(prefix: string): Promise<StoreCalls['list']['response']> {
    return await this.#call('list', { prefix }, true)
  }

  async transact(transaction: Transaction): Promise<TransactionResult> {
    this.#checkOpen()
    checkTransaction(transaction)
    return await this.#call('transact', { transaction }, false)
  }

  async grantLease(ttlMs: number): Promise<string> {
    return await this.#call('grantLease', { ttlMs }, true)
  }

  async keepAlive(lease: string): Promise<boolean> {
    return await this.#call('keepAlive', { lease }, true)
  }

  async revoke(lease: string): Promise<void> {
    await this.#call('revoke', { lease }, true)
  }

  watch(prefix: string, fromRevision: number, handlers: WatchHandlers): Watch {
    this.#checkOpen()
    this.#lastId += 1
    const id = this.#lastId
    const watched = { prefix, handlers, nextRevision: fromRevision }
    this.#watches.set(id, watched)
    if (this.#isConnected) this.#sendWatch(id, watched)
    else this.#connect()
    return {
      close: () => {
        if (this.#watches.delete(id) && this.#isConnected) this.#socket!.write(encodeFrame({ unwatch: id }))
      },
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    if (this.#calls.size > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve
      })
    }
    this.#reconnect?.cancel()
    this.#socket?.destroy()
    const watches = [...this.#watches.values()]
    this.#watches.clear()
    for (const { handlers } of watches) handlers.ended(null)
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new StoreError('CLOSED', 'The metadata store is closed')
  }

  async #call<C extends StoreCall>(
    call: C,
    request: StoreCalls[C]['request'],
    isRepeatable: boolean,
  ): Promise<StoreCalls[C]['response']> {
    this.#checkOpen()
    this.#lastId += 1
    const id = this.#lastId
    const result = await new Promise((resolve, reject) => {
      const entry: Call = {
        id,
        message: { id, call, ...request },
        isRepeatable,
        isLarge: call === 'list' || call === 'transact',
        resolve,
        reject,
        timer: null,
        isSent: false,
      }
      this.#limit(entry, this.#requestTimeoutMs, this.#answerTimeoutMs - this.#requestTimeoutMs)
      this.#calls.set(id, entry)
      if (this.#isConnected) this.#sendCall(entry)
      else this.#connect()
    })
    return result as StoreCalls[C]['response']
  }

  #limit(call: Call, timeoutMs: number, moreMs: number): void {
    call.timer = this.#timers.after(timeoutMs, () => {
      if (call.isSent && call.isLarge && moreMs > 0) {
        this.#limit(call, moreMs, 0)
        return
      }
      // Where this process was held up the answer is there, and is read first.
      this.#timers.endOfTurn(() => this.#timers.endOfTurn(() => this.#giveUp(call)))
    })
  }

  #giveUp(call: Call): void {
    if (!this.#calls.has(call.id)) return
    this.#settle(call)
    call.reject(this.#unavailable('did not answer in time'))
  }

  #unavailable(what: string): StoreError {
    return new StoreError('UNAVAILABLE', `The metadata store at ${this.#path} ${what}`)
  }

  #settle(call: Call): void {
    call.timer?.cancel()
    this.#calls.delete(call.id)
    if (this.#calls.size === 0) this.#idle?.()
  }

  #sendCall(call: Call): void {
    call.isSent = true
    this.#socket!.write(encodeFrame(call.message))
  }

  #sendWatch(id: number, { prefix, nextRevision }: Watched): void {
    this.#socket!.write(encodeFrame({ watch: id, prefix, fromRevision: nextRevision }))
  }

  #connect(): void {
    if (this.#socket !== null || this.#reconnect !== null) return
    const socket = connect(this.#path)
    this.#socket = socket
    const frames = new FrameDecoder()
    socket.on('connect', () => {
      this.#isConnected = true
      this.#reconnectMs = RECONNECT_MS_MIN
      for (const [id, watched] of this.#watches) this.#sendWatch(id, watched)
      for (const call of this.#calls.values()) this.#sendCall(call)
    })
    socket.on('data', (chunk: Buffer) => {
      let messages: unknown[]
      try {
        messages = frames.push(chunk)
      } catch (error) {
        socket.destroy(error as Error)
        return
      }
      for (const message of messages) this.#receive(message as ServerMessage)
    })
    socket.on('error', () => {})
    socket.on('close', () => this.#disconnected())
  }

  #disconnected(): void {
    this.#socket = null
    this.#isConnected = false
    for (const call of [...this.#calls.values()]) {
      if (!call.isSent || call.isRepeatable) continue
      this.#settle(call)
      call.reject(this.#unavailable('went away; whether it made the change is unknown'))
    }
    if (this.#watches.size === 0 && this.#calls.size === 0) return
    this.#reconnect = this.#timers.after(this.#reconnectMs, () => {
      this.#reconnect = null
      this.#connect()
    })
    this.#reconnectMs = Math.min(RECONNECT_MS_MAX, 2 * this.#reconnectMs)
  }

  #receive(message: ServerMessage): void {
    if ('watch' in message) {
      const watched = this.#watches.get(message.watch)
      if (watched === undefined) return
      if ('compacted' in message) {
        this.#watches.delete(message.watch)
        watched.handlers.compacted(message.compacted)
        return
      }
      watched.nextRevision = message.batches.at(-1)!.revision + 1
      watched.handlers.events(message.batches)
      return
    }
    const call = this.#calls.get(message.id)
    // Its time was up before the answer came.
    if (call === undefined) return
    this.#settle(call)
    if ('error' in message) call.reject(new StoreError(message.error.code, message.error.message))
    else call.resolve(message.result)
  }
}

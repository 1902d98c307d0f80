import type net from 'node:net'
import type { Connection, ConnectionHandlers, Insert } from '../network.ts'
import { Outgoing } from './outgoing.ts'
import { adoptHandle, receiveByEvents } from './receiving-socket.ts'

/** How long an ended connection waits for its peer to close too; closing at once could reset what is still on its way. */
const LINGER_MS = 1000

export type ReceiveMethod = 'shared-buffer' | 'data-events'

/** One accepted TCP connection. */
export class NodeConnection implements Connection {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly #socket: net.Socket
  #handlers: ConnectionHandlers | null = null
  #error: Error | null = null
  readonly #outgoing: Outgoing
  #ending = false

  constructor(accepted: net.Socket, method: ReceiveMethod) {
    this.remoteAddress = accepted.remoteAddress ?? ''
    this.remotePort = accepted.remotePort ?? 0
    const receive = (buffer: Buffer, view: DataView, start: number, end: number) => {
      if (!this.#ending) this.#handlers?.data(buffer, view, start, end)
    }
    this.#socket = method === 'shared-buffer' ? adoptHandle(accepted, receive) : receiveByEvents(accepted, receive)
    // A reset while the listener is being told is an error event too, so this comes before anything else.
    this.#socket.on('error', (error) => {
      this.#error ??= error
    })
    this.#outgoing = new Outgoing(this.#socket, () => {
      if (this.#ending) this.#finish()
      else if (!this.#socket.destroyed) this.#handlers?.drained()
    })
  }

  get queuedBytes(): number {
    return this.#outgoing.queuedBytes
  }

  start(handlers: ConnectionHandlers): void {
    this.#handlers = handlers
    const socket = this.#socket
    socket.on('end', () => {
      if (!this.#ending) handlers.ended()
    })
    socket.on('close', () => {
      this.#outgoing.close()
      handlers.closed(this.#error)
    })
    socket.resume()
  }

  send(buffer: Buffer, start: number, end: number, inserts: readonly Insert[], sent: () => void): void {
    if (this.#ending || this.#socket.destroyed) queueMicrotask(sent)
    else this.#outgoing.send(buffer, start, end, inserts, sent)
  }

  pause(): void {
    if (!this.#ending) this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  end(): void {
    if (this.#ending || this.#socket.destroyed) return
    this.#ending = true
    this.#socket.resume()
    if (this.#outgoing.isIdle) this.#finish()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #finish(): void {
    const socket = this.#socket
    if (socket.destroyed) return
    socket.end(() => {
      const linger = setTimeout(() => socket.destroy(), LINGER_MS).unref()
      socket.once('close', () => clearTimeout(linger))
    })
  }
}

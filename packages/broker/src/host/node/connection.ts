import type net from 'node:net'
import type { Connection, ConnectionHandlers, Insert } from '../network.ts'
import { Outgoing } from './outgoing.ts'
import { adoptHandle, connectSocket, type Receive, receiveByEvents } from './receiving-socket.ts'

/** How long an ended connection waits for its peer to close too; closing at once could reset what is still on its way. */
const LINGER_MS = 1000

export type ReceiveMethod = 'shared-buffer' | 'data-events'

/** One TCP connection. */
export class NodeConnection implements Connection {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly #socket: net.Socket
  #handlers: ConnectionHandlers | null = null
  #error: Error | null = null
  readonly #outgoing: Outgoing
  #ending = false

  /** The connection of a socket that a listener accepted. */
  static accepted(socket: net.Socket, method: ReceiveMethod): NodeConnection {
    const { remoteAddress = '', remotePort = 0 } = socket
    const adopt = method === 'shared-buffer' ? adoptHandle : receiveByEvents
    return new NodeConnection(remoteAddress, remotePort, (receive) => adopt(socket, receive))
  }

  /** A connection that is made now. */
  static connecting(address: { host: string; port: number }): NodeConnection {
    return new NodeConnection(address.host, address.port, (receive) => connectSocket(address, receive))
  }

  private constructor(remoteAddress: string, remotePort: number, open: (receive: Receive) => net.Socket) {
    this.remoteAddress = remoteAddress
    this.remotePort = remotePort
    this.#socket = open((buffer, view, start, end) => {
      if (!this.#ending) this.#handlers?.data(buffer, view, start, end)
    })
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

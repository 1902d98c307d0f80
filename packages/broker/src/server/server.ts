/** The broker's listeners and the connections that came in by them. */
import type { Listener as ListenerAddress } from '@odradek/config'
import type { Timer } from '../host/clock.ts'
import type { Connection, Listener } from '../host/network.ts'
import type { BrokerContext } from './broker-context.ts'
import { ServerConnection } from './server-connection.ts'

/** How often idle connections are looked for. */
const IDLE_CHECK_MS = 1000
/** How long a request may be under way while others wait for the memory it holds. */
const SLOW_REQUEST_MS = 30_000
/** How long a stopping broker waits for requests that were read to be answered. */
const DRAIN_MS = 3000

export class Server {
  readonly #broker: BrokerContext
  readonly #listeners: { name: string; listener: Listener }[] = []
  readonly #connections = new Set<ServerConnection>()
  readonly #countByAddress = new Map<string, number>()
  #serving = false
  #idleCheck: Timer | null = null
  #allClosed: (() => void) | null = null

  constructor(broker: BrokerContext) {
    this.#broker = broker
  }

  get connections(): number {
    return this.#connections.size
  }

  /**
   * Listens on all addresses; returns them with the ports they really have. Rejects with the system's error. What comes
   * in waits until `serve`.
   */
  async listen(addresses: readonly ListenerAddress[]): Promise<ListenerAddress[]> {
    const bound: ListenerAddress[] = []
    for (const { name, host, port } of addresses) {
      const listener = await this.#broker.host.network.listen({ host, port }, (socket) => {
        this.#accept(socket, name)
      })
      this.#listeners.push({ name, listener })
      bound.push({ name, host, port: listener.port })
    }
    return bound
  }

  /** Begins to answer. */
  serve(): void {
    this.#serving = true
    for (const connection of this.#connections) connection.serve()
    this.#checkIdle()
  }

  /** Stops listening, lets what was asked be answered, and closes all connections. */
  async close(): Promise<void> {
    this.#idleCheck?.cancel()
    await Promise.all(this.#listeners.map(({ listener }) => listener.close()))
    if (this.#connections.size === 0) return
    await new Promise<void>((resolve) => {
      this.#allClosed = resolve
      this.#broker.host.timers.after(DRAIN_MS, () => {
        for (const connection of this.#connections) connection.destroy()
      })
      for (const connection of this.#connections) connection.finish()
    })
  }

  /** Takes a connection over, or closes it where there are as many as there may be. */
  #accept(socket: Connection, listenerName: string): void {
    const { config, logLimiter } = this.#broker
    const { remoteAddress, remotePort } = socket
    const ofAddress = this.#countByAddress.get(remoteAddress) ?? 0
    const isTotal = this.#connections.size >= config['max.connections']
    if (isTotal || ofAddress >= config['max.connections.per.ip']) {
      const key = isTotal ? 'max.connections' : 'max.connections.per.ip'
      logLimiter.warn(
        'connection',
        { remote: `${remoteAddress}:${remotePort}` },
        `Closed a connection as it came: ${key} allows ${config[key]}`,
      )
      socket.destroy()
      return
    }
    this.#countByAddress.set(remoteAddress, ofAddress + 1)
    const gone = (connection: ServerConnection) => this.#gone(connection, remoteAddress)
    this.#connections.add(new ServerConnection(socket, this.#broker, listenerName, this.#serving, gone))
  }

  #gone(connection: ServerConnection, remoteAddress: string): void {
    this.#connections.delete(connection)
    const left = (this.#countByAddress.get(remoteAddress) ?? 1) - 1
    if (left > 0) this.#countByAddress.set(remoteAddress, left)
    else this.#countByAddress.delete(remoteAddress)
    if (this.#connections.size === 0) this.#allClosed?.()
  }

  /** Once a second: closes connections that neither asked nor were answered for `connections.max.idle.ms`. */
  #checkIdle(): void {
    const { config, host, logLimiter, requestMemory } = this.#broker
    const now = host.clock.monotonic()
    logLimiter.tick()
    requestMemory.endSlow(now - SLOW_REQUEST_MS)
    const idleMs = config['connections.max.idle.ms']
    if (idleMs >= 0) {
      const since = now - idleMs
      for (const connection of this.#connections) {
        if (connection.lastActiveAt < since && connection.outstanding === 0) connection.idle()
      }
    }
    this.#idleCheck = host.timers.after(IDLE_CHECK_MS, () => this.#checkIdle())
  }
}

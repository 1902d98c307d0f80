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
/** A broker whose partitions others lead looks so often whether its clients have heard of it … */
const DISMISS_CHECK_MS = 20
/**
 * … and takes those for informed that were silent so many times running: clients ask again after about 100 ms. It counts
 * looks, not time: between two of them the sockets are read, however busy the machine is.
 */
const SILENT_CHECKS = 8
/** … and looks at most so often. */
const DISMISS_CHECKS_MAX = 50

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

  /**
   * When others lead: stops listening, and answers on, so that clients hear where to turn to. A connection is closed as
   * soon as its client is silent. Resolves when none is left, or after about a second.
   */
  async dismiss(): Promise<void> {
    const { timers } = this.#broker.host
    await this.#stopListening()
    const silences = new Map<ServerConnection, { readonly since: number; readonly checks: number }>()
    for (let check = 0; check < DISMISS_CHECKS_MAX && this.#connections.size > 0; check++) {
      for (const connection of this.#connections) {
        const { lastActiveAt: since, isWaiting } = connection
        const last = silences.get(connection)
        const checks = isWaiting && last?.since === since ? last.checks + 1 : 0
        silences.set(connection, { since, checks })
        if (checks >= SILENT_CHECKS) connection.finish()
      }
      await new Promise<void>((resolve) => timers.after(DISMISS_CHECK_MS, resolve))
    }
  }

  /** Stops listening, lets what was asked be answered, and closes all connections. */
  async close(): Promise<void> {
    this.#idleCheck?.cancel()
    await this.#stopListening()
    if (this.#connections.size === 0) return
    await new Promise<void>((resolve) => {
      this.#allClosed = resolve
      this.#broker.host.timers.after(DRAIN_MS, () => {
        for (const connection of this.#connections) connection.destroy()
      })
      for (const connection of this.#connections) connection.finish()
    })
  }

  async #stopListening(): Promise<void> {
    await Promise.all(this.#listeners.splice(0).map(({ listener }) => listener.close()))
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

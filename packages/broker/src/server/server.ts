/** The broker's listeners and the connections that came in by them. */
import type { Listener as ListenerAddress } from '@odradek/config'
import type { Timer } from '../host/clock.ts'
import type { Listener } from '../host/network.ts'
import type { BrokerContext } from './broker-context.ts'
import { ServerConnection } from './server-connection.ts'

/** How often idle connections are looked for. */
const IDLE_CHECK_MS = 1000
/** How long a stopping broker waits for requests that were read to be answered. */
const DRAIN_MS = 3000

export class Server {
  readonly #broker: BrokerContext
  readonly #listeners: { name: string; listener: Listener }[] = []
  readonly #connections = new Set<ServerConnection>()
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
        const connection = new ServerConnection(socket, this.#broker, name, this.#serving, (gone) => this.#gone(gone))
        this.#connections.add(connection)
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

  #gone(connection: ServerConnection): void {
    this.#connections.delete(connection)
    if (this.#connections.size === 0) this.#allClosed?.()
  }

  /** Closes connections that neither asked nor were answered for `connections.max.idle.ms`. */
  #checkIdle(): void {
    const idleMs = this.#broker.config['connections.max.idle.ms']
    if (idleMs >= 0) {
      const since = this.#broker.host.clock.monotonic() - idleMs
      for (const connection of this.#connections) {
        if (connection.lastActiveAt < since && connection.outstanding === 0) connection.finish()
      }
    }
    this.#idleCheck = this.#broker.host.timers.after(IDLE_CHECK_MS, () => this.#checkIdle())
  }
}

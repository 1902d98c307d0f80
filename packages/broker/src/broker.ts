import type { BrokerConfig, Listener } from '@odradek/config'
import type { AdminListener } from './admin/admin-listener.ts'
import type { BrokerCore } from './broker-core.ts'

/** A running broker. `await using broker = await startBroker()` closes it at the end of its scope. */
export class Broker implements AsyncDisposable {
  /** Where clients connect: every listener with its real port. */
  readonly listeners: readonly Listener[]
  /** The data directories, as given. */
  readonly dataDirs: readonly string[]
  /** `host:port` of the admin listener, null where it is off. */
  readonly adminAddress: string | null
  readonly #core: BrokerCore
  readonly #admin: AdminListener | null
  readonly #afterClose: () => Promise<void>
  readonly #stopMetrics: () => void
  #closing: Promise<void> | null = null

  constructor(parts: {
    core: BrokerCore
    listeners: readonly Listener[]
    dataDirs: readonly string[]
    admin: AdminListener | null
    afterClose: () => Promise<void>
    stopMetrics: () => void
  }) {
    this.#core = parts.core
    this.#admin = parts.admin
    this.#afterClose = parts.afterClose
    this.#stopMetrics = parts.stopMetrics
    this.listeners = parts.listeners
    this.dataDirs = parts.dataDirs
    this.adminAddress = parts.admin?.address ?? null
  }

  /** The first data directory. */
  get dataDir(): string {
    return this.dataDirs[0]!
  }

  /** Host of the first listener. */
  get host(): string {
    return this.listeners[0]!.host
  }

  /** Port of the first listener. */
  get port(): number {
    return this.listeners[0]!.port
  }

  /** `host:port` of the first listener: what a client's bootstrap setting takes. */
  get address(): string {
    return `${this.host.includes(':') ? `[${this.host}]` : this.host}:${this.port}`
  }

  /** Resolves with the disk's error when no data directory is left that can be used: the broker serves nobody any more. */
  get failed(): Promise<Error> {
    return this.#core.failed
  }

  /** The settings in force, dynamic ones included. */
  get config(): BrokerConfig {
    return this.#core.config
  }

  /** Answers what was asked, flushes, marks the data as cleanly closed. Called twice, it is done once. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    // No timer of the host keeps a process alive; without this one it would end with the last socket, before the data is marked.
    const alive = setInterval(() => {}, 1000)
    try {
      this.#stopMetrics()
      await this.#admin?.close()
      await this.#core.close()
      await this.#afterClose()
    } finally {
      clearInterval(alive)
    }
  }
}

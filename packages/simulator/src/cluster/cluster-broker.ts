/** One broker of a simulated cluster, in one life of its machine. */
import { BrokerCore } from '@odradek/broker/src/broker-core.ts'
import type { SimHost } from '@odradek/broker/src/host/sim/index.ts'
import { parseBrokerConfig, resolveBrokerConfig } from '@odradek/config'
import { pino } from 'pino'
import type { Address } from './cluster-clients.ts'
import type { StoreLife } from './store-life.ts'
import { StoreLink } from './store-link.ts'

const ERROR_LEVEL = 50
/** What no broker has any reason to say in these worlds, though none of its own doing is wrong. */
const NEVER_SAID = 'Records that were committed are cut'

export interface ClusterBrokerOptions {
  readonly host: SimHost
  readonly id: number
  readonly settings: Readonly<Record<string, string>>
  readonly store: StoreLife
  /** How long it waits for an answer of the store. */
  readonly storeTimeoutMs: number
}

export class ClusterBroker {
  readonly host: SimHost
  readonly id: number
  readonly link: StoreLink
  /** Null while it starts, and where it died in that. */
  core: BrokerCore | null = null
  /** Set once it serves. */
  address: Address | null = null
  /** Where it listens: its port is the same in each life. */
  readonly #settings: Readonly<Record<string, string>>
  /** What it logged as errors while it was alive, and what comes to the same. */
  readonly errors: string[] = []
  /** Why it could not start. */
  refusal: Error | null = null

  constructor(options: ClusterBrokerOptions) {
    this.host = options.host
    this.id = options.id
    this.#settings = options.settings
    this.link = new StoreLink(options.host, options.store, options.storeTimeoutMs)
  }

  /** Starts and serves; never rejects. */
  async start(): Promise<void> {
    const { host, id } = this
    const parsed = parseBrokerConfig({
      ...this.#settings,
      'node.id': String(id),
      listeners: `PLAINTEXT://${host.network.address}:9092`,
      'admin.listener': '',
    })
    if (parsed.errors.length > 0) throw new Error(parsed.errors.map(({ text }) => text).join('\n'))
    const logger = pino({ level: 'info' }, { write: (line) => this.#logged(line) })
    try {
      const core = await BrokerCore.open({
        host,
        dataDirs: ['/data'],
        config: resolveBrokerConfig({ static: parsed.texts }),
        texts: parsed.texts,
        logger,
        store: this.link,
      })
      this.core = core
      const [bound] = await core.listen()
      this.address = { host: bound!.host, port: bound!.port }
    } catch (error) {
      if (host.alive) this.refusal = error as Error
    }
  }

  #logged(line: string): void {
    if (!this.host.alive) return
    const { level, msg, err, ...facts } = JSON.parse(line) as { level: number; msg: string; err?: { stack: string } }
    const { pid: _, hostname: __, time: ___, ...told } = facts as Record<string, unknown>
    this.host.world.note(null, `broker ${this.id} ${level} ${msg} ${JSON.stringify(told)}`)
    if (level >= ERROR_LEVEL || msg.startsWith(NEVER_SAID))
      this.errors.push(err === undefined ? msg : `${msg} ${err.stack}`)
  }
}

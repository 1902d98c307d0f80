/** Three broker processes on this machine, and their metadata store, which the test's own process serves. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createNodeHost } from '../../src/host/node/node-host.ts'
import { EmbeddedStore } from '../../src/metadata/embedded-store.ts'
import { type StoreServer, serveStore } from '../../src/metadata/socket/store-server.ts'
import { BrokerProcess, freePort } from '../crash/broker-process.ts'

export const BROKER_IDS = [1, 2, 3] as const
export type BrokerId = (typeof BROKER_IDS)[number]

export class BrokerCluster {
  readonly ports: ReadonlyMap<number, number>
  readonly #scratch: string
  readonly #config: Readonly<Record<string, string>>
  readonly #store: EmbeddedStore
  readonly #server: StoreServer
  readonly #processes = new Map<number, BrokerProcess>()

  private constructor(
    scratch: string,
    config: Readonly<Record<string, string>>,
    store: EmbeddedStore,
    server: StoreServer,
    ports: ReadonlyMap<number, number>,
  ) {
    this.#scratch = scratch
    this.#config = config
    this.#store = store
    this.#server = server
    this.ports = ports
  }

  static async start(config: Readonly<Record<string, string>> = {}): Promise<BrokerCluster> {
    const scratch = await mkdtemp(join(tmpdir(), 'odradek-cluster-'))
    const { disk, clock, timers } = createNodeHost()
    await mkdir(join(scratch, 'store'))
    const store = EmbeddedStore.open({ disk, clock, timers, directory: join(scratch, 'store') })
    const server = await serveStore(store, join(scratch, 'store.sock'))
    const ports = new Map<number, number>()
    for (const id of BROKER_IDS) ports.set(id, await freePort())
    const cluster = new BrokerCluster(scratch, config, store, server, ports)
    await Promise.all(BROKER_IDS.map((id) => cluster.begin(id)))
    return cluster
  }

  /** Starts a broker, and waits until it serves. */
  async begin(id: BrokerId): Promise<void> {
    const process = new BrokerProcess({
      scratch: join(this.#scratch, String(id)),
      port: this.ports.get(id)!,
      config: {
        'node.id': String(id),
        'metadata.store': `unix:${join(this.#scratch, 'store.sock')}`,
        'broker.session.timeout.ms': '2500',
        'default.replication.factor': '3',
        'min.insync.replicas': '2',
        'offsets.topic.num.partitions': '2',
        ...this.#config,
      },
    })
    this.#processes.set(id, process)
    await process.listening
  }

  /** Ends a broker at once, wherever it is. */
  async kill(id: number): Promise<void> {
    await this.#processes.get(id)!.kill()
    this.#processes.delete(id)
  }

  /** Asks a broker to stop, and waits until it has. */
  async stop(id: number): Promise<number | null> {
    const code = await this.#processes.get(id)!.stop()
    this.#processes.delete(id)
    return code
  }

  /** Brokers that run. */
  get running(): BrokerId[] {
    return BROKER_IDS.filter((id) => this.#processes.has(id))
  }

  logOf(id: number): string {
    return this.#processes.get(id)?.log ?? ''
  }

  async close(): Promise<void> {
    await Promise.all([...this.#processes.values()].map((process) => process.kill()))
    await this.#server.close()
    await this.#store.close()
    await rm(this.#scratch, { recursive: true, force: true })
  }
}

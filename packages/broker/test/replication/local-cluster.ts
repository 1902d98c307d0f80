/** Three brokers in the test's own process, each with two data directories on a disk of its own that a test can let fail. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CreateTopics, DescribeTopicPartitions, type ResponseOutput } from '@odradek/protocol'
import { createNodeHost } from '../../src/host/node/node-host.ts'
import { type Broker, startBroker } from '../../src/index.ts'
import { EmbeddedStore } from '../../src/metadata/embedded-store.ts'
import { type StoreServer, serveStore } from '../../src/metadata/socket/store-server.ts'
import { HeldDisk } from '../disks/held-disk.ts'
import { WireTopic } from '../protocol/wire-topic.ts'
import { WireClient } from '../wire-client.ts'

type PartitionAnswer = ResponseOutput<typeof DescribeTopicPartitions>['topics'][number]['partitions'][number]

const IDS = [1, 2, 3]
const DIRECTORIES = ['a', 'b']
/** Whoever waits longer for something to come true has found a bug. */
const WAIT_MS_MAX = 60_000

export class LocalCluster implements AsyncDisposable {
  readonly root: string
  readonly #config: Readonly<Record<string, string>>
  /** What all brokers know of each other is in it. */
  readonly store: EmbeddedStore
  readonly #server: StoreServer
  readonly #brokers = new Map<number, Broker>()
  readonly #clients = new Map<number, WireClient>()
  readonly #disks = new Map(IDS.map((id) => [id, new HeldDisk()]))

  private constructor(
    root: string,
    config: Readonly<Record<string, string>>,
    store: EmbeddedStore,
    server: StoreServer,
  ) {
    this.root = root
    this.#config = config
    this.store = store
    this.#server = server
  }

  static async start(config: Readonly<Record<string, string>> = {}): Promise<LocalCluster> {
    const root = await mkdtemp(join(tmpdir(), 'odradek-local-'))
    const { disk, clock, timers } = createNodeHost()
    await mkdir(join(root, 'store'))
    const store = EmbeddedStore.open({ disk, clock, timers, directory: join(root, 'store') })
    const server = await serveStore(store, join(root, 'store.sock'))
    const cluster = new LocalCluster(root, config, store, server)
    await Promise.all(IDS.map((id) => cluster.start(id)))
    return cluster
  }

  async start(id: number): Promise<void> {
    const broker = await startBroker({
      host: this.disk(id).host,
      dataDir: DIRECTORIES.map((name) => this.directory(id, name)),
      config: {
        'node.id': String(id),
        'metadata.store': `unix:${join(this.root, 'store.sock')}`,
        'broker.rack': `rack-${id}`,
        'default.replication.factor': '3',
        'min.insync.replicas': '2',
        'replica.lag.time.max.ms': '60000',
        ...this.#config,
      },
    })
    this.#brokers.set(id, broker)
    this.#clients.set(id, await WireClient.connect(broker.port))
  }

  async stop(id: number): Promise<void> {
    this.#clients.get(id)?.close()
    this.#clients.delete(id)
    await this.#brokers.get(id)?.close()
    this.#brokers.delete(id)
  }

  /** One of a broker's data directories, `a` or `b`. */
  directory(id: number, name: string): string {
    return join(this.root, `broker-${id}`, name)
  }

  disk(id: number): HeldDisk {
    return this.#disks.get(id)!
  }

  address(id: number): string {
    return this.#brokers.get(id)!.address
  }

  to(id: number): WireClient {
    return this.#clients.get(id)!
  }

  /** A topic as a broker knows it. */
  at(id: number, { name, topicId }: { readonly name: string; readonly topicId: string }): WireTopic {
    return new WireTopic(this.to(id), name, topicId)
  }

  /** Makes a topic with replicas on these brokers, led by the first, and waits until all are in sync. */
  async createTopic(
    name: string,
    assignments: readonly (readonly number[])[],
    configs: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly name: string; readonly topicId: string }> {
    for (const id of IDS) {
      const { topics } = await this.to(id).send(CreateTopics, 7, {
        timeoutMs: 60_000,
        topics: [
          {
            name,
            numPartitions: -1,
            replicationFactor: -1,
            assignments: assignments.map((brokerIds, partitionIndex) => ({
              partitionIndex,
              brokerIds: [...brokerIds],
            })),
            configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
          },
        ],
      })
      const { errorCode, errorMessage, topicId } = topics[0]!
      if (errorCode === 41) continue
      if (errorCode !== 0) throw new Error(`${name} was not made: ${errorCode} ${errorMessage}`)
      for (const [index, replicas] of assignments.entries())
        await this.until(name, (partition) => partition.leaderId === replicas[0], { index, told: IDS })
      return { name, topicId }
    }
    throw new Error('No broker is controller')
  }

  /** What brokers say of a partition, once `condition` holds of what each of `told` says. */
  async until(
    name: string,
    condition: (partition: PartitionAnswer) => boolean,
    { index = 0, told = [...this.#clients.keys()] }: { index?: number; told?: readonly number[] } = {},
  ): Promise<PartitionAnswer> {
    let last: PartitionAnswer | undefined
    const waitsUntil = performance.now() + WAIT_MS_MAX
    for (const id of told) {
      for (;;) {
        const { topics } = await this.to(id).send(DescribeTopicPartitions, 0, {
          topics: [{ name }],
          responsePartitionLimit: 2000,
          cursor: null,
        })
        last = topics[0]?.partitions[index]
        if (last !== undefined && condition(last)) break
        if (performance.now() > waitsUntil)
          throw new Error(`It does not come: broker ${id} says of ${name}-${index} ${JSON.stringify(last)}`)
        await sleep(10)
      }
    }
    return last!
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const id of IDS) await this.stop(id)
    await this.#server.close()
    await this.store.close()
    await rm(this.root, { recursive: true, force: true })
  }
}

/** A cluster of real processes: a store, and brokers that share it. All end with its scope. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { CreateTopics, Metadata, type ResponseOutput } from '@odradek/protocol'
import { BrokerProcess, freePort } from '../crash/broker-process.ts'
import { WireClient } from '../wire-client.ts'

type TopicAnswer = ResponseOutput<typeof Metadata>['topics'][number]
export type PartitionAnswer = TopicAnswer['partitions'][number]

const POLL_MS = 20
/** Far beyond what anything here takes: whoever asks longer has found a bug. */
const ASKING_MS_MAX = 120_000
/** REQUEST_TIMED_OUT, INVALID_REPLICATION_FACTOR and INVALID_REPLICA_ASSIGNMENT (a broker is away), NOT_CONTROLLER. */
const PASSING: ReadonlySet<number> = new Set([7, 38, 39, 41])

export class TestCluster implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'odradek-cluster-'))
  readonly #socketPath = join(this.directory, 's')
  readonly #config: Readonly<Record<string, string>>
  readonly #store: string | null
  readonly #ports = new Map<number, number>()
  readonly #brokers = new Map<number, BrokerProcess>()
  #storeProcess: ChildProcess | null = null
  #isDisposed = false
  readonly #askUntil = performance.now() + ASKING_MS_MAX

  private constructor(config: Readonly<Record<string, string>>, store: string | null) {
    this.#config = config
    this.#store = store
  }

  /** Starts brokers 1 to `count`, on the store at `store` [one of its own, on a Unix socket]. */
  static async start(
    count: number,
    config: Readonly<Record<string, string>> = {},
    store: string | null = null,
  ): Promise<TestCluster> {
    const cluster = new TestCluster(config, store)
    if (store === null) await cluster.startStore()
    await cluster.startBroker(1)
    await Promise.all(Array.from({ length: count - 1 }, (_, index) => cluster.startBroker(index + 2)))
    return cluster
  }

  async startStore(): Promise<void> {
    const script = fileURLToPath(new URL('./run-store.ts', import.meta.url))
    const child = spawn(process.execPath, [script, join(this.directory, 'store'), this.#socketPath], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#storeProcess = child
    await once(child.stdout, 'data')
  }

  async killStore(): Promise<void> {
    const child = this.#storeProcess!
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  signalStore(signal: NodeJS.Signals): void {
    this.#storeProcess!.kill(signal)
  }

  async startBroker(id: number): Promise<BrokerProcess> {
    const port = this.#ports.get(id) ?? (await freePort())
    this.#ports.set(id, port)
    const config = {
      'node.id': String(id),
      'metadata.store': this.#store ?? `unix:${this.#socketPath}`,
      'offsets.topic.num.partitions': '3',
      'broker.session.timeout.ms': '5000',
      ...this.#config,
    }
    const broker = new BrokerProcess({ scratch: join(this.directory, `broker-${id}`), port, config })
    this.#brokers.set(id, broker)
    await broker.listening
    return broker
  }

  broker(id: number): BrokerProcess {
    return this.#brokers.get(id)!
  }

  async client(id: number): Promise<WireClient> {
    return await WireClient.connect(this.#ports.get(id)!)
  }

  /** The id of the controller, as broker `asked` knows it. */
  async controller(asked: number): Promise<number> {
    using client = await this.client(asked)
    return (await client.send(Metadata, 12, { topics: [] })).controllerId
  }

  /** Makes a topic whose partitions have the given replicas (or so many, placed by the cluster); asks until it is made. */
  async createTopic(name: string, replicas: readonly number[][] | number): Promise<void> {
    const assignments =
      typeof replicas === 'number' ? [] : replicas.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds }))
    const numPartitions = typeof replicas === 'number' ? replicas : -1
    const topics = [{ name, numPartitions, replicationFactor: -1, assignments, configs: [] }]
    for (;;) {
      // On a busy machine the controller may be another by the time it is asked.
      using client = await this.client(Math.max(1, await this.controller(this.#anyLive)))
      const answer = await client.send(CreateTopics, 7, { topics, timeoutMs: 10_000 })
      const { errorCode, errorMessage } = answer.topics[0]!
      if (errorCode === 0) return
      if (!PASSING.has(errorCode)) throw new Error(`${name} was not made: ${errorCode} ${errorMessage}`)
      await this.#pause(() => `${name} is not made: ${errorMessage}`)
    }
  }

  get #anyLive(): number {
    for (const [id, broker] of this.#brokers) if (!broker.isEnded) return id
    throw new Error('All brokers were killed')
  }

  /** Asks broker `asked` about a topic until `condition` holds of its partitions, and returns them. */
  async untilPartitions(
    asked: number,
    name: string,
    condition: (partitions: readonly PartitionAnswer[]) => boolean,
  ): Promise<readonly PartitionAnswer[]> {
    using client = await this.client(asked)
    for (;;) {
      const { topics } = await client.send(Metadata, 12, { topics: [{ name }], allowAutoTopicCreation: false })
      const partitions = topics[0]!.partitions.toSorted((a, b) => a.partitionIndex - b.partitionIndex)
      if (partitions.length > 0 && condition(partitions)) return partitions
      await this.#pause(() => `${name}: ${JSON.stringify(partitions)}`)
    }
  }

  /** Asks broker `asked` until it knows exactly these brokers. */
  async untilBrokers(asked: number, ids: readonly number[]): Promise<void> {
    using client = await this.client(asked)
    for (;;) {
      const { brokers } = await client.send(Metadata, 12, { topics: [] })
      const known = brokers.map(({ nodeId }) => nodeId).sort((a, b) => a - b)
      if (known.join() === ids.join()) return
      await this.#pause(() => `brokers ${known.join()}`)
    }
  }

  /** Between two questions. A test whose time is up asks no more: it would keep its process alive. */
  async #pause(state: () => string): Promise<void> {
    if (this.#isDisposed || performance.now() > this.#askUntil) {
      const logs = [...this.#brokers].map(([id, broker]) => `broker ${id}: ${broker.log}`)
      throw new Error(`It does not come: ${state()}\n${logs.join('\n')}`)
    }
    await setTimeout(POLL_MS)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true
    await Promise.all([...this.#brokers.values()].map((broker) => broker.kill()))
    if (this.#storeProcess !== null && this.#storeProcess.exitCode === null) this.#storeProcess.kill('SIGKILL')
    rmSync(this.directory, { recursive: true, force: true })
  }
}

/** One cluster as the console has it: a connection, what is known of it for a while, and its history. */
import {
  brokerVitals,
  Cluster,
  describeConfigs,
  describeLogDirectories,
  type LogDirectories,
  type MessageSourceOptions,
  mapBounded,
  type Vitals,
} from '@odradek/client'
import { ClusterSampler } from './sampling/cluster-sampler.ts'
import { Snapshot } from './snapshot.ts'

export interface ClusterSettings extends MessageSourceOptions {
  /** In URLs: letters, digits, hyphens. */
  readonly id: string
  /** For people [the id]. */
  readonly name?: string
  /** A word and a colour for the ribbon: `production`, `red`. */
  readonly environment?: { readonly name: string; readonly color: string }
  /** Nothing may be changed on this cluster. */
  readonly readOnly?: boolean
  /** `host:port` of the brokers' admin listener, where DescribeConfigs does not tell it; empty text: do not ask. */
  readonly adminAddress?: string
}

export interface TopicSize {
  readonly sizeBytes: number
  /** Partition → bytes of its largest replica. */
  readonly partitions: ReadonlyMap<number, number>
}

export interface Sizes {
  readonly logs: LogDirectories
  /** Bytes of all replicas, by topic. */
  readonly topics: ReadonlyMap<string, TopicSize>
}

/** A page does not wait longer for a broker that does not answer. */
const REQUEST_TIMEOUT_MS = 15_000

export class ClusterSession {
  readonly settings: ClusterSettings
  readonly cluster: Cluster
  readonly sampler: ClusterSampler
  readonly sizes: Snapshot<Sizes>
  readonly flushMode: Snapshot<{ readonly value: string | null }>
  /** How each broker fares, by its id. */
  readonly vitals: Snapshot<ReadonlyMap<number, Vitals>>

  constructor(settings: ClusterSettings) {
    this.settings = settings
    this.cluster = new Cluster({ requestTimeoutMs: REQUEST_TIMEOUT_MS, ...settings })
    this.sampler = new ClusterSampler(this.cluster, () => this.#traffic())
    this.sizes = new Snapshot(15_000, () => this.#learnSizes())
    this.flushMode = new Snapshot(30_000, async () => ({ value: await this.#learnFlushMode() }))
    this.vitals = new Snapshot(5000, () => this.#learnVitals())
  }

  get id(): string {
    return this.settings.id
  }

  /** Something was changed: what is known is asked for again. */
  forget(): void {
    this.cluster.forget()
    this.sizes.forget()
  }

  async close(): Promise<void> {
    this.sampler.close()
    await this.cluster.close()
  }

  async #traffic(): Promise<{ receivedBytes: number; sentBytes: number } | null> {
    let receivedBytes = 0
    let sentBytes = 0
    for (const vitals of (await this.vitals.get()).values()) {
      if ('reason' in vitals) return null
      receivedBytes += vitals.receivedBytes
      sentBytes += vitals.sentBytes
    }
    return { receivedBytes, sentBytes }
  }

  /** Odradek's own word for when a write is safe; null elsewhere. */
  async #learnFlushMode(): Promise<string | null> {
    const [broker] = (await this.cluster.metadata()).brokers
    if (!broker) return null
    const entries = await describeConfigs(this.cluster, { type: 'broker', name: String(broker.nodeId) }, ['flush.mode'])
    return entries.find(({ name }) => name === 'flush.mode')?.value ?? null
  }

  async #learnVitals(): Promise<ReadonlyMap<number, Vitals>> {
    const { brokers } = await this.cluster.metadata()
    const { adminAddress } = this.settings
    const vitals = await mapBounded(brokers, 8, (broker) => brokerVitals(this.cluster, broker, adminAddress))
    return new Map(brokers.map(({ nodeId }, index) => [nodeId, vitals[index]!]))
  }

  async #learnSizes(): Promise<Sizes> {
    const { brokers } = await this.cluster.metadata()
    const logs = await describeLogDirectories(this.cluster, brokers)
    const topics = new Map<string, { sizeBytes: number; partitions: Map<number, number> }>()
    for (const { replicas } of logs.directories) {
      for (const { topic, partition, sizeBytes } of replicas) {
        let size = topics.get(topic)
        if (!size) {
          size = { sizeBytes: 0, partitions: new Map() }
          topics.set(topic, size)
        }
        size.sizeBytes += sizeBytes
        size.partitions.set(partition, Math.max(size.partitions.get(partition) ?? 0, sizeBytes))
      }
    }
    return { logs, topics }
  }
}

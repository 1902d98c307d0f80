/** One cluster as the console has it: a connection, what is known of it for a while, and its history. */
import {
  brokerVitals,
  Cluster,
  describeConfigs,
  describeLogDirectories,
  type LogDirectories,
  listGroups,
  type MessageSourceOptions,
  mapBounded,
  type Vitals,
} from '@odradek/client'
import { describeMembers, type GroupMembers } from './group-members.ts'
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

/** What Odradek's brokers hold by default; null elsewhere. */
export interface BrokerDefaults {
  /** When a write is safe: `async` or `sync`. */
  readonly flushMode: string | null
  /** Above this share of a disk expired records go early; above that the oldest go, expired or not. */
  readonly diskExpiringAbove: number | null
  readonly diskForcingAbove: number | null
}

/** A page does not wait longer for a broker that does not answer. */
const REQUEST_TIMEOUT_MS = 15_000

export class ClusterSession {
  readonly settings: ClusterSettings
  readonly cluster: Cluster
  readonly sampler: ClusterSampler
  readonly sizes: Snapshot<Sizes>
  readonly defaults: Snapshot<BrokerDefaults>
  /** How each broker fares, by its id. */
  readonly vitals: Snapshot<ReadonlyMap<number, Vitals>>
  /** Of all groups: dear where there are thousands. */
  readonly members: Snapshot<GroupMembers>

  constructor(settings: ClusterSettings) {
    this.settings = settings
    this.cluster = new Cluster({ requestTimeoutMs: REQUEST_TIMEOUT_MS, ...settings })
    this.sampler = new ClusterSampler(this.cluster, () => this.#traffic())
    this.sizes = new Snapshot(15_000, () => this.#learnSizes())
    this.defaults = new Snapshot(30_000, () => this.#learnDefaults())
    this.vitals = new Snapshot(5000, () => this.#learnVitals())
    this.members = new Snapshot(5000, async () => {
      return describeMembers(this.cluster, (await listGroups(this.cluster)).groups)
    })
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

  /** Keys of Odradek's brokers that say what the overview's figures mean; of other brokers there are none. */
  async #learnDefaults(): Promise<BrokerDefaults> {
    const [broker] = (await this.cluster.metadata()).brokers
    if (!broker) return { flushMode: null, diskExpiringAbove: null, diskForcingAbove: null }
    const names = ['flush.mode', 'disk.expire.above.percent', 'disk.force.above.percent']
    const entries = await describeConfigs(this.cluster, { type: 'broker', name: String(broker.nodeId) }, names)
    const value = (wanted: string) => entries.find(({ name }) => name === wanted)?.value ?? null
    const share = (wanted: string) => (value(wanted) === null ? null : Number(value(wanted)) / 100)
    return {
      flushMode: value('flush.mode'),
      diskExpiringAbove: share('disk.expire.above.percent'),
      diskForcingAbove: share('disk.force.above.percent'),
    }
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

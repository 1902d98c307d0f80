/** One cluster as the console has it: a connection, what is known of it for a while, and its history. */
import { Cluster, describeLogDirectories, type LogDirectories, type MessageSourceOptions } from '@odradek/client'
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

export class ClusterSession {
  readonly settings: ClusterSettings
  readonly cluster: Cluster
  readonly sampler: ClusterSampler
  readonly sizes: Snapshot<Sizes>

  constructor(settings: ClusterSettings) {
    this.settings = settings
    this.cluster = new Cluster(settings)
    this.sampler = new ClusterSampler(this.cluster)
    this.sizes = new Snapshot(15_000, () => this.#learnSizes())
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

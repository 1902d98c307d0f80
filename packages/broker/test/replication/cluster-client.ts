import { setTimeout as sleep } from 'node:timers/promises'
import { CreateTopics, Metadata, type ResponseOutput } from '@odradek/protocol'
import { WireClient } from '../wire-client.ts'

/** What a client has to know of a cluster. */
export interface RunningCluster {
  /** Where each broker is reached, by id. */
  readonly ports: ReadonlyMap<number, number>
  /** Those that run. */
  readonly running: readonly number[]
}

type PartitionMetadata = ResponseOutput<typeof Metadata>['topics'][number]['partitions'][number]

/** Speaks to whichever brokers of a cluster there are; what a broken connection ends is for the caller to do again. */
export class ClusterClient {
  readonly #cluster: RunningCluster
  readonly #connections = new Map<number, WireClient>()

  constructor(cluster: RunningCluster) {
    this.#cluster = cluster
  }

  /** A connection to a broker; rejects where it does not listen. */
  async to(id: number): Promise<WireClient> {
    const known = this.#connections.get(id)
    if (known && !known.socket.destroyed) return known
    const client = await WireClient.connect(this.#cluster.ports.get(id)!)
    this.#connections.set(id, client)
    return client
  }

  /** What the brokers that run say of a topic's partition, one after the other, until one of them says it. */
  async partition(topic: string, index = 0): Promise<PartitionMetadata | null> {
    for (const id of this.#cluster.running) {
      try {
        const client = await this.to(id)
        const { topics } = await client.send(Metadata, 12, { topics: [{ name: topic }], allowAutoTopicCreation: false })
        const found = topics[0]?.partitions[index]
        if (found) return found
      } catch {
        this.drop(id)
      }
    }
    return null
  }

  /** The partition once `condition` holds of it; asked again and again. */
  async partitionOnce(
    topic: string,
    condition: (partition: PartitionMetadata) => boolean,
    index = 0,
  ): Promise<PartitionMetadata> {
    for (;;) {
      const partition = await this.partition(topic, index)
      if (partition !== null && condition(partition)) return partition
      await sleep(20)
    }
  }

  /** Makes a topic with three replicas, whoever is controller, and waits until it is led. */
  async createTopic(name: string, configs: Readonly<Record<string, string>> = {}, partitions = 1): Promise<void> {
    for (;;) {
      for (const id of this.#cluster.running) {
        const client = await this.to(id)
        const { topics } = await client.send(CreateTopics, 7, {
          timeoutMs: 10_000,
          topics: [
            {
              name,
              numPartitions: partitions,
              replicationFactor: 3,
              assignments: [],
              configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
            },
          ],
        })
        const { errorCode, errorMessage } = topics[0]!
        if (errorCode === 0 || errorCode === 36) {
          for (let index = 0; index < partitions; index++)
            await this.partitionOnce(name, ({ leaderId, isrNodes }) => leaderId >= 0 && isrNodes.length === 3, index)
          return
        }
        if (errorCode !== 41) throw new Error(`${name} could not be made: ${errorCode} ${errorMessage}`)
      }
      await sleep(20)
    }
  }

  /** Forgets the connection to a broker that broke. */
  drop(id: number): void {
    this.#connections.get(id)?.close()
    this.#connections.delete(id)
  }

  close(): void {
    for (const client of this.#connections.values()) client.close()
    this.#connections.clear()
  }
}

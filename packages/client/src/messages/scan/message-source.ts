import { Cluster, type ClusterOptions } from '../../cluster.ts'
import { type TopicPlaces, topicPlaces } from '../../cluster-metadata.ts'
import { SchemaSource } from '../decoders/schema-source.ts'

/** A cluster whose messages are read, and where their schemas are. Plain data: it is handed to worker threads. */
export interface MessageSourceOptions extends ClusterOptions {
  /** Base URL of a Confluent-compatible schema registry [none: schemas come from the topic `_schemas`, if there is one]. */
  readonly schemaRegistryUrl?: string
}

/** What reading messages of a cluster stands on: its connections and its schemas. */
export class MessageSource implements AsyncDisposable {
  readonly cluster: Cluster
  readonly schemas: SchemaSource
  readonly #owned: boolean

  /** With a `cluster` its connections are used, and not closed. */
  constructor(options: MessageSourceOptions, cluster?: Cluster) {
    this.cluster = cluster ?? new Cluster(options)
    this.#owned = cluster === undefined
    this.schemas = new SchemaSource(this.cluster, options.schemaRegistryUrl)
  }

  /** Throws a KafkaError for a topic that is not there. */
  topic(name: string): Promise<TopicPlaces> {
    return topicPlaces(this.cluster, name)
  }

  async close(): Promise<void> {
    if (this.#owned) await this.cluster.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

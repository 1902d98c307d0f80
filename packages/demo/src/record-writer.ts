import { type Cluster, fetchMetadata, KafkaError, partitionOfKey } from '@odradek/client'
import { encodeBatch, errors, InitProducerId, Produce, type RecordInput, sliceOf } from '@odradek/protocol'

export interface WritableRecord {
  readonly topic: string
  readonly key: string | null
  readonly value: Buffer | null
  readonly headers: readonly { readonly key: string; readonly value: string }[]
  readonly timestamp: number
}

const ATTEMPTS_MAX = 100
const RETRY_MS = 100

/**
 * Writes records in batches, a batch for each partition they go to, as an idempotent producer: keys decide the partition as
 * with Kafka's own clients, and what is sent again is not written twice.
 */
export class RecordWriter {
  readonly #cluster: Cluster
  readonly #sequences = new Map<string, number>()
  #producer: Promise<{ readonly id: number; readonly epoch: number }> | null = null
  #round = 0

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  async write(records: readonly WritableRecord[]): Promise<void> {
    const topics = [...new Set(records.map(({ topic }) => topic))]
    if (topics.length === 0) return
    const places = await this.#placesOf(topics)
    const batches = new Map<string, { topic: string; partition: number; records: RecordInput[] }>()
    for (const { topic, key, value, headers, timestamp } of records) {
      const count = places.get(topic)?.partitions.length ?? 0
      const partition = key === null ? this.#round++ % count : partitionOfKey(Buffer.from(key), count)
      const name = `${topic}/${partition}`
      let batch = batches.get(name)
      if (batch === undefined) {
        batch = { topic, partition, records: [] }
        batches.set(name, batch)
      }
      batch.records.push({ key, value, headers, timestamp })
    }
    await Promise.all([...batches.values()].map((batch) => this.#writeBatch(batch)))
  }

  /** Where the topics are. One that was created a moment ago need not be known to every broker: Kafka's learn of it afterwards. */
  async #placesOf(wanted: readonly string[]) {
    for (let attempt = 1; ; attempt++) {
      const { topics } = await fetchMetadata(this.#cluster, wanted)
      const missing = wanted.find((topic) => (topics.get(topic)?.partitions.length ?? 0) === 0)
      if (missing === undefined) return topics
      if (attempt >= ATTEMPTS_MAX) {
        throw new KafkaError(errors.UNKNOWN_TOPIC_OR_PARTITION.code, `write to topic "${missing}"`)
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }

  async #writeBatch(batch: { topic: string; partition: number; records: readonly RecordInput[] }): Promise<void> {
    const { topic, partition, records } = batch
    this.#producer ??= this.#newProducer()
    const { id, epoch } = await this.#producer
    const name = `${topic}/${partition}`
    const baseSequence = this.#sequences.get(name) ?? 0
    this.#sequences.set(name, (baseSequence + records.length) % 2 ** 31)
    const bytes = encodeBatch({ records, codec: 'lz4', producerId: id, producerEpoch: epoch, baseSequence })
    const tried = `write to topic "${topic}"`
    for (let attempt = 1; ; attempt++) {
      const { topics } = await fetchMetadata(this.#cluster, [topic])
      const leader = topics.get(topic)?.partitions.find((place) => place.partition === partition)?.leader ?? -1
      if (leader >= 0) {
        const topicData = [{ name: topic, partitionData: [{ index: partition, records: sliceOf(bytes) }] }]
        const request = { acks: -1, timeoutMs: 20_000, topicData }
        const { responses } = await this.#cluster.request(Produce, request, leader, { atMost: 12, tried })
        const answer = responses[0]?.partitionResponses[0]
        if (answer?.errorCode === 0 || answer?.errorCode === errors.DUPLICATE_SEQUENCE_NUMBER.code) return
        const error = new KafkaError(answer?.errorCode ?? -1, tried, answer?.errorMessage)
        if (!error.isRetriable || attempt >= ATTEMPTS_MAX) throw error
      } else if (attempt >= ATTEMPTS_MAX) throw new KafkaError(errors.LEADER_NOT_AVAILABLE.code, tried)
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }

  async #newProducer() {
    const tried = 'get a producer id'
    for (let attempt = 1; ; attempt++) {
      const request = { transactionTimeoutMs: 60_000 }
      const { errorCode, producerId, producerEpoch } = await this.#cluster.request(InitProducerId, request, 'any', {
        tried,
      })
      if (errorCode === 0) return { id: producerId, epoch: producerEpoch }
      // Of a cluster that has just begun the coordinator may still be on its way.
      const error = new KafkaError(errorCode, tried)
      if (!error.isRetriable || attempt >= ATTEMPTS_MAX) throw error
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }
}

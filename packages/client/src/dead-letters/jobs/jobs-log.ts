/** The topic of jobs: written in runs, followed from its start on. One for each cluster that is connected. */
import { randomUUID } from 'node:crypto'
import { encodeBatch, errors, type RecordInput } from '@odradek/protocol'
import type { Cluster } from '../../cluster.ts'
import { assertNone, KafkaError, UnreachableError } from '../../cluster-errors.ts'
import { fetchMetadata, type TopicPlaces } from '../../cluster-metadata.ts'
import { fetchBatches } from '../../messages/scan/fetch-batches.ts'
import { turn } from '../../messages/scan/turn.ts'
import { BatchWalk, offsetAfter, WalkCounts } from '../../messages/scan/walk-batches.ts'
import { createTopic } from '../../topics/create-topic.ts'
import { JobsLedger } from './jobs-ledger.ts'
import { type JobsRecord, keyOfRecord, readJobsRecord } from './jobs-record.ts'
import { type BatchAnswer, produceBatch } from './produce-batch.ts'

export const JOBS_TOPIC = '__odradek_jobs'

const PARTITION = 0
const FETCH_BYTES = 8 * 1024 * 1024
const BATCH_BYTES = 512 * 1024
const REPLICAS_MAX = 3
const ATTEMPTS_MAX = 50
const RETRY_MS = 200

const logs = new WeakMap<Cluster, JobsLog>()

/** The jobs of a cluster, shared by all who use that connection. */
export function jobsLogOf(cluster: Cluster): JobsLog {
  let log = logs.get(cluster)
  if (log === undefined) {
    log = new JobsLog(cluster)
    logs.set(cluster, log)
  }
  return log
}

export interface JobsEntry {
  readonly key: string
  readonly record: JobsRecord | null
}

/** Who writes under a lease: the sequence is that of its next record in the topic of jobs. */
export interface JobsProducer {
  readonly producerId: number
  readonly producerEpoch: number
  sequence: number
}

export class JobsLog {
  readonly #cluster: Cluster
  #ledger = new JobsLedger()
  #topic: TopicPlaces | null = null
  #next = 0
  #reading: Promise<void> = Promise.resolve()
  #isQueued = false

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** Reads all that is there now. The ledger is empty while the topic is not made. */
  async sync(): Promise<JobsLedger> {
    // One that was asked for and has not begun sees all that this call is to see.
    if (!this.#isQueued) {
      this.#isQueued = true
      this.#reading = this.#reading
        .catch(() => {})
        .then(() => {
          this.#isQueued = false
          return this.#read()
        })
    }
    await this.#reading
    return this.#ledger
  }

  /** Writes records in this order, acknowledged by all replicas in sync; makes the topic first where it is not there. */
  async append(records: readonly JobsRecord[]): Promise<void> {
    await this.appendEntries(records.map((record) => ({ key: keyOfRecord(record, randomUUID()), record })))
  }

  /** The same with keys; null deletes what a key has. */
  async appendEntries(entries: readonly JobsEntry[]): Promise<void> {
    for (const batch of batchesOf(entries)) await this.#write(encodeBatch(batch))
  }

  /**
   * The same by an idempotent producer, its sequence going on in this topic: what was lost on the way is sent again until
   * it is there, once. Throws where that cannot be.
   */
  async appendAs(producer: JobsProducer, records: readonly JobsRecord[]): Promise<void> {
    for (const { records: batch } of batchesOf(
      records.map((record) => ({ key: keyOfRecord(record, randomUUID()), record })),
    )) {
      const { producerId, producerEpoch, sequence: baseSequence } = producer
      producer.sequence += batch.length
      const bytes = encodeBatch({ records: batch, codec: 'gzip', producerId, producerEpoch, baseSequence })
      for (let attempt = 1; ; attempt++) {
        try {
          await this.#write(bytes)
          break
        } catch (error) {
          if (!(error instanceof UnreachableError) || attempt >= ATTEMPTS_MAX) throw error
          await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
        }
      }
    }
  }

  async #write(batch: Buffer): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#tryWrite(batch)
      if (answer.errorCode === 0 || answer.errorCode === errors.DUPLICATE_SEQUENCE_NUMBER.code) return
      const error = new KafkaError(answer.errorCode, `write to topic "${JOBS_TOPIC}"`, answer.text)
      if (!error.isRetriable || answer.errorCode === errors.OUT_OF_ORDER_SEQUENCE_NUMBER.code) throw error
      if (attempt >= ATTEMPTS_MAX) throw error
      this.#topic = null
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }

  async #tryWrite(batch: Buffer): Promise<BatchAnswer> {
    const topic = (await this.#places()) ?? (await this.#make())
    const place = topic?.partitions[PARTITION]
    if (place === undefined || place.leader < 0) {
      return { errorCode: errors.LEADER_NOT_AVAILABLE.code, baseOffset: -1, text: null, recordErrors: [] }
    }
    try {
      return await produceBatch(this.#cluster, { topic: JOBS_TOPIC, partition: PARTITION, leader: place.leader, batch })
    } catch (error) {
      this.#topic = null
      throw error
    }
  }

  /** Where the topic is; null where it is not there. */
  async #places(): Promise<TopicPlaces | null> {
    if (this.#topic !== null) return this.#topic
    const topic = (await fetchMetadata(this.#cluster, [JOBS_TOPIC])).topics.get(JOBS_TOPIC)
    if (topic === undefined || topic.errorCode === errors.UNKNOWN_TOPIC_OR_PARTITION.code) return null
    assertNone(topic.errorCode, `find topic "${JOBS_TOPIC}"`)
    this.#topic = topic
    return topic
  }

  async #make(): Promise<TopicPlaces | null> {
    const { brokers } = await this.#cluster.metadata()
    const configs = { 'cleanup.policy': 'compact', 'compression.type': 'producer' }
    const replicationFactor = Math.min(REPLICAS_MAX, brokers.length)
    try {
      await createTopic(this.#cluster, { name: JOBS_TOPIC, partitions: 1, replicationFactor, configs })
    } catch (error) {
      if (!(error instanceof KafkaError && error.errorName === 'TOPIC_ALREADY_EXISTS')) throw error
    }
    return this.#places()
  }

  async #read(): Promise<void> {
    const topic = await this.#findAgain()
    if (topic === null) return
    for (let attempt = 1; ; attempt++) {
      const leader = this.#topic?.partitions[PARTITION]?.leader ?? -1
      if (leader >= 0) {
        const isDone = await this.#readFrom(leader)
        if (isDone) return
      }
      if (attempt >= ATTEMPTS_MAX) throw new KafkaError(errors.LEADER_NOT_AVAILABLE.code, `read topic "${JOBS_TOPIC}"`)
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      this.#topic = null
      if ((await this.#findAgain()) === null) return
    }
  }

  /** The topic; where it is another than before, or none, everything is forgotten. */
  async #findAgain(): Promise<TopicPlaces | null> {
    const before = this.#topicId
    const topic = await this.#places()
    if (topic?.id !== before) {
      this.#topicId = topic?.id
      this.#next = 0
      this.#ledger = new JobsLedger()
    }
    return topic
  }
  #topicId: string | undefined

  /** False where the leader is another by now. */
  async #readFrom(leader: number): Promise<boolean> {
    for (;;) {
      const position = { partition: PARTITION, leader, offset: this.#next }
      const limits = { isolation: 0, maxBytes: FETCH_BYTES, partitionMaxBytes: FETCH_BYTES } as const
      const [fetched] = await fetchBatches(this.#cluster, JOBS_TOPIC, [position], limits).catch((error) => {
        this.#topic = null
        throw error
      })
      if (fetched === undefined) return false
      if (fetched.errorCode === errors.OFFSET_OUT_OF_RANGE.code) {
        // Made again, or restored from something older.
        this.#next = fetched.logStartOffset > this.#next ? fetched.logStartOffset : 0
        this.#ledger = new JobsLedger()
        return false
      }
      const error = fetched.errorCode === 0 ? null : new KafkaError(fetched.errorCode, `read topic "${JOBS_TOPIC}"`)
      if (error !== null && !error.isRetriable) throw error
      if (error !== null) return false
      const walk = new BatchWalk(new WalkCounts())
      walk.run(fetched, this.#next, Number.MAX_SAFE_INTEGER, false, (cursor) => {
        const value = cursor.value()
        const record = value === null ? null : readJobsRecord(value)
        const key = cursor.key()?.toString() ?? ''
        // Whoever's clock is ahead is not alive for longer than that.
        const atMs = Math.min(cursor.timestamp, Date.now())
        if (value === null || record !== null) this.#ledger.replay(key, record, atMs)
        return true
      })
      this.#next = offsetAfter(fetched, this.#next)
      if (fetched.records === null || this.#next >= fetched.highWatermark) return true
      await turn()
    }
  }
}

/** As batches of a bounded size, in their order. */
function batchesOf(entries: readonly JobsEntry[]): { readonly records: RecordInput[]; readonly codec: 'gzip' }[] {
  const batches: { records: RecordInput[]; codec: 'gzip' }[] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const { key, record } of entries) {
    const value = record === null ? null : JSON.stringify(record)
    if (bytes > BATCH_BYTES) {
      batches.push({ records: [], codec: 'gzip' })
      bytes = 0
    }
    batches.at(-1)!.records.push({ key, value, timestamp: Date.now() })
    bytes += key.length + (value?.length ?? 0)
  }
  return batches
}

/**
 * A compacted topic of one partition that programs keep their own state in: what was written last under a key holds, null
 * takes it away. Read from its start, and then on from where it was.
 */
import { errors } from '@odradek/protocol'
import type { Cluster } from '../cluster.ts'
import { assertNone, KafkaError } from '../cluster-errors.ts'
import { fetchMetadata, topicPlaces } from '../cluster-metadata.ts'
import { produceMessage } from '../messages/produce-message.ts'
import { fetchBatches } from '../messages/scan/fetch-batches.ts'
import { BatchWalk, offsetAfter, WalkCounts } from '../messages/scan/walk-batches.ts'
import { LATEST, listOffsets, offsetOf } from '../partition-offsets.ts'

export interface KeyedRecord {
  readonly key: string
  /** null: what was under the key is gone. */
  readonly value: string | null
  /** Epoch milliseconds, as the topic has them. */
  readonly timestampMs: number
  readonly offset: number
}

const FETCH_BYTES = 4 * 1024 * 1024

export class KeyedLog {
  readonly topic: string
  readonly #cluster: Cluster
  readonly #apply: (record: KeyedRecord) => void
  readonly #reset: () => void
  #topicId = ''
  #next = 0

  /** `apply` is told of each record in its order; `reset` that the topic was made again, and all of it comes anew. */
  constructor(cluster: Cluster, topic: string, apply: (record: KeyedRecord) => void, reset: () => void) {
    this.#cluster = cluster
    this.topic = topic
    this.#apply = apply
    this.#reset = reset
  }

  /** Whether there is a topic to read. */
  async isThere(): Promise<boolean> {
    const metadata = await fetchMetadata(this.#cluster, [this.topic])
    return metadata.topics.get(this.topic)?.errorCode === 0
  }

  /** Reads on to the end as it is now. One call at a time. */
  async follow(): Promise<void> {
    const tried = `read topic "${this.topic}"`
    const places = await topicPlaces(this.#cluster, this.topic)
    const leader = places.partitions[0]?.leader ?? -1
    if (leader < 0) throw new KafkaError(errors.LEADER_NOT_AVAILABLE.code, tried)
    if (places.id !== this.#topicId) {
      this.#topicId = places.id
      this.#next = 0
      this.#reset()
    }
    const ends = await listOffsets(this.#cluster, [{ topic: places, partitions: [0] }], LATEST)
    const end = offsetOf(ends, this.topic, 0)
    if (end === null) throw new KafkaError(ends.get(this.topic)?.get(0)?.errorCode ?? -1, tried)
    const limits = { isolation: 1, maxBytes: FETCH_BYTES, partitionMaxBytes: FETCH_BYTES } as const
    while (this.#next < end) {
      const offset = this.#next
      const [fetched] = await fetchBatches(this.#cluster, this.topic, [{ partition: 0, leader, offset }], limits)
      if (fetched === undefined) return
      if (fetched.errorCode === errors.OFFSET_OUT_OF_RANGE.code && offset < fetched.logStartOffset) {
        this.#next = fetched.logStartOffset
        continue
      }
      assertNone(fetched.errorCode, tried)
      new BatchWalk(new WalkCounts()).run(fetched, offset, end, true, (cursor) => {
        const key = cursor.key()?.toString('utf8')
        const value = cursor.value()?.toString('utf8') ?? null
        if (key !== undefined) this.#apply({ key, value, timestampMs: cursor.timestamp, offset: cursor.offset })
        return true
      })
      const next = offsetAfter(fetched, offset)
      if (next <= offset) return
      this.#next = next
    }
  }

  /** Writes under a key; null takes away what is there. It is applied when it is read. */
  async write(key: string, value: string | null): Promise<void> {
    await produceMessage(this.#cluster, {
      topic: this.topic,
      partition: 0,
      key: { format: 'text', text: key },
      value: value === null ? { format: 'null', text: '' } : { format: 'text', text: value },
      headers: [],
    })
  }
}

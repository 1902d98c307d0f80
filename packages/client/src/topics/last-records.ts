/** Reads a partition backwards in runs: small topics that programs write for themselves, such as an audit. */
import type { Cluster } from '../cluster.ts'
import { assertNone, KafkaError } from '../cluster-errors.ts'
import { topicPlaces } from '../cluster-metadata.ts'
import { fetchBatches } from '../messages/scan/fetch-batches.ts'
import { BatchWalk, offsetAfter, WalkCounts } from '../messages/scan/walk-batches.ts'
import { EARLIEST, LATEST, listOffsets } from '../partition-offsets.ts'

export interface PlainRecord {
  readonly offset: number
  readonly timestampMs: number
  readonly value: Buffer | null
}

export interface RecordRun {
  /** Oldest first. */
  readonly records: readonly PlainRecord[]
  /** The offset to read before next; null: there is nothing before. */
  readonly before: number | null
  /** The offset behind the last that was read: where to go on. */
  readonly next: number
}

/** Which records, and how much of them at most. */
export interface RecordWindow {
  /** As many offsets. */
  readonly count: number
  /** Those before this offset [the end]. */
  readonly before?: number | undefined
  /** None before this offset [the start]. */
  readonly from?: number | undefined
  /** Of the values: where there are more, the oldest are left out [32 MiB]. */
  readonly bytesMax?: number | undefined
}

const FETCH_BYTES = 4 * 1024 * 1024
const VALUE_BYTES_MAX = 32 * 1024 * 1024

/** The newest records of a window. */
export async function lastRecords(
  cluster: Cluster,
  topicName: string,
  partition: number,
  window: RecordWindow,
): Promise<RecordRun> {
  const { count, before, from = 0, bytesMax = VALUE_BYTES_MAX } = window
  const tried = `read topic "${topicName}"`
  const topic = await topicPlaces(cluster, topicName)
  const leader = topic.partitions.find((place) => place.partition === partition)?.leader ?? -1
  if (leader < 0) throw new KafkaError(5, tried)
  const questions = [{ topic, partitions: [partition] }]
  const [starts, ends] = await Promise.all([
    listOffsets(cluster, questions, EARLIEST),
    listOffsets(cluster, questions, LATEST),
  ])
  const first = starts.get(topicName)?.get(partition)
  const last = ends.get(topicName)?.get(partition)
  if (!first || !last) throw new KafkaError(-1, tried)
  assertNone(first.errorCode || last.errorCode, tried)
  const end = Math.min(before ?? last.offset, last.offset)
  const start = Math.max(first.offset, end - count, from)
  let bytes = 0
  let oldest = start
  const records: PlainRecord[] = []
  for (let offset = start; offset < end; ) {
    const [fetched] = await fetchBatches(cluster, topicName, [{ partition, leader, offset }], {
      isolation: 1,
      maxBytes: FETCH_BYTES,
      partitionMaxBytes: FETCH_BYTES,
    })
    if (!fetched) break
    assertNone(fetched.errorCode, tried)
    new BatchWalk(new WalkCounts()).run(fetched, offset, end, true, (cursor) => {
      const { valueStart, valueEnd, timestamp } = cursor
      const value = valueStart < 0 ? null : Buffer.from(cursor.buffer.subarray(valueStart, valueEnd))
      records.push({ offset: cursor.offset, timestampMs: timestamp, value })
      bytes += value?.length ?? 0
      while (bytes > bytesMax && records.length > 1) {
        bytes -= records.shift()!.value?.length ?? 0
        oldest = records[0]!.offset
      }
      return true
    })
    const next = offsetAfter(fetched, offset)
    if (next <= offset) break
    offset = next
  }
  return { records, before: oldest > first.offset ? oldest : null, next: Math.max(start, end) }
}

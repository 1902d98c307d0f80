/** What the newest records of many topics say of themselves, by one Fetch for each broker. */
import { BatchCursor, CorruptBatchError, Fetch, RecordCursor } from '@odradek/protocol'
import { chunks, mapBounded } from '../bounded.ts'
import type { Cluster } from '../cluster.ts'
import type { TopicPlaces } from '../cluster-metadata.ts'
import { EARLIEST, LATEST, listOffsets, type OffsetsByTopic, offsetOf } from '../partition-offsets.ts'
import { type LetterMeaning, meaningOf } from './letter-meaning.ts'

const PARTITIONS_PER_REQUEST_MAX = 500
const PARTITION_BYTES_MAX = 64 * 1024
const FETCH_BYTES_MAX = 32 * 1024 * 1024

/** By topic, of its last `count` offsets of each partition, as far as 64 KiB hold them. Topics that are empty are left out. */
export async function newestMeanings(
  cluster: Cluster,
  topics: readonly TopicPlaces[],
  count: number,
): Promise<Map<string, LetterMeaning[]>> {
  if (topics.length === 0) return new Map()
  const questions = topics.map((topic) => ({ topic }))
  const [starts, ends] = await Promise.all([
    listOffsets(cluster, questions, EARLIEST),
    listOffsets(cluster, questions, LATEST),
  ])
  return readNewest(cluster, topics, { starts, ends, count }, meaningOf)
}

/** The same where it is known where the topics start and end, by what `read` makes of a record. */
export async function readNewest<T>(
  cluster: Cluster,
  topics: readonly TopicPlaces[],
  { starts, ends, count }: { readonly starts: OffsetsByTopic; readonly ends: OffsetsByTopic; readonly count: number },
  read: (cursor: RecordCursor) => T,
): Promise<Map<string, T[]>> {
  const found = new Map<string, T[]>()
  const wanted = topics.flatMap(({ name, partitions }) =>
    partitions.flatMap(({ partition, leader }) => {
      const start = offsetOf(starts, name, partition)
      const end = offsetOf(ends, name, partition)
      if (leader < 0 || start === null || end === null || end <= start) return []
      return [{ topic: name, partition, leader, offset: Math.max(start, end - count) }]
    }),
  )
  const requests = [...Map.groupBy(wanted, ({ leader }) => leader)].flatMap(([leader, places]) =>
    chunks(places, PARTITIONS_PER_REQUEST_MAX).map((part) => ({ leader, part })),
  )
  await mapBounded(requests, 4, async ({ leader, part }) => {
    const byTopic = Map.groupBy(part, ({ topic }) => topic)
    const answer = await cluster.request(
      Fetch,
      {
        maxWaitMs: 0,
        minBytes: 0,
        maxBytes: FETCH_BYTES_MAX,
        isolationLevel: 0,
        topics: [...byTopic].map(([topic, places]) => ({
          topic,
          partitions: places.map(({ partition, offset }) => {
            return { partition, fetchOffset: offset, partitionMaxBytes: PARTITION_BYTES_MAX }
          }),
        })),
      },
      leader,
      { atMost: 12, tried: 'look at the newest dead letters' },
    )
    for (const { topic, partitions } of answer.responses) {
      const offsets = new Map(byTopic.get(topic)?.map(({ partition, offset }) => [partition, offset]))
      for (const { partitionIndex, errorCode, records } of partitions) {
        if (errorCode !== 0 || records === null || records.end <= records.start) continue
        const meanings = found.get(topic) ?? []
        found.set(topic, meanings)
        readBatches(new BatchCursor(records), offsets.get(partitionIndex) ?? 0, (cursor) => meanings.push(read(cursor)))
      }
    }
  })
  return found
}

function readBatches(batches: BatchCursor, from: number, visit: (cursor: RecordCursor) => void): void {
  const cursor = new RecordCursor()
  while (batches.next()) {
    if (batches.header.isControl || batches.header.nextOffset <= from) continue
    try {
      cursor.open(batches.slice())
      while (cursor.next()) if (cursor.offset >= from) visit(cursor)
    } catch (error) {
      // A damaged batch says nothing; whoever reads the topic hears of it.
      if (!(error instanceof CorruptBatchError)) throw error
    }
  }
}

/** The first record at or after some offsets: what a reader that starts there would get first. */
import { chunks, mapBounded } from '../bounded.ts'
import type { Cluster } from '../cluster.ts'
import type { TopicPlaces } from '../cluster-metadata.ts'
import { fetchBatches } from '../messages/scan/fetch-batches.ts'
import { BatchWalk, WalkCounts } from '../messages/scan/walk-batches.ts'

export interface RecordPlace {
  readonly offset: number
  readonly timestampMs: number
}

const PARTITIONS_PER_FETCH_MAX = 16
const PARTITION_BYTES = 4096

/**
 * Partition → the first record at or after the offset asked for. Partitions where none is within the next batches, or
 * that cannot be read, are not in it.
 */
export async function recordsAt(
  cluster: Cluster,
  topic: TopicPlaces,
  offsets: ReadonlyMap<number, number>,
): Promise<Map<number, RecordPlace>> {
  const found = new Map<number, RecordPlace>()
  const positions = topic.partitions.flatMap(({ partition, leader }) => {
    const offset = offsets.get(partition)
    return offset === undefined || leader < 0 ? [] : [{ partition, leader, offset }]
  })
  const requests = [...Map.groupBy(positions, ({ leader }) => leader).values()].flatMap((led) =>
    chunks(led, PARTITIONS_PER_FETCH_MAX),
  )
  const limits = {
    isolation: 0,
    maxBytes: PARTITIONS_PER_FETCH_MAX * PARTITION_BYTES,
    partitionMaxBytes: PARTITION_BYTES,
  } as const
  await mapBounded(requests, 4, async (part) => {
    // A batch that is larger than the limits is given all the same, but only one of them an answer: the others ask again.
    for (let left = part; left.length > 0; ) {
      const fetched = await fetchBatches(cluster, topic.name, left, limits).catch(() => [])
      const empty = new Set<number>()
      for (const answer of fetched) {
        const from = offsets.get(answer.partition)
        if (answer.errorCode !== 0 || from === undefined) continue
        if (answer.records === null && answer.highWatermark > from) empty.add(answer.partition)
        new BatchWalk(new WalkCounts()).run(answer, from, Number.MAX_SAFE_INTEGER, false, (cursor) => {
          found.set(answer.partition, { offset: cursor.offset, timestampMs: cursor.timestamp })
          return false
        })
      }
      left = empty.size < left.length ? left.filter(({ partition }) => empty.has(partition)) : []
    }
  })
  return found
}

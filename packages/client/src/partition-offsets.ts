/** Offsets of many partitions at once: one ListOffsets request for each broker that leads some of them. */
import { errors, ListOffsets } from '@odradek/protocol'
import { chunks, mapBounded } from './bounded.ts'
import type { Cluster } from './cluster.ts'
import type { PartitionPlace, TopicPlaces } from './cluster-metadata.ts'

/** Special timestamps of ListOffsets. */
export const EARLIEST = -2
export const LATEST = -1
export const MAX_TIMESTAMP = -3

export interface FoundOffset {
  /** -1: no record is at or after the time. */
  readonly offset: number
  /** Of the record found; -1 where the question was not a time. */
  readonly timestamp: number
  /** Not 0: why there is no answer. */
  readonly errorCode: number
}

/** Topic → partition → what was found. */
export type OffsetsByTopic = ReadonlyMap<string, ReadonlyMap<number, FoundOffset>>

export interface TopicQuestion {
  readonly topic: TopicPlaces
  /** All, if not given. */
  readonly partitions?: readonly number[]
}

const PARTITIONS_PER_REQUEST_MAX = 5000

/**
 * The offset of each partition at `timestamp` (milliseconds, EARLIEST, LATEST or MAX_TIMESTAMP). Partitions without a
 * leader, or whose leader does not answer, have an error code and never fail the others.
 */
export async function listOffsets(
  cluster: Cluster,
  questions: readonly TopicQuestion[],
  timestamp: number | ((topic: string, partition: number) => number),
  isolationLevel: 'uncommitted' | 'committed' = 'uncommitted',
): Promise<OffsetsByTopic> {
  const results = new Map<string, Map<number, FoundOffset>>()
  const note = (topic: string, partition: number, found: FoundOffset) => {
    const partitions = results.get(topic)
    if (partitions) partitions.set(partition, found)
    else results.set(topic, new Map([[partition, found]]))
  }
  const byLeader = new Map<number, { topic: string; place: PartitionPlace }[]>()
  for (const { topic, partitions } of questions) {
    const wanted = partitions === undefined ? null : new Set(partitions)
    for (const place of topic.partitions) {
      if (wanted && !wanted.has(place.partition)) continue
      if (place.leader < 0) {
        note(topic.name, place.partition, failed(errors.LEADER_NOT_AVAILABLE.code))
        continue
      }
      const asked = byLeader.get(place.leader)
      if (asked) asked.push({ topic: topic.name, place })
      else byLeader.set(place.leader, [{ topic: topic.name, place }])
    }
  }
  const requests = [...byLeader].flatMap(([leader, asked]) =>
    chunks(asked, PARTITIONS_PER_REQUEST_MAX).map((part) => ({ leader, part })),
  )
  const timeOf = typeof timestamp === 'number' ? () => timestamp : timestamp
  await mapBounded(requests, 8, async ({ leader, part }) => {
    const topics = new Map<string, { partitionIndex: number; timestamp: number }[]>()
    for (const { topic, place } of part) {
      const entry = { partitionIndex: place.partition, timestamp: timeOf(topic, place.partition) }
      const entries = topics.get(topic)
      if (entries) entries.push(entry)
      else topics.set(topic, [entry])
    }
    try {
      const answer = await cluster.request(
        ListOffsets,
        {
          isolationLevel: isolationLevel === 'committed' ? 1 : 0,
          topics: [...topics].map(([name, partitions]) => ({ name, partitions })),
          timeoutMs: 20_000,
        },
        leader,
      )
      for (const { name, partitions } of answer.topics) {
        for (const found of partitions) {
          const { partitionIndex, offset, timestamp, errorCode } = found
          note(name, partitionIndex, { offset, timestamp, errorCode })
        }
      }
    } catch {
      for (const { topic, place } of part) note(topic, place.partition, failed(errors.BROKER_NOT_AVAILABLE.code))
    }
  })
  return results
}

/** The offset of one partition, or null where it could not be learned. */
export function offsetOf(offsets: OffsetsByTopic, topic: string, partition: number): number | null {
  const found = offsets.get(topic)?.get(partition)
  return found && found.errorCode === 0 ? found.offset : null
}

function failed(errorCode: number): FoundOffset {
  return { offset: -1, timestamp: -1, errorCode }
}

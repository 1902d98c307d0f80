/** How far a group is behind, partition by partition. */

import type { Cluster } from '../cluster.ts'
import type { ClusterMetadata } from '../cluster-metadata.ts'
import {
  EARLIEST,
  LATEST,
  listOffsets,
  type OffsetsByTopic,
  offsetOf,
  type TopicQuestion,
} from '../partition-offsets.ts'
import type { CommittedByTopic } from './committed-offsets.ts'

export interface PartitionLag {
  readonly topic: string
  readonly partition: number
  /** null: nothing committed yet. */
  readonly committed: number | null
  /** First and next offset of the log; null where they could not be learned. */
  readonly start: number | null
  readonly end: number | null
  /** Records between the commit and the end; null where either is not known. */
  readonly lag: number | null
  /** What the client stored beside the offset. */
  readonly metadata: string
  /** The topic or partition is gone. */
  readonly isGone: boolean
}

/** The lags of the commits of a group, and of `alsoTopics` (subscribed, but never committed). By topic and partition. */
export async function groupLags(
  cluster: Cluster,
  metadata: ClusterMetadata,
  committed: CommittedByTopic,
  alsoTopics: Iterable<string> = [],
): Promise<PartitionLag[]> {
  const names = new Set([...committed.keys(), ...alsoTopics])
  const questions: TopicQuestion[] = [...names].flatMap((name) => {
    const topic = metadata.topics.get(name)
    return topic ? [{ topic }] : []
  })
  const [starts, ends] = await Promise.all([
    listOffsets(cluster, questions, EARLIEST),
    listOffsets(cluster, questions, LATEST),
  ])
  const lags: PartitionLag[] = []
  for (const name of [...names].sort()) {
    const partitions = new Set([
      ...(metadata.topics.get(name)?.partitions.map(({ partition }) => partition) ?? []),
      ...(committed.get(name)?.keys() ?? []),
    ])
    for (const partition of [...partitions].sort((a, b) => a - b)) {
      lags.push(lagOf(metadata, committed, starts, ends, name, partition))
    }
  }
  return lags
}

function lagOf(
  metadata: ClusterMetadata,
  committed: CommittedByTopic,
  starts: OffsetsByTopic,
  ends: OffsetsByTopic,
  topic: string,
  partition: number,
): PartitionLag {
  const commit = committed.get(topic)?.get(partition)
  const start = offsetOf(starts, topic, partition)
  const end = offsetOf(ends, topic, partition)
  return {
    topic,
    partition,
    committed: commit?.offset ?? null,
    start,
    end,
    lag: lagBetween(commit?.offset ?? null, start, end),
    metadata: commit?.metadata ?? '',
    isGone: !metadata.topics.get(topic)?.partitions.some((place) => place.partition === partition),
  }
}

/** What is left to read: records that were deleted before they were read no longer count. */
export function lagBetween(committed: number | null, start: number | null, end: number | null): number | null {
  if (committed === null || end === null) return null
  return Math.max(0, end - Math.max(committed, start ?? 0))
}

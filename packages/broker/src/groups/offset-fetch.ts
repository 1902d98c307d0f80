/** OffsetFetch (key 9): how far a group has read. A partition without a commit has offset -1 and no error. */
import { errors, type OffsetCommitValue, ZERO_UUID } from '@odradek/protocol'
import type { CommittedOffsets } from './committed-offsets.ts'

/** A topic asked for: by name; its present id, where it is known, tells commits of a former topic of that name apart. */
export interface FetchTopic {
  readonly name: string
  readonly topicId: string
  readonly partitionIndexes: readonly number[]
}

export interface FetchedPartition {
  readonly partitionIndex: number
  readonly committedOffset: number
  readonly committedLeaderEpoch: number
  readonly metadata: string
  readonly errorCode: number
}

export interface FetchedTopic {
  readonly name: string
  readonly topicId: string
  readonly partitions: FetchedPartition[]
}

/** The offsets of the topics asked for, or with null of all that the group has committed. */
export function fetchOffsets(
  offsets: CommittedOffsets,
  groupId: string,
  topics: readonly FetchTopic[] | null,
): FetchedTopic[] {
  const committed = offsets.topics(groupId)
  if (topics === null) {
    return [...committed].map(([name, partitions]) => ({
      name,
      topicId: partitions.values().next().value?.topicId ?? ZERO_UUID,
      partitions: [...partitions].map(([partition, value]) => fetchedPartition(partition, value)),
    }))
  }
  return topics.map(({ name, topicId, partitionIndexes }) => ({
    name,
    topicId,
    partitions: partitionIndexes.map((partition) => {
      const value = committed.get(name)?.get(partition)
      const isOfThisTopic = value !== undefined && areSameTopic(value.topicId, topicId)
      return isOfThisTopic ? fetchedPartition(partition, value) : unfetchedPartition(partition, errors.NONE.code)
    }),
  }))
}

/** A partition without an offset to tell. */
export function unfetchedPartition(partitionIndex: number, errorCode: number): FetchedPartition {
  return { partitionIndex, committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode }
}

function fetchedPartition(partitionIndex: number, value: OffsetCommitValue): FetchedPartition {
  return {
    partitionIndex,
    committedOffset: value.offset,
    committedLeaderEpoch: value.leaderEpoch,
    metadata: value.metadata,
    errorCode: errors.NONE.code,
  }
}

function areSameTopic(committed: string, asked: string): boolean {
  return committed === ZERO_UUID || asked === ZERO_UUID || committed === asked
}

/** Which of the topics and partitions in a request there are: the others are refused before a group is asked. */
import { errors, type OffsetCommitRequest, type OffsetDeleteRequest, ZERO_UUID } from '@odradek/protocol'
import { type CommittedTopic, committedTopics } from './offset-commit.ts'
import type { DeletedTopic } from './offset-removal.ts'
import type { KnownTopic, TopicLookup } from './topic-lookup.ts'

const TOPIC_ID_VERSION = 10

/** The partitions of a commit that exist, with names and ids, and the answer about the rest. */
export function resolveCommit(
  request: OffsetCommitRequest,
  apiVersion: number,
  topics: TopicLookup,
): { known: OffsetCommitRequest['topics']; refused: CommittedTopic[] } {
  const known: OffsetCommitRequest['topics'] = []
  const refused: CommittedTopic[] = []
  for (const asked of request.topics) {
    const isById = apiVersion >= TOPIC_ID_VERSION
    const topic = isById ? topics.byId(asked.topicId) : topics.byName(asked.name)
    if (topic === undefined) {
      const errorCode = isById ? errors.UNKNOWN_TOPIC_ID.code : errors.UNKNOWN_TOPIC_OR_PARTITION.code
      refused.push(...committedTopics([asked], () => errorCode))
      continue
    }
    const { name, topicId } = topic
    const there = asked.partitions.filter((partition) => hasPartition(topic, partition.partitionIndex))
    const missing = asked.partitions.filter((partition) => !hasPartition(topic, partition.partitionIndex))
    if (there.length > 0) known.push({ name, topicId, partitions: there })
    if (missing.length > 0) {
      const errorCode = errors.UNKNOWN_TOPIC_OR_PARTITION.code
      refused.push(...committedTopics([{ name, topicId, partitions: missing }], () => errorCode))
    }
  }
  return { known, refused }
}

/** The same for an OffsetDelete. */
export function resolveDelete(
  request: OffsetDeleteRequest,
  topics: TopicLookup,
): { known: OffsetDeleteRequest['topics']; refused: DeletedTopic[] } {
  const known: OffsetDeleteRequest['topics'] = []
  const refused: DeletedTopic[] = []
  for (const { name, partitions } of request.topics) {
    const topic = topics.byName(name)
    const there = partitions.filter((partition) => topic !== undefined && hasPartition(topic, partition.partitionIndex))
    const missing = partitions.filter((partition) => !there.includes(partition))
    if (there.length > 0) known.push({ name, partitions: there })
    if (missing.length > 0) {
      const errorCode = errors.UNKNOWN_TOPIC_OR_PARTITION.code
      refused.push({ name, partitions: missing.map(({ partitionIndex }) => ({ partitionIndex, errorCode })) })
    }
  }
  return { known, refused }
}

/** The id of a topic that is there, the zero UUID for one that is not. */
export function topicIdOf(name: string, topics: TopicLookup): string {
  return topics.byName(name)?.topicId ?? ZERO_UUID
}

function hasPartition(topic: KnownTopic, index: number): boolean {
  return index >= 0 && index < topic.partitions.length
}

/**
 * Which of the topics and partitions in a request there are: the others are refused before a group is asked, and the
 * answer names all of them as the request did, in its order (some clients match them by place).
 */
import { errors, type OffsetCommitRequest, type OffsetDeleteRequest, ZERO_UUID } from '@odradek/protocol'
import type { KnownTopic, TopicLookup } from './topic-lookup.ts'

interface Partitions {
  readonly partitions: readonly { readonly partitionIndex: number }[]
}

/** What a group is asked, and for every partition of the request in order NONE or why it is not asked about that. */
export interface Resolution<T> {
  readonly known: T[]
  readonly refusals: readonly number[]
}

const TOPIC_ID_VERSION = 10

/** The partitions of a commit that exist, with the names and ids of their topics. */
export function resolveCommit(
  request: OffsetCommitRequest,
  apiVersion: number,
  topics: TopicLookup,
): Resolution<OffsetCommitRequest['topics'][number]> {
  const isById = apiVersion >= TOPIC_ID_VERSION
  const resolution = { known: [] as OffsetCommitRequest['topics'], refusals: [] as number[] }
  for (const asked of request.topics) {
    const topic = isById ? topics.byId(asked.topicId) : topics.byName(asked.name)
    const unknown = isById ? errors.UNKNOWN_TOPIC_ID.code : errors.UNKNOWN_TOPIC_OR_PARTITION.code
    const partitions = asked.partitions.filter(knownOnes(topic, unknown, resolution.refusals))
    if (topic !== undefined && partitions.length > 0) {
      resolution.known.push({ name: topic.name, topicId: topic.topicId, partitions })
    }
  }
  return resolution
}

/** The same for an OffsetDelete. */
export function resolveDelete(
  request: OffsetDeleteRequest,
  topics: TopicLookup,
): Resolution<OffsetDeleteRequest['topics'][number]> {
  const resolution = { known: [] as OffsetDeleteRequest['topics'], refusals: [] as number[] }
  const unknown = errors.UNKNOWN_TOPIC_OR_PARTITION.code
  for (const { name, partitions: asked } of request.topics) {
    const partitions = asked.filter(knownOnes(topics.byName(name), unknown, resolution.refusals))
    if (partitions.length > 0) resolution.known.push({ name, partitions })
  }
  return resolution
}

/**
 * The answer about the topics asked for: each partition with its refusal or, in turn, with the code that was decided;
 * where nothing was decided with `failure`.
 */
export function mergeCodes<T extends Partitions>(
  asked: readonly T[],
  refusals: readonly number[],
  decided: readonly { readonly partitions: readonly { readonly errorCode: number }[] }[] | null,
  failure: number,
): (Omit<T, 'partitions'> & { partitions: { partitionIndex: number; errorCode: number }[] })[] {
  const codes = decided?.flatMap((topic) => topic.partitions.map((partition) => partition.errorCode)) ?? null
  let at = 0
  let next = 0
  return asked.map((topic) => ({
    ...topic,
    partitions: topic.partitions.map(({ partitionIndex }) => {
      const refusal = refusals[at++]!
      if (refusal !== errors.NONE.code) return { partitionIndex, errorCode: refusal }
      return { partitionIndex, errorCode: codes === null ? failure : codes[next++]! }
    }),
  }))
}

/** The id of a topic that is there, the zero UUID for one that is not. */
export function topicIdOf(name: string, topics: TopicLookup): string {
  return topics.byName(name)?.topicId ?? ZERO_UUID
}

/** A filter that lets partitions pass that exist, and notes for each why it does not pass. */
function knownOnes(topic: KnownTopic | undefined, unknown: number, refusals: number[]) {
  return ({ partitionIndex }: { readonly partitionIndex: number }): boolean => {
    const isThere = topic !== undefined && partitionIndex >= 0 && partitionIndex < topic.partitions.length
    const refusal = topic === undefined ? unknown : errors.UNKNOWN_TOPIC_OR_PARTITION.code
    refusals.push(isThere ? errors.NONE.code : refusal)
    return isThere
  }
}

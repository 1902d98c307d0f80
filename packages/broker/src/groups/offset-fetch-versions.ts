/**
 * The three forms of OffsetFetch: up to version 7 one group at the top, from 8 a list of groups with topics by name,
 * from 10 with topics by id.
 */
import { errors, type OffsetFetchRequest, type OffsetFetchResponse, ZERO_UUID } from '@odradek/protocol'
import { type FetchedTopic, type FetchTopic, unfetchedPartition } from './offset-fetch.ts'
import type { TopicLookup } from './topic-lookup.ts'
import { topicIdOf } from './topic-resolution.ts'

/** What is asked about one group; null topics: all. */
export interface GroupFetch {
  readonly groupId: string
  readonly topics: readonly FetchTopic[] | null
}

/** What is known of one group, or why nothing. */
export interface GroupOffsets {
  readonly groupId: string
  readonly errorCode: number
  readonly topics: readonly FetchedTopic[]
}

const TOP_LEVEL_ERROR_VERSION = 2
const GROUPS_VERSION = 8
const TOPIC_ID_VERSION = 10

/** The groups that a request asks about. */
export function groupsOf(request: OffsetFetchRequest, apiVersion: number): GroupFetch[] {
  if (apiVersion >= GROUPS_VERSION) return request.groups
  const topics = request.topics?.map((topic) => ({ ...topic, topicId: ZERO_UUID })) ?? null
  return [{ groupId: request.groupId, topics }]
}

/** What the machine is asked: every topic that is there with its name and its id. */
export function fetchTopicsOf(group: GroupFetch, apiVersion: number, topics: TopicLookup): FetchTopic[] | null {
  if (group.topics === null) return null
  const asked: FetchTopic[] = []
  for (const { name, topicId, partitionIndexes } of group.topics) {
    if (apiVersion < TOPIC_ID_VERSION) {
      asked.push({ name, topicId: topicIdOf(name, topics), partitionIndexes })
    } else {
      const topic = topics.byId(topicId)
      if (topic !== undefined) asked.push({ name: topic.name, topicId, partitionIndexes })
    }
  }
  return asked
}

/** The response in the form of its version. */
export function fetchResponse(
  request: OffsetFetchRequest,
  apiVersion: number,
  results: readonly GroupOffsets[],
  topics: TopicLookup,
): OffsetFetchResponse {
  const told = results.map((result) => ({ ...result, errorCode: fetchErrorOf(result.errorCode) }))
  if (apiVersion < GROUPS_VERSION) return singleResponse(request, apiVersion, told[0]!)
  if (apiVersion < TOPIC_ID_VERSION) return { groups: told }
  return {
    groups: told.map((result, index) => {
      const { topics: asked } = request.groups[index]!
      if (result.errorCode !== errors.NONE.code) return result
      return {
        ...result,
        topics: asked === null ? withIds(result.topics, topics) : withUnknownIds(result.topics, asked),
      }
    }),
  }
}

function singleResponse(request: OffsetFetchRequest, apiVersion: number, result: GroupOffsets): OffsetFetchResponse {
  const { errorCode } = result
  if (errorCode === errors.NONE.code || apiVersion >= TOP_LEVEL_ERROR_VERSION)
    return { errorCode, topics: result.topics }
  const topics = (request.topics ?? []).map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((partition) => unfetchedPartition(partition, errorCode)),
  }))
  return { topics }
}

/** All topics of a group by their ids; what was read of topics that are gone cannot be named and is left out. */
function withIds(fetched: readonly FetchedTopic[], topics: TopicLookup): FetchedTopic[] {
  return fetched
    .map((topic) => ({ ...topic, topicId: topicIdOf(topic.name, topics) }))
    .filter((topic) => topic.topicId !== ZERO_UUID)
}

/** The topics found, with the ids asked for that no topic has in between, in the order of the request. */
function withUnknownIds(
  found: readonly FetchedTopic[],
  asked: readonly { topicId: string; partitionIndexes: readonly number[] }[],
): FetchedTopic[] {
  let next = 0
  return asked.map(({ topicId, partitionIndexes }) => {
    if (found[next]?.topicId === topicId) return found[next++]!
    const errorCode = errors.UNKNOWN_TOPIC_ID.code
    const partitions = partitionIndexes.map((partition) => unfetchedPartition(partition, errorCode))
    return { name: '', topicId, partitions }
  })
}

/** Consumers before Kafka 3.9 do not try again on COORDINATOR_NOT_AVAILABLE here, but look anew on NOT_COORDINATOR. */
function fetchErrorOf(errorCode: number): number {
  return errorCode === errors.COORDINATOR_NOT_AVAILABLE.code ? errors.NOT_COORDINATOR.code : errorCode
}

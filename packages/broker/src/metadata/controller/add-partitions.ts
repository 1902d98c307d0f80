import { errors } from '@odradek/protocol'
import type { MetadataImage, TopicImage } from '../image.ts'
import { intakeTopicOf } from '../intake-topic.ts'
import { topicKey } from '../keys.ts'
import { formatTopic } from '../values.ts'
import { assignmentProblem, invalidAssignment, newPartition } from './assignment.ts'
import type { Decision, DecisionContext, Refusal } from './decision.ts'
import { placeReplicas } from './placement.ts'
import { topicBytesProblem, topicPartitionsMax } from './topic-size.ts'

/** As in the CreatePartitions request: `count` is the total afterwards. */
export interface PartitionsRequest {
  readonly name: string
  readonly count: number
  /** The replicas of each new partition; null: the broker places them. */
  readonly assignments: readonly { readonly brokerIds: readonly number[] }[] | null
}

/** As in the CreatePartitions response. */
export interface PartitionsResult extends Refusal {
  readonly name: string
}

/** Gives a topic more partitions, with as many replicas as its first one has. */
export function addPartitions(
  image: MetadataImage,
  request: PartitionsRequest,
  context: DecisionContext,
): Decision<PartitionsResult> {
  const topic = image.topics.get(request.name)
  if (topic === undefined) {
    return refused(request.name, { errorCode: errors.UNKNOWN_TOPIC_OR_PARTITION.code, errorMessage: null })
  }
  if (intakeTopicOf(topic.name) !== null) {
    const errorMessage = `"${topic.name}" has as many partitions as the topic whose records wait in it.`
    return refused(request.name, { errorCode: errors.POLICY_VIOLATION.code, errorMessage })
  }
  const replicas = countProblem(topic, request) ?? newReplicas(image, topic, request, context)
  if (!Array.isArray(replicas)) return refused(request.name, replicas as Refusal)
  const added = replicas.map((ids, index) => newPartition(image, topic.partitions.length + index, ids))
  const value = formatTopic({ ...topic, partitions: [...topic.partitions, ...added] })
  const tooLarge = topicBytesProblem(value)
  if (tooLarge !== null) return refused(request.name, tooLarge)
  return {
    result: { name: request.name, errorCode: errors.NONE.code, errorMessage: null },
    change: { key: topicKey(request.name), value, base: topic.modRevision },
  }
}

function refused(name: string, refusal: Refusal): Decision<PartitionsResult> {
  return { result: { name, errorCode: refusal.errorCode, errorMessage: refusal.errorMessage }, change: null }
}

function countProblem(topic: TopicImage, { count, assignments }: PartitionsRequest): Refusal | null {
  const now = topic.partitions.length
  const invalid = (errorMessage: string) => ({ errorCode: errors.INVALID_PARTITIONS.code, errorMessage })
  if (count === now) return invalid(`Topic "${topic.name}" already has ${now} partition(s).`)
  if (count < now) return invalid(`Topic "${topic.name}" has ${now} partition(s); it cannot shrink to ${count}.`)
  if (count > topicPartitionsMax) return invalid(`A topic has at most ${topicPartitionsMax} partitions, not ${count}.`)
  if (assignments !== null && assignments.length !== count - now) {
    return invalidAssignment(
      `${count - now} partition(s) are added, but ${assignments.length} assignment(s) are given.`,
    )
  }
  return null
}

function newReplicas(
  image: MetadataImage,
  topic: TopicImage,
  { count, assignments }: PartitionsRequest,
  { random }: DecisionContext,
): readonly (readonly number[])[] | Refusal {
  const replicationFactor = topic.partitions[0]!.replicas.length
  const now = topic.partitions.length
  if (assignments !== null) {
    for (const [index, { brokerIds }] of assignments.entries()) {
      const problem = assignmentProblem(image, now + index, brokerIds, replicationFactor)
      if (problem !== null) return problem
    }
    return assignments.map((assignment) => assignment.brokerIds)
  }
  const brokers = image.liveBrokers()
  if (replicationFactor > brokers.length) {
    const errorMessage = `Each partition of the topic has ${replicationFactor} replica(s), and ${brokers.length} brokers are registered.`
    return { errorCode: errors.INVALID_REPLICATION_FACTOR.code, errorMessage }
  }
  return placeReplicas(brokers, count - now, replicationFactor, random)
}

import { errors } from '@odradek/protocol'
import type { MetadataImage } from '../image.ts'
import { intakeTopicOf } from '../intake-topic.ts'
import { topicKey } from '../keys.ts'
import { formatTopic, type PartitionImage } from '../values.ts'
import { assignmentProblem } from './assignment.ts'
import type { Decision, Refusal } from './decision.ts'
import { cancelMove, moveReplicas } from './replica-move.ts'
import { withLeader } from './settle-topic.ts'

/** As in the AlterPartitionReassignments request: the replicas one partition is to have, or null to stop moving them. */
export interface ReassignmentRequest {
  readonly index: number
  readonly replicas: readonly number[] | null
}

/** As in the response. */
export interface ReassignmentResult extends Refusal {
  readonly index: number
}

/**
 * Begins to move partitions of a topic to other replicas, or takes that back: NONE, UNKNOWN_TOPIC_OR_PARTITION,
 * INVALID_REPLICA_ASSIGNMENT, NO_REASSIGNMENT_IN_PROGRESS.
 */
export function reassignPartitions(
  image: MetadataImage,
  name: string,
  requests: readonly ReassignmentRequest[],
): Decision<ReassignmentResult[]> {
  const topic = image.topics.get(name)
  const partitions = [...(topic?.partitions ?? [])]
  let changed = false
  const result = requests.map(({ index, replicas }): ReassignmentResult => {
    const partition = intakeTopicOf(name) === null ? partitions[index] : undefined
    if (partition === undefined) {
      return { index, errorCode: errors.UNKNOWN_TOPIC_OR_PARTITION.code, errorMessage: null }
    }
    const moved = replicas === null ? cancel(image, partition) : move(image, partition, replicas)
    if ('errorCode' in moved) return { index, ...moved }
    changed ||= moved !== partition
    partitions[index] = moved
    return { index, errorCode: errors.NONE.code, errorMessage: null }
  })
  if (!changed) return { result, change: null }
  const value = formatTopic({ ...topic!, partitions })
  return { result, change: { key: topicKey(name), value, base: topic!.modRevision } }
}

function move(image: MetadataImage, partition: PartitionImage, replicas: readonly number[]): PartitionImage | Refusal {
  return (
    assignmentProblem(image, partition.index, replicas, null) ?? withoutLosses(image, moveReplicas(partition, replicas))
  )
}

function cancel(image: MetadataImage, partition: PartitionImage): PartitionImage | Refusal {
  if (partition.adding !== undefined || partition.removing !== undefined) {
    return withoutLosses(image, cancelMove(partition))
  }
  const errorMessage = `No replicas of partition ${partition.index} are being moved.`
  return { errorCode: errors.NO_REASSIGNMENT_IN_PROGRESS.code, errorMessage }
}

/** Refuses where the replicas that go now are all that is in sync; else sees to it that one of those that stay leads. */
function withoutLosses(image: MetadataImage, partition: PartitionImage): PartitionImage | Refusal {
  const { index, replicas, isr, leader } = partition
  if (isr.length === 0) {
    const errorMessage = `Of partition ${index} only replicas that would go are in sync: they cannot.`
    return { errorCode: errors.INVALID_REPLICA_ASSIGNMENT.code, errorMessage }
  }
  if (replicas.includes(leader)) return partition
  return withLeader(partition, replicas.find((id) => isr.includes(id) && image.brokers.has(id)) ?? -1)
}

import { errors } from '@odradek/protocol'
import type { MetadataImage } from '../image.ts'
import type { PartitionImage } from '../values.ts'
import type { Refusal } from './decision.ts'

/** A partition that begins: its live replicas are in sync, the first of them leads. */
export function newPartition(image: MetadataImage, index: number, replicas: readonly number[]): PartitionImage {
  const isr = replicas.filter((id) => image.brokers.has(id))
  return { index, replicas, isr, leader: isr[0] ?? -1, leaderEpoch: 0, partitionEpoch: 0 }
}

/**
 * Checks replicas that a client chose for one partition; `replicationFactor` is what the topic's other partitions have,
 * null for the first one.
 */
export function assignmentProblem(
  image: MetadataImage,
  index: number,
  replicas: readonly number[],
  replicationFactor: number | null,
): Refusal | null {
  if (replicas.length === 0) return invalidAssignment(`Partition ${index} is assigned to no broker.`)
  for (const [place, id] of replicas.entries()) {
    if (replicas.indexOf(id) !== place) return invalidAssignment(`Partition ${index} names broker ${id} twice.`)
    if (!image.brokers.has(id)) {
      return invalidAssignment(`Partition ${index} is assigned to broker ${id}, which is not registered.`)
    }
  }
  if (replicationFactor !== null && replicas.length !== replicationFactor) {
    const text = `Partition ${index} has ${replicas.length} replica(s), the partitions before it ${replicationFactor}.`
    return invalidAssignment(text)
  }
  return null
}

export function invalidAssignment(errorMessage: string): Refusal {
  return { errorCode: errors.INVALID_REPLICA_ASSIGNMENT.code, errorMessage }
}

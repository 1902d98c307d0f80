/** Moving partitions between brokers, and electing leaders: what the controller does. */
import { AlterPartitionReassignments, ElectLeaders, ListPartitionReassignments } from '@odradek/protocol'
import type { Cluster } from '../cluster.ts'
import { assertNone } from '../cluster-errors.ts'

export interface Reassignment {
  readonly topic: string
  readonly partition: number
  readonly replicas: readonly number[]
  readonly adding: readonly number[]
  readonly removing: readonly number[]
}

/** What came of one partition. */
export interface PartitionOutcome {
  readonly topic: string
  readonly partition: number
  readonly errorCode: number
  readonly errorMessage: string | null
}

/** The partitions that are being moved now. */
export async function listReassignments(cluster: Cluster): Promise<Reassignment[]> {
  const tried = 'list the partitions that are being moved'
  const answer = await cluster.request(ListPartitionReassignments, { topics: null }, 'controller', { tried })
  assertNone(answer.errorCode, tried, answer.errorMessage)
  return answer.topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, replicas, addingReplicas, removingReplicas }) => {
      return { topic: name, partition: partitionIndex, replicas, adding: addingReplicas, removing: removingReplicas }
    }),
  )
}

/** Begins to move partitions to `replicas`, or takes that back (null). Throws where the whole request is refused. */
export async function alterReassignments(
  cluster: Cluster,
  moves: readonly { readonly topic: string; readonly partition: number; readonly replicas: readonly number[] | null }[],
): Promise<PartitionOutcome[]> {
  const tried = 'move partitions'
  const topics = [...Map.groupBy(moves, ({ topic }) => topic)].map(([name, ofTopic]) => ({
    name,
    partitions: ofTopic.map(({ partition, replicas }) => ({
      partitionIndex: partition,
      replicas: replicas === null ? null : [...replicas],
    })),
  }))
  const answer = await cluster.request(AlterPartitionReassignments, { topics }, 'controller', { tried })
  assertNone(answer.errorCode, tried, answer.errorMessage)
  cluster.forget()
  return answer.responses.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, errorCode, errorMessage }) => {
      return { topic: name, partition: partitionIndex, errorCode, errorMessage }
    }),
  )
}

/**
 * Elects the preferred leaders of partitions, or with `isUnclean` any leader where none is left that is in sync: what that
 * one has not got is lost. `partitions` null: of all that need it.
 */
export async function electLeaders(
  cluster: Cluster,
  partitions: ReadonlyMap<string, readonly number[]> | null,
  { isUnclean = false }: { isUnclean?: boolean } = {},
): Promise<PartitionOutcome[]> {
  const tried = 'elect leaders'
  const topicPartitions =
    partitions === null ? null : [...partitions].map(([topic, indexes]) => ({ topic, partitions: [...indexes] }))
  const input = { electionType: isUnclean ? 1 : 0, topicPartitions }
  const answer = await cluster.request(ElectLeaders, input, 'controller', { tried })
  assertNone(answer.errorCode ?? 0, tried, null)
  cluster.forget()
  return answer.replicaElectionResults.flatMap(({ topic, partitionResult }) =>
    partitionResult.map(({ partitionId, errorCode, errorMessage }) => {
      return { topic, partition: partitionId, errorCode, errorMessage }
    }),
  )
}

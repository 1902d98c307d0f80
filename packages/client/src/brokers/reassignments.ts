/** Moving partitions between brokers, and electing leaders: what the controller does. */
import { AlterPartitionReassignments, ElectLeaders, errors, ListPartitionReassignments } from '@odradek/protocol'
import type { Cluster } from '../cluster.ts'
import { assertNone, KafkaError, UnreachableError } from '../cluster-errors.ts'

/**
 * How many partitions one request names: brokers refuse what is far more (Odradek by `request.elements.max`, Kafka beyond 10,000
 * records of metadata).
 */
const MOVES_MAX = 1_000

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

interface Move {
  readonly topic: string
  readonly partition: number
  /** null takes a move back. */
  readonly replicas: readonly number[] | null
}

/**
 * Begins to move partitions to `replicas`, or takes that back (null); very many of them by several requests, one after the
 * other. Throws where the first request is refused as a whole. What a later one fails of is the outcome of all its partitions
 * and of those behind it: others are being moved by then.
 */
export async function alterReassignments(cluster: Cluster, moves: readonly Move[]): Promise<PartitionOutcome[]> {
  const outcomes: PartitionOutcome[] = []
  for (let at = 0; at < Math.max(1, moves.length); at += MOVES_MAX) {
    try {
      outcomes.push(...(await alterSome(cluster, moves.slice(at, at + MOVES_MAX))))
    } catch (error) {
      if (at === 0 || !(error instanceof KafkaError || error instanceof UnreachableError)) throw error
      const errorCode = error instanceof KafkaError ? error.code : errors.REQUEST_TIMED_OUT.code
      const errorMessage = error.message
      for (const { topic, partition } of moves.slice(at)) outcomes.push({ topic, partition, errorCode, errorMessage })
      break
    }
  }
  return outcomes
}

async function alterSome(cluster: Cluster, moves: readonly Move[]): Promise<PartitionOutcome[]> {
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

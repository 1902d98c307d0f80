/** Moves of partitions before they are made: where each replica goes, and how much has to be copied for that. */
import { type ClusterMetadata, KafkaError, type PlannedMove, planReassignment, RefusedError } from '@odradek/client'
import type { ClusterSession, Sizes } from '../cluster-session.ts'
import type { ReplicationDesk } from './replication-desk.ts'

export interface MoveQuestion {
  /** null: all. */
  readonly topics: readonly string[] | null
  /** The brokers that are to have the partitions; null: all that are there. */
  readonly brokers: readonly number[] | null
  /** How many replicas each gets; null: as many as it has. */
  readonly replicas: number | null
}

export interface PlannedMoveRow extends PlannedMove {
  /** Brokers that get a copy. */
  readonly adding: readonly number[]
  /** What is copied, to all of them; null: not known. */
  readonly bytes: number | null
}

export interface MovePlan {
  readonly moves: readonly PlannedMoveRow[]
  /** Partitions that were looked at. */
  readonly considered: number
  /** Left as they are, because they are being moved already. */
  readonly busy: number
  /** Replicas that are copied, and to which brokers. */
  readonly copies: number
  readonly bytes: number | null
  /** Of each broker, replicas and leaders before and after. */
  readonly brokers: readonly {
    readonly nodeId: number
    readonly replicas: readonly [before: number, after: number]
    readonly preferred: readonly [before: number, after: number]
  }[]
}

const TRIED = 'plan where partitions go'

/** Throws RefusedError where there is no such plan: too few brokers, or one that is not there. */
export async function planMoves(
  session: ClusterSession,
  desk: ReplicationDesk,
  question: MoveQuestion,
): Promise<MovePlan> {
  const [metadata, moving, sizes] = await Promise.all([
    session.cluster.metadata(0),
    desk.moves(),
    session.sizes.get().catch(() => null),
  ])
  const isBusy = new Set((moving ?? []).map(({ topic, partition }) => `${topic} ${partition}`))
  const all = [...topicsOf(metadata, question)].flatMap(({ name, partitions }) =>
    partitions.map(({ partition, replicas }) => ({ topic: name, partition, replicas })),
  )
  const places = all.filter(({ topic, partition }) => !isBusy.has(`${topic} ${partition}`))
  const targets = targetsOf(metadata, question)
  const factor = question.replicas ?? Math.max(0, ...places.map(({ replicas }) => replicas.length))
  if (factor > targets.length) {
    const wide = places.find(({ replicas }) => replicas.length > targets.length)
    const text =
      question.replicas === null && wide !== undefined
        ? `${wide.topic}-${wide.partition} has ${wide.replicas.length} replicas, for ${targets.length} chosen brokers.`
        : `${factor} replicas need as many brokers; ${targets.length} are chosen.`
    throw new RefusedError(text, TRIED, 'Choose more brokers, or fewer replicas.')
  }
  const planned = planReassignment(places, targets, question.replicas)
  const moves = planned.map((move): PlannedMoveRow => {
    const adding = move.target.filter((id) => !move.replicas.includes(id))
    return { ...move, adding, bytes: bytesToCopy(sizes, move, adding.length) }
  })
  return {
    moves,
    considered: all.length,
    busy: all.length - places.length,
    copies: moves.reduce((sum, { adding }) => sum + adding.length, 0),
    bytes: moves.reduce<number | null>((sum, { bytes }) => (sum === null || bytes === null ? null : sum + bytes), 0),
    brokers: loadOf(metadata, moves),
  }
}

/** Of a move with so many copies; null where no broker that has the partition tells its size. */
export function bytesToCopy(sizes: Sizes | null, move: PlannedMove, copies: number): number | null {
  if (copies === 0) return 0
  if (sizes === null) return null
  const size = sizes.topics.get(move.topic)?.partitions.get(move.partition)
  if (size !== undefined) return size * copies
  const told = new Set(sizes.logs.directories.filter(({ error }) => error === null).map(({ nodeId }) => nodeId))
  // Just made, it is on no disk yet; else one that does not answer has it.
  return move.replicas.every((id) => told.has(id)) ? 0 : null
}

/** Throws a RefusedError where a partition of the plan has other replicas now than it was planned from. */
export function assertUnmoved(metadata: ClusterMetadata, moves: readonly PlannedMove[]): void {
  const moved = moves.filter(({ topic, partition, replicas }) => {
    const now = metadata.topics.get(topic)?.partitions.find((place) => place.partition === partition)?.replicas
    return now === undefined || now.length !== replicas.length || now.some((id, at) => id !== replicas[at])
  })
  const [first] = moved
  if (first === undefined) return
  const names = `${first.topic}-${first.partition}${moved.length > 1 ? ` and ${moved.length - 1} more` : ''}`
  throw new RefusedError(`Replicas have changed since this was planned: ${names}.`, 'move partitions', 'Plan again.')
}

function topicsOf({ topics }: ClusterMetadata, { topics: wanted }: MoveQuestion) {
  if (wanted === null) return topics.values()
  return wanted.map((name) => {
    const topic = topics.get(name)
    if (topic === undefined) throw new KafkaError(3, TRIED, `There is no topic "${name}".`)
    return topic
  })
}

function targetsOf({ brokers }: ClusterMetadata, { brokers: wanted }: MoveQuestion) {
  const unknown = wanted?.find((id) => !brokers.some(({ nodeId }) => nodeId === id))
  if (unknown !== undefined) throw new RefusedError(`Broker ${unknown} is not there.`, TRIED, 'Choose others.')
  return brokers
    .filter(({ nodeId }) => wanted === null || wanted.includes(nodeId))
    .map(({ nodeId, rack }) => ({ id: nodeId, rack }))
}

function loadOf({ topics, brokers }: ClusterMetadata, moves: readonly PlannedMove[]): MovePlan['brokers'] {
  const load = new Map<number, { replicas: [number, number]; preferred: [number, number] }>()
  const countOf = (id: number) => {
    const count = load.get(id) ?? { replicas: [0, 0], preferred: [0, 0] }
    load.set(id, count)
    return count
  }
  for (const { nodeId } of brokers) countOf(nodeId)
  const targetOf = new Map(moves.map(({ topic, partition, target }) => [`${topic} ${partition}`, target]))
  for (const { name, partitions } of topics.values()) {
    for (const { partition, replicas } of partitions) {
      for (const [when, ids] of [replicas, targetOf.get(`${name} ${partition}`) ?? replicas].entries()) {
        for (const [at, id] of ids.entries()) {
          const count = countOf(id)
          count.replicas[when as 0 | 1] += 1
          if (at === 0) count.preferred[when as 0 | 1] += 1
        }
      }
    }
  }
  return [...load].map(([nodeId, count]) => ({ nodeId, ...count })).sort((a, b) => a.nodeId - b.nodeId)
}

/** How a partition stands with its replicas, from the metadata of the cluster and the moves that are under way. */
import type { PartitionPlace, Reassignment } from '@odradek/client'

/** What is not as it should be, the worst first. */
export const partitionFaults = ['leaderless', 'underMinIsr', 'underReplicated', 'notPreferred'] as const
export type PartitionFault = (typeof partitionFaults)[number]

export interface PartitionStanding {
  readonly topic: string
  readonly partition: number
  /** -1: nobody. */
  readonly leader: number
  readonly leaderEpoch: number
  /** The preferred leader first. */
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  /** On a broker or disk that is away. */
  readonly offline: readonly number[]
  /** Coming and going by a move; both empty without one. */
  readonly adding: readonly number[]
  readonly removing: readonly number[]
  readonly isMoving: boolean
  readonly faults: readonly PartitionFault[]
}

/** `minIsr`: of the topic, where that is known. */
export function partitionStanding(
  topic: string,
  place: PartitionPlace,
  move: Reassignment | undefined,
  minIsr: number | null = null,
): PartitionStanding {
  const { partition, leader, leaderEpoch, replicas, isr, offline } = place
  const adding = move?.adding ?? []
  const faults: PartitionFault[] = []
  if (leader < 0) faults.push('leaderless')
  if (minIsr !== null && isr.length < minIsr) faults.push('underMinIsr')
  // Those that come are not in sync yet, and need not be.
  if (replicas.some((id) => !isr.includes(id) && !adding.includes(id))) faults.push('underReplicated')
  if (leader >= 0 && replicas[0] !== leader && move === undefined) faults.push('notPreferred')
  return {
    topic,
    partition,
    leader,
    leaderEpoch,
    replicas,
    isr,
    offline,
    adding,
    removing: move?.removing ?? [],
    isMoving: move !== undefined,
    faults,
  }
}

/** Moves by topic and partition. */
export function movesByPlace(
  moves: readonly Reassignment[],
): (topic: string, partition: number) => Reassignment | undefined {
  const byPlace = new Map(moves.map((move) => [`${move.topic} ${move.partition}`, move]))
  return (topic, partition) => byPlace.get(`${topic} ${partition}`)
}

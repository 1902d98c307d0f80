/** How far moves of partitions are: what the coming replicas have of what their leader has. */
import { describeLogDirectories, type Reassignment } from '@odradek/client'
import type { ClusterSession } from '../cluster-session.ts'

export interface MoveProgress {
  readonly topic: string
  readonly partition: number
  /** Before the move, the preferred leader first: those that go are among them, those that come are not. */
  readonly replicas: readonly number[]
  readonly removing: readonly number[]
  readonly adding: readonly {
    readonly nodeId: number
    readonly isInSync: boolean
    /** null: it does not tell. */
    readonly bytes: number | null
    /** Offsets that it is behind. */
    readonly offsetLag: number | null
  }[]
  /** Of the replica that leads; null: it does not tell. */
  readonly leaderBytes: number | null
  /** Of what is to be copied, 0 to 1; null: not known. */
  readonly share: number | null
}

/** Sizes are asked for as many moves; there may be thousands. */
const SIZED_MAX = 500

export async function moveProgress(session: ClusterSession, moves: readonly Reassignment[]): Promise<MoveProgress[]> {
  if (moves.length === 0) return []
  const metadata = await session.cluster.metadata()
  const asked = [...Map.groupBy(moves.slice(0, SIZED_MAX), ({ topic }) => topic)].map(([topic, of]) => ({
    topic,
    partitions: of.map(({ partition }) => partition),
  }))
  const { directories } = await describeLogDirectories(session.cluster, metadata.brokers, asked)
  const sizes = new Map<string, { readonly sizeBytes: number; readonly offsetLag: number | null }>()
  for (const { nodeId, replicas } of directories) {
    for (const replica of replicas) sizes.set(`${nodeId} ${replica.topic} ${replica.partition}`, replica)
  }
  return moves.map(({ topic, partition, replicas, adding, removing }): MoveProgress => {
    const place = metadata.topics.get(topic)?.partitions.find((one) => one.partition === partition)
    const sizeOf = (nodeId: number) => sizes.get(`${nodeId} ${topic} ${partition}`)
    const leaderBytes = place === undefined ? null : (sizeOf(place.leader)?.sizeBytes ?? null)
    const coming = adding.map((nodeId) => {
      const size = sizeOf(nodeId)
      const isInSync = place?.isr.includes(nodeId) === true
      return { nodeId, isInSync, bytes: size?.sizeBytes ?? null, offsetLag: size?.offsetLag ?? null }
    })
    return {
      topic,
      partition,
      replicas: replicas.filter((id) => !adding.includes(id)),
      removing,
      adding: coming,
      leaderBytes,
      share: shareOf(coming, leaderBytes),
    }
  })
}

function shareOf(adding: MoveProgress['adding'], leaderBytes: number | null): number | null {
  if (leaderBytes === null || adding.length === 0) return null
  let share = 0
  for (const { isInSync, bytes } of adding) {
    if (isInSync) share += 1
    else if (bytes === null) return null
    // Not in sync yet is not done, whatever the sizes are.
    else share += leaderBytes === 0 ? 0 : Math.min(0.99, bytes / leaderBytes)
  }
  return share / adding.length
}

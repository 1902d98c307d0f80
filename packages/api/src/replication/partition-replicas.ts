/** One partition, replica by replica. */
import { describeConfigs, describeLogDirectories, eligibleLeaders, KafkaError } from '@odradek/client'
import type { ClusterSession } from '../cluster-session.ts'
import { findTopic } from '../topic-detail.ts'
import { type PartitionStanding, partitionStanding } from './partition-standing.ts'
import type { ReplicationDesk } from './replication-desk.ts'

export interface ReplicaRow {
  readonly nodeId: number
  readonly isLeader: boolean
  readonly isInSync: boolean
  /** On a broker or disk that is away. */
  readonly isOffline: boolean
  /** Not in sync: whether it has all that is committed, and leads where nobody in sync can; or had it, and may have lost it (KIP-966). */
  readonly eligibility: 'eligible' | 'lastKnown' | null
  /** It comes, or goes, by a move. */
  readonly move: 'adding' | 'removing' | null
  /** null: its broker does not tell. */
  readonly sizeBytes: number | null
  /** Offsets that it is behind its leader. */
  readonly offsetLag: number | null
}

export interface PartitionReplicas extends PartitionStanding {
  readonly minIsr: number | null
  readonly isUncleanAllowed: boolean | null
  /** The preferred leader first. */
  readonly rows: readonly ReplicaRow[]
}

export async function partitionReplicas(
  session: ClusterSession,
  desk: ReplicationDesk,
  { topic: name, partition }: { readonly topic: string; readonly partition: number },
): Promise<PartitionReplicas> {
  const topic = await findTopic(session, name)
  const place = topic.partitions.find((one) => one.partition === partition)
  if (place === undefined) {
    throw new KafkaError(3, `look at ${name}-${partition}`, `Topic "${name}" has no partition ${partition}.`)
  }
  const { brokers } = await session.cluster.metadata()
  const asked = brokers.filter(({ nodeId }) => place.replicas.includes(nodeId))
  const keys = ['min.insync.replicas', 'unclean.leader.election.enable']
  const [moves, { directories }, configs, leadersOf] = await Promise.all([
    desk.moves().catch(() => null),
    describeLogDirectories(session.cluster, asked, [{ topic: name, partitions: [partition] }]),
    describeConfigs(session.cluster, { type: 'topic', name }, keys).catch(() => []),
    eligibleLeaders(session.cluster, [name]).catch(() => null),
  ])
  const value = (key: string) => configs.find((entry) => entry.name === key)?.value ?? null
  const minIsr = value('min.insync.replicas') === null ? null : Number(value('min.insync.replicas'))
  const unclean = value('unclean.leader.election.enable')
  const move = moves?.find((one) => one.topic === name && one.partition === partition)
  const leaders = leadersOf?.(name, partition)
  const standing = partitionStanding(name, place, move, minIsr)
  return {
    ...standing,
    minIsr,
    isUncleanAllowed: unclean === null ? null : unclean === 'true',
    rows: place.replicas.map((nodeId): ReplicaRow => {
      const found = directories
        .filter((directory) => directory.nodeId === nodeId)
        .flatMap(({ replicas }) => replicas)
        .find((replica) => replica.topic === name && replica.partition === partition && !replica.isFuture)
      const coming = standing.adding.includes(nodeId) ? 'adding' : null
      return {
        nodeId,
        isLeader: nodeId === place.leader,
        isInSync: place.isr.includes(nodeId),
        isOffline: place.offline.includes(nodeId),
        eligibility: leaders?.eligible.includes(nodeId)
          ? 'eligible'
          : leaders?.lastKnown.includes(nodeId)
            ? 'lastKnown'
            : null,
        move: coming ?? (standing.removing.includes(nodeId) ? 'removing' : null),
        sizeBytes: found?.sizeBytes ?? null,
        offsetLag: found?.offsetLag ?? null,
      }
    }),
  }
}

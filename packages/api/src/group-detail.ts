/** One group in full: members, assignment, lag of each partition. */
import {
  committedOffsetsOf,
  describeGroup,
  findCoordinator,
  type GroupDescription,
  groupLags,
  KafkaError,
  kafkaErrorName,
  listGroups,
  metadataWith,
  type PartitionLag,
} from '@odradek/client'
import type { ClusterSession } from './cluster-session.ts'
import { lagTrendOf } from './group-listing.ts'

export interface GroupPartitionRow extends PartitionLag {
  /** The member that has it; null: nobody. */
  readonly member: { readonly id: string; readonly clientId: string; readonly host: string } | null
}

export interface GroupDetail extends GroupDescription {
  readonly coordinator: number
  readonly partitions: readonly GroupPartitionRow[]
  /** Of the partitions whose lag is known. */
  readonly lag: number
  readonly lagTrend: number | null
  /** Subscribed, but nothing committed yet. */
  readonly unconsumed: number
}

export async function groupDetail(session: ClusterSession, id: string): Promise<GroupDetail> {
  const { cluster } = session
  const tried = `describe group "${id}"`
  const listed = (await listGroups(cluster)).groups.find((group) => group.id === id)
  const coordinator = listed?.coordinator ?? (await findCoordinator(cluster, id))
  const description = await describeGroup(cluster, { id, coordinator, type: listed?.type ?? '' })
  const { commits, failed } = await committedOffsetsOf(cluster, [{ id, coordinator }])
  const failure = failed.get(id)
  if (failure !== undefined && kafkaErrorName(failure) !== 'GROUP_ID_NOT_FOUND') throw new KafkaError(failure, tried)
  const subscribed = description.members.flatMap(({ subscription, assignment }) => [
    ...(subscription ?? []),
    ...(assignment ?? []).map(({ topic }) => topic),
  ])
  const committed = commits.get(id) ?? new Map()
  const metadata = await metadataWith(cluster, [...committed.keys(), ...subscribed])
  const lags = await groupLags(cluster, metadata, committed, subscribed)
  const owners = new Map<string, Map<number, GroupPartitionRow['member']>>()
  for (const { id: memberId, clientId, host, assignment } of description.members) {
    for (const { topic, partitions } of assignment ?? []) {
      const byPartition = owners.get(topic) ?? new Map()
      owners.set(topic, byPartition)
      for (const partition of partitions) byPartition.set(partition, { id: memberId, clientId, host })
    }
  }
  const partitions = lags.map((lag) => ({ ...lag, member: owners.get(lag.topic)?.get(lag.partition) ?? null }))
  session.sampler.watch()
  return {
    ...description,
    coordinator,
    partitions,
    lag: partitions.reduce((sum, { lag }) => sum + (lag ?? 0), 0),
    lagTrend: lagTrendOf(session, id),
    unconsumed: partitions.filter(({ committed }) => committed === null).length,
  }
}

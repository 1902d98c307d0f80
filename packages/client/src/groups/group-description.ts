/** Groups in full: their members, and who has which partitions. */
import { DescribeGroups, errors, parseAssignment, parseSubscription } from '@odradek/protocol'
import { chunks, mapBounded } from '../bounded.ts'
import type { Cluster } from '../cluster.ts'
import { KafkaError, UnsupportedError } from '../cluster-errors.ts'
import { ConsumerGroupDescribe } from './consumer-group-describe.ts'

export interface GroupMember {
  readonly id: string
  /** Set for static members. */
  readonly instanceId: string | null
  readonly clientId: string
  readonly host: string
  /** Topics it subscribes to; null where they cannot be read (not a consumer). */
  readonly subscription: readonly string[] | null
  /** What it may read now; null where it cannot be read. */
  readonly assignment: readonly { readonly topic: string; readonly partitions: readonly number[] }[] | null
}

export interface GroupDescription {
  readonly id: string
  readonly state: string
  /** classic or consumer. */
  readonly type: string
  readonly protocolType: string
  /** The assignor chosen; empty text while there is none. */
  readonly assignor: string
  readonly members: readonly GroupMember[]
}

const GROUPS_PER_REQUEST_MAX = 100

/** Describes groups at their coordinators. Groups that fail are in `failed` with their error code. */
export async function describeGroups(
  cluster: Cluster,
  groups: readonly { readonly id: string; readonly coordinator: number; readonly type?: string }[],
): Promise<{ groups: Map<string, GroupDescription>; failed: Map<string, number> }> {
  const found = new Map<string, GroupDescription>()
  const failed = new Map<string, number>()
  const isNew = ({ type }: { readonly type?: string }) => type === 'consumer'
  const describe = async (coordinator: number, ids: readonly string[]) => {
    const answer = await cluster.request(DescribeGroups, { groups: ids }, coordinator)
    for (const group of answer.groups) {
      if (group.errorCode !== 0) {
        failed.set(group.groupId, group.errorCode)
        continue
      }
      found.set(group.groupId, {
        id: group.groupId,
        state: group.groupState,
        type: 'classic',
        protocolType: group.protocolType,
        assignor: group.protocolData,
        members: group.members.map((member) => {
          const isConsumer = group.protocolType === 'consumer'
          const assignment = isConsumer ? parseAssignment(member.memberAssignment) : null
          return {
            id: member.memberId,
            instanceId: member.groupInstanceId,
            clientId: member.clientId,
            host: member.clientHost.replace(/^\//, ''),
            subscription: (isConsumer ? parseSubscription(member.memberMetadata)?.topics : null) ?? null,
            assignment: assignment?.assignedPartitions.map(sortedPartitions) ?? (isConsumer ? [] : null),
          }
        }),
      })
    }
  }
  const describeNew = async (coordinator: number, ids: readonly string[]) => {
    const answer = await cluster.request(ConsumerGroupDescribe, { groupIds: ids }, coordinator)
    for (const group of answer.groups) {
      if (group.errorCode !== 0) {
        failed.set(group.groupId, group.errorCode)
        continue
      }
      found.set(group.groupId, {
        id: group.groupId,
        state: group.groupState,
        type: 'consumer',
        protocolType: 'consumer',
        assignor: group.assignorName,
        members: group.members.map((member) => ({
          id: member.memberId,
          instanceId: member.instanceId,
          clientId: member.clientId,
          host: member.clientHost.replace(/^\//, ''),
          subscription: member.subscribedTopicNames,
          assignment: member.assignment.topicPartitions.map(({ topicName, partitions }) =>
            sortedPartitions({ topic: topicName, partitions }),
          ),
        })),
      })
    }
  }
  const requests: (() => Promise<void>)[] = []
  for (const [coordinator, asked] of Map.groupBy(groups, ({ coordinator }) => coordinator)) {
    const newer = asked.filter(isNew).map(({ id }) => id)
    const classic = asked.filter((group) => !isNew(group)).map(({ id }) => id)
    for (const ids of chunks(classic, GROUPS_PER_REQUEST_MAX)) requests.push(() => describe(coordinator, ids))
    for (const ids of chunks(newer, GROUPS_PER_REQUEST_MAX)) {
      requests.push(() =>
        describeNew(coordinator, ids).catch((error) => {
          if (!(error instanceof UnsupportedError)) throw error
          return describe(coordinator, ids)
        }),
      )
    }
  }
  await mapBounded(requests, 8, (run) => run())
  return { groups: found, failed }
}

/** One group; throws GROUP_ID_NOT_FOUND where there is none (older brokers call such a group Dead). */
export async function describeGroup(
  cluster: Cluster,
  group: { readonly id: string; readonly coordinator: number; readonly type?: string },
): Promise<GroupDescription> {
  const { groups, failed } = await describeGroups(cluster, [group])
  const description = groups.get(group.id)
  const tried = `describe group "${group.id}"`
  if (!description) throw new KafkaError(failed.get(group.id) ?? errors.GROUP_ID_NOT_FOUND.code, tried)
  if (description.state === 'Dead') throw new KafkaError(errors.GROUP_ID_NOT_FOUND.code, tried)
  return description
}

function sortedPartitions(assigned: { topic: string; partitions: readonly number[] }) {
  return { topic: assigned.topic, partitions: [...assigned.partitions].sort((a, b) => a - b) }
}

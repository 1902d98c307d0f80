/** Whether a group is busy, and with whom. */
import type { Cluster } from '../cluster.ts'
import { KafkaError } from '../cluster-errors.ts'
import { findCoordinator } from './coordinator.ts'
import { describeGroups, type GroupMember } from './group-description.ts'

export interface GroupNow {
  readonly coordinator: number
  /** `Empty` too where the group is not there (yet): offsets may be stored for it. */
  readonly state: string
  /** classic or consumer. */
  readonly type: string
  readonly members: readonly Pick<GroupMember, 'id' | 'instanceId' | 'clientId' | 'host'>[]
  /** Topics that the members read or are assigned. */
  readonly topics: readonly string[]
  /** Offsets can be stored from outside only while there are no members. */
  readonly canBeMoved: boolean
}

export async function groupNow(cluster: Cluster, group: string): Promise<GroupNow> {
  const coordinator = await findCoordinator(cluster, group)
  const classic = await describeGroups(cluster, [{ id: group, coordinator }])
  let description = classic.groups.get(group)
  // A group of the new protocol is no classic one to its coordinator, or has no members as one.
  if (!description || description.state === 'Dead') {
    const newer = await describeGroups(cluster, [{ id: group, coordinator, type: 'consumer' }]).catch(() => null)
    description = newer?.groups.get(group) ?? description
    const code = newer?.failed.get(group) ?? classic.failed.get(group)
    if (!description && code !== undefined && new KafkaError(code, '').errorName !== 'GROUP_ID_NOT_FOUND') {
      throw new KafkaError(code, `describe group "${group}"`)
    }
  }
  const members = description?.members ?? []
  const topics = new Set<string>()
  for (const { subscription, assignment } of members) {
    for (const topic of subscription ?? []) topics.add(topic)
    for (const { topic } of assignment ?? []) topics.add(topic)
  }
  const state = description === undefined || description.state === 'Dead' ? 'Empty' : description.state
  return {
    coordinator,
    state,
    type: description?.type ?? 'classic',
    members: members.map(({ id, instanceId, clientId, host }) => ({ id, instanceId, clientId, host })),
    topics: [...topics].sort(),
    canBeMoved: members.length === 0 && state === 'Empty',
  }
}

/** Forgets groups and their offsets. */
import { DeleteGroups } from '@odradek/protocol'
import type { Cluster } from '../cluster.ts'
import { assertNone } from '../cluster-errors.ts'
import { findCoordinator } from './coordinator.ts'

/** Throws NON_EMPTY_GROUP while the group has members, GROUP_ID_NOT_FOUND where there is none. */
export async function deleteGroup(cluster: Cluster, group: string): Promise<void> {
  const tried = `delete group "${group}"`
  const coordinator = await findCoordinator(cluster, group)
  const answer = await cluster.request(DeleteGroups, { groupsNames: [group] }, coordinator, { tried })
  assertNone(answer.results[0]?.errorCode ?? -1, tried)
}

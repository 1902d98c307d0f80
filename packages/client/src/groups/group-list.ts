/** All groups of a cluster: every broker lists those that it coordinates. */
import { ListGroups } from '@odradek/protocol'
import { mapBounded } from '../bounded.ts'
import type { Cluster } from '../cluster.ts'
import { kafkaErrorName } from '../cluster-errors.ts'

export interface ListedGroup {
  readonly id: string
  /** `consumer` for consumers; Connect and others have their own. Empty text: offsets were stored from outside. */
  readonly protocolType: string
  /** Stable, Empty, PreparingRebalance, CompletingRebalance, Dead, Assigning, Reconciling; empty text: not told. */
  readonly state: string
  /** classic, consumer or share; empty text: not told (then classic). */
  readonly type: string
  readonly coordinator: number
}

export interface GroupList {
  /** By id. */
  readonly groups: readonly ListedGroup[]
  /** Brokers whose groups are missing, with the reason. */
  readonly missing: readonly { readonly nodeId: number; readonly reason: string }[]
}

/** Asks every broker for its groups. A broker that fails is told, not thrown. */
export async function listGroups(cluster: Cluster): Promise<GroupList> {
  const { brokers } = await cluster.metadata()
  const byId = new Map<string, ListedGroup>()
  const missing: { nodeId: number; reason: string }[] = []
  await mapBounded(brokers, 8, async ({ nodeId }) => {
    try {
      const answer = await cluster.request(ListGroups, {}, nodeId)
      if (answer.errorCode !== 0) missing.push({ nodeId, reason: kafkaErrorName(answer.errorCode) })
      for (const { groupId, protocolType, groupState, groupType } of answer.groups) {
        byId.set(groupId, {
          id: groupId,
          protocolType,
          state: groupState,
          type: groupType.toLowerCase(),
          coordinator: nodeId,
        })
      }
    } catch (error) {
      missing.push({ nodeId, reason: (error as Error).message })
    }
  })
  return { groups: [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1)), missing }
}

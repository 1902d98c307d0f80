/** Who is in groups, asked of the coordinators, of each for all of its groups at once. */
import {
  type Cluster,
  describeGroups,
  type GroupMember,
  kafkaErrorName,
  type ListedGroup,
  mapBounded,
} from '@odradek/client'

export interface GroupMembers {
  readonly byGroup: ReadonlyMap<string, readonly GroupMember[]>
  /** Coordinators that did not tell of all their groups, and why: those groups are not in it. */
  readonly missing: ReadonlyMap<number, string>
}

const COORDINATORS_AT_ONCE = 8

export async function describeMembers(cluster: Cluster, groups: readonly ListedGroup[]): Promise<GroupMembers> {
  const byGroup = new Map<string, readonly GroupMember[]>()
  const missing = new Map<number, string>()
  const byCoordinator = [...Map.groupBy(groups, ({ coordinator }) => coordinator)]
  await mapBounded(byCoordinator, COORDINATORS_AT_ONCE, async ([nodeId, of]) => {
    try {
      const described = await describeGroups(cluster, of)
      for (const [id, group] of described.groups) byGroup.set(id, group.members)
      const [code] = described.failed.values()
      if (code !== undefined) missing.set(nodeId, kafkaErrorName(code))
    } catch (error) {
      // A coordinator that does not answer leaves the members of its groups unknown, not the list empty.
      missing.set(nodeId, (error as Error).message)
    }
  })
  return { byGroup, missing }
}

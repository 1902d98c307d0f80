/** Groups as they are shown: DescribeGroups (key 15), ListGroups (key 16). */
import { type DescribeGroupsResponse, errors, type ListGroupsResponse } from '@odradek/protocol'
import type { ClassicGroup } from './classic-group.ts'

export type DescribedGroup = DescribeGroupsResponse['groups'][number]
export type ListedGroup = ListGroupsResponse['groups'][number]

const NOTHING = Buffer.alloc(0)
const GROUP_ID_NOT_FOUND_VERSION = 6

/** A group in full. What members want and have is only told while it stands. */
export function describeGroup(group: ClassicGroup): DescribedGroup {
  const isStable = group.state === 'Stable'
  return {
    errorCode: errors.NONE.code,
    groupId: group.groupId,
    groupState: group.state,
    protocolType: group.protocolType ?? '',
    protocolData: isStable ? (group.protocolName ?? '') : '',
    members: [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: isStable ? member.metadata(group.protocolName) : NOTHING,
      memberAssignment: isStable ? member.assignment : NOTHING,
    })),
  }
}

/** A group that is not there: Dead, and from version 6 on an error (KIP-1043). */
export function describeMissingGroup(groupId: string, apiVersion: number): DescribedGroup {
  if (apiVersion < GROUP_ID_NOT_FOUND_VERSION) return describeRefusedGroup(groupId, errors.NONE.code, 'Dead')
  const described = describeRefusedGroup(groupId, errors.GROUP_ID_NOT_FOUND.code, 'Dead')
  return { ...described, errorMessage: `Group ${groupId} not found.` }
}

/** A group about which nothing can be told. */
export function describeRefusedGroup(groupId: string, errorCode: number, groupState = ''): DescribedGroup {
  return { errorCode, groupId, groupState, protocolType: '', protocolData: '', members: [] }
}

/** Which groups to list: names of states and types in lower case; an empty set lets all pass. */
export interface ListFilter {
  readonly states: ReadonlySet<string>
  readonly types: ReadonlySet<string>
}

/** The filter in a ListGroups request, whose names are in any case. */
export function listFilter(states: readonly string[], types: readonly string[]): ListFilter {
  return { states: lowerCased(states), types: lowerCased(types) }
}

/** A group as it is listed, or null when the filter does not let it pass. */
export function listGroup(group: ClassicGroup, filter: ListFilter): ListedGroup | null {
  if (filter.states.size > 0 && !filter.states.has(group.state.toLowerCase())) return null
  if (filter.types.size > 0 && !filter.types.has(group.groupType)) return null
  return {
    groupId: group.groupId,
    protocolType: group.protocolType ?? '',
    groupState: group.state,
    groupType: group.groupType,
  }
}

function lowerCased(names: readonly string[]): ReadonlySet<string> {
  return new Set(names.map((name) => name.trim().toLowerCase()))
}

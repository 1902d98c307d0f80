/** Staying in a group and leaving it: Heartbeat (key 12), LeaveGroup (key 13), the end of a session. */
import { errors, type HeartbeatRequest, type LeaveGroupRequest, type LeaveGroupResponse } from '@odradek/protocol'
import type { ClassicGroup } from './classic-group.ts'
import type { Draft } from './draft.ts'
import type { Member } from './member.ts'
import { checkMember } from './member-check.ts'
import { completeJoin, completeJoinIfAllJoined, rebalance, removeMember } from './rebalance.ts'

/** One who leaves. Version 5 of LeaveGroup adds a reason, which is for logs. */
export type Leaver = Omit<LeaveGroupRequest['members'][number], 'reason'>

/** Extends a member's session. REBALANCE_IN_PROGRESS tells it to join again. */
export function heartbeat(draft: Draft, group: ClassicGroup, request: HeartbeatRequest): number {
  const errorCode = checkMember(group, request.memberId, request.groupInstanceId)
  if (errorCode !== errors.NONE.code) return errorCode
  if (request.generationId !== group.generation) return errors.ILLEGAL_GENERATION.code
  draft.extendSession(group.members.get(request.memberId)!)
  return group.state === 'PreparingRebalance' ? errors.REBALANCE_IN_PROGRESS.code : errors.NONE.code
}

/** Lets members go, each with a code of its own; one rebalance for all of them. */
export function leaveGroup(
  draft: Draft,
  group: ClassicGroup,
  leavers: readonly Leaver[],
): NonNullable<LeaveGroupResponse['members']> {
  const members = leavers.map(({ memberId, groupInstanceId }) => ({
    memberId,
    groupInstanceId,
    errorCode: leave(draft, group, memberId, groupInstanceId),
  }))
  if (members.some((member) => member.errorCode === errors.NONE.code)) {
    if (group.state === 'Stable' || group.state === 'CompletingRebalance') rebalance(draft, group)
    else completeJoinIfAllJoined(draft, group)
  }
  return members
}

/** The session of a member is over: it is out, unless it is waiting for others. */
export function expireSession(draft: Draft, group: ClassicGroup, member: Member): void {
  if (member.isExcusedFromHeartbeats) return
  removeMember(draft, group, member)
  if (group.state === 'Stable' || group.state === 'CompletingRebalance') rebalance(draft, group)
  else if (group.state === 'PreparingRebalance' && group.hasAllMembersJoined) completeJoin(draft, group)
}

/** A member id was given out and nobody came back with it. */
export function expirePendingMember(draft: Draft, group: ClassicGroup, memberId: string): void {
  group.forgetPending(memberId)
  if (group.state === 'PreparingRebalance' && group.hasAllMembersJoined) completeJoin(draft, group)
}

function leave(draft: Draft, group: ClassicGroup, memberId: string, groupInstanceId: string | null): number {
  if (memberId === '') {
    // An administrator names a static member by its place.
    const holder = groupInstanceId === null ? null : group.staticMemberId(groupInstanceId)
    if (holder === null) return errors.UNKNOWN_MEMBER_ID.code
    removeMember(draft, group, group.members.get(holder)!)
    return errors.NONE.code
  }
  if (group.pendingMembers.has(memberId)) {
    group.forgetPending(memberId)
    return errors.NONE.code
  }
  const errorCode = checkMember(group, memberId, groupInstanceId)
  if (errorCode === errors.NONE.code) removeMember(draft, group, group.members.get(memberId)!)
  return errorCode
}

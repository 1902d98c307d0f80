/**
 * How a group comes to its next generation: all members join (or are left behind when time is up), each is told the
 * generation, the leader is told the members. What follows is in sync-group.ts.
 */
import { errors, type JoinGroupResponse } from '@odradek/protocol'
import { cancelDue } from '../runtime/deadline-queue.ts'
import type { ClassicGroup } from './classic-group.ts'
import type { Draft } from './draft.ts'
import { emptyGroupRecordOf } from './group-record-of.ts'
import type { Member } from './member.ts'

const NOTHING = Buffer.alloc(0)

/** A member came, went or changed: begins a rebalance, or sees whether the one under way can end. */
export function rebalance(draft: Draft, group: ClassicGroup): void {
  if (group.canRebalance) prepareRebalance(draft, group)
  else completeJoinIfAllJoined(draft, group)
}

/** Begins a rebalance: who waits for an assignment is sent back to join. */
export function prepareRebalance(draft: Draft, group: ClassicGroup): void {
  if (group.state === 'CompletingRebalance') endSyncs(draft, group)
  group.pendingSync.clear()
  cancelDue(group.syncTimer)
  const isInitial = group.state === 'Empty'
  group.transitionTo('PreparingRebalance', draft.now.wallMs)
  if (isInitial) {
    const delayMs = draft.limits.initialRebalanceDelayMs
    group.newMemberAdded = false
    group.initialDelayMs = delayMs
    group.initialRemainingMs = Math.max(group.rebalanceTimeoutMs - delayMs, 0)
    if (delayMs === 0) completeJoin(draft, group)
    else draft.startTimer(group.joinTimer, delayMs)
  } else if (group.hasAllMembersJoined) {
    completeJoin(draft, group)
  } else {
    draft.startTimer(group.joinTimer, group.rebalanceTimeoutMs)
  }
}

/** Ends the joining if nobody is missing. The initial rebalance ends by time only, so that more may come. */
export function completeJoinIfAllJoined(draft: Draft, group: ClassicGroup): void {
  if (group.state === 'PreparingRebalance' && group.previousState !== 'Empty' && group.hasAllMembersJoined) {
    completeJoin(draft, group)
  }
}

/** The time for joining is up. The initial rebalance is put off as long as members keep coming. */
export function expireJoin(draft: Draft, group: ClassicGroup): void {
  const isInitial = group.previousState === 'Empty'
  if (isInitial && group.newMemberAdded && group.initialRemainingMs > 0) {
    group.newMemberAdded = false
    const delayMs = Math.min(draft.limits.initialRebalanceDelayMs, group.initialRemainingMs)
    group.initialRemainingMs = Math.max(group.initialRemainingMs - group.initialDelayMs, 0)
    group.initialDelayMs = delayMs
    draft.startTimer(group.joinTimer, delayMs)
  } else {
    completeJoin(draft, group)
  }
}

/**
 * Ends the joining: dynamic members that did not come are out (static ones keep their place until their session ends),
 * the others are told the next generation and have the rebalance timeout's time to sync.
 */
export function completeJoin(draft: Draft, group: ClassicGroup): void {
  cancelDue(group.joinTimer)
  for (const member of [...group.members.values()]) {
    if (member.joinToken === null && !member.isStatic) group.remove(member.memberId)
  }
  if (group.members.size === 0) {
    group.pendingSync.clear()
    draft.records.push(emptyGroupRecordOf(group, draft.now.wallMs))
    return
  }
  if (!electLeader(group)) {
    // Only static members are left and none of them came: wait until their sessions end or one of them does.
    draft.startTimer(group.joinTimer, group.rebalanceTimeoutMs)
    return
  }
  group.generation++
  group.protocolName = group.selectProtocol()
  group.subscribedTopics = group.readSubscriptions()
  group.transitionTo('CompletingRebalance', draft.now.wallMs)
  group.pendingSync.clear()
  for (const member of group.members.values()) {
    group.answerJoin(draft, member, joined(group, member))
    draft.extendSession(member)
    member.isNew = false
    group.pendingSync.add(member.memberId)
  }
  draft.startTimer(group.syncTimer, group.rebalanceTimeoutMs)
}

/** Members that did not sync in time are out, and the rest joins again. */
export function expireSync(draft: Draft, group: ClassicGroup): void {
  if (group.state !== 'CompletingRebalance' && group.state !== 'Stable') return
  if (group.pendingSync.size === 0) return
  for (const memberId of [...group.pendingSync]) {
    const member = group.members.get(memberId)
    if (member !== undefined) removeMember(draft, group, member)
  }
  prepareRebalance(draft, group)
}

/** Takes a member out; what it waits in says that it is not known, so that a client still there joins anew. */
export function removeMember(draft: Draft, group: ClassicGroup, member: Member): void {
  group.answerJoin(draft, member, { errorCode: errors.UNKNOWN_MEMBER_ID.code })
  group.answerSync(draft, member, { errorCode: errors.UNKNOWN_MEMBER_ID.code, assignment: NOTHING })
  group.remove(member.memberId)
}

/** What a member is told of the present generation. Only the leader is told the members. */
export function joined(group: ClassicGroup, member: Member): JoinGroupResponse {
  return {
    errorCode: errors.NONE.code,
    generationId: group.generation,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    leader: group.leaderId ?? '',
    memberId: member.memberId,
    members: group.isLeader(member.memberId) ? membersOf(group) : [],
  }
}

/** The members as their leader needs them. */
export function membersOf(group: ClassicGroup): NonNullable<JoinGroupResponse['members']> {
  return [...group.members.values()].map((member) => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    metadata: member.metadata(group.protocolName),
  }))
}

/** Sees to it that the leader is one that joined; false when nobody did. */
function electLeader(group: ClassicGroup): boolean {
  const leader = group.leaderId === null ? undefined : group.members.get(group.leaderId)
  if (leader !== undefined && leader.joinToken !== null) return true
  for (const member of group.members.values()) {
    if (member.joinToken !== null) {
      group.leaderId = member.memberId
      return true
    }
  }
  return false
}

/** Sends those who wait for their assignment back to join. */
function endSyncs(draft: Draft, group: ClassicGroup): void {
  for (const member of group.members.values()) {
    const response = { errorCode: errors.REBALANCE_IN_PROGRESS.code, assignment: NOTHING }
    if (group.answerSync(draft, member, response)) draft.extendSession(member)
  }
}

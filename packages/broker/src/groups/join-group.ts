/**
 * JoinGroup (key 11, versions 0 to 9). A member waits in it until the group has its next generation.
 *
 *   v4   a dynamic member without an id is given one first (MEMBER_ID_REQUIRED, KIP-394), so that retries are known
 *   v5   static members: whoever names a `groupInstanceId` that is there takes its place (KIP-345)
 *   v9   a static leader that comes back is told the members and to leave the assignment as it is (KIP-814)
 */
import { errors, type JoinGroupRequest, type JoinGroupResponse } from '@odradek/protocol'
import type { Token } from '../runtime/decision.ts'
import type { ClassicGroup } from './classic-group.ts'
import type { Draft } from './draft.ts'
import { groupRecordOf } from './group-record-of.ts'
import { type GroupTimer, notDue } from './group-timer.ts'
import { Member } from './member.ts'
import { checkMember } from './member-check.ts'
import { completeJoinIfAllJoined, joined, membersOf, rebalance, removeMember } from './rebalance.ts'

/** What a JoinGroup brings apart from its body. */
export interface JoinContext {
  readonly apiVersion: number
  readonly clientId: string
  /** As Kafka writes it: a slash and the address. */
  readonly clientHost: string
  /** A fresh id, for the case that this member needs one. */
  readonly newMemberId: string
}

const MEMBER_ID_REQUIRED_VERSION = 4
const SKIP_ASSIGNMENT_VERSION = 9

/** Decides on a join; null when it waits under `token`. The group may be one that nobody knows yet. */
export function joinGroup(
  draft: Draft,
  group: ClassicGroup,
  request: JoinGroupRequest,
  context: JoinContext,
  token: Token<JoinGroupResponse>,
): JoinGroupResponse | null {
  const { memberId } = request
  if (!hasRoomFor(draft, group, memberId)) {
    const member = group.members.get(memberId)
    if (member !== undefined) removeMember(draft, group, member)
    else group.forgetPending(memberId)
    completeJoinIfAllJoined(draft, group)
    return refused('', errors.GROUP_MAX_SIZE_REACHED.code)
  }
  if (!group.supports(request.protocolType, request.protocols)) {
    return refused(memberId, errors.INCONSISTENT_GROUP_PROTOCOL.code)
  }
  if (memberId === '') return joinAnew(draft, group, request, context, token)
  if (group.pendingMembers.has(memberId)) {
    // Ids are only given out to dynamic members.
    if (request.groupInstanceId !== null) return refused(memberId, errors.UNKNOWN_MEMBER_ID.code)
    return addMember(draft, group, request, context, memberId, token)
  }
  const errorCode = checkMember(group, memberId, request.groupInstanceId)
  if (errorCode !== errors.NONE.code) return refused(memberId, errorCode)
  return joinAgain(draft, group, request, group.members.get(memberId)!, token)
}

/** A JoinGroup that is turned down. */
export function refused(memberId: string, errorCode: number): JoinGroupResponse {
  return { errorCode, memberId }
}

/**
 * Whether the group may grow by this member. While it rebalances, those who wait are counted, so that a group above its
 * limit (which may have been lowered) loses those who come last.
 */
function hasRoomFor(draft: Draft, group: ClassicGroup, memberId: string): boolean {
  const { membersMax } = draft.limits
  const member = group.members.get(memberId)
  switch (group.state) {
    case 'Empty':
    case 'Dead':
      return true
    case 'PreparingRebalance':
      return (member !== undefined && member.joinToken !== null) || group.awaitingJoinCount < membersMax
    case 'CompletingRebalance':
    case 'Stable':
      return member !== undefined || group.members.size < membersMax
    default:
      return group.state satisfies never
  }
}

/** A client that has no member id. */
function joinAnew(
  draft: Draft,
  group: ClassicGroup,
  request: JoinGroupRequest,
  context: JoinContext,
  token: Token<JoinGroupResponse>,
): JoinGroupResponse | null {
  const memberId = context.newMemberId
  if (request.groupInstanceId !== null) {
    const holder = group.staticMemberId(request.groupInstanceId)
    if (holder !== null) return takePlace(draft, group, request, context, group.members.get(holder)!, token)
  } else if (context.apiVersion >= MEMBER_ID_REQUIRED_VERSION) {
    if (group.pendingMembers.size >= draft.limits.pendingMembersMax) {
      return refused('', errors.GROUP_MAX_SIZE_REACHED.code)
    }
    const timer: GroupTimer = { kind: 'pendingMember', group, memberId, ...notDue }
    group.pendingMembers.set(memberId, timer)
    draft.startTimer(timer, request.sessionTimeoutMs)
    return refused(memberId, errors.MEMBER_ID_REQUIRED.code)
  }
  return addMember(draft, group, request, context, memberId, token)
}

function addMember(
  draft: Draft,
  group: ClassicGroup,
  request: JoinGroupRequest,
  context: JoinContext,
  memberId: string,
  token: Token<JoinGroupResponse>,
): null {
  const member = newMember(group, request, context, memberId)
  member.isNew = true
  if (group.members.size === 0) group.protocolType = request.protocolType
  group.add(member)
  group.newMemberAdded = true
  group.awaitJoin(member, token)
  draft.extendSession(member, draft.limits.newMemberJoinTimeoutMs)
  rebalance(draft, group)
  return null
}

/** A known member joins: for the next generation, or because it missed the answer about this one. */
function joinAgain(
  draft: Draft,
  group: ClassicGroup,
  request: JoinGroupRequest,
  member: Member,
  token: Token<JoinGroupResponse>,
): JoinGroupResponse | null {
  const { state } = group
  if (state === 'Empty' || state === 'Dead') return refused(member.memberId, errors.UNKNOWN_MEMBER_ID.code)
  const isUnchanged = member.matches(request.protocols)
  // A leader that joins a stable group wants a rebalance: what it divides has changed, a topic's partitions perhaps.
  const wantsRebalance = state === 'Stable' && group.isLeader(member.memberId)
  if (state !== 'PreparingRebalance' && isUnchanged && !wantsRebalance) return joined(group, member)
  group.update(member, request.protocols, rebalanceTimeoutMs(request), request.sessionTimeoutMs)
  waitFor(draft, group, member, token)
  rebalance(draft, group)
  return null
}

/** A static member came back under a new id: the old id is fenced, the place and its assignment are kept. */
function takePlace(
  draft: Draft,
  group: ClassicGroup,
  request: JoinGroupRequest,
  context: JoinContext,
  old: Member,
  token: Token<JoinGroupResponse>,
): JoinGroupResponse | null {
  const fenced = errors.FENCED_INSTANCE_ID.code
  group.answerJoin(draft, old, refused(old.memberId, fenced))
  group.answerSync(draft, old, { errorCode: fenced, assignment: Buffer.alloc(0) })
  const formerLeader = group.leaderId
  const member = newMember(group, request, context, context.newMemberId)
  group.replace(old, member)
  draft.extendSession(member)

  if (group.state === 'Stable' && group.selectProtocol() === group.protocolName) {
    const assignments = new Map([...group.members.values()].map((each) => [each.memberId, each.assignment]))
    draft.records.push(groupRecordOf(group, assignments, group.stateTimestampMs))
    const isLeader = group.isLeader(member.memberId)
    if (context.apiVersion >= SKIP_ASSIGNMENT_VERSION) {
      return { ...joined(group, member), members: isLeader ? membersOf(group) : [], skipAssignment: isLeader }
    }
    // Older clients would assign anew if they were told that they lead.
    return { ...joined(group, member), leader: formerLeader ?? '', members: [] }
  }
  waitFor(draft, group, member, token)
  // Also while others sync: the leader has been told the old id, so that the new one would be left without an assignment.
  rebalance(draft, group)
  return null
}

/** Lets a member wait under `token`; an earlier wait of it was given up by its client. */
function waitFor(draft: Draft, group: ClassicGroup, member: Member, token: Token<JoinGroupResponse>): void {
  group.answerJoin(draft, member, refused(member.memberId, errors.REBALANCE_IN_PROGRESS.code))
  group.awaitJoin(member, token)
}

function newMember(group: ClassicGroup, request: JoinGroupRequest, context: JoinContext, memberId: string): Member {
  const identity = {
    memberId,
    groupInstanceId: request.groupInstanceId,
    clientId: context.clientId,
    clientHost: context.clientHost,
  }
  return new Member(group, identity, rebalanceTimeoutMs(request), request.sessionTimeoutMs, request.protocols)
}

/**
 * Version 0 has no rebalance timeout, and clients that do not set theirs send 0 (kafkajs below its consumer): taken as a
 * time it would put out whoever does not sync within the same tick.
 */
function rebalanceTimeoutMs(request: JoinGroupRequest): number {
  return request.rebalanceTimeoutMs <= 0 ? request.sessionTimeoutMs : request.rebalanceTimeoutMs
}

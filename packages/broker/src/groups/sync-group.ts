/**
 * SyncGroup (key 14, versions 0 to 5). Members wait in it for the leader's, which brings what each is to have: with it
 * the generation is written down and stands.
 */
import { errors, type SyncGroupRequest, type SyncGroupResponse } from '@odradek/protocol'
import { cancelDue } from '../runtime/deadline-queue.ts'
import type { Token } from '../runtime/decision.ts'
import type { ClassicGroup } from './classic-group.ts'
import type { Draft } from './draft.ts'
import { groupRecordOf } from './group-record-of.ts'
import { checkMember } from './member-check.ts'

const NOTHING = Buffer.alloc(0)

/** Decides on a sync; null when it waits under `token`. */
export function syncGroup(
  draft: Draft,
  group: ClassicGroup,
  request: SyncGroupRequest,
  token: Token<SyncGroupResponse>,
): SyncGroupResponse | null {
  const errorCode = checkSync(group, request)
  if (errorCode !== errors.NONE.code) return unsynced(errorCode)
  const member = group.members.get(request.memberId)!
  switch (group.state) {
    case 'PreparingRebalance':
      return unsynced(errors.REBALANCE_IN_PROGRESS.code)
    case 'Stable':
      noteSync(group, request.memberId)
      return synced(group, member.assignment)
    case 'CompletingRebalance':
      noteSync(group, request.memberId)
      group.answerSync(draft, member, unsynced(errors.REBALANCE_IN_PROGRESS.code)) // given up by its client
      member.syncToken = token
      if (group.isLeader(request.memberId)) assign(draft, group, request)
      return null
    case 'Empty':
    case 'Dead':
      return unsynced(errors.UNKNOWN_MEMBER_ID.code)
    default:
      return group.state satisfies never
  }
}

/** A SyncGroup that is turned down. */
export function unsynced(errorCode: number): SyncGroupResponse {
  return { errorCode, assignment: NOTHING }
}

function synced(group: ClassicGroup, assignment: Buffer): SyncGroupResponse {
  const { protocolType, protocolName } = group
  return { errorCode: errors.NONE.code, protocolType, protocolName, assignment }
}

function checkSync(group: ClassicGroup, request: SyncGroupRequest): number {
  if (group.state === 'Empty') return errors.UNKNOWN_MEMBER_ID.code
  const errorCode = checkMember(group, request.memberId, request.groupInstanceId)
  if (errorCode !== errors.NONE.code) return errorCode
  if (request.generationId !== group.generation) return errors.ILLEGAL_GENERATION.code
  if (differs(request.protocolType, group.protocolType) || differs(request.protocolName, group.protocolName)) {
    return errors.INCONSISTENT_GROUP_PROTOCOL.code
  }
  return errors.NONE.code
}

function differs(asked: string | null, own: string | null): boolean {
  return asked !== null && own !== null && asked !== own
}

function noteSync(group: ClassicGroup, memberId: string): void {
  group.pendingSync.delete(memberId)
  if (group.pendingSync.size === 0) cancelDue(group.syncTimer)
}

/** The leader's word: who waits is answered. That the group is stable now, the record says when it is replayed. */
function assign(draft: Draft, group: ClassicGroup, request: SyncGroupRequest): void {
  const assignments = new Map(request.assignments.map((each) => [each.memberId, each.assignment]))
  draft.records.push(groupRecordOf(group, assignments, draft.now.wallMs))
  for (const member of group.members.values()) {
    const response = synced(group, assignments.get(member.memberId) ?? NOTHING)
    // A session that ended while its member waited here was overlooked; it begins anew.
    if (group.answerSync(draft, member, response)) draft.extendSession(member)
  }
}

import { errors } from '@odradek/protocol'
import type { ClassicGroup } from './classic-group.ts'

/**
 * Whether a request may speak for a member: NONE, UNKNOWN_MEMBER_ID, or FENCED_INSTANCE_ID when another member id has
 * taken the static place since.
 */
export function checkMember(group: ClassicGroup, memberId: string, groupInstanceId: string | null): number {
  if (groupInstanceId !== null) {
    const holder = group.staticMemberId(groupInstanceId)
    if (holder === null) return errors.UNKNOWN_MEMBER_ID.code
    if (holder !== memberId) return errors.FENCED_INSTANCE_ID.code
  }
  return group.members.has(memberId) ? errors.NONE.code : errors.UNKNOWN_MEMBER_ID.code
}

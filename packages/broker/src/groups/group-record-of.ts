import type { GroupMetadataValue } from '@odradek/protocol'
import type { ClassicGroup } from './classic-group.ts'
import type { GroupRecord } from './group-record.ts'

const NOTHING = Buffer.alloc(0)

/**
 * The record of a group's present generation. `assignments` by member id: who is missing gets nothing.
 * `stateTimestampMs` is when it came into the state that the record stands for.
 */
export function groupRecordOf(
  group: ClassicGroup,
  assignments: ReadonlyMap<string, Buffer>,
  stateTimestampMs: number,
): GroupRecord {
  const value: GroupMetadataValue = {
    protocolType: group.protocolType ?? '',
    generation: group.generation,
    protocol: group.protocolName,
    leader: group.leaderId,
    currentStateTimestamp: stateTimestampMs,
    members: [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeout: member.rebalanceTimeoutMs,
      sessionTimeout: member.sessionTimeoutMs,
      subscription: member.metadata(group.protocolName),
      assignment: assignments.get(member.memberId) ?? NOTHING,
    })),
  }
  return { kind: 'group', groupId: group.groupId, value }
}

/** The record of a group whose last member has gone: its next generation is empty. */
export function emptyGroupRecordOf(group: ClassicGroup, stateTimestampMs: number): GroupRecord {
  const value: GroupMetadataValue = {
    protocolType: group.protocolType ?? '',
    generation: group.generation + 1,
    protocol: null,
    leader: null,
    currentStateTimestamp: stateTimestampMs,
    members: [],
  }
  return { kind: 'group', groupId: group.groupId, value }
}

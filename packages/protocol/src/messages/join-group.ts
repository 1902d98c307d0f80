import { array, boolean, bytes, int16, int32, nullable, string } from '../schema/fields.ts'
import { api, type RequestOf, type ResponseOf } from '../schema/message.ts'

/**
 * API key 11: enters a classic group, or re-enters it in a rebalance. Only the leader is told the members.
 * From version 4 a dynamic member is first given an id (MEMBER_ID_REQUIRED) and joins again with it (KIP-394);
 * static members come with 5 (KIP-345).
 */
export const JoinGroup = api({
  key: 11,
  name: 'JoinGroup',
  versions: [0, 9],
  flexible: 6,
  request: {
    groupId: string(),
    sessionTimeoutMs: int32(),
    /** -1: version 0 has none, the session timeout serves. */
    rebalanceTimeoutMs: int32({ since: 1, default: -1 }),
    memberId: string(),
    groupInstanceId: nullable(string(), { since: 5, default: null }),
    protocolType: string(),
    /** In the member's order of preference. */
    protocols: array({ name: string(), metadata: bytes() }),
    reason: nullable(string(), { since: 8, default: null }),
  },
  response: {
    throttleTimeMs: int32({ since: 2, default: 0 }),
    errorCode: int16(),
    generationId: int32({ default: -1 }),
    protocolType: nullable(string(), { since: 7, default: null }),
    /** Null only from version 7; before it, no protocol is the empty string. */
    protocolName: nullable(string(), { nullSince: 7, default: '' }),
    leader: string({ default: '' }),
    /** The leader must not run its assignor: a static leader came back and the assignment stands (KIP-814). */
    skipAssignment: boolean({ since: 9, default: false }),
    memberId: string({ default: '' }),
    members: array(
      {
        memberId: string(),
        groupInstanceId: nullable(string(), { since: 5, default: null }),
        metadata: bytes(),
      },
      { default: [] },
    ),
  },
})
export type JoinGroupRequest = RequestOf<typeof JoinGroup>
export type JoinGroupResponse = ResponseOf<typeof JoinGroup>

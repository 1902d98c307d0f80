import { array, bytes, int16, int32, nullable, string } from '../schema/fields.ts'
import { api, type RequestOf, type ResponseOf } from '../schema/message.ts'

/** API key 14: the leader hands in everybody's assignment, every member is answered with its own. */
export const SyncGroup = api({
  key: 14,
  name: 'SyncGroup',
  versions: [0, 5],
  flexible: 4,
  request: {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    groupInstanceId: nullable(string(), { since: 3, default: null }),
    /** Must be what JoinGroup answered, else INCONSISTENT_GROUP_PROTOCOL. Null: not checked. */
    protocolType: nullable(string(), { since: 5, default: null }),
    protocolName: nullable(string(), { since: 5, default: null }),
    /** Empty from all but the leader. */
    assignments: array({ memberId: string(), assignment: bytes() }),
  },
  response: {
    throttleTimeMs: int32({ since: 1, default: 0 }),
    errorCode: int16(),
    protocolType: nullable(string(), { since: 5, default: null }),
    protocolName: nullable(string(), { since: 5, default: null }),
    assignment: bytes(),
  },
})
export type SyncGroupRequest = RequestOf<typeof SyncGroup>
export type SyncGroupResponse = ResponseOf<typeof SyncGroup>

import { array, int16, int32, nullable, string } from '../schema/fields.ts'
import { api, type RequestOf, type ResponseOf } from '../schema/message.ts'

/**
 * API key 13: members leave a classic group. Up to version 2 one member, named at the top; from 3 on a list, in which a
 * static member may be named by its instance id with an empty member id.
 */
export const LeaveGroup = api({
  key: 13,
  name: 'LeaveGroup',
  versions: [0, 5],
  flexible: 4,
  request: {
    groupId: string(),
    memberId: string({ until: 2, default: '' }),
    members: array(
      {
        memberId: string(),
        groupInstanceId: nullable(string(), { default: null }),
        reason: nullable(string(), { since: 5, default: null }),
      },
      { since: 3, default: [] },
    ),
  },
  response: {
    throttleTimeMs: int32({ since: 1, default: 0 }),
    errorCode: int16(),
    members: array(
      {
        memberId: string(),
        groupInstanceId: nullable(string(), { default: null }),
        errorCode: int16(),
      },
      { since: 3, default: [] },
    ),
  },
})
export type LeaveGroupRequest = RequestOf<typeof LeaveGroup>
export type LeaveGroupResponse = ResponseOf<typeof LeaveGroup>

import { array, boolean, bytes, int16, int32, nullable, string } from '../schema/fields.ts'
import { api, type RequestOf, type ResponseOf } from '../schema/message.ts'

/**
 * API key 15: classic groups in full. An unknown group is in state Dead without an error up to version 5, and
 * GROUP_ID_NOT_FOUND from 6 (KIP-1043).
 */
export const DescribeGroups = api({
  key: 15,
  name: 'DescribeGroups',
  versions: [0, 6],
  flexible: 5,
  request: {
    groups: array(string()),
    includeAuthorizedOperations: boolean({ since: 3, default: false }),
  },
  response: {
    throttleTimeMs: int32({ since: 1, default: 0 }),
    groups: array({
      errorCode: int16(),
      errorMessage: nullable(string(), { since: 6, default: null }),
      groupId: string(),
      groupState: string(),
      protocolType: string(),
      /** The protocol chosen; empty while there is none. */
      protocolData: string(),
      members: array({
        memberId: string(),
        groupInstanceId: nullable(string(), { since: 4, default: null }),
        clientId: string(),
        clientHost: string(),
        memberMetadata: bytes(),
        memberAssignment: bytes(),
      }),
      /** A bit per ACL operation; the smallest int32 when it was not asked for. */
      authorizedOperations: int32({ since: 3, default: -2147483648 }),
    }),
  },
})
export type DescribeGroupsRequest = RequestOf<typeof DescribeGroups>
export type DescribeGroupsResponse = ResponseOf<typeof DescribeGroups>

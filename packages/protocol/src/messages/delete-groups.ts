import { array, int16, int32, string } from '../schema/fields.ts'
import { api, type RequestOf, type ResponseOf } from '../schema/message.ts'

/** API key 42: forgets empty groups and their offsets. */
export const DeleteGroups = api({
  key: 42,
  name: 'DeleteGroups',
  versions: [0, 2],
  flexible: 2,
  request: {
    groupsNames: array(string()),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    results: array({ groupId: string(), errorCode: int16() }),
  },
})
export type DeleteGroupsRequest = RequestOf<typeof DeleteGroups>
export type DeleteGroupsResponse = ResponseOf<typeof DeleteGroups>

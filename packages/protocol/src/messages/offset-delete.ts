import { array, int16, int32, string } from '../schema/fields.ts'
import { api, type RequestOf, type ResponseOf } from '../schema/message.ts'

/**
 * API key 47: forgets committed offsets of single partitions (KIP-496). Never flexible. A group-wide error goes without
 * topics; unlike elsewhere it stands before the throttle time.
 */
export const OffsetDelete = api({
  key: 47,
  name: 'OffsetDelete',
  versions: [0, 0],
  flexible: null,
  request: {
    groupId: string(),
    topics: array({
      name: string(),
      partitions: array({ partitionIndex: int32() }),
    }),
  },
  response: {
    errorCode: int16({ default: 0 }),
    throttleTimeMs: int32({ default: 0 }),
    topics: array(
      {
        name: string(),
        partitions: array({ partitionIndex: int32(), errorCode: int16() }),
      },
      { default: [] },
    ),
  },
})
export type OffsetDeleteRequest = RequestOf<typeof OffsetDelete>
export type OffsetDeleteResponse = ResponseOf<typeof OffsetDelete>

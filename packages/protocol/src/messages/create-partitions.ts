import { array, boolean, int16, int32, nullable, string } from '../schema/fields.ts'
import { api, type RequestOf, type ResponseOf } from '../schema/message.ts'

/** API key 37: gives topics more partitions. `count` is the total afterwards. */
export const CreatePartitions = api({
  key: 37,
  name: 'CreatePartitions',
  versions: [0, 3],
  flexible: 2,
  request: {
    topics: array({
      name: string(),
      count: int32(),
      /** The replicas of each new partition; null: the broker places them. */
      assignments: nullable(array({ brokerIds: array(int32()) })),
    }),
    timeoutMs: int32(),
    validateOnly: boolean({ default: false }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    results: array({
      name: string(),
      errorCode: int16(),
      errorMessage: nullable(string(), { default: null }),
    }),
  },
})
export type CreatePartitionsRequest = RequestOf<typeof CreatePartitions>
export type CreatePartitionsResponse = ResponseOf<typeof CreatePartitions>

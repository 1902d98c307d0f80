import { array, int16, int32, nullable, string } from '../schema/fields.ts'
import { api, type RequestOf, type ResponseOf } from '../schema/message.ts'

/** API key 46: partitions whose replicas are being moved. KIP-455. */
export const ListPartitionReassignments = api({
  key: 46,
  name: 'ListPartitionReassignments',
  versions: [0, 0],
  flexible: 0,
  request: {
    timeoutMs: int32({ default: 60_000 }),
    /** Null: all that are being moved. */
    topics: nullable(array({ name: string(), partitionIndexes: array(int32()) }), { default: null }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    errorMessage: nullable(string()),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        replicas: array(int32()),
        addingReplicas: array(int32()),
        removingReplicas: array(int32()),
      }),
    }),
  },
})
export type ListPartitionReassignmentsRequest = RequestOf<typeof ListPartitionReassignments>
export type ListPartitionReassignmentsResponse = ResponseOf<typeof ListPartitionReassignments>

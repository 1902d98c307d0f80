import { array, boolean, int16, int32, nullable, string } from '../schema/fields.ts'
import { api, type RequestOf, type ResponseOf } from '../schema/message.ts'

/** API key 45: moves partitions to other replicas, or (null) takes a move back. KIP-455; version 1: KIP-860. */
export const AlterPartitionReassignments = api({
  key: 45,
  name: 'AlterPartitionReassignments',
  versions: [0, 1],
  flexible: 0,
  request: {
    timeoutMs: int32({ default: 60_000 }),
    allowReplicationFactorChange: boolean({ since: 1, default: true }),
    topics: array({
      name: string(),
      partitions: array({ partitionIndex: int32(), replicas: nullable(array(int32()), { default: null }) }),
    }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    allowReplicationFactorChange: boolean({ since: 1, default: true }),
    errorCode: int16(),
    errorMessage: nullable(string()),
    responses: array({
      name: string(),
      partitions: array({ partitionIndex: int32(), errorCode: int16(), errorMessage: nullable(string()) }),
    }),
  },
})
export type AlterPartitionReassignmentsRequest = RequestOf<typeof AlterPartitionReassignments>
export type AlterPartitionReassignmentsResponse = ResponseOf<typeof AlterPartitionReassignments>

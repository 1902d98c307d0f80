import { ZERO_UUID } from '../bytes/reader.ts'
import { array, boolean, int16, int32, nullable, string, struct, uuid } from '../schema/fields.ts'
import { api, type RequestOf, type ResponseOf } from '../schema/message.ts'

/** Where the next page starts. */
const cursor = struct({ topicName: string(), partitionIndex: int32() })

/** API key 75: partitions of topics page by page, with the eligible leader replicas (KIP-966). */
export const DescribeTopicPartitions = api({
  key: 75,
  name: 'DescribeTopicPartitions',
  versions: [0, 0],
  flexible: 0,
  request: {
    /** Empty: all topics. */
    topics: array({ name: string() }),
    responsePartitionLimit: int32({ default: 2000 }),
    cursor: nullable(cursor, { default: null }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    topics: array({
      errorCode: int16(),
      name: nullable(string()),
      topicId: uuid({ default: ZERO_UUID }),
      isInternal: boolean({ default: false }),
      partitions: array(
        {
          errorCode: int16(),
          partitionIndex: int32(),
          leaderId: int32(),
          leaderEpoch: int32({ default: -1 }),
          replicaNodes: array(int32()),
          isrNodes: array(int32()),
          eligibleLeaderReplicas: nullable(array(int32()), { default: null }),
          lastKnownElr: nullable(array(int32()), { default: null }),
          offlineReplicas: array(int32(), { default: [] }),
        },
        { default: [] },
      ),
      topicAuthorizedOperations: int32({ default: -2147483648 }),
    }),
    /** Null on the last page. */
    nextCursor: nullable(cursor, { default: null }),
  },
})
export type DescribeTopicPartitionsRequest = RequestOf<typeof DescribeTopicPartitions>
export type DescribeTopicPartitionsResponse = ResponseOf<typeof DescribeTopicPartitions>

import { array, int16, int32, int64, nullable, string } from '../schema/fields.ts'
import { api, type RequestOf, type ResponseOf } from '../schema/message.ts'

/** API key 61: the idempotent and transactional producers a partition remembers (KIP-664). */
export const DescribeProducers = api({
  key: 61,
  name: 'DescribeProducers',
  versions: [0, 0],
  flexible: 0,
  request: {
    topics: array({ name: string(), partitionIndexes: array(int32()) }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: nullable(string(), { default: null }),
        activeProducers: array(
          {
            producerId: int64(),
            /** An int16 everywhere else. */
            producerEpoch: int32(),
            lastSequence: int32({ default: -1 }),
            lastTimestamp: int64({ default: -1 }),
            coordinatorEpoch: int32({ default: -1 }),
            /** First offset of the open transaction, -1 when there is none. */
            currentTxnStartOffset: int64({ default: -1 }),
          },
          { default: [] },
        ),
      }),
    }),
  },
})
export type DescribeProducersRequest = RequestOf<typeof DescribeProducers>
export type DescribeProducersResponse = ResponseOf<typeof DescribeProducers>

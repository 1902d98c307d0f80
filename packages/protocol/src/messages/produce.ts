import { ZERO_UUID } from '../bytes/reader.ts'
import { array, int16, int32, int64, nullable, records, string, struct, uuid } from '../schema/fields.ts'
import { api, type RequestOf, type ResponseOf } from '../schema/message.ts'
import { leaderIdAndEpoch, nodeEndpoint } from './node-endpoint.ts'

/** API key 0: appends record batches to partitions, by topic name up to version 12, by topic id from 13. */
export const Produce = api({
  key: 0,
  name: 'Produce',
  versions: [3, 13],
  // librdkafka believes in gzip, snappy and lz4 only if version 0 is advertised (KAFKA-18659).
  advertisedFrom: 0,
  flexible: 9,
  request: {
    transactionalId: nullable(string(), { default: null }),
    acks: int16(),
    timeoutMs: int32(),
    topicData: array({
      name: string({ until: 12, default: '' }),
      topicId: uuid({ since: 13, default: ZERO_UUID }),
      partitionData: array({
        index: int32(),
        records: records(),
      }),
    }),
  },
  response: {
    responses: array({
      name: string({ until: 12, default: '' }),
      topicId: uuid({ since: 13, default: ZERO_UUID }),
      partitionResponses: array({
        index: int32(),
        errorCode: int16(),
        baseOffset: int64(),
        logAppendTimeMs: int64({ default: -1 }),
        logStartOffset: int64({ since: 5, default: -1 }),
        recordErrors: array(
          {
            batchIndex: int32(),
            batchIndexErrorMessage: nullable(string(), { default: null }),
          },
          { since: 8, default: [] },
        ),
        errorMessage: nullable(string(), { since: 8, default: null }),
        currentLeader: struct(leaderIdAndEpoch, { since: 10, tag: 0, default: {} }),
      }),
    }),
    throttleTimeMs: int32({ default: 0 }),
    nodeEndpoints: array(nodeEndpoint, { since: 10, tag: 0, default: [] }),
  },
})
export type ProduceRequest = RequestOf<typeof Produce>
export type ProduceResponse = ResponseOf<typeof Produce>

import { ZERO_UUID } from '../bytes/reader.ts'
import { array, int8, int16, int32, int64, nullable, records, string, struct, uuid } from '../schema/fields.ts'
import { api, type RequestOf, type ResponseOf } from '../schema/message.ts'
import { leaderIdAndEpoch, nodeEndpoint } from './node-endpoint.ts'

/** API key 1: reads record batches, for consumers and for followers, by topic name up to version 12, by id from 13. */
export const Fetch = api({
  key: 1,
  name: 'Fetch',
  versions: [4, 18],
  flexible: 12,
  request: {
    clusterId: nullable(string(), { since: 12, tag: 0, default: null }),
    replicaId: int32({ until: 14, default: -1 }),
    replicaState: struct(
      {
        replicaId: int32({ default: -1 }),
        replicaEpoch: int64({ default: -1 }),
      },
      { since: 15, tag: 1, default: {} },
    ),
    maxWaitMs: int32(),
    minBytes: int32(),
    maxBytes: int32({ default: 0x7fffffff }),
    isolationLevel: int8({ default: 0 }),
    sessionId: int32({ since: 7, default: 0 }),
    sessionEpoch: int32({ since: 7, default: -1 }),
    topics: array({
      topic: string({ until: 12, default: '' }),
      topicId: uuid({ since: 13, default: ZERO_UUID }),
      partitions: array({
        partition: int32(),
        currentLeaderEpoch: int32({ since: 9, default: -1 }),
        fetchOffset: int64(),
        lastFetchedEpoch: int32({ since: 12, default: -1 }),
        logStartOffset: int64({ since: 5, default: -1 }),
        partitionMaxBytes: int32(),
        replicaDirectoryId: uuid({ since: 17, tag: 0, default: ZERO_UUID }),
        // The largest int64, which as a number is 2^63.
        highWatermark: int64({ since: 18, tag: 1, default: 2 ** 63 }),
      }),
    }),
    forgottenTopicsData: array(
      {
        topic: string({ until: 12, default: '' }),
        topicId: uuid({ since: 13, default: ZERO_UUID }),
        partitions: array(int32()),
      },
      { since: 7, default: [] },
    ),
    rackId: string({ since: 11, default: '' }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16({ since: 7, default: 0 }),
    sessionId: int32({ since: 7, default: 0 }),
    responses: array({
      topic: string({ until: 12, default: '' }),
      topicId: uuid({ since: 13, default: ZERO_UUID }),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        highWatermark: int64(),
        lastStableOffset: int64({ default: -1 }),
        logStartOffset: int64({ since: 5, default: -1 }),
        divergingEpoch: struct(
          {
            epoch: int32({ default: -1 }),
            endOffset: int64({ default: -1 }),
          },
          { since: 12, tag: 0, default: {} },
        ),
        currentLeader: struct(leaderIdAndEpoch, { since: 12, tag: 1, default: {} }),
        snapshotId: struct(
          {
            endOffset: int64({ default: -1 }),
            epoch: int32({ default: -1 }),
          },
          { since: 12, tag: 2, default: {} },
        ),
        abortedTransactions: nullable(
          array({
            producerId: int64(),
            firstOffset: int64(),
          }),
          { default: null },
        ),
        preferredReadReplica: int32({ since: 11, default: -1 }),
        // Clients expect an empty slice, not null, where there is nothing to read.
        records: records(),
      }),
    }),
    nodeEndpoints: array(nodeEndpoint, { since: 16, tag: 0, default: [] }),
  },
})
export type FetchRequest = RequestOf<typeof Fetch>
export type FetchResponse = ResponseOf<typeof Fetch>

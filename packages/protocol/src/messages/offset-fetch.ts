import { ZERO_UUID } from '../bytes/reader.ts'
import { array, boolean, int16, int32, int64, nullable, string, uuid } from '../schema/fields.ts'
import { api, type RequestOf, type ResponseOf } from '../schema/message.ts'

/**
 * API key 9: how far groups have read. Up to version 7 one group, whose fields stand at the top; from 8 on a list of
 * groups, with nothing at the top. Null topics mean all topics of the group (from version 2). Unknown: offset -1.
 */
export const OffsetFetch = api({
  key: 9,
  name: 'OffsetFetch',
  versions: [1, 10],
  flexible: 6,
  request: {
    groupId: string({ until: 7, default: '' }),
    topics: nullable(array({ name: string(), partitionIndexes: array(int32()) }), {
      until: 7,
      nullSince: 2,
      default: [],
    }),
    groups: array(
      {
        groupId: string(),
        memberId: nullable(string(), { since: 9, default: null }),
        memberEpoch: int32({ since: 9, default: -1 }),
        topics: nullable(
          array({
            name: string({ until: 9, default: '' }),
            topicId: uuid({ since: 10, default: ZERO_UUID }),
            partitionIndexes: array(int32()),
          }),
        ),
      },
      { since: 8, default: [] },
    ),
    /** Refuse partitions with an undecided transactional commit (UNSTABLE_OFFSET_COMMIT). */
    requireStable: boolean({ since: 7, default: false }),
  },
  response: {
    throttleTimeMs: int32({ since: 3, default: 0 }),
    topics: array(
      {
        name: string(),
        partitions: array({
          partitionIndex: int32(),
          committedOffset: int64(),
          committedLeaderEpoch: int32({ since: 5, default: -1 }),
          metadata: nullable(string()),
          errorCode: int16(),
        }),
      },
      { until: 7, default: [] },
    ),
    errorCode: int16({ since: 2, until: 7, default: 0 }),
    groups: array(
      {
        groupId: string(),
        topics: array({
          name: string({ until: 9, default: '' }),
          topicId: uuid({ since: 10, default: ZERO_UUID }),
          partitions: array({
            partitionIndex: int32(),
            committedOffset: int64(),
            committedLeaderEpoch: int32({ default: -1 }),
            metadata: nullable(string()),
            errorCode: int16(),
          }),
        }),
        errorCode: int16({ default: 0 }),
      },
      { since: 8, default: [] },
    ),
  },
})
export type OffsetFetchRequest = RequestOf<typeof OffsetFetch>
export type OffsetFetchResponse = ResponseOf<typeof OffsetFetch>

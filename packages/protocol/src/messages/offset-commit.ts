import { ZERO_UUID } from '../bytes/reader.ts'
import { array, int16, int32, int64, nullable, string, uuid } from '../schema/fields.ts'
import { api, type RequestOf, type ResponseOf } from '../schema/message.ts'

/**
 * API key 8: stores how far a group has read. Generation -1 with an empty member id is a commit from outside the group.
 * Retention in the request ends with version 4, leader epochs come with 6, static members with 7, topic ids instead of
 * names with 10.
 */
export const OffsetCommit = api({
  key: 8,
  name: 'OffsetCommit',
  versions: [2, 10],
  flexible: 8,
  request: {
    groupId: string(),
    generationIdOrMemberEpoch: int32({ default: -1 }),
    memberId: string({ default: '' }),
    groupInstanceId: nullable(string(), { since: 7, default: null }),
    /** -1: the broker's own retention. */
    retentionTimeMs: int64({ until: 4, default: -1 }),
    topics: array({
      name: string({ until: 9, default: '' }),
      topicId: uuid({ since: 10, default: ZERO_UUID }),
      partitions: array({
        partitionIndex: int32(),
        committedOffset: int64(),
        committedLeaderEpoch: int32({ since: 6, default: -1 }),
        committedMetadata: nullable(string(), { default: null }),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32({ since: 3, default: 0 }),
    topics: array({
      name: string({ until: 9, default: '' }),
      topicId: uuid({ since: 10, default: ZERO_UUID }),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
      }),
    }),
  },
})
export type OffsetCommitRequest = RequestOf<typeof OffsetCommit>
export type OffsetCommitResponse = ResponseOf<typeof OffsetCommit>

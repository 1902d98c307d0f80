import { ZERO_UUID } from '../bytes/reader.ts'
import { array, boolean, int8, int16, int32, nullable, string, uuid } from '../schema/fields.ts'
import { api, type RequestOf, type ResponseOf } from '../schema/message.ts'

/**
 * API key 19: creates topics. -1 partitions or replicas mean the broker's default (from version 4, KIP-464) or that
 * `assignments` says it. The answer carries the topic's configs from version 5 (KIP-525) and its id from 7.
 */
export const CreateTopics = api({
  key: 19,
  name: 'CreateTopics',
  versions: [2, 7],
  flexible: 5,
  request: {
    topics: array({
      name: string(),
      numPartitions: int32(),
      replicationFactor: int16(),
      /** Empty: the broker places the replicas. */
      assignments: array({ partitionIndex: int32(), brokerIds: array(int32()) }),
      configs: array({ name: string(), value: nullable(string()) }),
    }),
    timeoutMs: int32({ default: 60000 }),
    validateOnly: boolean({ default: false }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    topics: array({
      name: string(),
      topicId: uuid({ since: 7, default: ZERO_UUID }),
      errorCode: int16(),
      errorMessage: nullable(string(), { default: null }),
      /** Why `configs` is null: without it, Java clients want a list. */
      topicConfigErrorCode: int16({ since: 5, tag: 0, default: 0 }),
      numPartitions: int32({ since: 5, default: -1 }),
      replicationFactor: int16({ since: 5, default: -1 }),
      configs: nullable(
        array({
          name: string(),
          value: nullable(string()),
          readOnly: boolean({ default: false }),
          configSource: int8({ default: -1 }),
          isSensitive: boolean({ default: false }),
        }),
        { since: 5, default: [] },
      ),
    }),
  },
})
export type CreateTopicsRequest = RequestOf<typeof CreateTopics>
export type CreateTopicsResponse = ResponseOf<typeof CreateTopics>

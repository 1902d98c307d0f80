import { ZERO_UUID } from '../bytes/reader.ts'
import { array, int16, int32, nullable, string, uuid } from '../schema/fields.ts'
import { api, type RequestOf, type ResponseOf } from '../schema/message.ts'

/** API key 20: deletes topics, by name up to version 5, by name or id (null name) from 6. */
export const DeleteTopics = api({
  key: 20,
  name: 'DeleteTopics',
  versions: [1, 6],
  flexible: 4,
  request: {
    topics: array(
      {
        name: nullable(string(), { default: null }),
        topicId: uuid({ default: ZERO_UUID }),
      },
      { since: 6, default: [] },
    ),
    topicNames: array(string(), { until: 5, default: [] }),
    timeoutMs: int32(),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    responses: array({
      /** Null for an id that is unknown, or whose name the client may not know. */
      name: nullable(string(), { nullSince: 6 }),
      topicId: uuid({ since: 6, default: ZERO_UUID }),
      errorCode: int16(),
      errorMessage: nullable(string(), { since: 5, default: null }),
    }),
  },
})
export type DeleteTopicsRequest = RequestOf<typeof DeleteTopics>
export type DeleteTopicsResponse = ResponseOf<typeof DeleteTopics>

import { array, int8, int16, int32, nullable, string } from '../schema/fields.ts'
import { api, type RequestOf, type ResponseOf } from '../schema/message.ts'

/** API key 43: elects leaders of partitions: the preferred ones (0), or, losing records, any (1). KIP-183, KIP-460. */
export const ElectLeaders = api({
  key: 43,
  name: 'ElectLeaders',
  versions: [0, 2],
  flexible: 2,
  request: {
    electionType: int8({ since: 1, default: 0 }),
    /** Null: all partitions. */
    topicPartitions: nullable(array({ topic: string(), partitions: array(int32()) })),
    timeoutMs: int32({ default: 60_000 }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16({ since: 1 }),
    replicaElectionResults: array({
      topic: string(),
      partitionResult: array({
        partitionId: int32(),
        errorCode: int16(),
        errorMessage: nullable(string()),
      }),
    }),
  },
})
export type ElectLeadersRequest = RequestOf<typeof ElectLeaders>
export type ElectLeadersResponse = ResponseOf<typeof ElectLeaders>

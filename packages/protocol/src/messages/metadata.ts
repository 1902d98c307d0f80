import { ZERO_UUID } from '../bytes/reader.ts'
import { array, boolean, int16, int32, nullable, string, uuid } from '../schema/fields.ts'
import { api, type RequestOf, type ResponseOf } from '../schema/message.ts'

/** "Not asked for", where a set of permitted operations could be. */
const OPERATIONS_UNASKED = -2147483648

/** API key 3: tells brokers, topics and who leads each partition. All topics: empty in version 0, null from 1. */
export const Metadata = api({
  key: 3,
  name: 'Metadata',
  versions: [0, 13],
  flexible: 9,
  request: {
    topics: nullable(
      array({
        topicId: uuid({ since: 10, default: ZERO_UUID }),
        name: nullable(string(), { nullSince: 10 }),
      }),
      { nullSince: 1 },
    ),
    allowAutoTopicCreation: boolean({ since: 4, default: true }),
    includeClusterAuthorizedOperations: boolean({ since: 8, until: 10, default: false }),
    includeTopicAuthorizedOperations: boolean({ since: 8, default: false }),
  },
  response: {
    throttleTimeMs: int32({ since: 3, default: 0 }),
    brokers: array({
      nodeId: int32(),
      host: string(),
      port: int32(),
      rack: nullable(string(), { since: 1, default: null }),
    }),
    clusterId: nullable(string(), { since: 2, default: null }),
    controllerId: int32({ since: 1, default: -1 }),
    topics: array({
      errorCode: int16(),
      name: nullable(string(), { nullSince: 12 }),
      topicId: uuid({ since: 10, default: ZERO_UUID }),
      isInternal: boolean({ since: 1, default: false }),
      partitions: array({
        errorCode: int16(),
        partitionIndex: int32(),
        leaderId: int32(),
        leaderEpoch: int32({ since: 7, default: -1 }),
        replicaNodes: array(int32()),
        isrNodes: array(int32()),
        offlineReplicas: array(int32(), { since: 5, default: [] }),
      }),
      topicAuthorizedOperations: int32({ since: 8, default: OPERATIONS_UNASKED }),
    }),
    clusterAuthorizedOperations: int32({ since: 8, until: 10, default: OPERATIONS_UNASKED }),
    errorCode: int16({ since: 13, default: 0 }),
  },
})
export type MetadataRequest = RequestOf<typeof Metadata>
export type MetadataResponse = ResponseOf<typeof Metadata>

import { array, boolean, int8, int16, int32, nullable, string } from '../schema/fields.ts'
import { api, type RequestOf, type ResponseOf } from '../schema/message.ts'

/** API key 60: the brokers, the controller and the cluster id (KIP-700). Endpoint type 1 is brokers, 2 controllers. */
export const DescribeCluster = api({
  key: 60,
  name: 'DescribeCluster',
  versions: [0, 2],
  flexible: 0,
  request: {
    includeClusterAuthorizedOperations: boolean({ default: false }),
    endpointType: int8({ since: 1, default: 1 }),
    includeFencedBrokers: boolean({ since: 2, default: false }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    errorMessage: nullable(string(), { default: null }),
    endpointType: int8({ since: 1, default: 1 }),
    clusterId: string(),
    controllerId: int32({ default: -1 }),
    brokers: array({
      brokerId: int32(),
      host: string(),
      port: int32(),
      rack: nullable(string(), { default: null }),
      isFenced: boolean({ since: 2, default: false }),
    }),
    /** A bit per ACL operation; the smallest int32 when it was not asked for. */
    clusterAuthorizedOperations: int32({ default: -2147483648 }),
  },
})
export type DescribeClusterRequest = RequestOf<typeof DescribeCluster>
export type DescribeClusterResponse = ResponseOf<typeof DescribeCluster>

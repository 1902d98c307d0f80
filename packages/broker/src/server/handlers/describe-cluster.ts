/** DescribeCluster (key 60, versions 0 to 2): the brokers, the controller, the cluster id. */
import { DescribeCluster, errors } from '@odradek/protocol'
import { CLUSTER_OPERATIONS, OPERATIONS_UNASKED } from '../authorized-operations.ts'
import { brokerEndpoints } from '../broker-endpoints.ts'
import { handle } from '../exchange.ts'

const BROKERS = 1

export const describeCluster = handle(DescribeCluster, (request, exchange, broker) => {
  const { image } = broker.metadata
  if (request.endpointType !== BROKERS) {
    return {
      errorCode: errors.UNSUPPORTED_ENDPOINT_TYPE.code,
      errorMessage: `Endpoint type ${request.endpointType} is not served; ask for brokers (1).`,
      clusterId: '',
      brokers: [],
    }
  }
  return {
    errorCode: 0,
    clusterId: image.clusterId,
    controllerId: image.controllerId,
    brokers: brokerEndpoints(image, exchange.connection.listenerName).map(({ nodeId, host, port, rack }) => ({
      brokerId: nodeId,
      host,
      port,
      rack,
    })),
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations ? CLUSTER_OPERATIONS : OPERATIONS_UNASKED,
  }
})

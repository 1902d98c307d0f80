/**
 * DescribeCluster (key 60, versions 0 to 2): the brokers, the controller, the cluster id. Brokers that are gone and were not
 * unregistered are told from version 2 on, as fenced, where they are asked for (KIP-1073).
 */
import { DescribeCluster, errors } from '@odradek/protocol'
import { CLUSTER_OPERATIONS, OPERATIONS_UNASKED } from '../authorized-operations.ts'
import { type BrokerEndpoint, brokerEndpoints } from '../broker-endpoints.ts'
import { handle } from '../exchange.ts'

const BROKERS = 1

export const describeCluster = handle(DescribeCluster, (request, exchange, broker) => {
  const { image } = broker.metadata
  const { listenerName } = exchange.connection
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
    brokers: [
      ...brokerEndpoints(image, listenerName).map((endpoint) => toldBroker(endpoint, false)),
      ...(request.includeFencedBrokers ? brokerEndpoints(image, listenerName, image.goneBrokers()) : []).map(
        (endpoint) => toldBroker(endpoint, true),
      ),
    ],
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations ? CLUSTER_OPERATIONS : OPERATIONS_UNASKED,
  }
})

function toldBroker({ nodeId, host, port, rack }: BrokerEndpoint, isFenced: boolean) {
  return { brokerId: nodeId, host, port, rack, isFenced }
}

/**
 * FindCoordinator (key 10, versions 0 to 6): the broker that coordinates a group (key type 0). The offsets topic is made
 * when the first group asks. The empty group id has a coordinator too: it may commit and fetch. Transactional ids (1)
 * and share groups (2) have no coordinator here.
 */
import { errors, FindCoordinator, type FindCoordinatorRequest, type FindCoordinatorResponse } from '@odradek/protocol'
import { offsetsTopic } from '../../metadata/controller/internal-topic.ts'
import type { BrokerContext } from '../broker-context.ts'
import { type BrokerEndpoint, brokerEndpoints } from '../broker-endpoints.ts'
import { type Exchange, handle } from '../exchange.ts'
import { answerInSlices, bytesOfPart } from '../in-slices.ts'

type Coordinator = NonNullable<FindCoordinatorResponse['coordinators']>[number]

const GROUP = 0
const TRANSACTION = 1
const MANY_KEYS_VERSION = 4

export const findCoordinator = handle(
  FindCoordinator,
  (request, exchange, broker) => {
    const answer = () => respond(exchange, request)
    if (request.keyType !== GROUP || broker.metadata.image.topics.has(offsetsTopic)) {
      answer()
      return undefined
    }
    broker.metadata.ownTopics.createOffsets().then(answer, (error: Error) => {
      broker.logger.warn({ err: error }, 'The topic of committed offsets could not be created')
      answer()
    })
    return undefined
  },
  { blocking: true },
)

function respond(exchange: Exchange, request: FindCoordinatorRequest): void {
  const { broker, connection, version } = exchange
  const isMany = version >= MANY_KEYS_VERSION
  const endpoints = brokerEndpoints(broker.metadata.image, connection.listenerName)
  answerInSlices(
    exchange,
    isMany ? request.coordinatorKeys : [request.key],
    (key) => find(broker, endpoints, key, request.keyType),
    () => bytesOfPart(),
    (coordinators): FindCoordinatorResponse => {
      if (isMany) return { coordinators }
      const { errorCode, errorMessage, nodeId, host, port } = coordinators[0]!
      return { errorCode, errorMessage, nodeId, host, port }
    },
  )
}

function find(broker: BrokerContext, endpoints: readonly BrokerEndpoint[], key: string, keyType: number): Coordinator {
  if (keyType !== GROUP) {
    // Of the codes for transactions only this one makes every client give up at once instead of asking until a timeout.
    if (keyType === TRANSACTION) {
      return none(
        key,
        errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED.code,
        'Transactions are not served here: leave transactional.id out.',
      )
    }
    return none(key, errors.INVALID_REQUEST.code, `Key type ${keyType} has no coordinator here; only groups (0) have.`)
  }
  const { errorCode, brokerId } = broker.groups.findCoordinator(key)
  const endpoint = endpoints.find(({ nodeId }) => nodeId === brokerId)
  if (errorCode !== 0 || !endpoint) {
    return none(key, errors.COORDINATOR_NOT_AVAILABLE.code, 'The group has no coordinator at the moment.')
  }
  return { key, nodeId: endpoint.nodeId, host: endpoint.host, port: endpoint.port, errorCode: 0, errorMessage: null }
}

function none(key: string, errorCode: number, errorMessage: string): Coordinator {
  return { key, nodeId: -1, host: '', port: -1, errorCode, errorMessage }
}

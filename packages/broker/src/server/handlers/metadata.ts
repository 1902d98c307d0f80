/**
 * Metadata (key 3, versions 0 to 13): brokers, topics, leaders. Addresses are those of the listener that was asked by.
 * A topic that is asked for and missing is made where that is allowed, and is in the same answer.
 */
import { errors, Metadata, type MetadataRequest, type MetadataResponse, ZERO_UUID } from '@odradek/protocol'
import type { BrokerRegistration, MetadataImage, TopicImage } from '../../metadata/image.ts'
import { missingTopicError } from '../../metadata/topic-name.ts'
import { CLUSTER_OPERATIONS, OPERATIONS_UNASKED, TOPIC_OPERATIONS } from '../authorized-operations.ts'
import type { BrokerContext } from '../broker-context.ts'
import { brokerEndpoints } from '../broker-endpoints.ts'
import { type Exchange, handle } from '../exchange.ts'
import { answerInSlices, bytesOfPart, doInSlices, forEachPiece } from '../in-slices.ts'
import { leaderOf } from '../leader-of.ts'
import { namedOnce } from '../named-once.ts'

type TopicResponse = MetadataResponse['topics'][number]
type AskedTopic = NonNullable<MetadataRequest['topics']>[number]

/** First version in which topics are found by id (KIP-516). */
const BY_ID_VERSION = 12
/** What is told of a partition has lists of replicas. */
const OBJECTS_OF_PARTITION = 2

export const metadata = handle(
  Metadata,
  (request, exchange, broker) => {
    const { image } = broker.metadata
    const { topics } = request
    if (topics === null || (exchange.version === 0 && topics.length === 0)) {
      return tell(exchange, request, image.listedTopics(), (topic) => describe(broker, topic, request))
    }
    if (
      exchange.version < BY_ID_VERSION &&
      topics.some(({ name, topicId }) => name === null || topicId !== ZERO_UUID)
    ) {
      // Versions 10 and 11 have the fields, but nobody serves them.
      const code = errors.INVALID_REQUEST.code
      return tell(exchange, request, topicsOnce(topics), ({ name, topicId }) => unknown(name ?? '', topicId, code))
    }
    const tellFound = (refusals: ReadonlyMap<string, number>) => {
      const { image } = broker.metadata
      return tell(exchange, request, topicsOnce(topics), (topic) => find(broker, image, topic, request, refusals))
    }
    if (!request.allowAutoTopicCreation) return tellFound(new Map())
    const missing = new Set<string>()
    const look = ({ name, topicId }: AskedTopic) => {
      if (name !== null && topicId === ZERO_UUID && isToBeMade(broker, image, name)) missing.add(name)
    }
    const finish = () => {
      if (missing.size === 0) tellFound(new Map())
      else
        broker.metadata.ownTopics
          .createNamed([...missing])
          .then(tellFound, (error: Error) => exchange.refuse(`topics could not be created: ${error.message}`))
    }
    doInSlices(exchange, forEachPiece(topics, look, finish))
    return undefined
  },
  { blocking: true },
)

/** Answers with what `describeOne` says of each of `topics`. */
function tell<T>(
  exchange: Exchange,
  request: MetadataRequest,
  topics: Iterable<T>,
  describeOne: (topic: T) => TopicResponse,
): undefined {
  const { broker, connection } = exchange
  return answerInSlices(
    exchange,
    topics,
    describeOne,
    ({ partitions }) => bytesOfPart(partitions.length * OBJECTS_OF_PARTITION),
    (told) => answer(broker, connection.listenerName, told, request),
  )
}

/** Whether a topic is missing that is to be made where a client names it. */
function isToBeMade(broker: BrokerContext, image: MetadataImage, name: string): boolean {
  if (image.topics.has(name)) return false
  // Where groups retry, and their dead letters, are the broker's to make.
  return broker.config['auto.create.topics.enable'] || broker.metadata.ownTopics.groupOf(name) !== null
}

/** One that is named by its id is found by that alone, whatever name stands beside it. */
function topicsOnce(topics: readonly AskedTopic[]): Iterable<AskedTopic> {
  return namedOnce(topics, ({ name, topicId }) => (topicId === ZERO_UUID ? (name ?? '') : `\0${topicId}`))
}

function answer(
  broker: BrokerContext,
  listenerName: string,
  topics: TopicResponse[],
  request: MetadataRequest,
): MetadataResponse {
  const { image } = broker.metadata
  return {
    brokers: brokerEndpoints(image, listenerName, brokersToName(image, topics)),
    clusterId: image.clusterId,
    controllerId: image.controllerId,
    topics,
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations ? CLUSTER_OPERATIONS : OPERATIONS_UNASKED,
  }
}

/** The live brokers, without those that are about to stop where clients do not need them any more. */
function brokersToName(image: MetadataImage, topics: readonly TopicResponse[]): Iterable<BrokerRegistration> {
  const brokers = [...image.brokers.values()]
  const staying = brokers.filter(({ isStopping }) => !isStopping)
  if (staying.length === 0 || staying.length === brokers.length) return brokers
  const needed = new Set([image.controllerId])
  for (const { partitions } of topics) for (const { leaderId } of partitions) needed.add(leaderId)
  return brokers.filter(({ id, isStopping }) => !isStopping || needed.has(id))
}

/** One topic that was asked for, by name or by id. `refusals` are the errors of those that could not be created. */
function find(
  broker: BrokerContext,
  image: MetadataImage,
  wanted: AskedTopic,
  request: MetadataRequest,
  refusals: ReadonlyMap<string, number>,
): TopicResponse {
  const { name, topicId } = wanted
  if (topicId !== ZERO_UUID) {
    const topic = image.topicsById.get(topicId)
    return topic ? describe(broker, topic, request) : unknown(null, topicId, errors.UNKNOWN_TOPIC_ID.code)
  }
  const topic = name === null ? undefined : image.topics.get(name)
  if (topic) return describe(broker, topic, request)
  return unknown(name ?? '', ZERO_UUID, refusals.get(name ?? '') || missingTopicError(name ?? ''))
}

function unknown(name: string | null, topicId: string, errorCode: number): TopicResponse {
  return { errorCode, name, topicId, isInternal: false, partitions: [] }
}

function describe(broker: BrokerContext, topic: TopicImage, request: MetadataRequest): TopicResponse {
  return {
    errorCode: 0,
    name: topic.name,
    topicId: topic.topicId,
    isInternal: topic.isInternal,
    partitions: topic.partitions.map((partition) => ({
      ...leaderOf(broker, topic.name, partition),
      partitionIndex: partition.index,
      leaderEpoch: partition.leaderEpoch,
      replicaNodes: partition.replicas,
      isrNodes: partition.isr,
    })),
    topicAuthorizedOperations: request.includeTopicAuthorizedOperations ? TOPIC_OPERATIONS : OPERATIONS_UNASKED,
  }
}

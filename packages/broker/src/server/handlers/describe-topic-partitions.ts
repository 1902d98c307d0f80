/** DescribeTopicPartitions (key 75, version 0): partitions of topics in the order of their names, page by page (KIP-966). */
import {
  DescribeTopicPartitions,
  type DescribeTopicPartitionsRequest,
  type DescribeTopicPartitionsResponse,
} from '@odradek/protocol'
import type { PartitionImage, TopicImage } from '../../metadata/image.ts'
import { missingTopicError } from '../../metadata/topic-name.ts'
import { TOPIC_OPERATIONS } from '../authorized-operations.ts'
import type { BrokerContext } from '../broker-context.ts'
import { handle } from '../exchange.ts'
import { FirstNames } from '../first-names.ts'
import { doInSlices, forEachPiece } from '../in-slices.ts'
import { leaderOf } from '../leader-of.ts'

type TopicResponse = DescribeTopicPartitionsResponse['topics'][number]

/** Partitions in one answer, at the most: Kafka's `max.request.partition.size.limit`. Topics that are not there, too. */
const PARTITIONS_MAX = 2000

export const describeTopicPartitions = handle(DescribeTopicPartitions, (request, exchange, broker) => {
  const { topics, cursor } = request
  // The one more tells where the next page begins.
  const names = new FirstNames(PARTITIONS_MAX + 1)
  const look = ({ name }: { readonly name: string }) => {
    if (cursor === null || name >= cursor.topicName) names.add(name)
  }
  const asked = topics.length > 0 ? topics : broker.metadata.image.listedTopics()
  const finish = () => exchange.answer(pageOf(names.sorted(), request, broker))
  doInSlices(exchange, forEachPiece(asked, look, finish, true))
  return undefined
})

/** Partitions of the topics of `names`, which are in order: as many as go into one answer. */
function pageOf(
  names: readonly string[],
  { cursor, responsePartitionLimit }: DescribeTopicPartitionsRequest,
  broker: BrokerContext,
): DescribeTopicPartitionsResponse {
  const { image } = broker.metadata
  let left = Math.min(Math.max(responsePartitionLimit, 1), PARTITIONS_MAX)
  const topics: TopicResponse[] = []
  for (const name of names) {
    const first = cursor?.topicName === name ? cursor.partitionIndex : 0
    const topic = image.topics.get(name)
    if (left === 0 || topics.length === PARTITIONS_MAX)
      return { topics, nextCursor: { topicName: name, partitionIndex: first } }
    if (!topic) {
      topics.push({ errorCode: missingTopicError(name), name })
      continue
    }
    const page = topic.partitions.slice(first, first + left)
    left -= page.length
    topics.push({
      errorCode: 0,
      name,
      topicId: topic.topicId,
      isInternal: topic.isInternal,
      partitions: page.map((partition) => describe(broker, topic, partition)),
      topicAuthorizedOperations: TOPIC_OPERATIONS,
    })
    const next = first + page.length
    if (next < topic.partitions.length) return { topics, nextCursor: { topicName: name, partitionIndex: next } }
  }
  return { topics, nextCursor: null }
}

function describe(broker: BrokerContext, topic: TopicImage, partition: PartitionImage) {
  return {
    ...leaderOf(broker, topic.name, partition),
    partitionIndex: partition.index,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes: partition.replicas,
    isrNodes: partition.isr,
    eligibleLeaderReplicas: partition.elr ?? [],
    lastKnownElr: partition.lastElr ?? [],
  }
}

/** DescribeTopicPartitions (key 75, version 0): partitions of topics in the order of their names, page by page (KIP-966). */
import { DescribeTopicPartitions, type DescribeTopicPartitionsResponse, errors } from '@odradek/protocol'
import type { PartitionImage, TopicImage } from '../../metadata/image.ts'
import { TOPIC_OPERATIONS } from '../authorized-operations.ts'
import type { BrokerContext } from '../broker-context.ts'
import { handle } from '../exchange.ts'
import { leaderOf } from '../leader-of.ts'

type TopicResponse = DescribeTopicPartitionsResponse['topics'][number]

/** Partitions in one answer, at the most: Kafka's `max.request.partition.size.limit`. */
const PARTITIONS_MAX = 2000

export const describeTopicPartitions = handle(DescribeTopicPartitions, (request, _exchange, broker) => {
  const { image } = broker.metadata
  const { cursor } = request
  const asked =
    request.topics.length > 0 ? request.topics.map(({ name }) => name) : image.listedTopics().map(({ name }) => name)
  const names = [...new Set(asked)].sort().filter((name) => cursor === null || name >= cursor.topicName)
  let left = Math.min(Math.max(request.responsePartitionLimit, 1), PARTITIONS_MAX)
  const topics: TopicResponse[] = []
  for (const name of names) {
    const first = cursor?.topicName === name ? cursor.partitionIndex : 0
    const topic = image.topics.get(name)
    if (left === 0) return { topics, nextCursor: { topicName: name, partitionIndex: first } }
    if (!topic) {
      const errorCode = name === '' ? errors.INVALID_TOPIC_EXCEPTION.code : errors.UNKNOWN_TOPIC_OR_PARTITION.code
      topics.push({ errorCode, name })
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
})

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

import { errors } from '@odradek/protocol'
import type { MetadataImage } from '../image.ts'
import { type CreateTopicResult, createTopic, type TopicRequest } from './create-topic.ts'
import type { Decision, DecisionContext } from './decision.ts'

export const offsetsTopic = '__consumer_offsets'

/** Replicas of an internal topic, where nothing is set and there are so many brokers. */
const INTERNAL_REPLICATION_FACTOR = 3

/** Makes the topic of committed offsets, or finds it made: NONE both times. */
export function createOffsetsTopic(image: MetadataImage, context: DecisionContext): Decision<CreateTopicResult> {
  const existing = image.topics.get(offsetsTopic)
  if (existing === undefined) return createTopic(image, offsetsTopicRequest(image, context), context)
  return {
    result: {
      name: existing.name,
      topicId: existing.topicId,
      errorCode: errors.NONE.code,
      errorMessage: null,
      numPartitions: existing.partitions.length,
      replicationFactor: existing.partitions[0]?.replicas.length ?? 0,
      configs: null,
    },
    change: null,
  }
}

function offsetsTopicRequest(image: MetadataImage, { config }: DecisionContext): TopicRequest {
  const factor = config['offsets.topic.replication.factor']
  return {
    name: offsetsTopic,
    numPartitions: config['offsets.topic.num.partitions'],
    replicationFactor: factor === -1 ? Math.min(INTERNAL_REPLICATION_FACTOR, Math.max(1, image.brokers.size)) : factor,
    assignments: [],
    configs: [
      { name: 'cleanup.policy', value: 'compact' },
      { name: 'compression.type', value: 'producer' },
      { name: 'segment.bytes', value: String(config['offsets.topic.segment.bytes']) },
    ],
  }
}

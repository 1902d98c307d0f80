import { clusterEventsTopic, errors } from '@odradek/protocol'
import type { MetadataImage } from '../image.ts'
import { type CreateTopicResult, createTopic, type TopicRequest } from './create-topic.ts'
import type { Decision, DecisionContext } from './decision.ts'

export const offsetsTopic = '__consumer_offsets'

/** Replicas of an internal topic, where nothing is set and there are so many brokers. */
const INTERNAL_REPLICATION_FACTOR = 3

/** Makes the topic of committed offsets, or finds it made: NONE both times. */
export function createOffsetsTopic(image: MetadataImage, context: DecisionContext): Decision<CreateTopicResult> {
  const { config } = context
  return createInternalTopic(image, context, offsetsTopic, config['offsets.topic.num.partitions'], {
    'cleanup.policy': 'compact',
    'compression.type': 'producer',
    'segment.bytes': String(config['offsets.topic.segment.bytes']),
  })
}

/**
 * Makes the topic of what happens to the cluster, or finds it made. What it holds is for people, and bounded. Its first
 * leader is the broker that came first: it remembers most of what happened before there was a topic.
 */
export function createEventsTopic(image: MetadataImage, context: DecisionContext): Decision<CreateTopicResult> {
  const configs = {
    'cleanup.policy': 'delete',
    'compression.type': 'producer',
    // That fewer are in sync than is wanted is to be written down too.
    'min.insync.replicas': '1',
    'flush.mode': 'async',
    'replication.mode': 'async',
    'segment.bytes': String(8 * 1024 * 1024),
    'retention.bytes': String(64 * 1024 * 1024),
    'retention.ms': String(30 * 24 * 3_600_000),
  }
  return createInternalTopic(image, context, clusterEventsTopic, 1, configs, oldestBrokers(image))
}

/** Live brokers, the oldest of every rack before the others of it. */
function oldestBrokers(image: MetadataImage): number[] {
  const byAge = image.liveBrokers().sort((a, b) => a.epoch - b.epoch)
  const racks = new Set<string | null>()
  const [first, others]: [number[], number[]] = [[], []]
  for (const { id, rack } of byAge) {
    if (racks.has(rack)) others.push(id)
    else first.push(id)
    racks.add(rack)
  }
  return [...first, ...others]
}

/** `preferred`: brokers to take, the leader first, for a topic of one partition; where they are too few, the usual placement decides. */
function createInternalTopic(
  image: MetadataImage,
  context: DecisionContext,
  name: string,
  numPartitions: number,
  configs: Readonly<Record<string, string>>,
  preferred: readonly number[] = [],
): Decision<CreateTopicResult> {
  const existing = image.topics.get(name)
  if (existing === undefined) {
    const factor = context.config['offsets.topic.replication.factor']
    const replicationFactor =
      factor === -1 ? Math.min(INTERNAL_REPLICATION_FACTOR, Math.max(1, image.brokers.size)) : factor
    const isAssigned = preferred.length >= replicationFactor
    const request: TopicRequest = {
      name,
      numPartitions: isAssigned ? -1 : numPartitions,
      replicationFactor: isAssigned ? -1 : replicationFactor,
      assignments: isAssigned ? [{ partitionIndex: 0, brokerIds: preferred.slice(0, replicationFactor) }] : [],
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
    }
    return createTopic(image, request, context)
  }
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

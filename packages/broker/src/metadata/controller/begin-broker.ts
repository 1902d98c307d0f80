import type { MetadataImage, TopicImage } from '../image.ts'
import { topicKey } from '../keys.ts'
import { formatTopic, type PartitionImage } from '../values.ts'
import type { Decision } from './decision.ts'

/** The broker that starts. */
export interface BeginningBroker {
  readonly id: number
  /** Whether it was stopped cleanly: everything it ever said to have is in its logs. */
  readonly isClean: boolean
  /** Whether a topic's records are flushed before they count, so that an unclean stop loses none of them. */
  isFlushed(topic: TopicImage): boolean
}

/**
 * What a starting broker changes in its own name before it serves anything. Each start as a leader has an epoch of its
 * own, and after an unclean stop the broker leaves the in-sync replicas until it has caught up again: what it lost may
 * have been committed. It stays where nobody else is in sync. `result` is the number of partitions changed.
 */
export function beginBroker(image: MetadataImage, topic: TopicImage, broker: BeginningBroker): Decision<number> {
  const isComplete = broker.isClean || broker.isFlushed(topic)
  let changed = 0
  const partitions = topic.partitions.map((partition) => {
    const begun = beginPartition(image, partition, broker.id, isComplete)
    if (begun !== partition) changed += 1
    return begun
  })
  if (changed === 0) return { result: 0, change: null }
  const value = formatTopic({ ...topic, partitions })
  return { result: changed, change: { key: topicKey(topic.name), value, base: topic.modRevision } }
}

function beginPartition(
  image: MetadataImage,
  partition: PartitionImage,
  broker: number,
  isComplete: boolean,
): PartitionImage {
  const { replicas, leader, leaderEpoch, partitionEpoch } = partition
  if (!partition.isr.includes(broker)) return partition
  const isLeaving = !isComplete && partition.isr.length > 1
  if (!isLeaving && leader !== broker && image.brokers.has(leader)) return partition
  const isr = isLeaving ? partition.isr.filter((id) => id !== broker) : partition.isr
  const isLed = leader !== broker && image.brokers.has(leader)
  const next = isLed ? leader : (replicas.find((id) => isr.includes(id) && image.brokers.has(id)) ?? -1)
  return {
    ...partition,
    isr,
    leader: next,
    leaderEpoch: isLed ? leaderEpoch : leaderEpoch + 1,
    partitionEpoch: partitionEpoch + 1,
  }
}

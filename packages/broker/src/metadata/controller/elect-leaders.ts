import type { MetadataImage, TopicImage } from '../image.ts'
import { topicKey } from '../keys.ts'
import { formatTopic, type PartitionImage } from '../values.ts'
import type { Decision } from './decision.ts'

/**
 * Leaders for the partitions of a topic that the starting broker is in sync for. Where the leader is another live broker
 * it stays; else the first replica in assignment order that is in sync and alive leads, under a new epoch, so that each
 * start as leader has an epoch of its own. `result` is the number of partitions changed.
 */
export function electLeaders(image: MetadataImage, topic: TopicImage, startingBroker: number): Decision<number> {
  let changed = 0
  const partitions = topic.partitions.map((partition) => {
    const elected = electLeader(image, partition, startingBroker)
    if (elected !== partition) changed += 1
    return elected
  })
  if (changed === 0) return { result: 0, change: null }
  const value = formatTopic({ ...topic, partitions })
  return { result: changed, change: { key: topicKey(topic.name), value, base: topic.modRevision } }
}

function electLeader(image: MetadataImage, partition: PartitionImage, startingBroker: number): PartitionImage {
  const { replicas, isr, leader, leaderEpoch, partitionEpoch } = partition
  if (!isr.includes(startingBroker)) return partition
  if (leader !== startingBroker && image.brokers.has(leader)) return partition
  const next = replicas.find((id) => isr.includes(id) && image.brokers.has(id)) ?? -1
  return { ...partition, leader: next, leaderEpoch: leaderEpoch + 1, partitionEpoch: partitionEpoch + 1 }
}

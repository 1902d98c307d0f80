import { errors } from '@odradek/protocol'
import type { MetadataImage } from '../image.ts'
import { topicKey } from '../keys.ts'
import { formatTopic, type PartitionImage } from '../values.ts'
import type { Decision, DecisionContext } from './decision.ts'
import { eligibleLeader, isStaying, minInsyncReplicas, withEligible, withOffline } from './eligible-leaders.ts'

/**
 * A broker's logs of these partitions cannot be used any more: their directory failed, or they are damaged. In its own name
 * it says so and leaves the in-sync replicas, and who is in sync and alive leads at once. Where nobody else is in sync or
 * eligible it stays, because nobody else has what it had, and there is no leader. `result` is NONE or UNKNOWN_TOPIC_ID.
 */
export function withdrawReplicas(
  image: MetadataImage,
  broker: number,
  topicId: string,
  indexes: readonly number[],
  { config }: DecisionContext,
): Decision<number> {
  const topic = image.topicsById.get(topicId)
  if (topic === undefined) return { result: errors.UNKNOWN_TOPIC_ID.code, change: null }
  const minInsync = minInsyncReplicas(topic, config)
  let isChanged = false
  const partitions = topic.partitions.map((partition) => {
    if (!indexes.includes(partition.index) || !partition.replicas.includes(broker)) return partition
    const withdrawn = withdraw(image, partition, broker, minInsync)
    isChanged ||= withdrawn !== partition
    return withdrawn
  })
  if (!isChanged) return { result: errors.NONE.code, change: null }
  const value = formatTopic({ ...topic, partitions })
  return { result: errors.NONE.code, change: { key: topicKey(topic.name), value, base: topic.modRevision } }
}

function withdraw(image: MetadataImage, before: PartitionImage, broker: number, minInsync: number): PartitionImage {
  const { replicas, isr, elr = [], leader, leaderEpoch, partitionEpoch } = before
  const others = isr.filter((id) => id !== broker)
  const isAlone = others.length === 0 && !elr.some((id) => id !== broker)
  const offline = withOffline(before, broker, true)
  const isMember = isr.includes(broker) || elr.includes(broker)
  let next = isAlone || !isMember ? offline : withEligible(before, { ...offline, isr: others }, minInsync, [broker])
  if (leader === broker) {
    const inSync = replicas.find((id) => next.isr.includes(id) && isStaying(image, next, id))
    const eligible = inSync ?? eligibleLeader(image, next)
    if (inSync === undefined && eligible >= 0) next = withEligible(next, { ...next, isr: [eligible] }, minInsync)
    next = { ...next, leader: eligible, leaderEpoch: leaderEpoch + 1 }
  }
  return next === before ? before : { ...next, partitionEpoch: partitionEpoch + 1 }
}

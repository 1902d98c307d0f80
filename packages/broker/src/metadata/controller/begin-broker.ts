import type { MetadataImage, TopicImage } from '../image.ts'
import { topicKey } from '../keys.ts'
import { formatTopic, type PartitionImage } from '../values.ts'
import type { Decision, DecisionContext } from './decision.ts'
import {
  eligibleLeader,
  isUsable,
  minInsyncReplicas,
  withEligible,
  withOffline,
  withoutKnown,
} from './eligible-leaders.ts'

/** The broker that starts. */
export interface BeginningBroker {
  readonly id: number
  /** Whether it was stopped cleanly: everything it ever said to have is in its logs. */
  readonly isClean: boolean
  /** Whether what it had of a partition is gone with its disk. */
  isLost(topic: string, index: number): boolean
  /** Whether there is nothing of a partition here, lost now or long ago, or never had. */
  isMissing(topic: string, index: number): boolean
  /** Whether a topic's records are flushed before they count, so that an unclean stop loses none of them. */
  isFlushed(topic: TopicImage): boolean
}

/**
 * What a starting broker changes in its own name before it serves anything. Each start as a leader has an epoch of its
 * own, and after an unclean stop the broker leaves the in-sync replicas until it has caught up again: what it lost may
 * have been committed; the same holds of those eligible to lead. It stays where nobody else is in sync or eligible, unless
 * its disk is another and others have replicas. `result` is the number of partitions changed.
 */
export function beginBroker(
  image: MetadataImage,
  topic: TopicImage,
  broker: BeginningBroker,
  { config }: DecisionContext,
): Decision<number> {
  const minInsync = minInsyncReplicas(topic, config)
  const isComplete = broker.isClean || broker.isFlushed(topic)
  let changed = 0
  const partitions = topic.partitions.map((partition) => {
    const isLost = broker.isLost(topic.name, partition.index)
    const isMissing = broker.isMissing(topic.name, partition.index)
    const state = { id: broker.id, isLost, isMissing, isComplete: isComplete && !isLost }
    const begun = beginPartition(image, partition, state, minInsync)
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
  {
    id,
    isLost,
    isMissing,
    isComplete,
  }: { readonly id: number; readonly isLost: boolean; readonly isMissing: boolean; readonly isComplete: boolean },
  minInsync: number,
): PartitionImage {
  const { replicas, isr, elr = [], leader, leaderEpoch, partitionEpoch } = partition
  const isMember = isr.includes(id) || elr.includes(id)
  const hasOthers = [...isr, ...elr].some((other) => other !== id) || (isLost && replicas.length > 1)
  const isLeaving = isMember && !isComplete && hasOthers
  // What is offline still shows it anew; what is gone is no choice, clean or not, before it has caught up, whenever it went.
  const isStillGone = partition.offline?.includes(id) === true && !isMember && isMissing
  let next = withOffline(partition, id, replicas.length > 1 && (isLost || isStillGone))
  if (isLeaving) next = withEligible(partition, { ...next, isr: isr.filter((other) => other !== id) }, minInsync, [id])
  if (isLeaving && isLost) next = withoutKnown(next, id)
  const isLed = leader !== id && image.brokers.has(leader)
  if (isMember && !isLed) {
    const inSync = replicas.find((other) => next.isr.includes(other) && isUsable(image, next, other))
    const chosen = inSync ?? eligibleLeader(image, next)
    if (inSync === undefined && chosen >= 0) next = withEligible(next, { ...next, isr: [chosen] }, minInsync)
    next = { ...next, leader: chosen, leaderEpoch: leaderEpoch + 1 }
  }
  return next === partition ? partition : { ...next, partitionEpoch: partitionEpoch + 1 }
}

/**
 * What a topic's partitions should be with the brokers that live now:
 *
 *   replicas that come are in sync         ▸ those that go are gone
 *   members of the ISR that are dead       ▸ leave it while one that serves is in it; the last ones stay, because nobody
 *                                            else has what they have, and who only starts may have lost it
 *   leader dead, stopping or not in sync   ▸ the first replica in assignment order that is in sync and alive, or else one
 *                                            that is eligible (KIP-966), or none
 *
 * The decision looks at the state alone and not at what happened, so that it can be made at any time and any number of
 * times: a controller that takes over in the middle of the last one's work goes over all topics.
 */
import type { MetadataImage, TopicImage } from '../image.ts'
import { intakeTopicName, intakeTopicOf } from '../intake-topic.ts'
import { brokerKey, topicKey } from '../keys.ts'
import type { Compare } from '../store.ts'
import { formatTopic, type PartitionImage } from '../values.ts'
import type { Decision, DecisionContext } from './decision.ts'
import {
  eligibleLeader,
  isServing,
  isStaying,
  isUsable,
  minInsyncReplicas,
  withEligible,
  withoutEligible,
} from './eligible-leaders.ts'
import { moveReplicas, targetReplicas } from './replica-move.ts'

/** `result` is the number of partitions changed. */
export function settleTopic(image: MetadataImage, name: string, context: DecisionContext): Decision<number> {
  const topic = image.topics.get(name)
  if (topic === undefined) return { result: 0, change: null }
  const rules = { isUnclean: isUncleanAllowed(topic, context), minInsync: minInsyncReplicas(topic, context.config) }
  const other = companionOf(image, topic)
  let changed = 0
  const gone = new Set<number>()
  const partitions = topic.partitions.map((partition) => {
    const settled = settlePartition(image, partition, rules, other)
    if (settled !== partition) changed += 1
    // One that was eligible leads now.
    if (settled.leader >= 0 && !partition.isr.includes(settled.leader))
      for (const id of partition.isr) if (!image.brokers.has(id)) gone.add(id)
    return settled
  })
  if (changed === 0) return { result: 0, change: null }
  const value = formatTopic({ ...topic, partitions })
  // A leader that registered again since is certain that nobody was elected without it.
  const compares = [...gone].map((id): Compare => ({ key: brokerKey(id), target: 'createRevision', revision: 0 }))
  const change = { key: topicKey(name), value, base: topic.modRevision }
  return { result: changed, change: compares.length === 0 ? change : { ...change, compares } }
}

/** Whether one that is not in sync may lead the partitions of a topic where nobody else is left. */
export function isUncleanAllowed(topic: TopicImage, { config }: DecisionContext): boolean {
  const own = topic.configs['unclean.leader.election.enable']
  return own === undefined ? config['unclean.leader.election.enable'] : own === 'true'
}

/**
 * The partition with another leader, or itself where `leader` leads already. An epoch has one leader at most, so that even
 * no leader is a new one.
 */
export function withLeader(partition: PartitionImage, leader: number): PartitionImage {
  if (leader === partition.leader) return partition
  const { leaderEpoch, partitionEpoch } = partition
  return { ...partition, leader, leaderEpoch: leaderEpoch + 1, partitionEpoch: partitionEpoch + 1 }
}

/** A topic clients see and the one its records wait in are led together, where that can be. */
export interface Companion {
  readonly partitions: readonly PartitionImage[]
  /** Whether it is the one to follow: the topic that clients see. */
  readonly isVisible: boolean
}

/** What goes with a topic; null where nothing does. */
export function companionOf(image: MetadataImage, topic: TopicImage): Companion | null {
  const visibleId = intakeTopicOf(topic.name)
  const other = visibleId === null ? image.topics.get(intakeTopicName(topic.topicId)) : image.topicsById.get(visibleId)
  return other === undefined ? null : { partitions: other.partitions, isVisible: visibleId !== null }
}

function settlePartition(
  image: MetadataImage,
  partition: PartitionImage,
  { isUnclean, minInsync }: { readonly isUnclean: boolean; readonly minInsync: number },
  companion: Companion | null,
): PartitionImage {
  const other = companion?.partitions[partition.index]
  const moved = other !== undefined && companion!.isVisible ? moveReplicas(partition, targetReplicas(other)) : partition
  const living = withLivingMembers(image, completeMove(image, moved))
  const { replicas, isr } = living
  const preferred = companion?.isVisible ? (other?.leader ?? -1) : -1
  const isEligible = (id: number) => isr.includes(id) && isUsable(image, living, id)
  const isHere = (id: number) => isServing(image, living, id)
  let leader = partition.leader
  let members = isr
  let isBegunAnew = false
  if (isEligible(preferred)) leader = preferred
  else if (!isEligible(leader) || !image.isStaying(leader)) {
    const candidates = replicas.filter(isEligible)
    const staying = candidates.filter((id) => image.isStaying(id))
    const together = staying.find((id) => canLead(image, other, id))
    leader = together ?? staying[0] ?? (isEligible(leader) ? leader : (candidates.find(isHere) ?? -1))
  }
  // Records cannot wait where nobody leads both: their log may have been lost where the topic is led.
  if (companion?.isVisible === false && leader !== -1 && !canLead(image, other, leader))
    leader = replicas.find((id) => isEligible(id) && image.isStaying(id) && canLead(image, other, id)) ?? leader
  if (leader === -1) {
    leader = eligibleLeader(image, living)
    // One that has what others lack is about to serve: then nothing need be lost.
    const isAwaited = replicas.some(isEligible)
    if (leader === -1 && isUnclean && !isAwaited) {
      leader = replicas.find((id) => isStaying(image, living, id)) ?? -1
      isBegunAnew = leader !== -1
    }
    if (leader !== -1) members = [leader]
  }
  const led = members === isr && leader === partition.leader ? living : { ...living, isr: members, leader }
  const settled = isBegunAnew ? withoutEligible(led) : withEligible(moved, led, minInsync)
  if (settled === partition) return partition
  const { leaderEpoch, partitionEpoch } = partition
  return {
    ...settled,
    leaderEpoch: leader === partition.leader ? leaderEpoch : leaderEpoch + 1,
    partitionEpoch: partitionEpoch + 1,
  }
}

/** Whether a broker can lead the partition that goes with one. */
export function canLead(image: MetadataImage, other: PartitionImage | undefined, id: number): boolean {
  return other?.isr.includes(id) === true && isUsable(image, other, id)
}

/** When all that come are in sync, those that go are gone. */
function completeMove(image: MetadataImage, partition: PartitionImage): PartitionImage {
  const { adding, removing, ...rest } = partition
  if (adding === undefined || removing === undefined) return partition
  const isr = rest.isr.filter((id) => !removing.includes(id))
  const isComplete = adding.every((id) => isr.includes(id)) && isr.some((id) => isServing(image, partition, id))
  return isComplete ? { ...rest, replicas: targetReplicas(partition), isr } : partition
}

function withLivingMembers(image: MetadataImage, partition: PartitionImage): PartitionImage {
  const { isr } = partition
  const living = isr.filter((id) => image.brokers.has(id))
  // What the dead ones have is given up only for one that is known to have it too.
  const isHeld = living.some((id) => isServing(image, partition, id))
  return isHeld && living.length < isr.length ? { ...partition, isr: living } : partition
}

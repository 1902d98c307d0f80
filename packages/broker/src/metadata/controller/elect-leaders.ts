import { errors } from '@odradek/protocol'
import type { MetadataImage, TopicImage } from '../image.ts'
import { topicKey } from '../keys.ts'
import { formatTopic, type PartitionImage } from '../values.ts'
import type { Decision, DecisionContext, Refusal } from './decision.ts'
import {
  eligibleLeader,
  isStaying,
  isUsable,
  minInsyncReplicas,
  withEligible,
  withoutEligible,
} from './eligible-leaders.ts'
import { canLead, companionOf, withLeader } from './settle-topic.ts'

/** By the protocol's numbers: the first replica, or also one that is not in sync where none that is can lead. */
export const electionType = { preferred: 0, unclean: 1 } as const

/** As in the ElectLeaders response. */
export interface ElectionResult extends Refusal {
  readonly index: number
}

/**
 * Elects leaders for the partitions `indexes` of a topic (all without them): NONE, ELECTION_NOT_NEEDED,
 * PREFERRED_LEADER_NOT_AVAILABLE, ELIGIBLE_LEADERS_NOT_AVAILABLE, UNKNOWN_TOPIC_OR_PARTITION.
 */
export function electLeaders(
  image: MetadataImage,
  name: string,
  indexes: readonly number[] | null,
  type: number,
  { config }: DecisionContext,
): Decision<ElectionResult[]> {
  const topic = image.topics.get(name)
  const minInsync = topic === undefined ? 0 : minInsyncReplicas(topic, config)
  const partitions = [...(topic?.partitions ?? [])]
  let changed = false
  const result = (indexes ?? partitions.map(({ index }) => index)).map((index): ElectionResult => {
    const partition = partitions[index]
    if (partition === undefined) {
      return { index, errorCode: errors.UNKNOWN_TOPIC_OR_PARTITION.code, errorMessage: null }
    }
    const elected =
      type === electionType.unclean ? electAny(image, partition, minInsync) : electPreferred(image, topic!, partition)
    if ('errorCode' in elected) return { index, ...elected }
    partitions[index] = elected
    changed = true
    return { index, errorCode: errors.NONE.code, errorMessage: null }
  })
  if (!changed) return { result, change: null }
  const value = formatTopic({ ...topic!, partitions })
  return { result, change: { key: topicKey(name), value, base: topic!.modRevision } }
}

/**
 * Whether the preferred leader of a partition could lead it and does not. Where records wait it must be able to lead that
 * too; what they wait in follows by itself.
 */
export function isImbalanced(image: MetadataImage, topic: TopicImage, partition: PartitionImage): boolean {
  const [preferred = -1] = partition.replicas
  const couldLead = isStaying(image, partition, preferred) && partition.isr.includes(preferred)
  if (preferred === partition.leader || !couldLead) return false
  const companion = companionOf(image, topic)
  if (companion === null) return true
  return !companion.isVisible && canLead(image, companion.partitions[partition.index], preferred)
}

function electPreferred(image: MetadataImage, topic: TopicImage, partition: PartitionImage): PartitionImage | Refusal {
  const [preferred = -1] = partition.replicas
  const isFollowing = companionOf(image, topic)?.isVisible === true
  if (isFollowing || (preferred === partition.leader && isUsable(image, partition, preferred)))
    return notNeeded(partition)
  if (isImbalanced(image, topic, partition)) return withLeader(partition, preferred)
  const why = !image.isStaying(preferred)
    ? 'not alive'
    : partition.offline?.includes(preferred)
      ? 'without its log: the directory is offline or the log damaged'
      : partition.isr.includes(preferred)
        ? 'not in sync where its records wait'
        : 'not in sync'
  const errorMessage = `The preferred leader of partition ${partition.index}, broker ${preferred}, is ${why}.`
  return { errorCode: errors.PREFERRED_LEADER_NOT_AVAILABLE.code, errorMessage }
}

function electAny(image: MetadataImage, partition: PartitionImage, minInsync: number): PartitionImage | Refusal {
  const isAlive = (id: number) => isUsable(image, partition, id)
  if (isAlive(partition.leader)) return notNeeded(partition)
  const inSync = partition.replicas.find((id) => isAlive(id) && partition.isr.includes(id))
  if (inSync !== undefined) return withLeader(partition, inSync)
  const eligible = eligibleLeader(image, partition)
  if (eligible >= 0) return withEligible(partition, { ...withLeader(partition, eligible), isr: [eligible] }, minInsync)
  const known = partition.lastElr?.find(isAlive)
  const any = known ?? partition.replicas.find(isAlive)
  if (any !== undefined) return withoutEligible({ ...withLeader(partition, any), isr: [any] })
  const errorMessage = `No replica of partition ${partition.index} is alive.`
  return { errorCode: errors.ELIGIBLE_LEADERS_NOT_AVAILABLE.code, errorMessage }
}

function notNeeded({ index, leader }: PartitionImage): Refusal {
  const errorMessage = `Partition ${index} is led by broker ${leader}.`
  return { errorCode: errors.ELECTION_NOT_NEEDED.code, errorMessage }
}

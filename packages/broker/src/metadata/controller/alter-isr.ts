import { errors } from '@odradek/protocol'
import type { MetadataImage } from '../image.ts'
import { brokerKey, topicKey } from '../keys.ts'
import type { Compare } from '../store.ts'
import { formatTopic, type PartitionImage } from '../values.ts'
import type { Decision, DecisionContext } from './decision.ts'
import { minInsyncReplicas, withEligible, withOffline } from './eligible-leaders.ts'

/** Another set of in-sync replicas for one partition, as its leader found it. */
export interface IsrChange {
  readonly topicId: string
  readonly index: number
  /** The epoch in which the asking broker leads the partition. */
  readonly leaderEpoch: number
  /** The partition epoch of the image that the change was decided by. */
  readonly partitionEpoch: number
  /** The leader among them; each one a replica of the partition. */
  readonly isr: readonly number[]
}

/**
 * NONE: the image has it now. REQUEST_TIMED_OUT: the store does not answer, and whether it was stored is unknown: both
 * sets count until the image says more. All other codes: nothing was changed; the image says what is.
 */
export interface IsrOutcome {
  readonly errorCode: number
}

/** Who asks: the leader, and the registrations it knew when it decided. */
export interface IsrAuthor {
  readonly nodeId: number
  /** Broker epochs by id. A replica that registered again since may have lost what it had. */
  readonly epochs: ReadonlyMap<number, number>
}

/**
 * Changes the in-sync replicas of partitions of one topic, one outcome each, in order: UNKNOWN_TOPIC_ID,
 * UNKNOWN_TOPIC_OR_PARTITION, NOT_LEADER_OR_FOLLOWER, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH, INVALID_UPDATE_VERSION
 * (the partition changed meanwhile), INVALID_REQUEST (no set of replicas with the leader in it), INELIGIBLE_REPLICA
 * (one that would come in is not registered, or anew).
 */
export function alterIsr(
  image: MetadataImage,
  author: IsrAuthor,
  topicId: string,
  changes: readonly IsrChange[],
  { config }: DecisionContext,
): Decision<IsrOutcome[]> {
  const topic = image.topicsById.get(topicId)
  if (topic === undefined) {
    return { result: changes.map(() => ({ errorCode: errors.UNKNOWN_TOPIC_ID.code })), change: null }
  }
  const partitions = [...topic.partitions]
  const minInsync = minInsyncReplicas(topic, config)
  const added = new Set<number>()
  let changed = false
  const result = changes.map((change): IsrOutcome => {
    const partition = partitions[change.index]
    const errorCode = problemOf(image, author, partition, change)
    if (errorCode !== errors.NONE.code || isSameSet(partition!.isr, change.isr)) return { errorCode }
    for (const id of change.isr) if (!partition!.isr.includes(id)) added.add(id)
    let next: PartitionImage = { ...partition!, isr: change.isr, partitionEpoch: partition!.partitionEpoch + 1 }
    // Who has caught up has a log again.
    for (const id of change.isr) next = withOffline(next, id, false)
    partitions[change.index] = withEligible(partition!, next, minInsync)
    changed = true
    return { errorCode }
  })
  if (!changed) return { result, change: null }
  // Who comes in must still be registered as it was when it had caught up.
  const compares = [...added].map(
    (id): Compare => ({ key: brokerKey(id), target: 'createRevision', revision: author.epochs.get(id)! }),
  )
  const value = formatTopic({ ...topic, partitions })
  return { result, change: { key: topicKey(topic.name), value, base: topic.modRevision, compares } }
}

function problemOf(
  image: MetadataImage,
  { nodeId, epochs }: IsrAuthor,
  partition: PartitionImage | undefined,
  { leaderEpoch, partitionEpoch, isr }: IsrChange,
): number {
  if (partition === undefined) return errors.UNKNOWN_TOPIC_OR_PARTITION.code
  if (leaderEpoch < partition.leaderEpoch) return errors.FENCED_LEADER_EPOCH.code
  if (leaderEpoch > partition.leaderEpoch) return errors.UNKNOWN_LEADER_EPOCH.code
  if (partition.leader !== nodeId) return errors.NOT_LEADER_OR_FOLLOWER.code
  if (partitionEpoch !== partition.partitionEpoch) return errors.INVALID_UPDATE_VERSION.code
  const isSetOfReplicas = isr.every((id, place) => partition.replicas.includes(id) && isr.indexOf(id) === place)
  if (!isSetOfReplicas || !isr.includes(nodeId)) return errors.INVALID_REQUEST.code
  const isEligible = (id: number) =>
    partition.isr.includes(id) || (epochs.has(id) && image.brokers.get(id)?.epoch === epochs.get(id))
  return isr.every(isEligible) ? errors.NONE.code : errors.INELIGIBLE_REPLICA.code
}

function isSameSet(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((id) => b.includes(id))
}

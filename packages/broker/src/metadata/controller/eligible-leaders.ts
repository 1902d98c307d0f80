/**
 * Who may lead a partition when nobody in sync can (KIP-966). A high watermark stays where it is while fewer than
 * `min.insync.replicas` are in sync. So whoever leaves the in-sync replicas then has all that is committed, and keeps it:
 *
 *   in sync       ─leaves, too few stay─▶ eligible ─enough are in sync again─▶ neither
 *                                            └──lost what it had──▶ last known
 *
 * An eligible one leads where no member of the ISR is alive. The last known ones are shown for people who must decide.
 */
import type { BrokerConfig } from '@odradek/config'
import type { MetadataImage, TopicImage } from '../image.ts'
import type { PartitionImage } from '../values.ts'

/** How many replicas must be in sync for anything to be committed in a topic, of those it has. */
export function minInsyncReplicas(topic: Pick<TopicImage, 'configs'>, config: BrokerConfig): number {
  const own = topic.configs['min.insync.replicas']
  return own === undefined ? config['min.insync.replicas'] : Number(own)
}

/** Whether a replica can be used: its broker lives, and its log does. */
export function isUsable(image: MetadataImage, { offline }: PartitionImage, id: number): boolean {
  return image.brokers.has(id) && offline?.includes(id) !== true
}

/** The same of one that serves: it has said what it has. One that only starts may have lost it, and leave yet. */
export function isServing(image: MetadataImage, partition: PartitionImage, id: number): boolean {
  return isUsable(image, partition, id) && image.brokers.get(id)!.listeners.length > 0
}

/** The same of one that is to stay: who is to lead, where there is a choice. */
export function isStaying(image: MetadataImage, { offline }: PartitionImage, id: number): boolean {
  return image.isStaying(id) && offline?.includes(id) !== true
}

/**
 * `next`, which comes after `before`, with those that are eligible now. `lost` are replicas that may lack what they had.
 * The same object where nothing about that is to change.
 */
export function withEligible(
  before: PartitionImage,
  next: PartitionImage,
  minInsync: number,
  lost: readonly number[] = [],
): PartitionImage {
  const { replicas, isr } = next
  if (isr.length >= Math.min(minInsync, replicas.length)) return withoutEligible(next)
  const candidates = [...new Set([...(before.elr ?? []), ...before.isr])].filter(
    (id) => replicas.includes(id) && !isr.includes(id),
  )
  const elr = candidates.filter((id) => !lost.includes(id))
  const known = [...new Set([...(before.lastElr ?? []), ...candidates])]
  const lastElr = known.filter((id) => replicas.includes(id) && !isr.includes(id) && !elr.includes(id))
  if (isSameList(elr, next.elr ?? []) && isSameList(lastElr, next.lastElr ?? [])) return next
  return { ...withoutEligible(next), ...(elr.length > 0 ? { elr } : {}), ...(lastElr.length > 0 ? { lastElr } : {}) }
}

/** The partition without any that are eligible or were: enough are in sync, or its history begins anew. */
export function withoutEligible(partition: PartitionImage): PartitionImage {
  if (partition.elr === undefined && partition.lastElr === undefined) return partition
  const { elr: _, lastElr: __, ...rest } = partition
  return rest
}

/** The partition without one of those that were in sync or eligible last. */
export function withoutKnown(partition: PartitionImage, id: number): PartitionImage {
  const { lastElr = [], ...rest } = partition
  const others = lastElr.filter((other) => other !== id)
  return others.length === 0 ? rest : { ...rest, lastElr: others }
}

/** The partition with the log of a replica usable again, or not. */
export function withOffline(partition: PartitionImage, id: number, isOffline: boolean): PartitionImage {
  const { offline = [], ...rest } = partition
  if (offline.includes(id) === isOffline) return partition
  const others = isOffline ? [...offline, id] : offline.filter((other) => other !== id)
  return others.length === 0 ? rest : { ...rest, offline: others }
}

/** The first replica in assignment order that is eligible and serves; -1 for none. */
export function eligibleLeader(image: MetadataImage, partition: PartitionImage): number {
  const { replicas, elr = [] } = partition
  const serving = replicas.filter((id) => elr.includes(id) && isServing(image, partition, id))
  return serving.find((id) => image.isStaying(id)) ?? serving[0] ?? -1
}

function isSameList(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((id, place) => id === b[place])
}

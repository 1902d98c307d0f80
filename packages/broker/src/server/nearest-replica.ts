import type { MetadataImage } from '../metadata/image.ts'
import type { Partition } from '../replication/partition.ts'

/** A consumer that reads, and from where in the partition. */
export interface Reader {
  /** Where it stands, '' where it does not say. */
  readonly rack: string
  readonly fetchOffset: number
  /** The listener it came in by. */
  readonly listenerName: string
}

/**
 * The replica that a consumer is to read from instead of the leader, or -1 for the leader (KIP-392): one in the consumer's
 * rack, in sync, alive, with the offset that is asked for; of several the one that is furthest. One that is out of sync
 * could fall behind ever more, and its readers with it.
 */
export function nearestReplica(
  image: MetadataImage,
  leaderId: number,
  partition: Pick<Partition, 'isr' | 'followers'>,
  reader: Reader,
): number {
  const { rack, fetchOffset, listenerName } = reader
  const progress = partition.followers
  if (rack === '' || progress === null) return -1
  let nearest = -1
  let nearestEnd = -1
  for (const id of partition.isr) {
    const broker = image.brokers.get(id)
    if (broker?.rack !== rack) continue
    if (id === leaderId) return -1
    if (!image.isStaying(id) || !broker.listeners.some(({ name }) => name === listenerName)) continue
    const endOffset = progress.endOffsetOf(id)
    const startOffset = progress.startOffsetOf(id)
    if (startOffset < 0 || startOffset > fetchOffset || endOffset < fetchOffset || endOffset <= nearestEnd) continue
    nearest = id
    nearestEnd = endOffset
  }
  return nearest
}

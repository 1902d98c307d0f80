/** How far the groups of a topic are with one message of it. */
import type { ClusterSession } from './cluster-session.ts'

export interface MessageDelivery {
  readonly group: string
  readonly state: string
  /** The next offset that the group reads of the partition; null: it has committed none there. */
  readonly committed: number | null
  /** read: the group is past it; next: it stands before it; pending: others come first; unknown: it has no commit there. */
  readonly delivery: 'read' | 'next' | 'pending' | 'unknown'
  /** Offsets that the group has to read before it; 0 where it is read or next. */
  readonly before: number
}

const AGE_MS_MAX = 3_000

/** The groups that have committed offsets of the topic, those that wait for the message first. */
export async function messageDelivery(
  session: ClusterSession,
  place: { readonly topic: string; readonly partition: number; readonly offset: number },
): Promise<MessageDelivery[]> {
  const sample = await session.sampler.recent(AGE_MS_MAX)
  const rows: MessageDelivery[] = []
  for (const { id, state } of sample.groups) {
    const partitions = sample.commits.get(id)?.get(place.topic)
    if (partitions === undefined) continue
    const committed = partitions.get(place.partition)?.offset ?? null
    const before = committed === null ? 0 : Math.max(0, place.offset - committed)
    const delivery =
      committed === null ? 'unknown' : committed > place.offset ? 'read' : before === 0 ? 'next' : 'pending'
    rows.push({ group: id, state, committed, delivery, before })
  }
  const order = { next: 0, pending: 1, unknown: 2, read: 3 }
  return rows.sort((one, other) => order[one.delivery] - order[other.delivery] || (one.group < other.group ? -1 : 1))
}

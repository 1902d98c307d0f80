/** What survives what: acks × flush × replicas, as facts from which one sentence is made. */
import { describeConfigs } from '@odradek/client'
import type { ClusterSession } from './cluster-session.ts'
import { findTopic } from './topic-detail.ts'

export interface Durability {
  readonly replicas: number
  /** How many must be in sync for acks=all. */
  readonly minInSync: number | null
  /** sync: on disk before it is acknowledged; async: in memory of the operating system. */
  readonly flush: 'sync' | 'async'
  /** Whether an acknowledged record (acks=all) survives… */
  readonly survives: {
    readonly processCrash: boolean
    readonly powerLoss: boolean
    /** The loss of this many disks, with acks=all. */
    readonly disksLost: number
  }
  /** none: one copy, not flushed; some: survives a power loss or a lost disk; strong: both. */
  readonly level: 'none' | 'some' | 'strong'
  /** The sentence, in English. */
  readonly text: string
}

export async function topicDurability(session: ClusterSession, name: string): Promise<Durability> {
  const topic = await findTopic(session, name)
  const entries = await describeConfigs(session.cluster, { type: 'topic', name }, [
    'min.insync.replicas',
    'flush.mode',
    'flush.messages',
  ])
  const value = (key: string) => entries.find((entry) => entry.name === key)?.value ?? null
  const replicas = Math.max(1, ...topic.partitions.map((place) => place.replicas.length))
  const minInSync = value('min.insync.replicas') === null ? null : Number(value('min.insync.replicas'))
  // Elsewhere than at Odradek, flush.messages=1 is what flushes each batch before its answer.
  const flush = value('flush.mode') === 'sync' || value('flush.messages') === '1' ? 'sync' : 'async'
  const copies = Math.min(replicas, Math.max(1, minInSync ?? 1))
  const disksLost = copies - 1
  const powerLoss = flush === 'sync'
  const level = powerLoss && disksLost > 0 ? 'strong' : powerLoss || disksLost > 0 ? 'some' : 'none'
  const kept = [
    'a crash of the broker',
    ...(powerLoss ? ['a power loss'] : []),
    ...(disksLost > 0 ? [`the loss of ${disksLost === 1 ? 'a disk' : `${disksLost} disks`}`] : []),
  ]
  const lost = [...(powerLoss ? [] : ['a power loss']), ...(disksLost > 0 ? [] : ['the loss of its disk'])]
  const text =
    `An acknowledged record (acks=all) survives ${list(kept, 'and')}` +
    (lost.length > 0 ? `, but not necessarily ${list(lost, 'or')}.` : '.')
  return { replicas, minInSync, flush, survives: { processCrash: true, powerLoss, disksLost }, level, text }
}

function list(parts: readonly string[], conjunction: string): string {
  if (parts.length < 2) return parts.join('')
  return `${parts.slice(0, -1).join(', ')} ${conjunction} ${parts.at(-1)}`
}

/** The slow columns of some topics: what a page of the list asks for after it is drawn. */
import { describeConfigs, mapBounded } from '@odradek/client'
import type { ClusterSession } from './cluster-session.ts'
import { recordsOf } from './topic-listing.ts'

export interface TopicColumns {
  readonly name: string
  readonly sizeBytes: number | null
  readonly records: number | null
  readonly recordsInPerSecond: number | null
  /** Groups that have commits in it. */
  readonly groups: number
  /** Of all of them. */
  readonly lag: number | null
  readonly cleanupPolicy: string | null
  readonly retentionMs: number | null
  /** Odradek's `flush.mode`; null elsewhere. */
  readonly flushMode: string | null
  /** Odradek's `message.type`: NORMAL, DELAY …; null elsewhere. */
  readonly messageType: string | null
}

export async function topicColumns(session: ClusterSession, names: readonly string[]): Promise<TopicColumns[]> {
  const [sizes, sample] = await Promise.all([
    session.sizes.get().catch(() => null),
    session.sampler.sample().catch(() => null),
  ])
  const groups = new Map<string, number>()
  for (const commits of sample?.commits.values() ?? []) {
    for (const topic of commits.keys()) groups.set(topic, (groups.get(topic) ?? 0) + 1)
  }
  const wanted = ['cleanup.policy', 'retention.ms', 'flush.mode', 'message.type']
  return mapBounded(names, 8, async (name): Promise<TopicColumns> => {
    const entries = await describeConfigs(session.cluster, { type: 'topic', name }, wanted).catch(() => [])
    const value = (key: string) => entries.find((entry) => entry.name === key)?.value ?? null
    const retention = value('retention.ms')
    return {
      name,
      sizeBytes: sizes ? (sizes.topics.get(name)?.sizeBytes ?? 0) : null,
      records: sample ? recordsOf(sample, name) : null,
      recordsInPerSecond: sample?.rates.get(name) ?? null,
      groups: groups.get(name) ?? 0,
      lag: sample ? lagOf(sample, name) : null,
      cleanupPolicy: value('cleanup.policy'),
      retentionMs: retention === null ? null : Number(retention),
      flushMode: value('flush.mode'),
      messageType: value('message.type'),
    }
  })
}

function lagOf(sample: NonNullable<ClusterSession['sampler']['last']>, topic: string): number {
  let lag = 0
  for (const commits of sample.commits.values()) {
    for (const [partition, { offset }] of commits.get(topic) ?? []) {
      const end = sample.ends.get(topic)?.get(partition)
      const start = sample.starts.get(topic)?.get(partition)
      if (end?.errorCode === 0) lag += Math.max(0, end.offset - Math.max(offset, start?.offset ?? 0))
    }
  }
  return lag
}

/** "Why is this stuck?": gathers what is to be known about a group, and has it judged. */

import type { ClusterMetadata } from '@odradek/client'
import {
  describeConfigs,
  describeProducers,
  LATEST,
  listOffsets,
  mapBounded,
  offsetOf,
  recordsAt,
} from '@odradek/client'
import type { ClusterSession } from '../cluster-session.ts'
import { type GroupDetail, groupDetail } from '../group-detail.ts'
import { type Cause, type GroupFacts, judge, type OpenTransactions, placeOf, standingRows } from './causes.ts'

export interface Diagnosis {
  readonly group: string
  /** When it was judged. */
  readonly atMs: number
  readonly state: string
  readonly lag: number
  /** Whether something keeps it from catching up. */
  readonly isStuck: boolean
  /** Found ones first, the likeliest first among them. */
  readonly causes: readonly Cause[]
}

const TOPICS_MAX = 200

/** `clock`: of the same epoch as the looks of the session. */
export async function diagnose(
  session: ClusterSession,
  id: string,
  clock: () => number = Date.now,
): Promise<Diagnosis> {
  // What the looks tell is only since when a commit stands where it stands now: the last one does, however long ago it was.
  const [group] = await Promise.all([groupDetail(session, id), session.sampler.sample().catch(() => null)])
  const metadata = await session.cluster.metadata()
  const topics = [...new Set(group.partitions.map(({ topic }) => topic))].slice(0, TOPICS_MAX)
  const nowMs = clock()
  const standsAt = new Map(group.partitions.map((row) => [`${row.topic}-${row.partition}`, row.committed]))
  const committedSinceMs = (topic: string, partition: number) => {
    const known = session.sampler.committedSince(id, topic, partition)
    if (known === null) return null
    return known.offset === standsAt.get(`${topic}-${partition}`) ? known.sinceMs : nowMs
  }
  const [transactions, minimalIsr, nextRecords] = await Promise.all([
    openTransactions(session, topics, group, metadata),
    minimaOf(session, topics, group, metadata),
    nextRecordsOf(session, standingRows({ group, nowMs, committedSinceMs }), metadata),
  ])
  const watchedMs = session.sampler.watchedMs(id, nowMs)
  const causes = judge({
    nowMs,
    group,
    metadata,
    transactions,
    minimalIsr,
    committedSinceMs,
    watchedMs,
    nextRecords,
  })
  const isStuck = causes.some(({ state }) => state === 'found')
  return { group: id, atMs: nowMs, state: group.state, lag: group.lag, isStuck, causes }
}

async function openTransactions(
  session: ClusterSession,
  topics: readonly string[],
  group: GroupDetail,
  metadata: ClusterMetadata,
): Promise<OpenTransactions> {
  const questions = topics.flatMap((name) => metadata.topics.get(name) ?? []).map((topic) => ({ topic }))
  const [stable, ends] = await Promise.all([
    listOffsets(session.cluster, questions, LATEST, 'committed'),
    listOffsets(session.cluster, questions, LATEST),
  ])
  const open = group.partitions.flatMap(({ topic, partition }) => {
    const lastStable = offsetOf(stable, topic, partition)
    const end = offsetOf(ends, topic, partition)
    return lastStable !== null && end !== null && lastStable < end ? [{ topic, partition, lastStable }] : []
  })
  try {
    const found = await mapBounded([...Map.groupBy(open, ({ topic }) => topic)], 8, async ([name, rows]) => {
      const topic = metadata.topics.get(name)
      if (!topic) return []
      const partitions = rows.map(({ partition }) => partition)
      const { producers } = await describeProducers(session.cluster, topic, partitions)
      return producers.flatMap(({ transactionStart, ...producer }) => {
        return transactionStart === null ? [] : [{ ...producer, topic: name, transactionStart }]
      })
    })
    return { open, producers: found.flat(), reason: null }
  } catch (error) {
    // The other causes are told all the same.
    return { open, producers: [], reason: (error as Error).message }
  }
}

/** Only of topics where it matters: those with a replica that is not in sync. */
async function minimaOf(
  session: ClusterSession,
  topics: readonly string[],
  group: GroupDetail,
  metadata: ClusterMetadata,
): Promise<Map<string, number>> {
  const under = new Set(
    group.partitions.flatMap(({ topic, partition }) => {
      const place = placeOf(metadata, topic, partition)
      return place !== undefined && place.isr.length < place.replicas.length ? [topic] : []
    }),
  )
  const minima = new Map<string, number>()
  await mapBounded(
    topics.filter((topic) => under.has(topic)),
    8,
    async (name) => {
      const resource = { type: 'topic', name } as const
      const entries = await describeConfigs(session.cluster, resource, ['min.insync.replicas']).catch(() => [])
      minima.set(name, Number(entries[0]?.value ?? 1))
    },
  )
  return minima
}

/** A record that fails again and again holds up its partition, while others go on: which it is. */
async function nextRecordsOf(
  session: ClusterSession,
  standing: ReturnType<typeof standingRows>,
  metadata: ClusterMetadata,
): Promise<GroupFacts['nextRecords']> {
  const records = new Map<string, number>()
  for (const [name, rows] of Map.groupBy(standing, ({ row }) => row.topic)) {
    const topic = metadata.topics.get(name)
    if (!topic) continue
    const commits = new Map(rows.map(({ row }) => [row.partition, row.committed!]))
    for (const [partition, { offset }] of await recordsAt(session.cluster, topic, commits)) {
      records.set(`${name}-${partition}`, offset)
    }
  }
  return records
}

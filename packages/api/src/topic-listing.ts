/** The list of topics: searched, sorted and paged here, so that a browser never gets ten thousand. */
import type { TopicPlaces } from '@odradek/client'
import { z } from 'zod'
import type { ClusterSession } from './cluster-session.ts'
import { type TopicHealth, topicHealth } from './topic-health.ts'

export const topicSorts = ['name', 'partitions', 'replicationFactor', 'health', 'size', 'records', 'rate'] as const
export type TopicSort = (typeof topicSorts)[number]

export interface TopicRow extends TopicHealth {
  readonly name: string
  readonly isInternal: boolean
  /** null: not known yet (or not to be known). */
  readonly sizeBytes: number | null
  /** Offsets between start and end of all partitions: records, and what compaction and markers took. */
  readonly records: number | null
  readonly recordsInPerSecond: number | null
}

/** What is asked of the list. */
export const topicQuery = z.object({
  /** Parts of the name, all of which must be in it, in any case. */
  search: z.string().max(500).default(''),
  sort: z.enum(topicSorts).default('name'),
  descending: z.boolean().default(false),
  page: z.int().min(0).max(1_000_000).default(0),
  pageSize: z.int().min(1).max(200).default(50),
  internal: z.boolean().default(false),
  only: z.enum(['all', 'unhealthy']).default('all'),
})
export type TopicQuery = z.output<typeof topicQuery>

export interface TopicPage {
  readonly rows: readonly TopicRow[]
  /** That match. */
  readonly total: number
  /** All that the cluster has, internal ones apart. */
  readonly counts: { readonly topics: number; readonly internal: number; readonly unhealthy: number }
  /** The columns whose numbers are still on their way: ask again. */
  readonly pending: readonly ('size' | 'records' | 'rate')[]
}

export async function listTopics(session: ClusterSession, query: TopicQuery): Promise<TopicPage> {
  const metadata = await session.cluster.metadata(5000)
  // A sort by a slow column waits for it, so that the first page is not in the wrong order.
  const sizes = query.sort === 'size' ? await session.sizes.get().catch(() => null) : session.sizes.peek()
  const needsSample = query.sort === 'records' || query.sort === 'rate'
  const sample = needsSample ? await session.sampler.sample().catch(() => null) : session.sampler.last
  const words = query.search.toLowerCase().split(/\s+/).filter(Boolean)
  let internal = 0
  let unhealthy = 0
  const matching: { topic: TopicPlaces; health: TopicHealth }[] = []
  for (const topic of metadata.topics.values()) {
    const health = topicHealth(topic)
    const isUnhealthy = health.leaderless + health.underReplicated + health.offline > 0
    if (topic.isInternal) internal += 1
    if (isUnhealthy) unhealthy += 1
    if (topic.isInternal && !query.internal) continue
    if (query.only === 'unhealthy' && !isUnhealthy) continue
    const name = topic.name.toLowerCase()
    if (words.every((word) => name.includes(word))) matching.push({ topic, health })
  }
  const rowOf = ({ topic, health }: (typeof matching)[number]): TopicRow => ({
    name: topic.name,
    isInternal: topic.isInternal,
    ...health,
    sizeBytes: sizes ? (sizes.topics.get(topic.name)?.sizeBytes ?? 0) : null,
    records: sample ? recordsOf(sample, topic.name) : null,
    recordsInPerSecond: sample?.rates.get(topic.name) ?? null,
  })
  const sorted = matching.map(rowOf).sort(comparison(query.sort, query.descending))
  const rates = session.sampler.history.last('recordsInPerSecond')
  return {
    rows: sorted.slice(query.page * query.pageSize, (query.page + 1) * query.pageSize),
    total: sorted.length,
    counts: { topics: metadata.topics.size - internal, internal, unhealthy },
    pending: [
      ...(sizes ? [] : (['size'] as const)),
      ...(sample ? [] : (['records'] as const)),
      ...(rates === null ? (['rate'] as const) : []),
    ],
  }
}

/** The offsets that a topic spans, or null where one partition's could not be learned. */
export function recordsOf(sample: { starts: OffsetMap; ends: OffsetMap }, topic: string): number | null {
  const ends = sample.ends.get(topic)
  if (!ends) return null
  let records = 0
  for (const [partition, end] of ends) {
    const start = sample.starts.get(topic)?.get(partition)
    if (end.errorCode !== 0 || start === undefined || start.errorCode !== 0) return null
    records += Math.max(0, end.offset - start.offset)
  }
  return records
}

type OffsetMap = ReadonlyMap<string, ReadonlyMap<number, { readonly offset: number; readonly errorCode: number }>>

function comparison(sort: TopicSort, descending: boolean): (a: TopicRow, b: TopicRow) => number {
  const byName = (a: TopicRow, b: TopicRow) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)
  const direction = descending ? -1 : 1
  if (sort === 'name') return (a, b) => direction * byName(a, b)
  const value = columnOf(sort)
  return (a, b) => {
    const x = value(a)
    const y = value(b)
    // What is not known goes last, whichever way.
    if (x === null || y === null) return x === y ? byName(a, b) : x === null ? 1 : -1
    return direction * (x - y) || byName(a, b)
  }
}

function columnOf(sort: Exclude<TopicSort, 'name'>): (row: TopicRow) => number | null {
  switch (sort) {
    case 'partitions':
      return (row) => row.partitions
    case 'replicationFactor':
      return (row) => row.replicationFactor
    case 'health':
      return (row) => row.leaderless * 1e6 + row.offline * 1e3 + row.underReplicated
    case 'size':
      return (row) => row.sizeBytes
    case 'records':
      return (row) => row.records
    case 'rate':
      return (row) => row.recordsInPerSecond
    default:
      return sort satisfies never
  }
}

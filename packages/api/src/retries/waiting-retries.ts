/** What waits for another try: by group, and one by one. The admin listeners of the brokers know it; other Kafkas have none. */
import {
  type DelayedPartition,
  type DelayedRecord,
  delayedPartitions,
  findAdminListeners,
  listDelayed,
  type SilentBroker,
} from '@odradek/client'
import type { ClusterSession } from '../cluster-session.ts'

/** What waits in the retry topic of a group. */
export interface RetryTopicRow {
  readonly group: string
  readonly topic: string
  readonly waiting: number
  /** Epoch milliseconds; null: nothing waits. */
  readonly nextDueMs: number | null
  readonly partitions: number
  readonly bytes: number
  /** Why what is due is not delivered, one sentence each. */
  readonly refusals: readonly string[]
}

export interface RetryTopicPage {
  readonly rows: readonly RetryTopicRow[]
  readonly total: number
  /** Records that wait, over all groups. */
  readonly waiting: number
  /** Why nothing can be told; null where it can. */
  readonly reason: string | null
  /** Brokers whose records are not in it. */
  readonly silent: readonly SilentBroker[]
}

export const retrySorts = ['group', 'waiting', 'nextDue'] as const
export type RetrySort = (typeof retrySorts)[number]

export interface RetryTopicQuery {
  readonly search: string
  readonly sort: RetrySort
  readonly descending: boolean
  readonly page: number
  readonly pageSize: number
}

/** A record that waits for another try. */
export interface RetryRow {
  readonly partition: number
  readonly offset: number
  readonly dueMs: number
  /** It waits only to be put among the dead letters. */
  readonly isDeadLetter: boolean
  readonly key: string | null
  readonly valueBytes: number
  readonly bornMs: number
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: number } | null
  /** How often it failed so far. */
  readonly failures: number
  /** What went wrong the last time, its first line. */
  readonly error: string | null
}

/** Retry topics with what waits in them. */
export async function listRetryTopics(session: ClusterSession, query: RetryTopicQuery): Promise<RetryTopicPage> {
  let known: Awaited<ReturnType<typeof delayedPartitions>>
  try {
    known = await delayedPartitions(await findAdminListeners(session.cluster, session.settings.adminAddress))
  } catch (error) {
    return { rows: [], total: 0, waiting: 0, reason: (error as Error).message, silent: [] }
  }
  const rows = retryTopicsOf(known.partitions)
  const words = query.search.toLowerCase().split(/\s+/).filter(Boolean)
  const matching = rows.filter(({ group, topic }) => {
    const text = `${group} ${topic}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
  const direction = query.descending ? -1 : 1
  const key = (row: RetryTopicRow): string | number => {
    if (query.sort === 'group') return row.group
    return query.sort === 'waiting' ? row.waiting : (row.nextDueMs ?? Number.POSITIVE_INFINITY)
  }
  matching.sort((a, b) => {
    const [x, y] = [key(a), key(b)]
    return x === y ? (a.group < b.group ? -1 : 1) : direction * (x < y ? -1 : 1)
  })
  const from = query.page * query.pageSize
  return {
    rows: matching.slice(from, from + query.pageSize),
    total: matching.length,
    waiting: rows.reduce((sum, { waiting }) => sum + waiting, 0),
    reason: null,
    silent: known.silent,
  }
}

/** Partitions put together by topic; those of timed messages are left out. */
export function retryTopicsOf(partitions: readonly DelayedPartition[]): RetryTopicRow[] {
  const byTopic = Map.groupBy(
    partitions.filter(({ type }) => type === 'RETRY'),
    ({ topic }) => topic,
  )
  return [...byTopic].map(([topic, all]) => {
    const dues = all.flatMap(({ nextDue }) => nextDue ?? [])
    return {
      group: all[0]!.group ?? topic,
      topic,
      waiting: all.reduce((sum, { waiting }) => sum + waiting, 0),
      nextDueMs: dues.length === 0 ? null : Math.min(...dues),
      partitions: all.length,
      bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
      refusals: [...new Set(all.flatMap(({ refusals }) => refusals.map(({ text }) => text)))],
    }
  })
}

/** Records that wait in a retry topic, the next due first. */
export async function listRetries(
  session: ClusterSession,
  query: { topic: string; key?: string; limit: number },
): Promise<{ waiting: number; isCut: boolean; rows: RetryRow[]; silent: readonly SilentBroker[] }> {
  const listeners = await findAdminListeners(session.cluster, session.settings.adminAddress)
  const { waiting, isCut, records, silent } = await listDelayed(listeners, query)
  return { waiting, isCut, rows: records.map(rowOf), silent }
}

function rowOf(record: DelayedRecord): RetryRow {
  const header = (name: string) => record.headers.findLast(({ key }) => key === name)?.value ?? null
  const topic = header('ORIGIN_TOPIC')
  const place = { partition: Number(header('ORIGIN_PARTITION')), offset: Number(header('ORIGIN_OFFSET')) }
  const { partition, offset, due, isDeadLetter, key, valueBytes, bornTimestamp } = record
  return {
    partition,
    offset,
    dueMs: due,
    isDeadLetter,
    key,
    valueBytes,
    bornMs: bornTimestamp,
    origin: topic === null ? null : { topic, ...place },
    failures: Number(header('RECONSUME_TIME') ?? 0) + 1,
    error: header('EXCEPTION')?.split('\n', 1)[0] ?? null,
  }
}

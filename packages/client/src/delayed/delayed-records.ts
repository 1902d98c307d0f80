/** What waits in topics of timed messages and retries, from the admin listeners of the brokers that hold it. */
import { type AdminListeners, askListeners, type SilentBroker, silentText } from '../admin/admin-listeners.ts'
import type { AdminAnswer } from '../admin/ask-admin.ts'
import { RefusedError, UnreachableError } from '../cluster-errors.ts'

export interface DelayedQuery {
  readonly topic: string
  readonly partition?: number
  /** The key as text. */
  readonly key?: string
  /** Due at or after, and before: epoch milliseconds. */
  readonly from?: number
  readonly to?: number
  /** [100]; a broker tells of 10,000 at most. */
  readonly limit?: number
}

export interface DelayedRecord {
  readonly partition: number
  /** The intake offset: what the producer was answered. */
  readonly offset: number
  /** Epoch milliseconds. */
  readonly due: number
  readonly isDeadLetter: boolean
  readonly key: string | null
  readonly valueBytes: number
  readonly bornTimestamp: number
  readonly headers: readonly { readonly key: string; readonly value: string | null }[]
}

export interface DelayedList {
  readonly topic: string
  /** All that wait in the partitions asked for. */
  readonly waiting: number
  /** The next due first. */
  readonly records: readonly DelayedRecord[]
  /** Whether there may be more. */
  readonly isCut: boolean
  /** Brokers whose partitions are not in it. */
  readonly silent: readonly SilentBroker[]
}

/** What waits in one partition of a topic. */
export interface DelayedPartition {
  readonly topic: string
  /** `message.type`: DELAY, RETRY; NORMAL where it was changed and its last records wait. */
  readonly type: string
  /** Of a retry topic, whose it is. */
  readonly group: string | null
  readonly partition: number
  readonly waiting: number
  /** Epoch milliseconds; may be a little early. Null for none. */
  readonly nextDue: number | null
  readonly isLoaded: boolean
  readonly bytes: number
  /** Why what is due is not taken by its target. */
  readonly refusals: readonly {
    readonly errorCode: number
    readonly text: string
    readonly sinceMs: number
    readonly attempts: number
  }[]
}

/** What became of an order about records that wait. */
export interface DelayedOrder {
  readonly topic: string
  readonly matched: number
  readonly done: number
  /** Not waiting any more, or being delivered. */
  readonly skipped: number
  readonly failed: number
  /** Brokers that were not told of it; of named records theirs are among those that failed. */
  readonly silent: readonly SilentBroker[]
}

export type DelayedSelection =
  | DelayedQuery
  | { readonly topic: string; readonly records: readonly { readonly partition: number; readonly offset: number }[] }

/** Of every partition with an intake what waits; of those on silent brokers nothing is known. */
export async function delayedPartitions(
  listeners: AdminListeners,
): Promise<{ readonly partitions: readonly DelayedPartition[]; readonly silent: readonly SilentBroker[] }> {
  const { answers, silent } = await askListeners<{ topics: DelayedPartition[] }>(listeners, '/v1/delayed')
  return { partitions: answers.flatMap(({ body }) => body.topics ?? []), silent }
}

/** The records of a topic that wait and fit the query. */
export async function listDelayed(listeners: AdminListeners, query: DelayedQuery): Promise<DelayedList> {
  const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]))
  const { answers, silent } = await askListeners<DelayedList>(listeners, `/v1/delayed?${search}`)
  const lists = answered(query.topic, answers, silent)
  const limit = query.limit ?? 100
  const records = lists.flatMap((list) => list.records).sort((a, b) => a.due - b.due)
  return {
    topic: query.topic,
    waiting: lists.reduce((sum, { waiting }) => sum + waiting, 0),
    records: records.slice(0, limit),
    isCut: records.length > limit || lists.some(({ isCut }) => isCut),
    silent,
  }
}

/** Takes records back: they will not be delivered. Of a query those that `listDelayed` tells, and no others. */
export async function recallDelayed(listeners: AdminListeners, selection: DelayedSelection): Promise<DelayedOrder> {
  return order(listeners, 'recall', selection)
}

/** Delivers records now. Of a query those that `listDelayed` tells, and no others. */
export async function deliverDelayed(listeners: AdminListeners, selection: DelayedSelection): Promise<DelayedOrder> {
  return order(listeners, 'deliver', selection)
}

/** Makes dead letters of retries that wait, now; of a query as above. Throws where the topic is none of retries. */
export async function buryDelayed(listeners: AdminListeners, selection: DelayedSelection): Promise<DelayedOrder> {
  return order(listeners, 'bury', selection)
}

/** Named records that a broker takes at once. */
const RECORDS_MAX = 10_000

async function order(
  listeners: AdminListeners,
  what: 'recall' | 'deliver' | 'bury',
  selection: DelayedSelection,
): Promise<DelayedOrder> {
  const { topic } = selection
  // A limit holds for all brokers together, which none of them knows: who asks chooses, and the order names records.
  const { records, silent: untold } =
    'records' in selection ? { records: selection.records, silent: [] } : await listDelayed(listeners, selection)
  const unique = [
    ...new Map(records.map(({ partition, offset }) => [`${partition} ${offset}`, { partition, offset }])).values(),
  ]
  const matched = unique.length
  const silent = new Map(untold.map((broker) => [broker.nodeId ?? broker.reason, broker]))
  let [done, skipped] = [0, 0]
  // None is an order too: a broker says whether it is one that the topic takes.
  for (let at = 0; at === 0 || at < matched; at += RECORDS_MAX) {
    const request = { method: 'POST', body: JSON.stringify({ topic, records: unique.slice(at, at + RECORDS_MAX) }) }
    const told = await askListeners<DelayedOrder>(listeners, `/v1/delayed/${what}`, request)
    for (const broker of told.silent) silent.set(broker.nodeId ?? broker.reason, broker)
    // Every broker is told of all of them, and has those of its own partitions.
    for (const result of answered(topic, told.answers, told.silent)) {
      done += result.done
      skipped += result.skipped
    }
  }
  return { topic, matched, done, skipped, failed: Math.max(0, matched - done - skipped), silent: [...silent.values()] }
}

/**
 * The answers of those brokers that hold something of the topic. Where none does: throws RefusedError, or UnreachableError where a
 * silent one may.
 */
export function answered<T>(topic: string, answers: readonly AdminAnswer<T>[], silent: readonly SilentBroker[]): T[] {
  const good = answers.filter(({ status }) => status === 200)
  if (good.length > 0) return good.map(({ body }) => body)
  const tried = `look at what waits in topic "${topic}"`
  const refused = answers.find(({ status }) => status !== 404)
  const text = (refused ?? answers[0])?.body.error ?? 'No broker was asked.'
  if (refused === undefined && silent.length > 0) {
    throw new UnreachableError(tried, `${silentText(silent)}. Those that answer say: ${text}`)
  }
  throw new RefusedError(text, tried, 'Check the topic; records wait only in topics of type DELAY or RETRY.')
}

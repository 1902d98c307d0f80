/** What waits in topics of timed messages and retries, from the admin listeners of the brokers that hold it. */
import { adminAddress } from '../admin/admin-address.ts'
import { type AdminAnswer, askAdmin } from '../admin/ask-admin.ts'
import type { Cluster } from '../cluster.ts'
import { RefusedError } from '../cluster-errors.ts'

export interface DelayedQuery {
  readonly topic: string
  readonly partition?: number
  /** The key as text. */
  readonly key?: string
  /** Due at or after, and before: epoch milliseconds. */
  readonly from?: number
  readonly to?: number
  /** [100] */
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
}

export type DelayedSelection =
  | DelayedQuery
  | { readonly topic: string; readonly records: readonly { readonly partition: number; readonly offset: number }[] }

/**
 * Base URLs of the admin listeners of all brokers; of one alone where `base` (`host:port`) gives it. Throws RefusedError
 * where one cannot be asked, with the reason.
 */
export async function adminUrls(cluster: Cluster, base?: string): Promise<string[]> {
  const tried = 'find the admin listeners of the brokers'
  if (base === '') {
    const remedy = "Set the cluster's adminAddress, or leave it out."
    throw new RefusedError('The console is told not to ask the admin listener.', tried, remedy)
  }
  if (base !== undefined) return [`http://${base}`]
  const { brokers } = await cluster.metadata()
  return Promise.all(
    brokers.map(async (broker) => {
      const address = await adminAddress(cluster, broker)
      if ('url' in address) return address.url
      throw new RefusedError(`Broker ${broker.nodeId}: ${address.reason}`, tried, 'Name the address of the listener.')
    }),
  )
}

/** Of every partition with an intake what waits. */
export async function delayedPartitions(urls: readonly string[]): Promise<DelayedPartition[]> {
  const answers = await Promise.all(urls.map((url) => askAdmin<{ topics: DelayedPartition[] }>(`${url}/v1/delayed`)))
  return answers.flatMap(({ body }) => body.topics ?? [])
}

/** The records of a topic that wait and fit the query. */
export async function listDelayed(urls: readonly string[], query: DelayedQuery): Promise<DelayedList> {
  const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]))
  const lists = await answered(
    query.topic,
    urls.map((url) => askAdmin<DelayedList>(`${url}/v1/delayed?${search}`)),
  )
  const limit = query.limit ?? 100
  const records = lists.flatMap((list) => list.records).sort((a, b) => a.due - b.due)
  return {
    topic: query.topic,
    waiting: lists.reduce((sum, { waiting }) => sum + waiting, 0),
    records: records.slice(0, limit),
    isCut: records.length > limit || lists.some(({ isCut }) => isCut),
  }
}

/** Takes records back: they will not be delivered. */
export async function recallDelayed(urls: readonly string[], selection: DelayedSelection): Promise<DelayedOrder> {
  return order(urls, 'recall', selection)
}

/** Delivers records now. */
export async function deliverDelayed(urls: readonly string[], selection: DelayedSelection): Promise<DelayedOrder> {
  return order(urls, 'deliver', selection)
}

/** Makes dead letters of retries that wait, now. Throws where the topic is none of retries. */
export async function buryDelayed(urls: readonly string[], selection: DelayedSelection): Promise<DelayedOrder> {
  return order(urls, 'bury', selection)
}

async function order(
  urls: readonly string[],
  what: 'recall' | 'deliver' | 'bury',
  selection: DelayedSelection,
): Promise<DelayedOrder> {
  const request = { method: 'POST', body: JSON.stringify(selection) }
  const { topic } = selection
  const results = await answered(
    topic,
    urls.map((url) => askAdmin<DelayedOrder>(`${url}/v1/delayed/${what}`, request)),
  )
  const sum = (name: 'matched' | 'done' | 'skipped' | 'failed') =>
    results.reduce((total, each) => total + each[name], 0)
  if ('records' in selection) {
    // Every broker is told of all of them, and has those of its own partitions.
    const matched = new Set(selection.records.map(({ partition, offset }) => `${partition} ${offset}`)).size
    const [done, skipped] = [sum('done'), sum('skipped')]
    return { topic, matched, done, skipped, failed: Math.max(0, matched - done - skipped) }
  }
  return { topic, matched: sum('matched'), done: sum('done'), skipped: sum('skipped'), failed: sum('failed') }
}

/** The answers of those brokers that hold something of the topic; throws RefusedError where none does. */
export async function answered<T>(topic: string, asked: readonly Promise<AdminAnswer<T>>[]): Promise<T[]> {
  const answers = await Promise.all(asked)
  const good = answers.filter(({ status }) => status === 200)
  if (good.length > 0) return good.map(({ body }) => body)
  const text = answers[0]?.body.error ?? 'No broker was asked.'
  throw new RefusedError(
    text,
    `look at what waits in topic "${topic}"`,
    'Check the topic; records wait only in topics of type DELAY or RETRY.',
  )
}

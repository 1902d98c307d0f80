/** What waits in topics of timed messages and retries, from the admin listeners of the brokers that hold it. */
import { adminAddress } from '../admin/admin-address.ts'
import type { Cluster } from '../cluster.ts'

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

const TIMEOUT_MS = 60_000

/** Base URLs of admin listeners: of every broker, or the one that is given. Throws where one cannot be asked. */
export async function adminUrls(cluster: Cluster): Promise<string[]> {
  const { brokers } = await cluster.metadata()
  return Promise.all(
    brokers.map(async (broker) => {
      const address = await adminAddress(cluster, broker)
      if ('reason' in address) throw new Error(`Broker ${broker.nodeId}: ${address.reason}`)
      return address.url
    }),
  )
}

/** Of every partition with an intake what waits. */
export async function delayedPartitions(urls: readonly string[]): Promise<DelayedPartition[]> {
  const answers = await Promise.all(urls.map((url) => ask<{ topics: DelayedPartition[] }>(`${url}/v1/delayed`)))
  return answers.flatMap(({ body }) => body.topics ?? [])
}

/** The records of a topic that wait and fit the query. */
export async function listDelayed(urls: readonly string[], query: DelayedQuery): Promise<DelayedList> {
  const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]))
  const lists = await found(urls.map((url) => ask<DelayedList>(`${url}/v1/delayed?${search}`)))
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

async function order(
  urls: readonly string[],
  what: 'recall' | 'deliver',
  selection: DelayedSelection,
): Promise<DelayedOrder> {
  const request = { method: 'POST', body: JSON.stringify(selection) }
  const results = await found(urls.map((url) => ask<DelayedOrder>(`${url}/v1/delayed/${what}`, request)))
  const sum = (name: 'matched' | 'done' | 'skipped' | 'failed') =>
    results.reduce((total, each) => total + each[name], 0)
  const { topic } = selection
  return { topic, matched: sum('matched'), done: sum('done'), skipped: sum('skipped'), failed: sum('failed') }
}

interface Answer<T> {
  readonly status: number
  readonly body: T & { readonly error?: string }
}

async function ask<T>(url: string, init: RequestInit = {}): Promise<Answer<T>> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'error' })
  return { status: response.status, body: (await response.json()) as Answer<T>['body'] }
}

/** The answers of those brokers that hold something of the topic; an error where none does. */
async function found<T>(asked: readonly Promise<Answer<T>>[]): Promise<T[]> {
  const answers = await Promise.all(asked)
  const good = answers.filter(({ status }) => status === 200)
  if (good.length === 0) throw new Error(answers[0]?.body.error ?? 'No broker was asked.')
  return good.map(({ body }) => body)
}

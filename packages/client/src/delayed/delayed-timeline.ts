/** How much waits when: counts by due time. */
import { type AdminListeners, askListeners, type SilentBroker } from '../admin/admin-listeners.ts'
import { answered } from './delayed-records.ts'

export interface DelayedTimelineQuery {
  readonly topic: string
  readonly partition?: number
  /** The window, epoch milliseconds. */
  readonly from: number
  readonly to: number
  /** Parts of equal length that it is cut into. */
  readonly buckets: number
}

export interface DelayedTimeline {
  readonly from: number
  readonly to: number
  readonly bucketMs: number
  /** By bucket. */
  readonly counts: readonly number[]
  /** Due before and after the window. */
  readonly before: number
  readonly after: number
  /** The first and the last due time of all that waits, epoch milliseconds; null for none. */
  readonly first: number | null
  readonly last: number | null
  /** Brokers whose partitions are not in it. */
  readonly silent: readonly SilentBroker[]
}

/** Of all brokers together. What comes or goes meanwhile may be counted or not. */
export async function delayedTimeline(
  listeners: AdminListeners,
  query: DelayedTimelineQuery,
): Promise<DelayedTimeline> {
  const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]))
  const { answers, silent } = await askListeners<DelayedTimeline>(listeners, `/v1/delayed/timeline?${search}`)
  const parts = answered(query.topic, answers, silent)
  const [{ from, to, bucketMs, counts }] = parts as [DelayedTimeline]
  const least = (values: readonly (number | null)[], best: (...values: number[]) => number) => {
    const known = values.filter((value) => value !== null)
    return known.length === 0 ? null : best(...known)
  }
  return {
    from,
    to,
    bucketMs,
    counts: counts.map((_, bucket) => parts.reduce((sum, part) => sum + (part.counts[bucket] ?? 0), 0)),
    before: parts.reduce((sum, part) => sum + part.before, 0),
    after: parts.reduce((sum, part) => sum + part.after, 0),
    first: least(
      parts.map(({ first }) => first),
      Math.min,
    ),
    last: least(
      parts.map(({ last }) => last),
      Math.max,
    ),
    silent,
  }
}

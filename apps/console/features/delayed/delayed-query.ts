import { createLoader, parseAsInteger, parseAsString } from 'nuqs/server'

/** What the URL of a topic's waiting records says; the window is both the picture's and the list's. */
export const delayedQueryParsers = {
  from: parseAsInteger,
  to: parseAsInteger,
  key: parseAsString.withDefault(''),
  n: parseAsInteger.withDefault(100),
  /** The record whose panel is open: `3@1842`. */
  at: parseAsString,
}

export const loadDelayedQuery = createLoader(delayedQueryParsers)

export type DelayedQuery = Awaited<ReturnType<typeof loadDelayedQuery>>

const TIME_MAX_MS = 8.64e15

/** The window of the URL; undefined: all. */
export function windowOf({ from, to }: Pick<DelayedQuery, 'from' | 'to'>): { from: number; to: number } | undefined {
  if (from === null || to === null || !(from >= 0) || !(to > from) || to > TIME_MAX_MS) return undefined
  return { from, to }
}

/** The input of `delayed.timeline` for it. */
export function timelineInput(cluster: string, topic: string, query: DelayedQuery) {
  const window = windowOf(query)
  return { cluster, topic, ...(window !== undefined && { window }) }
}

/** The input of `delayed.list` for it. */
export function listInput(cluster: string, topic: string, query: DelayedQuery) {
  const limit = Math.min(Math.max(query.n, 10), 1000)
  return { cluster, topic, limit, ...windowOf(query), ...(query.key !== '' && { key: query.key.slice(0, 10_000) }) }
}

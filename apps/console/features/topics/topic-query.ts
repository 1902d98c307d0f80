import { createLoader, parseAsBoolean, parseAsInteger, parseAsString, parseAsStringLiteral } from 'nuqs/server'

/** What the URL of the list of topics says; the server's prefetch and the browser's table read it the same. */
export const topicQueryParsers = {
  q: parseAsString.withDefault(''),
  sort: parseAsStringLiteral([
    'name',
    'partitions',
    'replicationFactor',
    'health',
    'size',
    'records',
    'rate',
  ]).withDefault('name'),
  desc: parseAsBoolean.withDefault(false),
  page: parseAsInteger.withDefault(1),
  size: parseAsInteger.withDefault(50),
  internal: parseAsBoolean.withDefault(false),
  unhealthy: parseAsBoolean.withDefault(false),
}

export const loadTopicQuery = createLoader(topicQueryParsers)

export type TopicQuery = Awaited<ReturnType<typeof loadTopicQuery>>

/** What of the list is wanted, on whichever page. */
export function topicListInput(cluster: string, query: TopicQuery) {
  return {
    cluster,
    search: query.q.slice(0, 500),
    sort: query.sort,
    descending: query.desc,
    internal: query.internal,
    only: query.unhealthy ? ('unhealthy' as const) : ('all' as const),
  }
}

/** The input of `topics.list` for it. Numbers that no page has are brought into bounds. */
export function topicQueryInput(cluster: string, query: TopicQuery) {
  return {
    ...topicListInput(cluster, query),
    page: Math.min(Math.max(query.page - 1, 0), 1_000_000),
    pageSize: Math.min(Math.max(query.size, 10), 200),
  }
}

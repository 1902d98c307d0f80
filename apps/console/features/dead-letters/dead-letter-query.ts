import { createLoader, parseAsBoolean, parseAsInteger, parseAsString, parseAsStringLiteral } from 'nuqs/server'

/** What the URL of the overview says. */
export const deadLetterQueryParsers = {
  q: parseAsString.withDefault(''),
  sort: parseAsStringLiteral(['group', 'depth', 'grown', 'oldest', 'newest']).withDefault('newest'),
  desc: parseAsBoolean.withDefault(true),
  page: parseAsInteger.withDefault(1),
  size: parseAsInteger.withDefault(50),
  empty: parseAsBoolean.withDefault(false),
}

export const loadDeadLetterQuery = createLoader(deadLetterQueryParsers)

/** The input of `deadLetters.list` for it, within bounds. */
export function deadLetterQueryInput(cluster: string, query: Awaited<ReturnType<typeof loadDeadLetterQuery>>) {
  return {
    cluster,
    search: query.q.slice(0, 500),
    sort: query.sort,
    descending: query.desc,
    page: Math.min(Math.max(query.page - 1, 0), 1_000_000),
    pageSize: Math.min(Math.max(query.size, 10), 200),
    empty: query.empty,
  }
}

import {
  createLoader,
  parseAsArrayOf,
  parseAsBoolean,
  parseAsInteger,
  parseAsString,
  parseAsStringLiteral,
} from 'nuqs/server'

/** What the URL of the list of groups says; the server's prefetch and the browser's table read it the same. */
export const groupQueryParsers = {
  q: parseAsString.withDefault(''),
  /** Client id or host of a member. */
  member: parseAsString.withDefault(''),
  sort: parseAsStringLiteral(['id', 'state', 'members', 'lag']).withDefault('id'),
  desc: parseAsBoolean.withDefault(false),
  page: parseAsInteger.withDefault(1),
  size: parseAsInteger.withDefault(50),
  state: parseAsArrayOf(parseAsString).withDefault([]),
  lagging: parseAsBoolean.withDefault(false),
}

export const loadGroupQuery = createLoader(groupQueryParsers)

export type GroupQuery = Awaited<ReturnType<typeof loadGroupQuery>>

/** What of the list is wanted, on whichever page. */
export function groupListInput(cluster: string, query: GroupQuery) {
  return {
    cluster,
    search: query.q.slice(0, 500),
    member: query.member.slice(0, 500),
    sort: query.sort,
    descending: query.desc,
    states: query.state.slice(0, 20),
    onlyWithLag: query.lagging,
  }
}

/** The input of `groups.list` for it. Numbers that no page has are brought into bounds. */
export function groupQueryInput(cluster: string, query: GroupQuery) {
  return {
    ...groupListInput(cluster, query),
    page: Math.min(Math.max(query.page - 1, 0), 1_000_000),
    pageSize: Math.min(Math.max(query.size, 10), 200),
  }
}

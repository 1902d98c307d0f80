/** The list of groups: searched, sorted and paged here. */
import { describeGroups, type ListedGroup, listGroups } from '@odradek/client'
import type { ClusterSession } from './cluster-session.ts'

export const groupSorts = ['id', 'state', 'members', 'lag'] as const
export type GroupSort = (typeof groupSorts)[number]

export interface GroupRow {
  readonly id: string
  readonly state: string
  /** classic, consumer or share. */
  readonly type: string
  readonly protocolType: string
  readonly coordinator: number
  /** Known for the rows of the page only where the list is not sorted by it. */
  readonly members: number | null
  readonly topics: readonly string[]
  /** null: not known yet. */
  readonly lag: number | null
  /** Lag a second, over the last minute: negative is catching up. null: not known yet. */
  readonly lagTrend: number | null
}

export interface GroupQuery {
  readonly search: string
  readonly sort: GroupSort
  readonly descending: boolean
  readonly page: number
  readonly pageSize: number
  /** All if empty. */
  readonly states: readonly string[]
  readonly onlyWithLag: boolean
  /** Only those that have commits in this topic, or read it. */
  readonly topic?: string | undefined
}

export interface GroupPage {
  readonly rows: readonly GroupRow[]
  readonly total: number
  /** Of all groups, by state. */
  readonly states: Readonly<Record<string, number>>
  /** Brokers whose groups are missing. */
  readonly missing: readonly { readonly nodeId: number; readonly reason: string }[]
  /** Whether lags are still on their way: ask again. */
  readonly isLagPending: boolean
}

export async function listGroupRows(session: ClusterSession, query: GroupQuery): Promise<GroupPage> {
  const needsSample = query.sort === 'lag' || query.onlyWithLag || query.topic !== undefined
  const [{ groups, missing }, sample] = await Promise.all([
    listGroups(session.cluster),
    needsSample ? session.sampler.sample().catch(() => null) : session.sampler.last,
  ])
  const states: Record<string, number> = {}
  for (const { state } of groups) states[state] = (states[state] ?? 0) + 1
  const words = query.search.toLowerCase().split(/\s+/).filter(Boolean)
  const lagOf = (id: string) => sample?.lags.get(id) ?? null
  const matching = groups.filter(({ id, state }) => {
    const lower = id.toLowerCase()
    if (!words.every((word) => lower.includes(word))) return false
    if (query.states.length > 0 && !query.states.includes(state)) return false
    if (query.onlyWithLag && !((lagOf(id) ?? 0) > 0)) return false
    return query.topic === undefined || sample?.commits.get(id)?.has(query.topic) === true
  })
  const members = new Map<string, number>()
  const learnMembers = async (of: readonly ListedGroup[]) => {
    // A coordinator that does not answer leaves the number of its groups' members unknown, not the list empty.
    const described = await describeGroups(session.cluster, of).catch(() => null)
    for (const [id, { members: list }] of described?.groups ?? []) members.set(id, list.length)
  }
  if (query.sort === 'members') await learnMembers(matching)
  const direction = query.descending ? -1 : 1
  const key = (group: ListedGroup): string | number | null => {
    if (query.sort === 'lag') return lagOf(group.id)
    if (query.sort === 'members') return members.get(group.id) ?? null
    return query.sort === 'state' ? group.state : group.id
  }
  const sorted = matching.sort((a, b) => {
    const x = key(a)
    const y = key(b)
    if (x === y) return a.id < b.id ? -1 : 1
    if (x === null || y === null) return x === null ? 1 : -1
    return direction * (x < y ? -1 : 1)
  })
  const page = sorted.slice(query.page * query.pageSize, (query.page + 1) * query.pageSize)
  if (query.sort !== 'members') await learnMembers(page)
  const rows = page.map((group): GroupRow => {
    const topics = [...(sample?.commits.get(group.id)?.keys() ?? [])].sort()
    return {
      ...group,
      type: group.type || 'classic',
      members: members.get(group.id) ?? null,
      topics,
      lag: lagOf(group.id),
      lagTrend: lagTrendOf(session, group.id),
    }
  })
  return { rows, total: sorted.length, states, missing, isLagPending: sample === null }
}

const TREND_MS = 60_000

/** How fast the lag of a group grows, records a second over the last minute; null before two samples. */
export function lagTrendOf(session: ClusterSession, groupId: string): number | null {
  const history = session.sampler.groupHistory(groupId)?.since(Date.now() - TREND_MS)
  if (!history || history.atMs.length < 2) return null
  const first = history.values.lag[0] ?? null
  const last = history.values.lag.at(-1) ?? null
  if (first === null || last === null) return null
  return ((last - first) * 1000) / Math.max(1, history.atMs.at(-1)! - history.atMs[0]!)
}

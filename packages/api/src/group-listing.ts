/** The list of groups: searched, sorted and paged here. */
import { type GroupMember, type ListedGroup, listGroups } from '@odradek/client'
import { z } from 'zod'
import type { ClusterSession } from './cluster-session.ts'
import { describeMembers, type GroupMembers } from './group-members.ts'

export const groupSorts = ['id', 'state', 'members', 'lag'] as const
export type GroupSort = (typeof groupSorts)[number]

export interface GroupClient {
  readonly clientId: string
  readonly host: string
}

export interface GroupRow {
  readonly id: string
  readonly state: string
  /** classic, consumer or share. */
  readonly type: string
  readonly protocolType: string
  readonly coordinator: number
  /** Known for the rows of the page only where the list is not sorted by it. */
  readonly members: number | null
  /** The programs that are members, each once; of a list filtered by member those that match. null like `members`. */
  readonly clients: readonly GroupClient[] | null
  readonly topics: readonly string[]
  /** null: not known yet. */
  readonly lag: number | null
  /** Lag a second, over the last minute: negative is catching up. null: not known yet. */
  readonly lagTrend: number | null
}

/** What is asked of the list. */
export const groupQuery = z.object({
  /** Parts of the id, all of which must be in it, in any case. */
  search: z.string().max(500).default(''),
  /** Parts of what one member is called by: client id, host, member id, group.instance.id. */
  member: z.string().max(500).default(''),
  sort: z.enum(groupSorts).default('id'),
  descending: z.boolean().default(false),
  page: z.int().min(0).max(1_000_000).default(0),
  pageSize: z.int().min(1).max(200).default(50),
  /** All if empty. */
  states: z.array(z.string().max(50)).max(20).default([]),
  onlyWithLag: z.boolean().default(false),
  /** Only those that have commits in this topic, or read it. */
  topic: z.string().max(1000).optional(),
})
export type GroupQuery = z.output<typeof groupQuery>

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
  const [listed, sample] = await Promise.all([
    listGroups(session.cluster),
    needsSample ? session.sampler.sample().catch(() => null) : session.sampler.last,
  ])
  const missing = new Map(listed.missing.map(({ nodeId, reason }) => [nodeId, reason]))
  const states: Record<string, number> = {}
  for (const { state } of listed.groups) states[state] = (states[state] ?? 0) + 1
  const words = wordsOf(query.search)
  const memberWords = wordsOf(query.member)
  const lagOf = (id: string) => sample?.lags.get(id) ?? null
  let matching = listed.groups.filter(({ id, state }) => {
    if (!holds(id, words)) return false
    if (query.states.length > 0 && !query.states.includes(state)) return false
    if (query.onlyWithLag && !((lagOf(id) ?? 0) > 0)) return false
    return query.topic === undefined || sample?.commits.get(id)?.has(query.topic) === true
  })
  const needsMembers = query.sort === 'members' || memberWords.length > 0
  const known = needsMembers ? await membersOf(session, matching) : null
  if (memberWords.length > 0) {
    // Without its members it cannot be said whether a group is meant.
    for (const { id, coordinator } of matching) {
      const reason = known?.byGroup.has(id) === false ? known.missing.get(coordinator) : undefined
      if (reason !== undefined) missing.set(coordinator, reason)
    }
  }
  let members = known?.byGroup ?? null
  const isMeant = ({ clientId, host, id, instanceId }: GroupMember) =>
    holds(`${clientId} ${host} ${id} ${instanceId ?? ''}`, memberWords)
  if (memberWords.length > 0) matching = matching.filter(({ id }) => members?.get(id)?.some(isMeant))
  const direction = query.descending ? -1 : 1
  const key = (group: ListedGroup): string | number | null => {
    if (query.sort === 'lag') return lagOf(group.id)
    if (query.sort === 'members') return members?.get(group.id)?.length ?? null
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
  members ??= (await describeMembers(session.cluster, page)).byGroup
  const rows = page.map((group): GroupRow => {
    const topics = [...(sample?.commits.get(group.id)?.keys() ?? [])].sort()
    const described = members?.get(group.id)
    return {
      ...group,
      type: group.type || 'classic',
      members: described?.length ?? null,
      clients: described ? clientsOf(memberWords.length > 0 ? described.filter(isMeant) : described) : null,
      topics,
      lag: lagOf(group.id),
      lagTrend: lagTrendOf(session, group.id),
    }
  })
  return {
    rows,
    total: sorted.length,
    states,
    missing: [...missing].map(([nodeId, reason]) => ({ nodeId, reason })),
    isLagPending: sample === null,
  }
}

/**
 * Of all groups asked for once, however many pages want it; of those that this did not tell, because they are new or their coordinator was
 * silent then, asked now: what is missing in that answer is missing.
 */
async function membersOf(session: ClusterSession, groups: readonly ListedGroup[]): Promise<GroupMembers> {
  const known = await session.members.get()
  const unknown = groups.filter(({ id }) => !known.byGroup.has(id))
  if (unknown.length === 0) return known
  const asked = await describeMembers(session.cluster, unknown)
  return { byGroup: new Map([...known.byGroup, ...asked.byGroup]), missing: asked.missing }
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().split(/\s+/).filter(Boolean)
}

function holds(text: string, words: readonly string[]): boolean {
  const lower = text.toLowerCase()
  return words.every((word) => lower.includes(word))
}

function clientsOf(members: readonly GroupMember[]): GroupClient[] {
  const byName = new Map(members.map(({ clientId, host }) => [`${clientId}\n${host}`, { clientId, host }]))
  return [...byName.keys()].sort().flatMap((name) => byName.get(name) ?? [])
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

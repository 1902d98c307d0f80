/** The cluster at a glance, with what needs attention first. */
import { listGroups } from '@odradek/client'
import type { AlertDesk } from './alerts/alert-desk.ts'
import type { AuditTrail } from './audit/audit-trail.ts'
import { type BrokerRow, listBrokers } from './broker-listing.ts'
import type { ClusterSession } from './cluster-session.ts'
import { topicHealth } from './topic-health.ts'

/** What needs attention: a kind and its numbers, so that it can be said in any language. */
export interface Attention {
  readonly severity: 'wrong' | 'attention'
  readonly kind:
    | 'leaderless'
    | 'offlineReplicas'
    | 'underReplicated'
    | 'noController'
    | 'brokerSilent'
    | 'diskFull'
    | 'directoryFailed'
    | 'brokerProblem'
    | 'groupRebalancing'
    | 'auditFailing'
    | 'alertFiring'
    | 'groupWithoutMembers'
  readonly count: number
  /** Up to five of what it is about: `orders-3`, a broker id, a group. */
  readonly examples: readonly string[]
  /** In English, for scripts and logs. */
  readonly text: string
}

export interface Overview {
  readonly clusterId: string | null
  readonly controllerId: number
  readonly brokers: readonly BrokerRow[]
  readonly topics: { readonly total: number; readonly internal: number }
  readonly partitions: {
    readonly total: number
    readonly leaderless: number
    readonly underReplicated: number
    readonly offline: number
  }
  readonly groups: {
    readonly total: number
    readonly states: Readonly<Record<string, number>>
    readonly lag: number | null
  }
  readonly recordsInPerSecond: number | null
  /** null where the brokers do not tell (others than Odradek), or not yet. */
  readonly bytesInPerSecond: number | null
  readonly bytesOutPerSecond: number | null
  /** `async` or `sync`, the default of the brokers; null: no Odradek. */
  readonly flushMode: string | null
  readonly sizeBytes: number | null
  readonly disk: {
    readonly totalBytes: number | null
    readonly freeBytes: number | null
    /** From these shares of a disk in use on it needs attention, and is wrong. */
    readonly attentionAbove: number
    readonly wrongAbove: number
  }
  /** The worst first. */
  readonly attention: readonly Attention[]
}

const EXAMPLES_MAX = 5
const REBALANCING_MS = 30_000
/** Where a broker has no such keys of its own (Odradek's say from where on it deletes early, and by force). */
const DISK_ATTENTION = 0.75
const DISK_WRONG = 0.85

export async function overviewOf(session: ClusterSession, audit: AuditTrail, alerts: AlertDesk): Promise<Overview> {
  const [metadata, brokers, { groups }, vitals, defaults] = await Promise.all([
    session.cluster.metadata(),
    listBrokers(session),
    listGroups(session.cluster),
    session.vitals.get().catch(() => null),
    session.defaults.get().catch(() => null),
  ])
  const sample = session.sampler.last
  const problems = { leaderless: [] as string[], underReplicated: [] as string[], offline: [] as string[] }
  const totals = { total: 0, leaderless: 0, underReplicated: 0, offline: 0 }
  let internal = 0
  for (const topic of metadata.topics.values()) {
    if (topic.isInternal) internal += 1
    const health = topicHealth(topic)
    totals.total += health.partitions
    totals.leaderless += health.leaderless
    totals.underReplicated += health.underReplicated
    totals.offline += health.offline
    if (health.leaderless + health.underReplicated + health.offline === 0) continue
    for (const { partition, leader, isr, replicas, offline } of topic.partitions) {
      const text = `${topic.name}-${partition}`
      if (leader < 0) problems.leaderless.push(text)
      if (isr.length < replicas.length) problems.underReplicated.push(text)
      if (offline.length > 0) problems.offline.push(text)
    }
  }
  const attention: Attention[] = []
  const add = (severity: Attention['severity'], kind: Attention['kind'], about: readonly string[], text: string) => {
    if (about.length === 0) return
    const examples = about.slice(0, EXAMPLES_MAX)
    attention.push({
      severity,
      kind,
      count: about.length,
      examples,
      text: `${about.length} ${text}: ${examples.join(', ')}`,
    })
  }
  add('wrong', 'leaderless', problems.leaderless, 'partitions without a leader can be neither written nor read')
  add('wrong', 'offlineReplicas', problems.offline, 'partitions have replicas on a broker or disk that is away')
  add('attention', 'underReplicated', problems.underReplicated, 'partitions have replicas that are not in sync')
  if (metadata.controllerId < 0) add('wrong', 'noController', ['controller'], 'controller is missing')
  const named = (rows: readonly BrokerRow[]) => rows.map(({ nodeId }) => String(nodeId))
  add('wrong', 'brokerSilent', named(brokers.filter(({ problem }) => problem !== null)), 'brokers do not answer')
  const failed = brokers.filter(({ directories }) => directories.some(({ error }) => error !== null))
  add('wrong', 'directoryFailed', named(failed), 'brokers have a log directory that fails')
  const unwell = [...(vitals ?? [])].flatMap(([nodeId, told]) => {
    return 'reason' in told || told.problems.length === 0 ? [] : [{ nodeId, problems: told.problems }]
  })
  const said = `brokers say that something is wrong (${unwell.flatMap(({ problems }) => problems).join(' ')})`
  add(
    'wrong',
    'brokerProblem',
    unwell.map(({ nodeId }) => String(nodeId)),
    said,
  )
  const usage = ({ totalBytes, freeBytes }: BrokerRow) =>
    totalBytes === null || freeBytes === null || totalBytes === 0 ? 0 : 1 - freeBytes / totalBytes
  const attentionAbove = defaults?.diskExpiringAbove ?? DISK_ATTENTION
  const wrongAbove = defaults?.diskForcingAbove ?? DISK_WRONG
  const above = (share: number) => `brokers have disks above ${Math.round(share * 100)} %`
  add('wrong', 'diskFull', named(brokers.filter((row) => usage(row) >= wrongAbove)), above(wrongAbove))
  const filling = brokers.filter((row) => usage(row) >= attentionAbove && usage(row) < wrongAbove)
  add('attention', 'diskFull', named(filling), above(attentionAbove))
  const lagging = groups.filter(({ id, state }) => state === 'Empty' && (sample?.lags.get(id) ?? 0) > 0)
  add(
    'attention',
    'groupWithoutMembers',
    lagging.map(({ id }) => id),
    'groups lag and have no member',
  )
  const rebalancing = session.sampler.rebalancingFor(REBALANCING_MS)
  add('attention', 'groupRebalancing', rebalancing, 'groups have been rebalancing for long')
  const firing = await alerts.firing().catch(() => [])
  add('wrong', 'alertFiring', [...new Set(firing.map(({ ruleName }) => ruleName))], 'alert rules fire')
  const states: Record<string, number> = {}
  for (const { state } of groups) states[state] = (states[state] ?? 0) + 1
  const { state, reason, unwritten } = await audit.status()
  if (state === 'failing') {
    const text = `${unwritten} audit entries could not be written: ${reason}`
    attention.push({ severity: 'wrong', kind: 'auditFailing', count: unwritten, examples: [], text })
  }
  attention.sort((a, b) => Number(b.severity === 'wrong') - Number(a.severity === 'wrong'))
  return {
    clusterId: metadata.clusterId,
    controllerId: metadata.controllerId,
    brokers,
    topics: { total: metadata.topics.size, internal },
    partitions: totals,
    groups: { total: groups.length, states, lag: session.sampler.history.last('lag') },
    recordsInPerSecond: session.sampler.history.last('recordsInPerSecond'),
    bytesInPerSecond: session.sampler.history.last('bytesInPerSecond'),
    bytesOutPerSecond: session.sampler.history.last('bytesOutPerSecond'),
    flushMode: defaults?.flushMode ?? null,
    sizeBytes: sum(brokers.map(({ sizeBytes }) => sizeBytes)),
    disk: {
      totalBytes: sum(brokers.map(({ totalBytes }) => totalBytes)),
      freeBytes: sum(brokers.map(({ freeBytes }) => freeBytes)),
      attentionAbove,
      wrongAbove,
    },
    attention,
  }
}

function sum(values: readonly (number | null)[]): number | null {
  return values.includes(null) || values.length === 0 ? null : values.reduce<number>((a, b) => a + (b ?? 0), 0)
}

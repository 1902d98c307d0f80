/**
 * "Why is this stuck?": the causes that make a group stand still, each looked for, the ones that are true with the numbers
 * that prove it and what to do. Causes are kinds with facts, so that they can be said in any language; `text` is English.
 */
import {
  type ClusterMetadata,
  describeConfigs,
  describeProducers,
  LATEST,
  listOffsets,
  mapBounded,
  offsetOf,
  recordsAt,
  UnsupportedError,
} from '@odradek/client'
import type { ClusterSession } from '../cluster-session.ts'
import { type GroupDetail, type GroupPartitionRow, groupDetail } from '../group-detail.ts'

export type CauseKind =
  | 'noMembers'
  | 'rebalancing'
  | 'unassigned'
  | 'leaderless'
  | 'isrBelowMinimum'
  | 'hangingTransaction'
  | 'commitOutOfRange'
  | 'standingStill'
  | 'slowerThanProducers'

export interface CausePartition {
  readonly topic: string
  readonly partition: number
  readonly lag: number | null
  /** The offset that the group reads next; null: nothing is committed. */
  readonly offset: number | null
  /** The member that has it. */
  readonly member: string | null
  /** What is special about it, by cause: since when it stands, which producer, how many replicas. */
  readonly facts: Readonly<Record<string, number | string>>
}

export interface Remedy {
  readonly kind:
    | 'startConsumers'
    | 'waitForRebalance'
    | 'addMembers'
    | 'restoreBroker'
    | 'endTransaction'
    | 'resetToEarliest'
    | 'lookAtRecord'
    | 'skipRecord'
    | 'addPartitionsOrMembers'
  readonly text: string
  /** Where the console goes for it: a record, or a reset with its target. */
  readonly record?: { readonly topic: string; readonly partition: number; readonly offset: number }
  readonly shift?: { readonly topic: string; readonly partition: number; readonly by: number }
}

export interface Cause {
  readonly kind: CauseKind
  /** found: it is so; clear: it is not; unknown: it could not be looked at, and `reason` says why. */
  readonly state: 'found' | 'clear' | 'unknown'
  readonly reason: string | null
  readonly partitions: readonly CausePartition[]
  readonly text: string
  readonly remedies: readonly Remedy[]
}

export interface Diagnosis {
  readonly group: string
  readonly state: string
  readonly lag: number
  /** Whether something keeps it from catching up. */
  readonly isStuck: boolean
  /** Found ones first, the likeliest first among them. */
  readonly causes: readonly Cause[]
}

/** A commit that has not moved for this long, with records waiting, stands still. */
const STANDING_MS = 30_000
const TRANSACTION_MS = 60_000
const TOPICS_MAX = 200

export async function diagnose(session: ClusterSession, id: string): Promise<Diagnosis> {
  await session.sampler.recent(2000).catch(() => null)
  const group = await groupDetail(session, id)
  const metadata = await session.cluster.metadata()
  const waiting = group.partitions.filter(
    ({ lag, committed, end, start }) => (lag ?? (committed === null ? (end ?? 0) - (start ?? 0) : 0)) > 0,
  )
  const topics = [...new Set(group.partitions.map(({ topic }) => topic))].slice(0, TOPICS_MAX)
  const causes = [
    noMembers(group, waiting),
    rebalancing(group),
    leaderless(group, metadata),
    commitOutOfRange(group),
    unassigned(group, waiting),
    await hangingTransaction(session, topics, group, metadata),
    await isrBelowMinimum(session, topics, group, metadata),
    await standingStill(session, group, waiting, metadata),
    slowerThanProducers(session, group),
  ]
  const rank = { found: 0, unknown: 1, clear: 2 }
  causes.sort((a, b) => rank[a.state] - rank[b.state])
  return {
    group: id,
    state: group.state,
    lag: group.lag,
    isStuck: causes.some(({ state }) => state === 'found'),
    causes,
  }
}

function cause(
  kind: CauseKind,
  partitions: readonly CausePartition[],
  text: string,
  remedies: readonly Remedy[],
  isFound = partitions.length > 0,
): Cause {
  return { kind, state: isFound ? 'found' : 'clear', reason: null, partitions, text, remedies: isFound ? remedies : [] }
}

function unknown(kind: CauseKind, reason: string, text: string): Cause {
  return { kind, state: 'unknown', reason, partitions: [], text, remedies: [] }
}

function shown(row: GroupPartitionRow, facts: CausePartition['facts'] = {}): CausePartition {
  const { topic, partition, lag, committed, member } = row
  return { topic, partition, lag, offset: committed, member: member?.clientId ?? null, facts }
}

function noMembers(group: GroupDetail, waiting: readonly GroupPartitionRow[]): Cause {
  const isFound = group.members.length === 0 && waiting.length > 0
  const text = isFound
    ? `The group has no member, and ${group.lag} records wait.`
    : group.members.length === 0
      ? 'The group has no member, but nothing waits.'
      : `The group has ${group.members.length} members.`
  const remedies: Remedy[] = [{ kind: 'startConsumers', text: 'Start the consumers of the group.' }]
  return cause('noMembers', isFound ? waiting.map((row) => shown(row)) : [], text, remedies, isFound)
}

function rebalancing(group: GroupDetail): Cause {
  const states = ['PreparingRebalance', 'CompletingRebalance', 'Assigning', 'Reconciling']
  const isFound = states.includes(group.state)
  const text = isFound
    ? `The group is ${group.state}: nobody reads until all members have joined.`
    : 'The group is not rebalancing.'
  const remedies: Remedy[] = [
    {
      kind: 'waitForRebalance',
      text: 'Wait; if it does not end, a member joins and leaves all the time: see whether it takes longer than max.poll.interval.ms.',
    },
  ]
  return cause('rebalancing', [], text, remedies, isFound)
}

function leaderless(group: GroupDetail, metadata: ClusterMetadata): Cause {
  const found = group.partitions.filter(({ topic, partition }) => placeOf(metadata, topic, partition)?.leader === -1)
  const text =
    found.length > 0
      ? `${found.length} partitions have no leader: they cannot be read.`
      : 'All partitions have a leader.'
  const remedies: Remedy[] = [{ kind: 'restoreBroker', text: 'Bring back the brokers that hold their replicas.' }]
  return cause(
    'leaderless',
    found.map((row) => shown(row)),
    text,
    remedies,
  )
}

function commitOutOfRange(group: GroupDetail): Cause {
  const found = group.partitions.filter(({ committed, start, end }) => {
    return committed !== null && start !== null && end !== null && (committed < start || committed > end)
  })
  const text =
    found.length > 0
      ? `${found.length} commits lie outside of the log: the records were removed before they were read, or the log was cut.`
      : 'All commits lie within the log.'
  const remedies: Remedy[] = [
    {
      kind: 'resetToEarliest',
      text: 'Reset these partitions to the earliest record, or let auto.offset.reset decide.',
    },
  ]
  const facts = ({ start, end }: GroupPartitionRow) => ({ start: start ?? -1, end: end ?? -1 })
  return cause(
    'commitOutOfRange',
    found.map((row) => shown(row, facts(row))),
    text,
    remedies,
  )
}

function unassigned(group: GroupDetail, waiting: readonly GroupPartitionRow[]): Cause {
  const isConsuming = group.members.length > 0 && group.members.every(({ assignment }) => assignment !== null)
  const found =
    isConsuming && group.state === 'Stable' ? waiting.filter(({ member, isGone }) => member === null && !isGone) : []
  const text =
    found.length > 0
      ? `${found.length} partitions have records but no member reads them: no member subscribes to their topic.`
      : 'Every partition with records has a member.'
  const remedies: Remedy[] = [
    { kind: 'addMembers', text: 'Start a consumer that subscribes to the topic, or delete these commits.' },
  ]
  return cause(
    'unassigned',
    found.map((row) => shown(row)),
    text,
    remedies,
  )
}

async function hangingTransaction(
  session: ClusterSession,
  topics: readonly string[],
  group: GroupDetail,
  metadata: ClusterMetadata,
): Promise<Cause> {
  const questions = topics.flatMap((name) => metadata.topics.get(name) ?? []).map((topic) => ({ topic }))
  const [stable, ends] = await Promise.all([
    listOffsets(session.cluster, questions, LATEST, 'committed'),
    listOffsets(session.cluster, questions, LATEST),
  ])
  const open = group.partitions.filter(({ topic, partition }) => {
    const lso = offsetOf(stable, topic, partition)
    const end = offsetOf(ends, topic, partition)
    return lso !== null && end !== null && lso < end
  })
  const none = 'No open transaction holds readers back.'
  if (open.length === 0) return cause('hangingTransaction', [], none, [])
  const now = Date.now()
  const found: CausePartition[] = []
  try {
    for (const [name, rows] of Map.groupBy(open, ({ topic }) => topic)) {
      const topic = metadata.topics.get(name)
      if (!topic) continue
      const { producers } = await describeProducers(
        session.cluster,
        topic,
        rows.map(({ partition }) => partition),
      )
      for (const row of rows) {
        const lso = offsetOf(stable, name, row.partition) ?? -1
        const holder = producers.find((one) => one.partition === row.partition && one.transactionStart === lso)
        if (!holder || now - holder.lastTimestampMs < TRANSACTION_MS) continue
        found.push(
          shown(row, {
            producerId: holder.producerId,
            producerEpoch: holder.producerEpoch,
            transactionStart: lso,
            openSinceMs: holder.lastTimestampMs,
          }),
        )
      }
    }
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error
    const text = `${open.length} partitions have an open transaction; whose it is the cluster does not tell.`
    return unknown('hangingTransaction', error.message, text)
  }
  const text =
    found.length > 0
      ? `${found.length} partitions have a transaction that nobody has ended for over a minute: readers of committed records wait before it.`
      : none
  const remedies: Remedy[] = [
    {
      kind: 'endTransaction',
      text: 'Start its producer again with the same transactional id: that ends the transaction.',
    },
  ]
  return cause('hangingTransaction', found, text, remedies)
}

async function isrBelowMinimum(
  session: ClusterSession,
  topics: readonly string[],
  group: GroupDetail,
  metadata: ClusterMetadata,
): Promise<Cause> {
  const under = group.partitions.filter(({ topic, partition }) => {
    const place = placeOf(metadata, topic, partition)
    return place !== undefined && place.isr.length < place.replicas.length
  })
  const affected = topics.filter((topic) => under.some((row) => row.topic === topic))
  const minima = new Map<string, number>()
  await mapBounded(affected, 8, async (name) => {
    const entries = await describeConfigs(session.cluster, { type: 'topic', name }, ['min.insync.replicas']).catch(
      () => [],
    )
    minima.set(name, Number(entries[0]?.value ?? 1))
  })
  const found = under.flatMap((row) => {
    const isr = placeOf(metadata, row.topic, row.partition)?.isr.length ?? 0
    const minimum = minima.get(row.topic) ?? 1
    return isr < minimum ? [shown(row, { isr, minimum })] : []
  })
  const text =
    found.length > 0
      ? `${found.length} partitions have fewer replicas in sync than min.insync.replicas: producers with acks=all are refused, so nothing new arrives.`
      : 'All partitions have enough replicas in sync.'
  return cause('isrBelowMinimum', found, text, [
    { kind: 'restoreBroker', text: 'Bring back the brokers that are not in sync.' },
  ])
}

async function standingStill(
  session: ClusterSession,
  group: GroupDetail,
  waiting: readonly GroupPartitionRow[],
  metadata: ClusterMetadata,
): Promise<Cause> {
  const now = Date.now()
  const owned = waiting.filter(({ member, committed }) => member !== null && committed !== null)
  const standing = owned.flatMap((row) => {
    const since = session.sampler.committedSinceMs(group.id, row.topic, row.partition)
    return since !== null && now - since >= STANDING_MS ? [{ row, since }] : []
  })
  const watchedMs = session.sampler.watchedMs(group.id)
  if (standing.length === 0 && owned.length > 0 && watchedMs < STANDING_MS) {
    const reason = `The console has watched the group for ${Math.round(watchedMs / 1000)} s; it takes ${STANDING_MS / 1000} s to tell.`
    return unknown('standingStill', reason, 'Whether a partition stands still is not known yet.')
  }
  if (standing.length === 0) return cause('standingStill', [], 'No partition with a member stands still.', [])
  // A record that fails again and again holds up its partition, while others go on.
  const records = new Map<string, number>()
  for (const [name, rows] of Map.groupBy(standing, ({ row }) => row.topic)) {
    const topic = metadata.topics.get(name)
    if (!topic) continue
    const found = await recordsAt(
      session.cluster,
      topic,
      new Map(rows.map(({ row }) => [row.partition, row.committed!])),
    )
    for (const [partition, { offset }] of found) records.set(`${name}-${partition}`, offset)
  }
  const partitions = standing.map(({ row, since }) => {
    const record = records.get(`${row.topic}-${row.partition}`)
    return shown(row, { sinceMs: since, ...(record === undefined ? {} : { record }) })
  })
  const first = standing[0]!.row
  const offset = records.get(`${first.topic}-${first.partition}`) ?? first.committed!
  const place = { topic: first.topic, partition: first.partition }
  const text =
    `${standing.length} partitions have a member and records, but their commit has not moved for ` +
    `${Math.round((now - Math.min(...standing.map(({ since }) => since))) / 1000)} s: the member may fail at the next record (${first.topic}-${first.partition} at ${offset}).`
  return cause('standingStill', partitions, text, [
    {
      kind: 'lookAtRecord',
      text: `Look at the record at ${first.topic}/${first.partition}@${offset}.`,
      record: { ...place, offset },
    },
    {
      kind: 'skipRecord',
      text: 'Stop the consumers and step over it: a reset by +1 of this partition.',
      shift: { ...place, by: offset + 1 - first.committed! },
    },
  ])
}

function slowerThanProducers(session: ClusterSession, group: GroupDetail): Cause {
  const trend = group.lagTrend
  if (group.members.length === 0 || group.lag === 0) {
    return cause('slowerThanProducers', [], 'The lag does not grow while members read.', [])
  }
  if (trend === null) {
    return unknown('slowerThanProducers', 'There are no two samples yet.', 'Whether the lag grows is not known yet.')
  }
  const moved = group.partitions.some(({ topic, partition }) => {
    const since = session.sampler.committedSinceMs(group.id, topic, partition)
    return since !== null && Date.now() - since < STANDING_MS
  })
  const isFound = trend > 0 && moved
  const text = isFound
    ? `Members read, but more comes in: the lag grows by ${trend.toFixed(1)} records a second.`
    : 'The lag does not grow while members read.'
  const remedies: Remedy[] = [
    { kind: 'addPartitionsOrMembers', text: 'Start more members, up to one for each partition; then add partitions.' },
  ]
  return cause('slowerThanProducers', [], text, remedies, isFound)
}

function placeOf(metadata: ClusterMetadata, topic: string, partition: number) {
  return metadata.topics.get(topic)?.partitions.find((place) => place.partition === partition)
}

/**
 * The causes that make a group stand still, each judged from facts that were gathered before: nothing is asked here, nothing waits.
 * Causes are kinds with facts, so that they can be said in any language; `text` is English.
 */
import type { ClusterMetadata } from '@odradek/client'
import type { GroupDetail, GroupPartitionRow } from '../group-detail.ts'

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

/** What is known of a group and of the cluster around it, at one moment. */
export interface GroupFacts {
  readonly nowMs: number
  readonly group: GroupDetail
  readonly metadata: ClusterMetadata
  readonly transactions: OpenTransactions
  /** `min.insync.replicas` of topics with replicas that are not in sync. */
  readonly minimalIsr: ReadonlyMap<string, number>
  /** Since when a commit is where it is, as far as it was watched; null: it is not known. */
  committedSinceMs(topic: string, partition: number): number | null
  readonly watchedMs: number
  /** The first record at or behind a commit that stands still, as `topic-partition`. */
  readonly nextRecords: ReadonlyMap<string, number>
}

/** Partitions whose records are decided only up to `lastStable`, which lies before the end. */
export interface OpenTransactions {
  readonly open: readonly { readonly topic: string; readonly partition: number; readonly lastStable: number }[]
  /** Producers in a transaction on these partitions. */
  readonly producers: readonly {
    readonly topic: string
    readonly partition: number
    readonly producerId: number
    readonly producerEpoch: number
    readonly transactionStart: number
    readonly lastTimestampMs: number
  }[]
  /** Why the producers are not known; null: they are. */
  readonly reason: string | null
}

/** A commit that has not moved for this long, with records waiting, stands still. */
const STANDING_MS = 30_000
const TRANSACTION_MS = 60_000

/** Every cause, those that are found first, the likeliest first among them. */
export function judge(facts: GroupFacts): Cause[] {
  const { group, metadata } = facts
  const waiting = waitingRows(group)
  const causes = [
    noMembers(group, waiting),
    rebalancing(group),
    leaderless(group, metadata),
    commitOutOfRange(group),
    unassigned(group, waiting),
    hangingTransaction(facts),
    isrBelowMinimum(facts),
    standingStill(facts),
    slowerThanProducers(facts),
  ]
  const rank = { found: 0, unknown: 1, clear: 2 }
  return causes.sort((a, b) => rank[a.state] - rank[b.state])
}

/** Partitions with a member and records, whose commit has not moved for long. */
export function standingRows(facts: Pick<GroupFacts, 'group' | 'nowMs' | 'committedSinceMs'>) {
  return ownedRows(facts.group).flatMap((row) => {
    const sinceMs = facts.committedSinceMs(row.topic, row.partition)
    return sinceMs !== null && facts.nowMs - sinceMs >= STANDING_MS ? [{ row, sinceMs }] : []
  })
}

function waitingRows({ partitions }: GroupDetail): GroupPartitionRow[] {
  return partitions.filter(
    ({ lag, committed, end, start }) => (lag ?? (committed === null ? (end ?? 0) - (start ?? 0) : 0)) > 0,
  )
}

function ownedRows(group: GroupDetail): GroupPartitionRow[] {
  return waitingRows(group).filter(({ member, committed }) => member !== null && committed !== null)
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

function hangingTransaction({ group, transactions: { open, producers, reason }, nowMs }: GroupFacts): Cause {
  const none = 'No open transaction holds readers back.'
  if (open.length === 0) return cause('hangingTransaction', [], none, [])
  if (reason !== null) {
    const text = `${open.length} partitions have an open transaction; whose it is the cluster does not tell.`
    return unknown('hangingTransaction', reason, text)
  }
  const found = open.flatMap(({ topic, partition, lastStable }) => {
    const row = group.partitions.find((one) => one.topic === topic && one.partition === partition)
    const holder = producers.find((one) => {
      return one.topic === topic && one.partition === partition && one.transactionStart === lastStable
    })
    if (!row || !holder || nowMs - holder.lastTimestampMs < TRANSACTION_MS) return []
    const { producerId, producerEpoch, lastTimestampMs } = holder
    return [shown(row, { producerId, producerEpoch, transactionStart: lastStable, openSinceMs: lastTimestampMs })]
  })
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

function isrBelowMinimum({ group, metadata, minimalIsr }: GroupFacts): Cause {
  const found = group.partitions.flatMap((row) => {
    const place = placeOf(metadata, row.topic, row.partition)
    const minimum = minimalIsr.get(row.topic) ?? 1
    return place !== undefined && place.isr.length < minimum ? [shown(row, { isr: place.isr.length, minimum })] : []
  })
  const text =
    found.length > 0
      ? `${found.length} partitions have fewer replicas in sync than min.insync.replicas: producers with acks=all are refused, so nothing new arrives.`
      : 'All partitions have enough replicas in sync.'
  return cause('isrBelowMinimum', found, text, [
    { kind: 'restoreBroker', text: 'Bring back the brokers that are not in sync.' },
  ])
}

function standingStill(facts: GroupFacts): Cause {
  const { group, nowMs, watchedMs, nextRecords } = facts
  const standing = standingRows(facts)
  const [first] = standing
  if (first === undefined && watchedMs < STANDING_MS && ownedRows(group).length > 0) {
    return unknown('standingStill', notYet(watchedMs), 'Whether a partition stands still is not known yet.')
  }
  if (first === undefined) return cause('standingStill', [], 'No partition with a member stands still.', [])
  const partitions = standing.map(({ row, sinceMs }) => {
    const record = nextRecords.get(`${row.topic}-${row.partition}`)
    return shown(row, { sinceMs, ...(record === undefined ? {} : { record }) })
  })
  const { topic, partition, committed } = first.row
  const offset = nextRecords.get(`${topic}-${partition}`) ?? committed!
  const seconds = Math.round((nowMs - Math.min(...standing.map(({ sinceMs }) => sinceMs))) / 1000)
  const text =
    `${standing.length} partitions have a member and records, but their commit has not moved for ${seconds} s: ` +
    `the member may fail at the next record (${topic}-${partition} at ${offset}).`
  return cause('standingStill', partitions, text, [
    {
      kind: 'lookAtRecord',
      text: `Look at the record at ${topic}/${partition}@${offset}.`,
      record: { topic, partition, offset },
    },
    {
      kind: 'skipRecord',
      text: 'Stop the consumers and step over it: a reset by +1 of this partition.',
      shift: { topic, partition, by: offset + 1 - committed! },
    },
  ])
}

function slowerThanProducers({ group, nowMs, watchedMs, committedSinceMs }: GroupFacts): Cause {
  const trend = group.lagTrend
  const clear = 'The lag does not grow while members read.'
  if (group.members.length === 0 || group.lag === 0) return cause('slowerThanProducers', [], clear, [])
  if (trend === null) {
    return unknown('slowerThanProducers', 'There are no two samples yet.', 'Whether the lag grows is not known yet.')
  }
  // A commit that has not been watched for so long may stand still: more members would not help that group.
  if (trend > 0 && watchedMs < STANDING_MS) {
    return unknown('slowerThanProducers', notYet(watchedMs), 'The lag grows; whether members read is not known yet.')
  }
  const moved = group.partitions.some(({ topic, partition }) => {
    const since = committedSinceMs(topic, partition)
    return since !== null && nowMs - since < STANDING_MS
  })
  const isFound = trend > 0 && moved
  const text = isFound
    ? `Members read, but more comes in: the lag grows by ${trend.toFixed(1)} records a second.`
    : clear
  const remedies: Remedy[] = [
    { kind: 'addPartitionsOrMembers', text: 'Start more members, up to one for each partition; then add partitions.' },
  ]
  return cause('slowerThanProducers', [], text, remedies, isFound)
}

function notYet(watchedMs: number): string {
  return `The console has watched the group for ${Math.round(watchedMs / 1000)} s; it takes ${STANDING_MS / 1000} s to tell.`
}

/** Where a partition is; undefined: its topic is gone. */
export function placeOf(metadata: ClusterMetadata, topic: string, partition: number) {
  return metadata.topics.get(topic)?.partitions.find((place) => place.partition === partition)
}

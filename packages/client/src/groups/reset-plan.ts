/**
 * A reset of a group's offsets, before anything moves: partition by partition where it is, where it would be, and what
 * that replays or skips. What the plan says is what `applyReset` does, or it refuses.
 */
import type { Cluster } from '../cluster.ts'
import { RefusedError } from '../cluster-errors.ts'
import { type ClusterMetadata, metadataWith } from '../cluster-metadata.ts'
import { EARLIEST, LATEST, listOffsets, type OffsetsByTopic, offsetOf } from '../partition-offsets.ts'
import { type CommittedByTopic, committedOffsets } from './committed-offsets.ts'
import { lagBetween } from './group-lag.ts'
import { type GroupNow, groupNow } from './group-now.ts'
import { type RecordPlace, recordsAt } from './records-at.ts'
import type { ResetScope, ResetTarget } from './reset-target.ts'

export type ResetFlag =
  /** The target lay outside of the log and was moved to its start or end. */
  | 'clamped'
  /** The time is before what retention has left: records of that time may be gone. */
  | 'beforeRetention'
  /** No record is at or after the time: the end. */
  | 'noRecordAtOrAfter'
  /** The group has committed nothing here yet. */
  | 'noCommit'
  /** The commit would be taken away. */
  | 'removesCommit'
  /** No record has this very offset (compacted away, or a transaction marker); reading starts at the next. */
  | 'gap'
  /** It is there already. */
  | 'unchanged'

export interface ResetRow {
  readonly topic: string
  readonly partition: number
  /** null: nothing committed. */
  readonly current: number | null
  /** null: the commit is taken away, or (with `error`) nothing is done. */
  readonly target: number | null
  /** Of the record at the target; null: there is none, or it was not looked at. */
  readonly targetTimestampMs: number | null
  readonly start: number | null
  readonly end: number | null
  readonly lagNow: number | null
  readonly lagAfter: number | null
  /** Offsets that are read again, and those that are passed over. One of them is 0. */
  readonly replays: number
  readonly skips: number
  readonly flags: readonly ResetFlag[]
  /** Why nothing can be done here. */
  readonly error: string | null
}

export interface ResetTotals {
  readonly topics: number
  /** Partitions that move. */
  readonly partitions: number
  readonly replays: number
  readonly skips: number
  readonly lagNow: number
  readonly lagAfter: number
  /** The oldest record that will be read; null: not known. */
  readonly oldestMs: number | null
  readonly failed: number
}

export interface ResetPlan {
  readonly group: string
  readonly target: ResetTarget
  readonly scope: ResetScope
  readonly atMs: number
  readonly rows: readonly ResetRow[]
  readonly totals: ResetTotals
  /** How the group is now; it can be moved only while it has no members. */
  readonly state: GroupNow
}

/** Partitions whose record at the target is looked at; the time of others stays unknown. */
const PEEKED_PARTITIONS_MAX = 512
const ROWS_MAX = 20_000

/** Plans a reset. Throws a RefusedError where the scope or the target makes no sense. */
export async function planReset(
  cluster: Cluster,
  group: string,
  target: ResetTarget,
  scope: ResetScope,
): Promise<ResetPlan> {
  const tried = `plan a reset of group "${group}"`
  const [state, committed] = await Promise.all([groupNow(cluster, group), committedOffsets(cluster, group)])
  const metadata = await metadataWith(cluster, [...committed.keys(), ...state.topics])
  const other = target.kind === 'group' ? await committedOffsets(cluster, target.group) : null
  if (other?.size === 0 && target.kind === 'group') {
    throw new RefusedError(`Group "${target.group}" has committed nothing.`, tried, 'Choose another group.')
  }
  const wanted = wantedPartitions(scope, target, committed, state, metadata, tried)
  const questions = [...wanted].flatMap(([name, partitions]) => {
    const topic = metadata.topics.get(name)
    return topic ? [{ topic, partitions: [...partitions] }] : []
  })
  const [starts, ends, atTime] = await Promise.all([
    listOffsets(cluster, questions, EARLIEST),
    listOffsets(cluster, questions, LATEST),
    target.kind === 'time' ? listOffsets(cluster, questions, target.timestampMs) : null,
  ])
  const rows: ResetRow[] = []
  for (const [topic, partitions] of wanted) {
    for (const partition of partitions) {
      rows.push(rowOf({ topic, partition, target, committed, other, starts, ends, atTime }))
    }
  }
  rows.sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1))
  const peeked = await withRecords(cluster, metadata, rows)
  return { group, target, scope, atMs: Date.now(), rows: peeked, totals: totalsOf(peeked), state }
}

function wantedPartitions(
  scope: ResetScope,
  target: ResetTarget,
  committed: CommittedByTopic,
  state: GroupNow,
  metadata: ClusterMetadata,
  tried: string,
): Map<string, Set<number>> {
  const wanted = new Map<string, Set<number>>()
  const add = (topic: string, partitions: Iterable<number>) => {
    const known = wanted.get(topic) ?? new Set()
    wanted.set(topic, known)
    for (const partition of partitions) known.add(partition)
  }
  const partitionsOf = (topic: string) => metadata.topics.get(topic)?.partitions.map(({ partition }) => partition) ?? []
  if (target.kind === 'offsets') {
    for (const [topic, offsets] of Object.entries(target.offsets)) add(topic, Object.keys(offsets).map(Number))
  } else if (scope !== null) {
    for (const { topic, partitions } of scope) {
      if (!metadata.topics.has(topic)) {
        throw new RefusedError(`There is no topic "${topic}".`, tried, 'Choose topics that are there.')
      }
      add(topic, partitions ?? partitionsOf(topic))
    }
  } else {
    for (const [topic, offsets] of committed) add(topic, [...offsets.keys(), ...partitionsOf(topic)])
    for (const topic of state.topics) add(topic, partitionsOf(topic))
  }
  let rows = 0
  for (const partitions of wanted.values()) rows += partitions.size
  if (rows > ROWS_MAX) {
    throw new RefusedError(`The reset spans ${rows} partitions, more than ${ROWS_MAX}.`, tried, 'Choose fewer topics.')
  }
  return wanted
}

interface RowParts {
  readonly topic: string
  readonly partition: number
  readonly target: ResetTarget
  readonly committed: CommittedByTopic
  readonly other: CommittedByTopic | null
  readonly starts: OffsetsByTopic
  readonly ends: OffsetsByTopic
  readonly atTime: OffsetsByTopic | null
}

function rowOf(parts: RowParts): ResetRow {
  const { topic, partition, committed, starts, ends } = parts
  const current = committed.get(topic)?.get(partition)?.offset ?? null
  const start = offsetOf(starts, topic, partition)
  const end = offsetOf(ends, topic, partition)
  const base = { topic, partition, current, start, end, lagNow: lagBetween(current, start, end) }
  const nothing = { target: null, targetTimestampMs: null, lagAfter: base.lagNow, replays: 0, skips: 0 }
  const flags: ResetFlag[] = current === null ? ['noCommit'] : []
  if (start === null || end === null) {
    return { ...base, ...nothing, flags, error: 'The partition is gone, or nobody leads it.' }
  }
  const wish = wishOf(parts, current, start, end)
  if ('error' in wish) return { ...base, ...nothing, flags, error: wish.error }
  flags.push(...wish.flags)
  if (wish.offset === null) {
    if (current === null) flags.push('unchanged')
    else flags.push('removesCommit')
    return { ...base, ...nothing, lagAfter: null, flags, error: null }
  }
  const target = Math.min(Math.max(wish.offset, start), end)
  if (target !== wish.offset) flags.push('clamped')
  if (target === current) flags.push('unchanged')
  // Without a commit a reader has its own idea where to begin: nothing is known to be replayed or skipped.
  const from = current === null ? target : Math.max(current, start)
  return {
    ...base,
    target,
    targetTimestampMs: wish.timestampMs,
    lagAfter: end - target,
    replays: Math.max(0, Math.min(from, end) - target),
    skips: Math.max(0, target - from),
    flags,
    error: null,
  }
}

type Wish =
  | { readonly offset: number | null; readonly timestampMs: number | null; readonly flags: readonly ResetFlag[] }
  | { readonly error: string }

function wishOf(
  { topic, partition, target, other, atTime }: RowParts,
  current: number | null,
  start: number,
  end: number,
): Wish {
  const to = (offset: number | null, flags: ResetFlag[] = [], timestampMs: number | null = null): Wish => ({
    offset,
    timestampMs,
    flags,
  })
  switch (target.kind) {
    case 'earliest':
      return to(start)
    case 'latest':
      return to(end)
    case 'time': {
      const found = atTime?.get(topic)?.get(partition)
      if (found === undefined || found.errorCode !== 0)
        return { error: 'The partition could not be asked for the time.' }
      if (found.offset < 0) return to(end, ['noRecordAtOrAfter'])
      const isFirst = found.offset === start && start > 0 && found.timestamp > target.timestampMs
      return to(found.offset, isFirst ? ['beforeRetention'] : [], found.timestamp)
    }
    case 'offset':
      return to(target.offset)
    case 'shift':
      return current === null ? { error: 'Nothing is committed here that could be shifted.' } : to(current + target.by)
    case 'group': {
      const offset = other?.get(topic)?.get(partition)?.offset
      return offset === undefined ? { error: 'The other group has committed nothing here.' } : to(offset)
    }
    case 'offsets': {
      const offset = target.offsets[topic]?.[partition]
      return offset === undefined ? { error: 'No offset is given for it.' } : to(offset)
    }
    default:
      return target satisfies never
  }
}

/** Looks at the record at each target: its time, and whether there is one at that very offset. */
async function withRecords(
  cluster: Cluster,
  metadata: ClusterMetadata,
  rows: readonly ResetRow[],
): Promise<ResetRow[]> {
  const wanted = rows.filter(({ target, end }) => target !== null && end !== null && target < end)
  const found = new Map<string, Map<number, RecordPlace>>()
  const byTopic = Map.groupBy(wanted.slice(0, PEEKED_PARTITIONS_MAX), ({ topic }) => topic)
  for (const [name, part] of byTopic) {
    const topic = metadata.topics.get(name)
    if (!topic) continue
    const offsets = new Map(part.map(({ partition, target }) => [partition, target!]))
    found.set(name, await recordsAt(cluster, topic, offsets))
  }
  return rows.map((row) => {
    const record = row.target === null ? undefined : found.get(row.topic)?.get(row.partition)
    if (!record) return row
    const flags: readonly ResetFlag[] = record.offset > row.target! ? [...row.flags, 'gap'] : row.flags
    return { ...row, targetTimestampMs: record.timestampMs, flags }
  })
}

function totalsOf(rows: readonly ResetRow[]): ResetTotals {
  const moved = rows.filter(({ error, flags }) => error === null && !flags.includes('unchanged'))
  const sum = (of: (row: ResetRow) => number | null) => rows.reduce((total, row) => total + (of(row) ?? 0), 0)
  const times = moved.flatMap(({ targetTimestampMs }) => (targetTimestampMs === null ? [] : [targetTimestampMs]))
  return {
    topics: new Set(moved.map(({ topic }) => topic)).size,
    partitions: moved.length,
    replays: sum(({ replays }) => replays),
    skips: sum(({ skips }) => skips),
    lagNow: sum(({ lagNow }) => lagNow),
    lagAfter: sum(({ lagAfter }) => lagAfter),
    oldestMs: times.length === 0 ? null : times.reduce((a, b) => Math.min(a, b)),
    failed: rows.filter(({ error }) => error !== null).length,
  }
}

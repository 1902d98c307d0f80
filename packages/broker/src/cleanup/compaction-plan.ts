import { LONG_MAX } from '@odradek/config'
import type { Log } from '../storage/log.ts'
import type { ProducerEntry } from '../storage/producer-entry.ts'
import type { Segment } from '../storage/segment.ts'
import type { CompactionArgs } from './compaction-job.ts'

/** What one pass over a log is about. */
export interface CompactionPlan {
  /** All closed segments that take part, in order. */
  readonly segments: readonly Segment[]
  /** Keys are collected from here on; before, the log was compacted already. */
  readonly firstDirtyOffset: number
  /** The end of the last segment. */
  readonly upTo: number
  /** The share of its bytes that is new. */
  readonly dirtyRatio: number
}

/** How a compacted log stands. */
export interface CompactionState extends CompactionPlan {
  readonly bytes: number
  readonly dirtyBytes: number
  /** The first segment that has something new. */
  readonly firstDirty: Segment | null
}

/**
 * How much of a log could be compacted of which everything before `firstDirtyOffset` was: closed segments below `limit` (the
 * last stable offset), none with a record younger than `min.compaction.lag.ms`. `now` is epoch milliseconds.
 */
export function compactionState(log: Log, firstDirtyOffset: number, limit: number, now: number): CompactionState {
  const minLagMs = log.config['min.compaction.lag.ms']
  const all = log.segments()
  const segments: Segment[] = []
  let upTo = all[0]?.baseOffset ?? 0
  let bytes = 0
  let dirtyBytes = 0
  let firstDirty: Segment | null = null
  for (let at = 0; at + 1 < all.length; at++) {
    const segment = all[at]!
    const end = all[at + 1]!.baseOffset
    if (end > limit) break
    if (minLagMs > 0 && segment.maxTimestamp > now - minLagMs) break
    segments.push(segment)
    upTo = end
    bytes += segment.size
    // A pass may have ended within a segment, where its memory did.
    if (end <= firstDirtyOffset || segment.size === 0) continue
    firstDirty ??= segment
    dirtyBytes += segment.size
  }
  const dirtyRatio = bytes === 0 ? 0 : dirtyBytes / bytes
  return { segments, firstDirtyOffset, upTo, bytes, dirtyBytes, dirtyRatio, firstDirty }
}

/**
 * What to compact, or null when that is not worth while: at least `min.cleanable.dirty.ratio` of the bytes must be new, or
 * something new older than `max.compaction.lag.ms`.
 */
export function planCompaction(
  log: Log,
  firstDirtyOffset: number,
  limit: number,
  now: number,
  isContinued = false,
): CompactionPlan | null {
  const { config } = log
  if (!config['cleanup.policy'].includes('compact')) return null
  const state = compactionState(log, firstDirtyOffset, limit, now)
  if (state.dirtyBytes === 0) return null
  // Without a bound nothing is read for it.
  const isOverdue = hasMaxLag(log) && now - state.firstDirty!.oldestTime() > maxLagMs(log)
  return isContinued || isOverdue || state.dirtyRatio >= config['min.cleanable.dirty.ratio'] ? state : null
}

/** When a log is worth a pass if nothing more is written, epoch milliseconds: `now` where it is already. Null for never. */
export function compactionDueAt(log: Log, state: CompactionState, now: number): number | null {
  if (state.dirtyBytes === 0) return null
  if (state.dirtyRatio >= log.config['min.cleanable.dirty.ratio']) return now
  return hasMaxLag(log) ? Math.max(now, state.firstDirty!.oldestTime() + maxLagMs(log) + 1) : null
}

/** Whether the active segment has a record that has stayed out of compaction for too long: it is to be closed then. */
export function isActiveOverdue(log: Log, now: number): boolean {
  const active = log.segments().at(-1)
  if (!hasMaxLag(log) || active === undefined || active.size === 0) return false
  const oldest = active.firstTimestamp >= 0 ? active.firstTimestamp : active.createdMs
  return now - oldest > maxLagMs(log)
}

function hasMaxLag({ config }: Log): boolean {
  return config['max.compaction.lag.ms'] < LONG_MAX
}

/** The greater of both bounds, where they contradict each other. */
function maxLagMs({ config }: Log): number {
  return Math.max(config['max.compaction.lag.ms'], config['min.compaction.lag.ms'])
}

/** What the job may use. */
export interface CompactionBounds {
  readonly keyBytesMax: number
  readonly ioBytesPerSecond: number
}

/** A plan as the job takes it. */
export function compactionArgs(log: Log, plan: CompactionPlan, now: number, bounds: CompactionBounds): CompactionArgs {
  const { config } = log
  const all = log.segments()
  const producers: CompactionArgs['producers'][number][] = []
  for (const producer of log.producers()) {
    const { producerId, epoch } = producer
    producers.push({ producerId, epoch, lastOffset: lastDurableOffset(producer, log.flushedOffset) })
  }
  return {
    directory: log.directory,
    segments: plan.segments.map(({ baseOffset, size }) => ({ baseOffset, size })),
    firstDirtyOffset: plan.firstDirtyOffset,
    upTo: plan.upTo,
    now,
    deleteRetentionMs: config['delete.retention.ms'],
    indexIntervalBytes: config['index.interval.bytes'],
    segmentBytesMax: config['segment.bytes'],
    segmentIndexBytesMax: config['segment.index.bytes'],
    producers,
    // A marker may lie in a later segment than the records it concerns.
    aborted: all.flatMap(({ aborted }) => aborted.filter(({ firstOffset }) => firstOffset < plan.upTo)),
    keyBytesMax: bounds.keyBytesMax,
    ioBytesPerSecond: bounds.ioBytesPerSecond,
    progress: new SharedArrayBuffer(4),
  }
}

/**
 * The last offset of the newest batch that no power failure takes: it is the producer's last then, and has to be there still.
 * Of the newest of all where none is known to be durable.
 */
function lastDurableOffset(producer: ProducerEntry, flushedOffset: number): number {
  for (let age = 0; age < producer.batches; age++) {
    const { lastOffset } = producer.batch(age)
    if (lastOffset < flushedOffset) return lastOffset
  }
  return producer.lastOffset
}

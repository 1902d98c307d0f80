import type { Log } from '../storage/log.ts'
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
}

/**
 * What to compact in a log of which everything before `firstDirtyOffset` was compacted before, or null when that is not
 * worth while: closed segments below `limit` (the last stable offset), none with a record younger than
 * `min.compaction.lag.ms`, if at least `min.cleanable.dirty.ratio` of their bytes are new. `now` is epoch milliseconds.
 */
export function planCompaction(log: Log, firstDirtyOffset: number, limit: number, now: number): CompactionPlan | null {
  const { config } = log
  if (!config['cleanup.policy'].includes('compact')) return null
  const all = log.segments()
  const youngest = now - config['min.compaction.lag.ms']
  const segments: Segment[] = []
  let upTo = all[0]?.baseOffset ?? 0
  let bytes = 0
  let dirtyBytes = 0
  for (let at = 0; at + 1 < all.length; at++) {
    const segment = all[at]!
    const end = all[at + 1]!.baseOffset
    if (end > limit) break
    if (config['min.compaction.lag.ms'] > 0 && segment.maxTimestamp > youngest) break
    segments.push(segment)
    upTo = end
    bytes += segment.size
    if (segment.baseOffset >= firstDirtyOffset) dirtyBytes += segment.size
  }
  if (dirtyBytes === 0 || dirtyBytes / bytes < config['min.cleanable.dirty.ratio']) return null
  return { segments, firstDirtyOffset, upTo }
}

/** A plan as the job takes it. */
export function compactionArgs(log: Log, plan: CompactionPlan, now: number): CompactionArgs {
  const { config } = log
  const all = log.segments()
  const producers: CompactionArgs['producers'][number][] = []
  for (const { producerId, epoch, lastOffset } of log.producers()) producers.push({ producerId, epoch, lastOffset })
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
  }
}

/** What plans look at. Logs and partitions are these; a test may make its own. */
import type { TopicConfig } from '@odradek/config'

/** A segment of a log, by what cleanup decides on. */
export interface PlannedSegment {
  readonly baseOffset: number
  readonly size: number
  /** The greatest timestamp of its records, epoch milliseconds; -1 where they have none. */
  readonly maxTimestamp: number
  /** When it was begun, or after a start first seen; epoch milliseconds. */
  readonly createdMs: number
}

export interface PlannedLog<S extends PlannedSegment = PlannedSegment> {
  readonly config: TopicConfig
  readonly endOffset: number
  readonly sizeInBytes: number
  /** In order, the active one last. */
  segments(): readonly S[]
}

/** One partition on a disk. */
export interface PlannedPartition<S extends PlannedSegment = PlannedSegment> {
  readonly topic: string
  readonly index: number
  readonly log: PlannedLog<S>
  /** Nothing at or above goes: the first offset of an undecided transaction, else the high watermark. */
  readonly lastStableOffset: number
}

/** Why a segment goes. */
export type DeletionReason = 'time' | 'size' | 'forced'

/** Segments of one log that go together: its oldest ones, all for one reason. */
export interface Deletion<P extends PlannedPartition = PlannedPartition> {
  readonly partition: P
  readonly segments: ReturnType<P['log']['segments']>[number][]
  readonly reason: DeletionReason
  /** Where the log begins afterwards. */
  readonly startOffset: number
}

/** When the newest record of a segment was written: its age goes by it. Epoch milliseconds. */
export function newestTime(segment: PlannedSegment): number {
  // A segment whose records have no time counts from when it was begun or, after a start, first seen.
  return segment.maxTimestamp >= 0 ? segment.maxTimestamp : segment.createdMs
}

/** The offset after a log's segment number `at`. */
export function segmentEnd(log: PlannedLog, at: number): number {
  const segments = log.segments()
  return at + 1 < segments.length ? segments[at + 1]!.baseOffset : log.endOffset
}

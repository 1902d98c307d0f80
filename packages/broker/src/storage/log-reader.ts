import { CorruptBatchError, type FileRange } from '@odradek/protocol'
import { batchScanner } from './batch-scanner.ts'
import type { PositionRing } from './position-ring.ts'
import type { Segment } from './segment.ts'
import type { SegmentList } from './segment-list.ts'

/** What a read found. `range` is null when there is nothing (yet) to return. */
export interface LogRead {
  readonly errorCode: number
  readonly range: FileRange | null
}

export interface ReadBounds {
  readonly fetchOffset: number
  readonly maxBytes: number
  /** At most the end of the log, greater than `fetchOffset`. */
  readonly upToOffset: number
  readonly atLeastOneBatch: boolean
}

/** What a read needs of a log. */
export interface ReadableLog {
  readonly segments: SegmentList
  readonly active: Segment | null
  /** Where the newest batches of the active segment begin. */
  readonly recent: PositionRing | null
  readonly endOffset: number
}

/**
 * The bytes of the batches that `bounds` ask for. Positions come from `recent` where it knows them (the tail of the
 * active segment), else from the offset index and the batch headers that follow the entry. Throws a CorruptBatchError where a
 * segment ends in the midst of a batch, or the last one before the log does.
 */
export function readRange(log: ReadableLog, bounds: ReadBounds): FileRange | null {
  const { segments, active, recent, endOffset } = log
  const { fetchOffset, upToOffset, maxBytes } = bounds
  for (let at = Math.max(0, segments.floorIndex(fetchOffset)); at < segments.length; at++) {
    const segment = segments.at(at)!
    if (segment.baseOffset >= upToOffset) return null
    const ring = segment === active ? recent : null
    const start = positionOf(segment, ring, fetchOffset)
    // Compaction may have taken the segment's last batches: the next there is lies in the next segment.
    if (start === -1) {
      checkWhole(segment)
      if (at === segments.length - 1) checkEnd(segment, endOffset)
      continue
    }
    const segmentEnd = at + 1 < segments.length ? segments.at(at + 1)!.baseOffset : endOffset
    const limit = upToOffset >= segmentEnd ? segment.size : positionOf(segment, ring, upToOffset)
    const end = limit === -1 ? segment.size : limit
    if (end <= start) return null
    let length = end - start
    if (length > maxBytes) {
      length = lastBoundary(segment, ring, start, start + maxBytes) - start
      if (length === 0) {
        if (!bounds.atLeastOneBatch) return null
        length = firstBatchSize(segment, start)
      }
    }
    return { file: segment.reader, position: start, length }
  }
  return null
}

/**
 * Throws a CorruptBatchError where the search that just came to the end of `segment` did not end behind a whole batch: the disk
 * lost what follows, which is not to be passed over.
 */
function checkWhole(segment: Segment): void {
  const end = batchScanner.nextPosition
  if (end === segment.size) return
  const problem =
    end > segment.size ? `and its index has a batch at ${end}` : `and the batch at ${end} does not end within them`
  throw new CorruptBatchError(`${segment.path('.log')} has ${segment.size} bytes, ${problem}.`)
}

/**
 * Throws a CorruptBatchError where the search that just came to the end of `segment`, the last, ended before the log does:
 * segments that followed it are gone.
 */
function checkEnd(segment: Segment, endOffset: number): void {
  if (segment.size === 0) return
  const { nextOffset } = batchScanner.header
  if (nextOffset < endOffset)
    throw new CorruptBatchError(`it is the last, and ends before offset ${nextOffset}; the log ended at ${endOffset}.`)
}

function positionOf(segment: Segment, recent: PositionRing | null, offset: number): number {
  const known = recent === null ? -1 : recent.positionOf(offset)
  return known >= 0 ? known : segment.positionOf(offset)
}

/** The last position at or below `limit` where a batch ends, given that one begins at `start`; `start` when none does. */
function lastBoundary(segment: Segment, recent: PositionRing | null, start: number, limit: number): number {
  let known = recent === null ? -1 : recent.floorPosition(limit)
  if (known < 0) known = segment.floorPosition(limit)
  let boundary = Math.max(start, known)
  batchScanner.open(segment.file, boundary, segment.size)
  while (batchScanner.next() && batchScanner.nextPosition <= limit) boundary = batchScanner.nextPosition
  return boundary
}

function firstBatchSize(segment: Segment, position: number): number {
  batchScanner.open(segment.file, position, segment.size)
  return batchScanner.next() ? batchScanner.header.sizeInBytes : 0
}

/** The transactions that were aborted and have records in `[from, to)`, by their markers. */
export function abortedBetween(
  segments: SegmentList,
  from: number,
  to: number,
): { producerId: number; firstOffset: number }[] {
  const found: { producerId: number; firstOffset: number }[] = []
  for (let at = Math.max(0, segments.floorIndex(from)); at < segments.length; at++) {
    for (const { producerId, firstOffset, lastOffset, lastStableOffset } of segments.at(at)!.aborted) {
      if (lastOffset >= from && firstOffset < to) found.push({ producerId, firstOffset })
      if (lastStableOffset >= to) return found
    }
  }
  return found
}

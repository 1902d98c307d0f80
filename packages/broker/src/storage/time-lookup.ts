import { CorruptBatchError, RecordCursor } from '@odradek/protocol'
import { BatchReader } from './batch-reader.ts'
import { batchScanner } from './batch-scanner.ts'
import type { Segment } from './segment.ts'
import type { SegmentList } from './segment-list.ts'

/** A record found by its time. Epoch milliseconds; the epoch is that of the batch's leader. */
export interface TimestampOffset {
  readonly offset: number
  readonly timestamp: number
  readonly leaderEpoch: number
}

/**
 * The first record in `[from, to)` whose timestamp is at least `timestamp`: by the time index to the batch, which is then
 * opened.
 */
export function timestampLookup(
  segments: SegmentList,
  timestamp: number,
  from: number,
  to: number,
): TimestampOffset | null {
  for (const segment of segments.all) {
    if (segment.baseOffset >= to) return null
    if (segment.maxTimestamp < timestamp) continue
    const start = segment.offsets.positionFor(Math.max(segment.times.offsetFor(timestamp), from))
    const found = firstRecord(segment, start, timestamp, from, to)
    if (found !== null) return found
  }
  return null
}

/**
 * The first of the records in `[from, to)` that have the greatest timestamp; null without records or timestamps.
 * `endOffset` is where the log ends: segments that lie in the range as a whole answer from what they know.
 */
export function maxTimestampBelow(
  segments: SegmentList,
  from: number,
  to: number,
  endOffset: number,
): TimestampOffset | null {
  return newestRecord(segments, from, to, endOffset, false) ?? newestRecord(segments, from, to, endOffset, true)
}

/** With `scan`, every batch header is read: compaction may have taken the record that a segment remembers as newest. */
function newestRecord(segments: SegmentList, from: number, to: number, endOffset: number, scan: boolean) {
  let newest: Segment | null = null
  let max = -1
  let start = 0
  for (let at = 0; at < segments.length; at++) {
    const segment = segments.at(at)!
    if (segment.baseOffset >= to) break
    const segmentEnd = segments.at(at + 1)?.baseOffset ?? endOffset
    const whole = !scan && segment.baseOffset >= from && segmentEnd <= to
    const maxHere = whole ? segment.maxTimestamp : maxTimestampIn(segment, from, to)
    if (maxHere <= max) continue
    newest = segment
    max = maxHere
    start = whole ? segment.offsets.positionFor(segment.maxTimestampOffset) : 0
  }
  return newest === null ? null : firstRecord(newest, start, max, from, to)
}

/** By batch headers: the greatest timestamp of the batches that have records in `[from, to)`. */
function maxTimestampIn(segment: Segment, from: number, to: number): number {
  let max = -1
  batchScanner.open(segment.file, segment.offsets.positionFor(from), segment.size)
  while (batchScanner.next()) {
    const { header } = batchScanner
    if (header.lastOffset < from) continue
    if (header.baseOffset >= to) break
    if (header.maxTimestamp > max && header.count > 0) max = header.maxTimestamp
  }
  return max
}

function firstRecord(
  segment: Segment,
  start: number,
  timestamp: number,
  from: number,
  to: number,
): TimestampOffset | null {
  const reader = new BatchReader()
  const cursor = new RecordCursor()
  reader.open(segment.file, start, segment.size, false)
  while (reader.next()) {
    const { header } = reader
    if (header.baseOffset >= to) return null
    if (header.maxTimestamp < timestamp || header.lastOffset < from) continue
    cursor.openAt(reader.buffer, reader.view, reader.start, reader.end)
    while (cursor.next()) {
      if (cursor.timestamp < timestamp || cursor.offset < from) continue
      if (cursor.offset >= to) return null
      return { offset: cursor.offset, timestamp: cursor.timestamp, leaderEpoch: header.leaderEpoch }
    }
  }
  if (reader.problem !== null)
    throw new CorruptBatchError(`${segment.file.path} at position ${reader.position}: ${reader.problem}.`)
  return null
}

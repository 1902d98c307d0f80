import { batchScanner } from './batch-scanner.ts'
import { firstRecord, type RecordSearch, type TimestampOffset } from './record-search.ts'
import type { Segment } from './segment.ts'
import { LOG_SUFFIX } from './segment-files.ts'
import type { SegmentList } from './segment-list.ts'

/**
 * Called with a search that comes to a batch which inflates to much: it is to go on beside the loop, and what was called for
 * gives null. Where that finds nothing, the records from `nextOffset` on are left.
 */
export type SearchBeside = (search: RecordSearch, nextOffset: number) => void

/**
 * The first record in `[from, to)` whose timestamp is at least `timestamp`: by the time index to the batch, which is then
 * opened.
 */
export function timestampLookup(
  segments: SegmentList,
  timestamp: number,
  from: number,
  to: number,
  beside: SearchBeside | null = null,
): TimestampOffset | null {
  for (const [at, segment] of segments.all.entries()) {
    if (segment.baseOffset >= to) return null
    if (segment.maxTimestamp < timestamp) continue
    const start = segment.offsets.positionFor(Math.max(segment.times.offsetFor(timestamp), from))
    let goesOnBeside = false
    const large = (rest: RecordSearch) => {
      goesOnBeside = true
      beside?.(rest, segments.at(at + 1)?.baseOffset ?? to)
    }
    const search = searchIn(segment, start, timestamp, from, to)
    const found = firstRecord(segment.file, search, beside === null ? null : large)
    if (found !== null || goesOnBeside) return found
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
  beside: SearchBeside | null = null,
): TimestampOffset | null {
  let goesOnBeside = false
  const large = (rest: RecordSearch) => {
    goesOnBeside = true
    // Nothing is left to search: who has the greatest timestamp by its header has it.
    beside?.(rest, to)
  }
  const search = (scan: boolean) => newestRecord(segments, from, to, endOffset, scan, beside === null ? null : large)
  const found = search(false)
  return found !== null || goesOnBeside ? found : search(true)
}

function searchIn(segment: Segment, position: number, timestamp: number, from: number, to: number): RecordSearch {
  return { path: segment.path(LOG_SUFFIX), position, size: segment.size, timestamp, from, to }
}

/** With `scan`, every batch header is read: compaction may have taken the record that a segment remembers as newest. */
function newestRecord(
  segments: SegmentList,
  from: number,
  to: number,
  endOffset: number,
  scan: boolean,
  large: ((rest: RecordSearch) => void) | null,
): TimestampOffset | null {
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
  return newest === null ? null : firstRecord(newest.file, searchIn(newest, start, max, from, to), large)
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

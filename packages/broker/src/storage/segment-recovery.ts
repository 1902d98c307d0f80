/** Reading a segment again after an unclean stop: every batch from a point on is checked, the first that is not right ends it. */
import { CorruptBatchError } from '@odradek/protocol'
import type { DiskFile } from '../host/disk.ts'
import { BatchReader } from './batch-reader.ts'
import { batchScanner } from './batch-scanner.ts'
import { controlRecordOf } from './control-record-of.ts'
import { DamagedLogError } from './damage.ts'
import type { EpochCache } from './epoch-cache.ts'
import type { LogPlace } from './log-place.ts'
import { OFFSET_INDEX_ENTRY_BYTES } from './offset-index.ts'
import type { ProducerState } from './producer-state.ts'
import type { Segment } from './segment.ts'
import { fileName, INDEX_SUFFIX, LOG_SUFFIX } from './segment-files.ts'
import { isUnusedRoom } from './unused-room.ts'

const COPY_BYTES = 1024 * 1024
/** A segment without an index is looked through up to this size. */
const LOOK_BYTES_MAX = 64 * 1024

export interface SegmentRecovery {
  readonly place: LogPlace
  /** All below is durable: that it is not right is damage, and thrown. */
  readonly recoveryPoint: number
  /** Is given the epochs of the batches read. */
  readonly epochs: EpochCache
  /** As of the first batch read; afterwards as of the end. */
  readonly producers: ProducerState
  /** The offset up to which the segment is trusted: `Segment.trustUpTo` was asked. Its base offset: it is read as a whole. */
  readonly from: number
  /** See LogToLoad. */
  readonly isSyncedTogether: boolean
}

export interface RecoveredSegment {
  readonly nextOffset: number
  /** Why it was cut, null when it was not. */
  readonly problem: string | null
  readonly readBytes: number
}

/**
 * Checks the batches of a segment from `from` on and makes its indexes for them; cuts it at the first that is not right.
 * Throws a DamagedLogError, before anything is changed, when that lies below the recovery point.
 */
export function recoverSegment(segment: Segment, recovery: SegmentRecovery): RecoveredSegment {
  const { place, recoveryPoint, epochs, producers, from, isSyncedTogether } = recovery
  const reader = new BatchReader()
  const { file } = segment
  const fileSize = file.size()
  let nextOffset = from
  let problem: string | null = null
  /** Where the first batch begins that is perhaps not durable. */
  let unflushedFrom = fileSize
  if (from === segment.baseOffset) segment.resetIndexes()
  const start = segment.size
  const aborted = [...segment.aborted]
  reader.open(file, start, fileSize, true)
  while (reader.next()) {
    const { header } = reader
    if (header.baseOffset < nextOffset) problem = `offset ${header.baseOffset} comes after ${nextOffset - 1}`
    else if (header.lastOffsetDelta < 0) problem = `the last offset delta is ${header.lastOffsetDelta}`
    else if (!segment.canHold(header.lastOffset))
      problem = `offset ${header.lastOffset} is too far from the segment's first`
    if (problem !== null) break
    if (header.lastOffset >= recoveryPoint) unflushedFrom = Math.min(unflushedFrom, segment.size)
    segment.track(header, reader.end - reader.start)
    nextOffset = header.nextOffset
    if (header.leaderEpoch > epochs.latest) epochs.assign(header.leaderEpoch, header.baseOffset)
    const ended = producers.apply(header, header.isControl ? controlRecordOf(reader.slice()) : null)
    if (ended !== null) aborted.push(ended)
  }
  if (problem === null && reader.problem !== null) {
    const isEnd = nextOffset >= recoveryPoint && isUnusedRoom(file, reader.position, fileSize)
    problem = isEnd ? null : reader.problem
  }
  if (problem !== null && nextOffset < recoveryPoint) {
    throw new DamagedLogError(place.directory, {
      file: fileName(segment.baseOffset, LOG_SUFFIX),
      position: reader.position,
      problem: `${problem}, after offset ${nextOffset - 1}; all below ${recoveryPoint} was durable`,
      foundMs: place.clock.now(),
    })
  }
  segment.setAborted(aborted)
  writeAgain(file, unflushedFrom, segment.size)
  // Also gives back the room that was reserved behind the end.
  file.truncate(segment.size)
  // The last life may have been killed in the midst of a cut: no power failure is to bring back what this one does not find.
  if (!isSyncedTogether) file.syncNow()
  return { nextOffset, problem, readBytes: segment.size - start }
}

/**
 * What is wrong with a closed segment that lies below the recovery point, as far as its end tells, null when nothing is: its
 * index points into it, its last batch is whole, and the next segment begins at `nextBase`, where it ends. Reads a few KiB.
 * Where the index may be what is wrong all headers are stepped through; if it is, its file is removed, for a new one to be made
 * from the batches.
 */
export function closedSegmentProblem(place: LogPlace, segment: Segment, nextBase: number): string | null {
  const { size } = segment
  const position = lastIndexedPosition(place, segment)
  // Without a usable index all of it would have to be read; scrubbing does that.
  if (position < 0 && size > LOOK_BYTES_MAX) return null
  const problem = endProblem(segment, Math.max(0, position), nextBase)
  // Batches that follow each other up to the next segment are all there: only an index that does not point at them is wrong.
  const isOfIndex =
    problem !== null && position > 0 && segment.canHold(nextBase) && endProblem(segment, 0, nextBase) === null
  if (!isOfIndex) return problem
  const path = segment.path(INDEX_SUFFIX)
  place.logger.warn({ path, problem }, 'An index is damaged, its segment is whole: it is made again from the batches.')
  place.disk.remove(path)
  return null
}

/** What is wrong with the batches of a closed segment from `position` on, where one begins. */
function endProblem(segment: Segment, position: number, nextBase: number): string | null {
  const { size } = segment
  if (position >= size && position > 0) return `it has ${size} bytes, and its index a batch at ${position}`
  let nextOffset = segment.baseOffset
  let end = 0
  try {
    batchScanner.open(segment.file, position, size)
    while (batchScanner.next()) nextOffset = batchScanner.header.nextOffset
    end = batchScanner.nextPosition
  } catch (error) {
    if (error instanceof CorruptBatchError) return error.message
    throw error
  }
  if (end !== size) return `it ends inside a batch at position ${end}`
  if (nextOffset === nextBase || !segment.canHold(nextBase)) return null
  return `it ends at offset ${nextOffset}, and the next segment begins at ${nextBase}`
}

/** The position of the last entry of a segment's offset index file; -1 when there is none that can be read. */
function lastIndexedPosition(place: LogPlace, segment: Segment): number {
  const { disk } = place
  const path = segment.path(INDEX_SUFFIX)
  if (!disk.exists(path)) return -1
  const file = disk.open(path, 'read')
  const size = file.size()
  const entry = Buffer.alloc(OFFSET_INDEX_ENTRY_BYTES)
  const isEntry = size >= entry.length && size % entry.length === 0
  if (isEntry) file.read(entry, 0, entry.length, size - entry.length)
  file.close()
  return isEntry ? entry.readInt32BE(4) : -1
}

/**
 * Writes what is there once more. A sync that failed leaves its pages in the page cache as if they had been written: what
 * is read from there now would be acknowledged, and gone with the next power failure, if no later sync wrote it.
 */
export function writeAgain(file: DiskFile, start: number, end: number): void {
  const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(end - start, COPY_BYTES)))
  for (let position = start; position < end; ) {
    const length = file.read(buffer, 0, Math.min(buffer.length, end - position), position)
    file.write(buffer, 0, length, position)
    position += length
  }
}

/** Makes durable what was written to a file, unless that is done for it and others together, later. */
export function syncAndClose(file: DiskFile, isSyncedTogether: boolean): void {
  if (!isSyncedTogether) file.syncNow()
  file.close()
}

/**
 * After an unclean stop: what the journal has of a log is appended where it follows on what recovery left of the log's own
 * files. What those have too is passed over; nothing in them is ever overwritten.
 */
import { BatchHeader, readBatchHeader, type Slice, sliceOf } from '@odradek/protocol'
import type { Disk } from '../host/disk.ts'
import type { Journal } from './journal.ts'
import type { FoundRange } from './journal-scan.ts'
import type { JournaledLog } from './journaled-log.ts'

/** A log that takes batches as a leader numbered them. */
export interface ReplayedLog extends JournaledLog {
  readonly endOffset: number
  /** Throws where they do not follow, or are damaged. */
  appendReplicated(batches: Slice): void
}

/**
 * Gives `log` what the journal holds of it beyond its end. Where that does not follow on the log's end, as after a repair
 * that cut off what was durable, the journal is told to forget it. Returns how many offsets were taken, and the first that
 * was not (null). Throws I/O errors.
 */
export function replayJournal(
  disk: Disk,
  journal: Journal,
  log: ReplayedLog,
): { readonly count: number; readonly refusedFrom: number | null } {
  const before = log.endOffset
  let refusedFrom: number | null = null
  for (const range of journal.found(log.topicId, log.partition) ?? []) {
    if (range.endOffset <= log.endOffset) continue
    if (range.offset <= log.endOffset) append(disk, range, log)
    if (range.endOffset <= log.endOffset) continue
    refusedFrom = Math.max(range.offset, log.endOffset)
    break
  }
  if (refusedFrom !== null) {
    const { topicId, partition, endOffset: offset } = log
    journal.cut([{ topicId, partition, offset }])
  }
  journal.keep(log)
  return { count: log.endOffset - before, refusedFrom }
}

function append(disk: Disk, { path, position, length, endOffset }: FoundRange, log: ReplayedLog): void {
  const bytes = Buffer.allocUnsafe(length)
  const file = disk.open(path, 'read')
  file.read(bytes, 0, length, position)
  file.close()
  const header = new BatchHeader()
  const { view } = sliceOf(bytes)
  for (let start = 0; start < length; start += header.sizeInBytes) {
    readBatchHeader(view, start, header)
    // The log has it; what follows may be of a later epoch, and the log lack that.
    if (header.baseOffset < log.endOffset) continue
    // A part that was cut off since, or what a later leader did not have.
    if (header.lastOffset >= endOffset || header.leaderEpoch < log.latestEpoch) return
    const end = Math.min(start + header.sizeInBytes, length)
    log.appendReplicated({ buffer: bytes, view, start, end })
  }
}

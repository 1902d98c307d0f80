import { CorruptBatchError, codecs, RECORDS, RecordCursor } from '@odradek/protocol'
import type { Disk, DiskFile } from '../host/disk.ts'
import type { Job } from '../host/offload.ts'
import { BatchReader } from './batch-reader.ts'

/** A record found by its time. Epoch milliseconds; the epoch is that of the batch's leader. */
export interface TimestampOffset {
  readonly offset: number
  readonly timestamp: number
  readonly leaderEpoch: number
}

/** The first record in `[from, to)` whose timestamp is at least `timestamp`, in the batches of one file. */
export interface RecordSearch {
  readonly path: string
  /** Where a batch begins. */
  readonly position: number
  /** The bytes of the file that hold batches. */
  readonly size: number
  readonly timestamp: number
  readonly from: number
  readonly to: number
}

/** What a batch may inflate to and still be opened on the loop. */
const INLINE_BYTES_MAX = 512 * 1024
/** A batch whose header is right is opened for its record, or one before it; these are so many whose headers lie. */
const IN_VAIN_MAX = 16

/**
 * Opens the batches that have it by their headers. With `large`, a batch that inflates to much is not opened: `large` gets what is
 * left to search, and the answer is null. Throws a CorruptBatchError where a batch cannot be opened, or many say of
 * themselves what is not so.
 */
export function firstRecord(
  file: DiskFile,
  search: RecordSearch,
  large: ((rest: RecordSearch) => void) | null,
): TimestampOffset | null {
  const { timestamp, from, to } = search
  const reader = new BatchReader()
  const cursor = new RecordCursor()
  reader.open(file, search.position, search.size, false)
  let inVain = 0
  while (reader.next()) {
    const { header } = reader
    if (header.baseOffset >= to) return null
    if (header.maxTimestamp < timestamp || header.lastOffset < from) continue
    if (large !== null && isLarge(reader)) {
      large({ ...search, position: reader.position })
      return null
    }
    cursor.openAt(reader.buffer, reader.view, reader.start, reader.end)
    while (cursor.next()) {
      if (cursor.timestamp < timestamp || cursor.offset < from) continue
      if (cursor.offset >= to) return null
      return { offset: cursor.offset, timestamp: cursor.timestamp, leaderEpoch: header.leaderEpoch }
    }
    inVain += 1
    if (inVain === IN_VAIN_MAX) {
      throw new CorruptBatchError(
        `${search.path} up to position ${reader.position}: batches without the times they tell.`,
      )
    }
  }
  if (reader.problem !== null)
    throw new CorruptBatchError(`${search.path} at position ${reader.position}: ${reader.problem}.`)
  return null
}

function isLarge({ header, buffer, start, end }: BatchReader): boolean {
  const codec = codecs[header.codec]
  return (
    header.codec !== 0 && codec !== undefined && codec.inflatesBeyond(buffer, start + RECORDS, end, INLINE_BYTES_MAX)
  )
}

/** What a search beside the loop found, or why it could not. */
export interface RecordSearchResult {
  readonly found: TimestampOffset | null
  readonly problem: string | null
}

export const job: Job<RecordSearch, RecordSearchResult> = {
  module: import.meta.url,
  isUrgent: true,
  run(disk: Disk, search: RecordSearch): RecordSearchResult {
    const file = disk.open(search.path, 'read')
    try {
      return { found: firstRecord(file, search, null), problem: null }
    } catch (error) {
      if (!(error instanceof CorruptBatchError)) throw error
      return { found: null, problem: error.message }
    } finally {
      file.close()
    }
  },
}

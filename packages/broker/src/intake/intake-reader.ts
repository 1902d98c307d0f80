/** Reading an intake log: whole chunks in order, or single records by where they are. */
import {
  ATTRIBUTES,
  BatchCursor,
  CorruptBatchError,
  errors,
  LOG_APPEND_TIME_BIT,
  type RecordBytes,
  RecordCursor,
  sliceOf,
} from '@odradek/protocol'
import type { Log } from '../storage/log.ts'
import { decodeNote, NOTE_PRODUCER_ID } from './intake-note.ts'

/** Read at once where what is wanted lies close together. */
const CHUNK_BYTES = 256 * 1024
/** So many offsets from one wanted record to the one after the next count as close. */
const CLOSE_OFFSETS = 512

/** A record as its client sent it; the buffers are parts of what was read. */
export interface StoredRecord {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly { readonly key: Buffer; readonly value: Buffer | null }[]
  /** The client's own timestamp, -1 without one. */
  readonly timestamp: number
  /** Codec id of the batch it came in. */
  readonly codec: number
  /** When it is due, epoch milliseconds, where that was asked for. */
  readonly due: number
  readonly sizeInBytes: number
}

/** Whole batches from the one that holds `from` on, below `upTo`; empty at the end. Throws where the log cannot be read. */
export function readChunk(log: Log, from: number, upTo: number, maxBytes: number = CHUNK_BYTES): Buffer {
  const { errorCode, range } = log.read(from, maxBytes, upTo, true)
  if (errorCode !== errors.NONE.code)
    throw new Error(`Offset ${from} of ${log.directory} cannot be read: error ${errorCode}.`)
  return range === null ? Buffer.alloc(0) : log.readBatches(range)
}

/**
 * Makes the batch at `start` tell its records' own times: the intake log notes the time of acceptance in their place. The
 * bytes must be the caller's own.
 */
export function showCreateTimes(view: DataView, start: number): void {
  view.setInt16(start + ATTRIBUTES, view.getInt16(start + ATTRIBUTES) & ~LOG_APPEND_TIME_BIT)
}

/**
 * Calls `visit` with each record at `locations` (rising) and its place among them. A record that is not there, or cannot
 * be opened, is reported to `missing` instead. `dueOf` [not asked for] tells when one is due. Throws where the log cannot
 * be read.
 */
export function findRecords(
  log: Log,
  locations: readonly number[],
  visit: (at: number, record: StoredRecord) => void,
  missing: (at: number, why: string) => void,
  dueOf: (cursor: RecordCursor, acceptedMs: number) => number = () => -1,
): void {
  const cursor = new RecordCursor()
  let at = 0
  while (at < locations.length) {
    const from = locations[at]!
    const isClose = (locations[at + 2] ?? Number.POSITIVE_INFINITY) - from < CLOSE_OFFSETS
    const bytes = readChunk(log, from, log.endOffset, isClose ? CHUNK_BYTES : 1)
    const chunk = sliceOf(bytes)
    const batches = new BatchCursor(chunk)
    const before = at
    while (at < locations.length && batches.next()) {
      const { header } = batches
      if (locations[at]! > header.lastOffset) continue
      const acceptedMs = header.maxTimestamp
      showCreateTimes(chunk.view, batches.start)
      try {
        cursor.openAt(bytes, chunk.view, batches.start, batches.end)
        while (at < locations.length && locations[at]! <= header.lastOffset && cursor.next()) {
          while (at < locations.length && locations[at]! < cursor.offset) missing(at++, 'it is not in the log')
          if (locations[at] !== cursor.offset) continue
          const isNote = header.producerId === NOTE_PRODUCER_ID
          visit(at, isNote ? movedRecord(cursor) : storedRecord(cursor, header.codec, dueOf(cursor, acceptedMs)))
          at++
        }
      } catch (error) {
        if (!(error instanceof CorruptBatchError)) throw error
        while (at < locations.length && locations[at]! <= header.lastOffset) missing(at++, error.message)
      }
      while (at < locations.length && locations[at]! <= header.lastOffset) missing(at++, 'it is not in the log')
    }
    if (at === before) missing(at++, 'it is not in the log')
  }
}

/** The record that `cursor` is at. */
export function storedRecord(cursor: RecordCursor, codec: number, due = -1): StoredRecord {
  const { buffer } = cursor
  const headers: { key: Buffer; value: Buffer | null }[] = []
  cursor.rewindHeaders()
  while (cursor.nextHeader()) {
    headers.push({
      key: buffer.subarray(cursor.headerKeyStart, cursor.headerKeyEnd),
      value: cursor.headerValueStart < 0 ? null : buffer.subarray(cursor.headerValueStart, cursor.headerValueEnd),
    })
  }
  return {
    key: cursor.keyStart < 0 ? null : buffer.subarray(cursor.keyStart, cursor.keyEnd),
    value: cursor.valueStart < 0 ? null : buffer.subarray(cursor.valueStart, cursor.valueEnd),
    headers,
    timestamp: cursor.timestamp,
    codec,
    due,
    sizeInBytes: cursor.end - cursor.start,
  }
}

/** A record that was moved forward is the value of its note: a batch of its own. */
function movedRecord(note: RecordCursor): StoredRecord {
  const bytes = note.value() ?? Buffer.alloc(0)
  const moved = decodeNote(note.key() ?? Buffer.alloc(0), null)
  const inner = new RecordCursor()
  inner.open(sliceOf(bytes))
  if (!inner.next()) throw new CorruptBatchError('A record that was moved is empty.')
  return storedRecord(inner, inner.header.codec, moved?.kind === 'moved' ? moved.due : -1)
}

/** The text of the last header of that name; null for none or a null value. */
export function headerText(record: Pick<StoredRecord, 'headers'>, name: string): string | null {
  return record.headers.findLast(({ key }) => key.toString('latin1') === name)?.value?.toString('utf8') ?? null
}

export type RecordHeaders = readonly { readonly key: RecordBytes; readonly value: RecordBytes | null }[]

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

/** A record as its client sent it. */
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

/** What hears of records that are looked for, by their place among the locations asked for. */
export interface FinderListener {
  found(at: number, record: StoredRecord): void
  /** The record is not there, or cannot be opened. */
  missing(at: number, why: string): void
}

/**
 * Finds the records at some locations, rising ones, chunk by chunk, so that whoever drives it can let others run in
 * between. `dueOf` [not asked for] tells when a record is due.
 */
export class RecordFinder {
  readonly #log: Log
  readonly #locations: readonly number[]
  readonly #listener: FinderListener
  readonly #dueOf: (cursor: RecordCursor, acceptedMs: number) => number
  readonly #cursor = new RecordCursor()
  #at = 0

  constructor(
    log: Log,
    locations: readonly number[],
    listener: FinderListener,
    dueOf: (cursor: RecordCursor, acceptedMs: number) => number = () => -1,
  ) {
    this.#log = log
    this.#locations = locations
    this.#listener = listener
    this.#dueOf = dueOf
  }

  get isDone(): boolean {
    return this.#at >= this.#locations.length
  }

  /** Reads the next chunk. Throws where the log cannot be read. */
  step(): void {
    const locations = this.#locations
    const from = locations[this.#at]!
    const isClose = (locations[this.#at + 2] ?? Number.POSITIVE_INFINITY) - from < CLOSE_OFFSETS
    const bytes = readChunk(this.#log, from, this.#log.endOffset, isClose ? CHUNK_BYTES : 1)
    const chunk = sliceOf(bytes)
    const batches = new BatchCursor(chunk)
    const before = this.#at
    while (!this.isDone && batches.next()) {
      const { header } = batches
      if (locations[this.#at]! > header.lastOffset) continue
      const acceptedMs = header.maxTimestamp
      showCreateTimes(chunk.view, batches.start)
      this.#findIn(bytes, chunk.view, batches, acceptedMs)
      this.#miss(header.lastOffset + 1, 'it is not in the log')
    }
    this.#cursor.release()
    if (this.#at === before) this.#miss(from + 1, 'it is not in the log')
  }

  #findIn(bytes: Buffer, view: DataView, { header, start, end }: BatchCursor, acceptedMs: number): void {
    const cursor = this.#cursor
    const { lastOffset, producerId, codec } = header
    const isNote = producerId === NOTE_PRODUCER_ID
    try {
      cursor.openAt(bytes, view, start, end)
      while (!this.isDone && this.#locations[this.#at]! <= lastOffset && cursor.next()) {
        this.#miss(cursor.offset, 'it is not in the log')
        if (this.#locations[this.#at] !== cursor.offset) continue
        const record = isNote ? movedRecord(cursor) : storedRecord(cursor, codec, this.#dueOf(cursor, acceptedMs))
        this.#listener.found(this.#at++, record)
      }
    } catch (error) {
      if (!(error instanceof CorruptBatchError)) throw error
      this.#miss(lastOffset + 1, error.message)
    }
  }

  /** What is looked for below `offset` is not there. */
  #miss(offset: number, why: string): void {
    while (!this.isDone && this.#locations[this.#at]! < offset) this.#listener.missing(this.#at++, why)
  }
}

/** A copy of the record that `cursor` is at: its parts keep no more in memory than it. */
export function storedRecord(cursor: RecordCursor, codec: number, due = -1): StoredRecord {
  const { start, end } = cursor
  const bytes = Buffer.from(cursor.buffer.subarray(start, end))
  const headers: { key: Buffer; value: Buffer | null }[] = []
  cursor.rewindHeaders()
  while (cursor.nextHeader()) {
    const { headerKeyStart, headerKeyEnd, headerValueStart, headerValueEnd } = cursor
    headers.push({
      key: bytes.subarray(headerKeyStart - start, headerKeyEnd - start),
      value: headerValueStart < 0 ? null : bytes.subarray(headerValueStart - start, headerValueEnd - start),
    })
  }
  return {
    key: cursor.keyStart < 0 ? null : bytes.subarray(cursor.keyStart - start, cursor.keyEnd - start),
    value: cursor.valueStart < 0 ? null : bytes.subarray(cursor.valueStart - start, cursor.valueEnd - start),
    headers,
    timestamp: cursor.timestamp,
    codec,
    due,
    sizeInBytes: end - start,
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

/** Reading an intake log: whole chunks in order, or single records by where they are. */
import {
  ATTRIBUTES,
  BatchCursor,
  CorruptBatchError,
  errors,
  LOG_APPEND_TIME_BIT,
  RecordCursor,
  sliceOf,
} from '@odradek/protocol'
import type { Log } from '../storage/log.ts'
import { decodeNote, NOTE_PRODUCER_ID } from './intake-note.ts'
import { StoredRecord } from './stored-record.ts'

/** Read at once where what is wanted lies close together. */
const CHUNK_BYTES = 256 * 1024
/** So many offsets from one wanted record to the one after the next count as close. */
const CLOSE_OFFSETS = 512

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
        const record = isNote ? movedRecord(cursor) : new StoredRecord(cursor, codec, this.#dueOf(cursor, acceptedMs))
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

/** A record that was moved forward is the value of its note: a batch of its own. */
function movedRecord(note: RecordCursor): StoredRecord {
  const bytes = note.value() ?? Buffer.alloc(0)
  const moved = decodeNote(note.key() ?? Buffer.alloc(0), null)
  const inner = new RecordCursor()
  inner.open(sliceOf(bytes))
  if (!inner.next()) throw new CorruptBatchError('A record that was moved is empty.')
  return new StoredRecord(inner, inner.header.codec, moved?.kind === 'moved' ? moved.due : -1)
}

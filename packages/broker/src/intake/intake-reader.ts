/** Reading an intake log: whole chunks in order, or single records by where they are. */
import {
  ATTRIBUTES,
  BatchCursor,
  CorruptBatchError,
  errors,
  LOG_APPEND_TIME_BIT,
  RecordCursor,
  type Slice,
  sliceOf,
} from '@odradek/protocol'
import type { Log } from '../storage/log.ts'
import type { SegmentReader } from '../storage/segment-reader.ts'
import { decodeNote, NOTE_PRODUCER_ID } from './intake-note.ts'
import type { RecordArena } from './record-arena.ts'
import { StoredRecord } from './stored-record.ts'

/** Read at once where whole chunks are wanted, and where single records are that lie close together. */
const CHUNK_BYTES = 256 * 1024
const STEP_BYTES = 128 * 1024
/** So many offsets from one wanted record to the one after the next count as close. */
const CLOSE_OFFSETS = 512
/** What the steps of all finders read into: records are copied out of it at once. */
const stepBytes = sliceOf(Buffer.allocUnsafeSlow(STEP_BYTES))

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

export interface FinderOptions {
  /** Tells when a record is due [not asked for]. */
  readonly dueOf?: (cursor: RecordCursor, acceptedMs: number) => number
  /** What records are copied into [memory of their own]. */
  readonly arena?: RecordArena
}

/** Finds the records at some locations, rising ones, step by step, so that whoever drives it can let others run in between. */
export class RecordFinder {
  readonly #log: Log
  readonly #locations: readonly number[]
  readonly #listener: FinderListener
  readonly #dueOf: (cursor: RecordCursor, acceptedMs: number) => number
  readonly #arena: RecordArena | null
  readonly #cursor = new RecordCursor()
  #at = 0

  constructor(log: Log, locations: readonly number[], listener: FinderListener, options: FinderOptions = {}) {
    this.#log = log
    this.#locations = locations
    this.#listener = listener
    this.#dueOf = options.dueOf ?? (() => -1)
    this.#arena = options.arena ?? null
  }

  get isDone(): boolean {
    return this.#at >= this.#locations.length
  }

  /** Reads on, up to about a hundred kilobytes. Throws where the log cannot be read. */
  step(): void {
    const locations = this.#locations
    const from = locations[this.#at]!
    const isClose = (locations[this.#at + 2] ?? Number.POSITIVE_INFINITY) - from < CLOSE_OFFSETS
    const chunk = readStep(this.#log, from, isClose ? STEP_BYTES : 1)
    const batches = new BatchCursor(chunk)
    const before = this.#at
    while (!this.isDone && batches.next()) {
      const { header } = batches
      if (locations[this.#at]! > header.lastOffset) continue
      const acceptedMs = header.maxTimestamp
      showCreateTimes(chunk.view, batches.start)
      this.#findIn(chunk, batches, acceptedMs)
      this.#miss(header.lastOffset + 1, 'it is not in the log')
    }
    this.#cursor.release()
    if (this.#at === before) this.#miss(from + 1, 'it is not in the log')
  }

  #findIn({ buffer, view }: Slice, { header, start, end }: BatchCursor, acceptedMs: number): void {
    const cursor = this.#cursor
    const { lastOffset, producerId, codec } = header
    const isNote = producerId === NOTE_PRODUCER_ID
    try {
      cursor.openAt(buffer, view, start, end)
      while (!this.isDone && this.#locations[this.#at]! <= lastOffset) {
        cursor.skipTo(this.#locations[this.#at]!)
        if (!cursor.next()) break
        this.#miss(cursor.offset, 'it is not in the log')
        if (this.#locations[this.#at] !== cursor.offset) continue
        const record = isNote
          ? movedRecord(cursor)
          : new StoredRecord(cursor, codec, this.#dueOf(cursor, acceptedMs), this.#arena)
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

/** As `readChunk`, up to the log's end; the bytes are there until the next call. */
function readStep(log: Log, from: number, maxBytes: number): Slice {
  const { errorCode, range } = log.read(from, maxBytes, log.endOffset, true)
  if (errorCode !== errors.NONE.code)
    throw new Error(`Offset ${from} of ${log.directory} cannot be read: error ${errorCode}.`)
  const bytes = range !== null && range.length > STEP_BYTES ? sliceOf(Buffer.allocUnsafe(range.length)) : stepBytes
  const file = range?.file as SegmentReader | undefined
  const length = file?.read(bytes.buffer, 0, range!.length, range!.position) ?? 0
  return { ...bytes, start: 0, end: length }
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

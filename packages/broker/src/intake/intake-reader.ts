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

/** Read at once where whole chunks are wanted, and where single records are that lie close together. */
const CHUNK_BYTES = 256 * 1024
const STEP_BYTES = 96 * 1024
/** So many offsets from one wanted record to the one after the next, or from what was read to the next, count as close. */
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
  /** `cursor` is at the record, until this returns; `due` is when it is due, where that was asked for. */
  found(at: number, cursor: RecordCursor, due: number): void
  /** The record is not there, or cannot be opened. */
  missing(at: number, why: string): void
}

/** Where a step ended: the next batch begins there. */
interface ReadSoFar {
  readonly file: SegmentReader
  readonly position: number
  readonly offset: number
}

/**
 * Finds the records at some locations, rising ones, step by step, so that whoever drives it can let others run in between.
 * All of them are committed, and so written.
 */
export class RecordFinder {
  readonly #log: Log
  readonly #locations: ArrayLike<number>
  readonly #listener: FinderListener
  readonly #dueOf: (cursor: RecordCursor, acceptedMs: number) => number
  readonly #cursor = new RecordCursor()
  readonly #inner = new RecordCursor()
  #at = 0
  #readSoFar: ReadSoFar | null = null

  /** `dueOf` tells when a record is due [not asked for]. */
  constructor(
    log: Log,
    locations: ArrayLike<number>,
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

  /** Reads on, up to about a hundred kilobytes. Throws where the log cannot be read. */
  step(): void {
    if (!this.#readOn()) this.#lookUp()
  }

  /** Reads what follows where the last step ended, where that is close enough. False where it was not, or nothing is there. */
  #readOn(): boolean {
    const before = this.#readSoFar
    this.#readSoFar = null
    const from = this.#locations[this.#at]!
    if (before === null || from < before.offset || from - before.offset >= CLOSE_OFFSETS) return false
    const { file, position } = before
    let length: number
    try {
      length = file.read(stepBytes.buffer, 0, STEP_BYTES, position)
    } catch {
      // All of that segment may be over by now.
      return false
    }
    return this.#findAmong({ ...stepBytes, start: 0, end: length }, file, position)
  }

  #lookUp(): void {
    const log = this.#log
    const from = this.#locations[this.#at]!
    const isClose = (this.#locations[this.#at + 2] ?? Number.POSITIVE_INFINITY) - from < CLOSE_OFFSETS
    const { errorCode, range } = log.read(from, isClose ? STEP_BYTES : 1, log.endOffset, true)
    if (errorCode !== errors.NONE.code)
      throw new Error(`Offset ${from} of ${log.directory} cannot be read: error ${errorCode}.`)
    const before = this.#at
    if (range !== null) {
      const file = range.file as SegmentReader
      const bytes = range.length > STEP_BYTES ? sliceOf(Buffer.allocUnsafe(range.length)) : stepBytes
      const length = file.read(bytes.buffer, 0, range.length, range.position)
      this.#findAmong({ ...bytes, start: 0, end: length }, file, range.position)
    }
    if (this.#at === before) this.#miss(from + 1, 'it is not in the log')
  }

  /** Finds what is wanted in whole batches that lie at `position` of `file`. False where there is none. */
  #findAmong(chunk: Slice, file: SegmentReader, position: number): boolean {
    const locations = this.#locations
    const batches = new BatchCursor(chunk)
    let isAny = false
    while (!this.isDone && batches.next()) {
      isAny = true
      const { header } = batches
      if (locations[this.#at]! > header.lastOffset) continue
      const acceptedMs = header.maxTimestamp
      showCreateTimes(chunk.view, batches.start)
      this.#findIn(chunk, batches, acceptedMs)
      this.#miss(header.lastOffset + 1, 'it is not in the log')
    }
    this.#cursor.release()
    this.#inner.release()
    if (isAny) this.#readSoFar = { file, position: position + batches.end, offset: batches.header.nextOffset }
    return isAny
  }

  #findIn({ buffer, view }: Slice, { header, start, end }: BatchCursor, acceptedMs: number): void {
    const cursor = this.#cursor
    const { lastOffset, producerId } = header
    const isNote = producerId === NOTE_PRODUCER_ID
    try {
      cursor.openAt(buffer, view, start, end)
      while (!this.isDone && this.#locations[this.#at]! <= lastOffset) {
        cursor.skipTo(this.#locations[this.#at]!)
        if (!cursor.next()) break
        this.#miss(cursor.offset, 'it is not in the log')
        if (this.#locations[this.#at] !== cursor.offset) continue
        if (isNote) this.#foundMoved(cursor)
        else this.#listener.found(this.#at, cursor, this.#dueOf(cursor, acceptedMs))
        this.#at++
      }
    } catch (error) {
      if (!(error instanceof CorruptBatchError)) throw error
      this.#miss(lastOffset + 1, error.message)
    }
  }

  /** A record that was moved forward is the value of its note: a batch of its own. */
  #foundMoved(note: RecordCursor): void {
    const moved = decodeNote(note.key() ?? Buffer.alloc(0), null)
    const inner = this.#inner
    inner.open(sliceOf(note.value() ?? Buffer.alloc(0)))
    if (!inner.next()) throw new CorruptBatchError('A record that was moved is empty.')
    this.#listener.found(this.#at, inner, moved?.kind === 'moved' ? moved.due : -1)
  }

  /** What is looked for below `offset` is not there. */
  #miss(offset: number, why: string): void {
    while (!this.isDone && this.#locations[this.#at]! < offset) this.#listener.missing(this.#at++, why)
  }
}

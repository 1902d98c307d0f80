import type { RecordCursor } from '@odradek/protocol'
import type { RecordArena } from './record-arena.ts'
import { hasOwnHeaders, StoredRecord } from './stored-record.ts'

/** Numbers of a record: its buffer, where it begins there, then as in RecordParts, less that; header count, codec and flags, size. */
const NUMBERS = 8
const IS_THERE = 0x100
const HAS_OWN_HEADERS = 0x200
const CODEC = 0xff

/**
 * Records by their places, as numbers: while thousands wait for their turn there is no object for each, which would be
 * moved about in memory with all the others.
 */
export class WindowRecords {
  readonly #arena: RecordArena
  readonly #numbers: Int32Array
  readonly #timestamps: Float64Array

  constructor(count: number, arena: RecordArena) {
    this.#arena = arena
    this.#numbers = new Int32Array(count * NUMBERS)
    this.#timestamps = new Float64Array(count)
  }

  has(place: number): boolean {
    return (this.#numbers[place * NUMBERS + 6]! & IS_THERE) !== 0
  }

  /** Copies the record that `cursor` is at. */
  set(place: number, cursor: RecordCursor): void {
    const { partsStart, bodyEnd, headersStart, end } = cursor
    const numbers = this.#numbers
    const flags = IS_THERE | (hasOwnHeaders(cursor) ? HAS_OWN_HEADERS : 0) | cursor.header.codec
    const start = this.#arena.add(cursor.buffer, partsStart, end)
    let at = place * NUMBERS
    numbers[at++] = this.#arena.bufferNumber
    numbers[at++] = start
    numbers[at++] = bodyEnd - partsStart
    numbers[at++] = headersStart - partsStart
    numbers[at++] = end - partsStart
    numbers[at++] = cursor.headerCount
    numbers[at++] = flags
    numbers[at] = end - cursor.start
    this.#timestamps[place] = cursor.timestamp
  }

  sizeInBytes(place: number): number {
    return this.#numbers[place * NUMBERS + 7]!
  }

  get(place: number): StoredRecord {
    const numbers = this.#numbers
    const at = place * NUMBERS
    const flags = numbers[at + 6]!
    const parts = {
      partsStart: 0,
      bodyEnd: numbers[at + 2]!,
      headersStart: numbers[at + 3]!,
      end: numbers[at + 4]!,
      headerCount: numbers[at + 5]!,
    }
    return new StoredRecord(this.#arena.buffer(numbers[at]!), numbers[at + 1]!, parts, {
      hasOwnHeaders: (flags & HAS_OWN_HEADERS) !== 0,
      timestamp: this.#timestamps[place]!,
      codec: flags & CODEC,
      due: -1,
      sizeInBytes: numbers[at + 7]!,
    })
  }

  delete(place: number): void {
    this.#numbers[place * NUMBERS + 6] = 0
  }
}

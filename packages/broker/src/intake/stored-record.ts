import {
  CorruptBatchError,
  type RecordBytes,
  type RecordCursor,
  type RecordParts,
  varintAt,
  varintLength,
} from '@odradek/protocol'
import { DELAY_DUE_TIME } from './timer-headers.ts'

export type RecordHeaders = readonly { readonly key: RecordBytes; readonly value: RecordBytes | null }[]

const BORN_TIMESTAMP = Buffer.from('BORN_TIMESTAMP')
const DUE_TIME = Buffer.from(DELAY_DUE_TIME)

/** What is known of a record beside its bytes. */
export interface RecordFacts {
  /** Whether one of its headers is BORN_TIMESTAMP or DELAY_DUE_TIME, which it is not delivered with. */
  readonly hasOwnHeaders: boolean
  /** The client's own timestamp, -1 without one. */
  readonly timestamp: number
  /** Codec id of the batch it came in. */
  readonly codec: number
  /** When it is due, epoch milliseconds, where that was asked for, else -1. */
  readonly due: number
  readonly sizeInBytes: number
}

/**
 * A record as its client sent it. Most are delivered without ever being taken apart, so that their parts are made when they
 * are asked for.
 */
export class StoredRecord implements RecordParts, RecordFacts {
  readonly buffer: Buffer
  readonly partsStart: number
  readonly bodyEnd: number
  readonly headersStart: number
  readonly end: number
  readonly headerCount: number
  readonly hasOwnHeaders: boolean
  readonly timestamp: number
  readonly codec: number
  readonly due: number
  readonly sizeInBytes: number

  /** The record whose parts are at `parts`, moved by `moved`, in `buffer`. */
  constructor(buffer: Buffer, moved: number, parts: Omit<RecordParts, 'buffer'>, facts: RecordFacts) {
    this.buffer = buffer
    this.partsStart = parts.partsStart + moved
    this.bodyEnd = parts.bodyEnd + moved
    this.headersStart = parts.headersStart + moved
    this.end = parts.end + moved
    this.headerCount = parts.headerCount
    this.hasOwnHeaders = facts.hasOwnHeaders
    this.timestamp = facts.timestamp
    this.codec = facts.codec
    this.due = facts.due
    this.sizeInBytes = facts.sizeInBytes
  }

  /** A copy of the record that `cursor` is at: it keeps no more in memory than itself. */
  static copyOf(cursor: RecordCursor, due = -1): StoredRecord {
    const { buffer, partsStart, end, timestamp, header } = cursor
    const copy = Buffer.from(buffer.subarray(partsStart, end))
    return new StoredRecord(copy, -partsStart, cursor, {
      hasOwnHeaders: hasOwnHeaders(cursor),
      timestamp,
      codec: header.codec,
      due,
      sizeInBytes: end - cursor.start,
    })
  }

  get key(): Buffer | null {
    return this.#part(this.partsStart)
  }

  get value(): Buffer | null {
    const key = this.#part(this.partsStart)
    const start = this.partsStart + varintLength(this.buffer, this.partsStart, this.end) + (key?.length ?? 0)
    return this.#part(start)
  }

  /** Its headers, in their order. */
  get headers(): { key: Buffer; value: Buffer | null }[] {
    const { buffer, end, headerCount } = this
    const headers: { key: Buffer; value: Buffer | null }[] = []
    let at = this.headersStart
    for (let count = 0; count < headerCount; count++) {
      const key = this.#part(at)
      if (key === null) throw new CorruptBatchError('A stored record has a header without a key.')
      at += varintLength(buffer, at, end) + key.length
      const value = this.#part(at)
      at += varintLength(buffer, at, end) + (value?.length ?? 0)
      headers.push({ key, value })
    }
    return headers
  }

  /** The text of the last header of that name; null for none or a null value. */
  headerText(name: string): string | null {
    return this.headers.findLast(({ key }) => key.toString('latin1') === name)?.value?.toString('utf8') ?? null
  }

  /** The bytes whose length is at `at`; null for -1. */
  #part(at: number): Buffer | null {
    const { buffer, end } = this
    const size = varintLength(buffer, at, end)
    const length = varintAt(buffer, at, size)
    return length < 0 ? null : buffer.subarray(at + size, at + size + length)
  }
}

/**
 * Whether the record that `cursor` is at has a header BORN_TIMESTAMP or DELAY_DUE_TIME. Goes through all its headers:
 * malformed ones are found.
 */
export function hasOwnHeaders(cursor: RecordCursor): boolean {
  const { buffer } = cursor
  // Both have this one.
  const { length } = BORN_TIMESTAMP
  let found = false
  cursor.rewindHeaders()
  while (cursor.nextHeader()) {
    const { headerKeyStart, headerKeyEnd } = cursor
    if (found || headerKeyEnd - headerKeyStart !== length) continue
    found =
      buffer.compare(BORN_TIMESTAMP, 0, length, headerKeyStart, headerKeyEnd) === 0 ||
      buffer.compare(DUE_TIME, 0, length, headerKeyStart, headerKeyEnd) === 0
  }
  return found
}

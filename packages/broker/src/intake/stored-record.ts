import {
  CorruptBatchError,
  type RecordBytes,
  type RecordCursor,
  type RecordParts,
  varintAt,
  varintLength,
} from '@odradek/protocol'
import type { RecordArena } from './record-arena.ts'

export type RecordHeaders = readonly { readonly key: RecordBytes; readonly value: RecordBytes | null }[]

const BORN_TIMESTAMP = Buffer.from('BORN_TIMESTAMP')

/**
 * A record as its client sent it, copied out of its batch: it keeps no more in memory than itself. Most are delivered
 * without ever being taken apart, so that their parts are made when they are asked for.
 */
export class StoredRecord implements RecordParts {
  /** Holds key, value, header count and headers, as they are in a batch. */
  readonly buffer: Buffer
  readonly partsStart: number
  readonly bodyEnd: number
  readonly headersStart: number
  readonly end: number
  readonly headerCount: number
  /** Whether one of the headers is BORN_TIMESTAMP. */
  readonly hasBornTimestamp: boolean
  /** The client's own timestamp, -1 without one. */
  readonly timestamp: number
  /** Codec id of the batch it came in. */
  readonly codec: number
  /** When it is due, epoch milliseconds, where that was asked for. */
  readonly due: number
  readonly sizeInBytes: number
  readonly #keyStart: number
  readonly #keyEnd: number
  readonly #valueStart: number
  readonly #valueEnd: number

  /** Copies the record that `cursor` is at, into `arena` [memory of its own]. */
  constructor(cursor: RecordCursor, codec: number, due = -1, arena: RecordArena | null = null) {
    const { buffer, partsStart, end } = cursor
    this.hasBornTimestamp = isBorn(cursor)
    if (arena === null) {
      this.buffer = Buffer.from(buffer.subarray(partsStart, end))
      this.partsStart = 0
    } else {
      this.partsStart = arena.add(buffer, partsStart, end)
      this.buffer = arena.buffer
    }
    const moved = this.partsStart - partsStart
    this.bodyEnd = cursor.bodyEnd + moved
    this.headersStart = cursor.headersStart + moved
    this.end = end + moved
    this.headerCount = cursor.headerCount
    this.timestamp = cursor.timestamp
    this.codec = codec
    this.due = due
    this.sizeInBytes = end - cursor.start
    this.#keyStart = cursor.keyStart < 0 ? -1 : cursor.keyStart + moved
    this.#keyEnd = cursor.keyEnd + moved
    this.#valueStart = cursor.valueStart < 0 ? -1 : cursor.valueStart + moved
    this.#valueEnd = cursor.valueEnd + moved
  }

  get key(): Buffer | null {
    return this.#keyStart < 0 ? null : this.buffer.subarray(this.#keyStart, this.#keyEnd)
  }

  get value(): Buffer | null {
    return this.#valueStart < 0 ? null : this.buffer.subarray(this.#valueStart, this.#valueEnd)
  }

  /** Its headers, in their order. */
  get headers(): { key: Buffer; value: Buffer | null }[] {
    const { buffer, end, headerCount } = this
    const headers: { key: Buffer; value: Buffer | null }[] = []
    let at = this.headersStart
    const part = (): Buffer | null => {
      const size = varintLength(buffer, at, end)
      const length = varintAt(buffer, at, size)
      at += size
      if (length < 0) return null
      at += length
      return buffer.subarray(at - length, at)
    }
    for (let count = 0; count < headerCount; count++) {
      const key = part()
      if (key === null) throw new CorruptBatchError('A stored record has a header without a key.')
      headers.push({ key, value: part() })
    }
    return headers
  }

  /** The text of the last header of that name; null for none or a null value. */
  headerText(name: string): string | null {
    return this.headers.findLast(({ key }) => key.toString('latin1') === name)?.value?.toString('utf8') ?? null
  }
}

/** Whether the record has a header BORN_TIMESTAMP. Goes through all its headers: malformed ones are found here. */
function isBorn(cursor: RecordCursor): boolean {
  const { buffer } = cursor
  const { length } = BORN_TIMESTAMP
  let found = false
  cursor.rewindHeaders()
  while (cursor.nextHeader()) {
    const { headerKeyStart, headerKeyEnd } = cursor
    found ||=
      headerKeyEnd - headerKeyStart === length &&
      buffer.compare(BORN_TIMESTAMP, 0, length, headerKeyStart, headerKeyEnd) === 0
  }
  return found
}

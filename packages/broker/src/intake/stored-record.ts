import type { RecordBytes, RecordCursor } from '@odradek/protocol'

export type RecordHeaders = readonly { readonly key: RecordBytes; readonly value: RecordBytes | null }[]

const BORN_TIMESTAMP = Buffer.from('BORN_TIMESTAMP')

/**
 * A record as its client sent it, copied out of its batch: it keeps no more in memory than itself. Most are delivered
 * without ever being taken apart, so that their parts are made when they are asked for.
 */
export class StoredRecord {
  /** Key, value, header count and headers, as they are in a batch. */
  readonly parts: Buffer
  /** Where the first header is in `parts`. */
  readonly headersStart: number
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
  /** Of each header the start and end of its key, and of its value (-1 for null). */
  readonly #places: Int32Array

  /** Copies the record that `cursor` is at. */
  constructor(cursor: RecordCursor, codec: number, due = -1) {
    const { buffer, partsStart, end, headerCount } = cursor
    this.parts = Buffer.from(buffer.subarray(partsStart, end))
    this.headersStart = cursor.headersStart - partsStart
    this.headerCount = headerCount
    this.timestamp = cursor.timestamp
    this.codec = codec
    this.due = due
    this.sizeInBytes = end - cursor.start
    this.#keyStart = cursor.keyStart - partsStart
    this.#keyEnd = cursor.keyStart < 0 ? -1 : cursor.keyEnd - partsStart
    this.#valueStart = cursor.valueStart - partsStart
    this.#valueEnd = cursor.valueStart < 0 ? -1 : cursor.valueEnd - partsStart
    this.#places = new Int32Array(4 * headerCount)
    this.hasBornTimestamp = this.#findHeaders(cursor)
  }

  get key(): Buffer | null {
    return this.#keyEnd < 0 ? null : this.parts.subarray(this.#keyStart, this.#keyEnd)
  }

  get value(): Buffer | null {
    return this.#valueEnd < 0 ? null : this.parts.subarray(this.#valueStart, this.#valueEnd)
  }

  /** Its headers, in their order. */
  get headers(): { key: Buffer; value: Buffer | null }[] {
    const { parts } = this
    const places = this.#places
    const headers: { key: Buffer; value: Buffer | null }[] = []
    for (let at = 0; at < places.length; at += 4) {
      const key = parts.subarray(places[at], places[at + 1])
      headers.push({ key, value: places[at + 2]! < 0 ? null : parts.subarray(places[at + 2], places[at + 3]) })
    }
    return headers
  }

  /** The text of the last header of that name; null for none or a null value. */
  headerText(name: string): string | null {
    return this.headers.findLast(({ key }) => key.toString('latin1') === name)?.value?.toString('utf8') ?? null
  }

  /** Notes where the headers are. True where BORN_TIMESTAMP is among them. */
  #findHeaders(cursor: RecordCursor): boolean {
    const { buffer, partsStart } = cursor
    const places = this.#places
    let isBorn = false
    cursor.rewindHeaders()
    for (let at = 0; cursor.nextHeader(); at += 4) {
      const { headerKeyStart, headerKeyEnd, headerValueStart, headerValueEnd } = cursor
      places[at] = headerKeyStart - partsStart
      places[at + 1] = headerKeyEnd - partsStart
      places[at + 2] = headerValueStart < 0 ? -1 : headerValueStart - partsStart
      places[at + 3] = headerValueEnd - partsStart
      const { length } = BORN_TIMESTAMP
      isBorn ||=
        headerKeyEnd - headerKeyStart === length &&
        buffer.compare(BORN_TIMESTAMP, 0, length, headerKeyStart, headerKeyEnd) === 0
    }
    return isBorn
  }
}

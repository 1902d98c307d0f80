import type { Slice } from '../bytes/slice.ts'
import { BatchHeader, RECORDS, readBatchHeader } from './batch.ts'
import { codecWithId, INFLATED_BYTES_MAX } from './codecs.ts'
import { CorruptBatchError } from './corrupt-batch-error.ts'
import { varintAt, varintLength, varlongAt, varlongLength } from './varint.ts'

/** A record's header, copied out of its batch. Keys may repeat; the last one counts. */
export interface RecordHeader {
  readonly key: string
  readonly value: Buffer | null
}

const NOTHING = Buffer.alloc(0)

/**
 * Steps through the records of one batch and tells where their parts are, without an object per record:
 *
 *     record: varint length, int8 attributes, varlong timestamp delta, varint offset delta,
 *             varint key length (-1 null), key, varint value length (-1 null), value,
 *             varint header count, { varint key length, key, varint value length (-1 null), value }
 *
 * All positions are in `buffer`: the batch's own when it is not compressed, else what it was inflated into. They hold
 * until the next `next`, `open` or `release`. Malformed records and
 * headers throw a CorruptBatchError when they are reached.
 */
export class RecordCursor {
  /** The header of the open batch. */
  readonly header = new BatchHeader()
  buffer: Buffer = NOTHING
  offset = -1
  offsetDelta = -1
  /** Epoch milliseconds: the record's, or the batch's with log append time; -1 without one. */
  timestamp = -1
  attributes = 0
  /** Position of the record's length, and one past its last byte. */
  start = 0
  end = 0
  /** Position of the key's length: from here to `end` are key, value and headers. */
  partsStart = 0
  /** -1 when the key is null. */
  keyStart = -1
  keyEnd = -1
  /** -1 when the value is null. */
  valueStart = -1
  valueEnd = -1
  /** Position of the header count: key and value end here. */
  bodyEnd = 0
  headerCount = 0
  /** Position of the first header's key length. */
  headersStart = 0
  headerKeyStart = 0
  headerKeyEnd = 0
  /** -1 when the header's value is null. */
  headerValueStart = -1
  headerValueEnd = -1

  #index = 0
  #recordsEnd = 0
  #logAppendTime = false
  #headerIndex = 0
  #headerPosition = 0

  /** Opens the batch at the start of `batch`. Does not check its CRC. `maxBytes` bounds what it may inflate to. */
  open(batch: Slice, maxBytes: number = INFLATED_BYTES_MAX): void {
    this.openAt(batch.buffer, batch.view, batch.start, batch.end, maxBytes)
  }

  /** The same over primitives: the batch at `position`, which must end at or before `end`. */
  openAt(buffer: Buffer, view: DataView, position: number, end: number, maxBytes: number = INFLATED_BYTES_MAX): void {
    this.release()
    const header = this.header
    if (position + RECORDS > end) throw new CorruptBatchError(`Batch header cut off after ${end - position} bytes.`)
    readBatchHeader(view, position, header)
    const size = header.sizeInBytes
    if (header.magic !== 2) throw new CorruptBatchError(`Batch has magic ${header.magic}; only 2 can be read.`)
    if (size < RECORDS || position + size > end) {
      throw new CorruptBatchError(`Batch of ${size} bytes does not fit the ${end - position} bytes it is in.`)
    }
    if (header.count < 0) throw new CorruptBatchError(`Batch claims ${header.count} records.`)
    const recordsStart = position + RECORDS
    const recordsEnd = position + size
    this.#logAppendTime = header.timestampType === 'LogAppendTime'
    if (header.codec === 0) {
      this.buffer = buffer
      this.end = recordsStart
      this.#recordsEnd = recordsEnd
    } else if (recordsStart < recordsEnd || header.count > 0) {
      this.buffer = codecWithId(header.codec).decompress(buffer, recordsStart, recordsEnd, maxBytes)
      this.#recordsEnd = this.buffer.length
    }
  }

  /** Lets go of the batch's bytes; `next` then finds nothing. */
  release(): void {
    this.buffer = NOTHING
    this.header.count = 0
    this.end = 0
    this.#index = 0
    this.#recordsEnd = 0
  }

  /** Moves to the next record, or returns false after the last. */
  next(): boolean {
    const { buffer, header } = this
    const recordsEnd = this.#recordsEnd
    const start = this.end
    if (this.#index === header.count) {
      if (start === recordsEnd) return false
      throw new CorruptBatchError(`${recordsEnd - start} bytes follow the last of ${header.count} records.`)
    }
    let size = varintLength(buffer, start, recordsEnd)
    if (size === 0) throw this.#malformed(this.#index, 'ends before its length')
    const length = varintAt(buffer, start, size)
    const bodyStart = start + size
    if (length < 1 || length > recordsEnd - bodyStart)
      throw this.#malformed(this.#index, `claims a length of ${length}`)
    const end = bodyStart + length
    let at = bodyStart + 1

    size = varlongLength(buffer, at, end)
    if (size === 0) throw this.#malformed(this.#index, 'ends in its timestamp')
    const timestampDelta = varlongAt(buffer, at, size)
    at += size

    size = varintLength(buffer, at, end)
    if (size === 0) throw this.#malformed(this.#index, 'ends in its offset')
    const offsetDelta = varintAt(buffer, at, size)
    at += size
    this.partsStart = at

    size = varintLength(buffer, at, end)
    if (size === 0) throw this.#malformed(this.#index, 'ends in its key length')
    const keyLength = varintAt(buffer, at, size)
    at += size
    if (keyLength < -1 || keyLength > end - at) throw this.#malformed(this.#index, `claims a key of ${keyLength} bytes`)
    this.keyStart = keyLength < 0 ? -1 : at
    if (keyLength > 0) at += keyLength
    this.keyEnd = keyLength < 0 ? -1 : at

    size = varintLength(buffer, at, end)
    if (size === 0) throw this.#malformed(this.#index, 'ends in its value length')
    const valueLength = varintAt(buffer, at, size)
    at += size
    if (valueLength < -1 || valueLength > end - at)
      throw this.#malformed(this.#index, `claims a value of ${valueLength} bytes`)
    this.valueStart = valueLength < 0 ? -1 : at
    if (valueLength > 0) at += valueLength
    this.valueEnd = valueLength < 0 ? -1 : at

    size = varintLength(buffer, at, end)
    if (size === 0) throw this.#malformed(this.#index, 'ends in its header count')
    this.bodyEnd = at
    this.headerCount = varintAt(buffer, at, size)
    this.headersStart = at + size
    if (this.headerCount < 0) throw this.#malformed(this.#index, `claims ${this.headerCount} headers`)
    if (this.headerCount === 0 && this.headersStart !== end)
      throw this.#malformed(this.#index, 'has bytes after its last part')

    this.start = start
    this.end = end
    this.attributes = buffer[bodyStart]!
    this.offsetDelta = offsetDelta
    this.offset = header.baseOffset + offsetDelta
    this.timestamp = this.#logAppendTime ? header.maxTimestamp : header.baseTimestamp + timestampDelta
    this.#index++
    this.rewindHeaders()
    return true
  }

  /**
   * Passes over the records before the one at `offset` by their lengths alone, where the batch has a record at each of its
   * offsets; else it does nothing, and `next` goes through them.
   */
  skipTo(offset: number): void {
    const { buffer, header } = this
    if (header.count !== header.lastOffsetDelta + 1) return
    const until = Math.min(offset - header.baseOffset, header.count)
    const recordsEnd = this.#recordsEnd
    let at = this.end
    for (; this.#index < until; this.#index++) {
      const size = varintLength(buffer, at, recordsEnd)
      const length = size === 0 ? 0 : varintAt(buffer, at, size)
      if (length < 1 || length > recordsEnd - at - size)
        throw this.#malformed(this.#index, `claims a length of ${length}`)
      at += size + length
    }
    this.end = at
  }

  /** A copy of the key. */
  key(): Buffer | null {
    return this.keyStart < 0 ? null : Buffer.from(this.buffer.subarray(this.keyStart, this.keyEnd))
  }

  /** A copy of the value. */
  value(): Buffer | null {
    return this.valueStart < 0 ? null : Buffer.from(this.buffer.subarray(this.valueStart, this.valueEnd))
  }

  /** Copies of the headers, in their order. */
  headers(): RecordHeader[] {
    const headers: RecordHeader[] = []
    this.rewindHeaders()
    while (this.nextHeader()) {
      const key = this.buffer.toString('utf8', this.headerKeyStart, this.headerKeyEnd)
      headers.push({ key, value: this.headerValue() })
    }
    return headers
  }

  /** A copy of the value of the last header with that key (in UTF-8 bytes); undefined when the record has none. */
  lastHeader(key: Uint8Array): Buffer | null | undefined {
    let found: Buffer | null | undefined
    this.rewindHeaders()
    while (this.nextHeader()) {
      if (this.buffer.compare(key, 0, key.length, this.headerKeyStart, this.headerKeyEnd) === 0)
        found = this.headerValue()
    }
    return found
  }

  /** Puts `nextHeader` before the first header of this record, where `next` leaves it. */
  rewindHeaders(): void {
    this.#headerIndex = 0
    this.#headerPosition = this.headersStart
  }

  /** Moves to the record's next header, or returns false after the last. */
  nextHeader(): boolean {
    const { buffer, end } = this
    let at = this.#headerPosition
    if (this.#headerIndex === this.headerCount) {
      if (at === end) return false
      throw this.#malformed(this.#index - 1, 'has bytes after its last header')
    }
    let size = varintLength(buffer, at, end)
    const keyLength = size === 0 ? -1 : varintAt(buffer, at, size)
    at += size
    if (keyLength < 0 || keyLength > end - at)
      throw this.#malformed(this.#index - 1, 'has a header with a bad key length')
    this.headerKeyStart = at
    at += keyLength
    this.headerKeyEnd = at

    size = varintLength(buffer, at, end)
    const valueLength = size === 0 ? -2 : varintAt(buffer, at, size)
    at += size
    if (valueLength < -1 || valueLength > end - at) {
      throw this.#malformed(this.#index - 1, 'has a header with a bad value length')
    }
    this.headerValueStart = valueLength < 0 ? -1 : at
    if (valueLength > 0) at += valueLength
    this.headerValueEnd = valueLength < 0 ? -1 : at
    this.#headerIndex++
    this.#headerPosition = at
    return true
  }

  /** A copy of the value of the header that `nextHeader` moved to. */
  headerValue(): Buffer | null {
    if (this.headerValueStart < 0) return null
    return Buffer.from(this.buffer.subarray(this.headerValueStart, this.headerValueEnd))
  }

  #malformed(index: number, what: string): CorruptBatchError {
    return new CorruptBatchError(`Record ${index} of ${this.header.count} at offset ${this.header.baseOffset} ${what}.`)
  }
}

import { viewOf } from '../bytes/slice.ts'
import {
  ATTRIBUTES,
  BASE_SEQUENCE,
  BASE_TIMESTAMP,
  CONTROL_BIT,
  COUNT,
  DELETE_HORIZON_BIT,
  LAST_OFFSET_DELTA,
  LENGTH,
  LENGTH_PREFIX_BYTES,
  LOG_APPEND_TIME_BIT,
  MAGIC,
  MAX_TIMESTAMP,
  NO_TIMESTAMP,
  PRODUCER_EPOCH,
  PRODUCER_ID,
  patchBaseOffset,
  patchBatchCrc,
  patchLeaderEpoch,
  RECORDS,
  type TimestampType,
  TRANSACTIONAL_BIT,
  writeInt64,
} from './batch.ts'
import { type CodecName, codecNamed } from './codecs.ts'
import type { RecordCursor } from './record-cursor.ts'
import { varintSize, varlongSize, writeVarint, writeVarlong } from './varint.ts'

/** Bytes as they are, or text to be written in UTF-8. */
export type RecordBytes = Uint8Array | string

/** A record to be written. */
export interface RecordInput {
  readonly key?: RecordBytes | null
  readonly value?: RecordBytes | null
  readonly headers?: readonly { readonly key: RecordBytes; readonly value: RecordBytes | null }[]
  /** Epoch milliseconds [-1, none]. */
  readonly timestamp?: number
  /** Its place after the base offset [one after the record before it]. Must rise from record to record. */
  readonly offsetDelta?: number
}

/** Where the parts of a record are that lies in a batch, as a cursor tells them. */
export interface RecordParts {
  readonly buffer: Buffer
  /** Key, value, header count and headers are from here to `end`. */
  readonly partsStart: number
  /** Where the header count is. */
  readonly bodyEnd: number
  /** Where the first header is. */
  readonly headersStart: number
  readonly end: number
  readonly headerCount: number
}

/** What a batch's header says apart from its records. Everything has a default that does not depend on the clock. */
export interface BatchOptions {
  /** [0] */
  readonly baseOffset?: number
  /** [-1, not known] */
  readonly leaderEpoch?: number
  /** [none] Empty batches are not compressed. */
  readonly codec?: CodecName
  /** The codec's own scale [the codec's default]. */
  readonly level?: number
  /** [CreateTime] */
  readonly timestampType?: TimestampType
  readonly transactional?: boolean
  readonly control?: boolean
  /** [-1] */
  readonly producerId?: number
  /** [-1] */
  readonly producerEpoch?: number
  /** [-1] */
  readonly baseSequence?: number
  /** [the first record's timestamp] */
  readonly baseTimestamp?: number
  /** [the greatest timestamp of a record, -1 without any] With log append time: the timestamp of all. */
  readonly maxTimestamp?: number
  /** [the last record's] Compaction keeps it when it takes the last records away. */
  readonly lastOffsetDelta?: number
  /** When tombstones and markers may go: takes the place of the base timestamp and sets its bit. */
  readonly deleteHorizon?: number
}

const INITIAL_BYTES = 1024

/**
 * Writes one record batch. The same calls give the same bytes. `build` ends it; what it returns is the builder's own
 * memory, not used again.
 */
export class RecordBatchBuilder {
  readonly #options: BatchOptions
  #buffer: Buffer
  #position = RECORDS
  #count = 0
  #lastOffsetDelta = -1
  #baseTimestamp: number
  #maxTimestamp = NO_TIMESTAMP

  /** `bytesHint`: about how many bytes it will have, not compressed [little]. */
  constructor(options: BatchOptions = {}, bytesHint: number = INITIAL_BYTES) {
    this.#options = options
    this.#buffer = Buffer.allocUnsafe(Math.max(bytesHint, INITIAL_BYTES))
    this.#baseTimestamp = options.deleteHorizon ?? options.baseTimestamp ?? Number.NaN
  }

  /** Records so far. */
  get count(): number {
    return this.#count
  }

  /** Bytes so far, not compressed, header included. */
  get sizeInBytes(): number {
    return this.#position
  }

  append(record: RecordInput): void {
    const { key = null, value = null, headers = [] } = record
    let tail = sizeOf(key) + sizeOf(value) + varintSize(headers.length)
    for (const header of headers) tail += sizeOf(header.key) + sizeOf(header.value)
    const offsetDelta = record.offsetDelta ?? this.#lastOffsetDelta + 1
    let at = this.#begin(record.timestamp ?? NO_TIMESTAMP, offsetDelta, 0, tail)
    const buffer = this.#buffer
    at = write(buffer, at, key)
    at = write(buffer, at, value)
    at = writeVarint(buffer, at, headers.length)
    for (const header of headers) {
      at = write(buffer, at, header.key)
      at = write(buffer, at, header.value)
    }
    this.#position = at
  }

  /** Appends the record a cursor is at, key, value and headers as they are, `offsetDelta` [its own] after the base. */
  copy(cursor: RecordCursor, offsetDelta: number = cursor.offsetDelta): void {
    const { buffer, partsStart, end, attributes } = cursor
    const at = this.#begin(cursor.timestamp, offsetDelta, attributes, end - partsStart)
    this.#position = at + buffer.copy(this.#buffer, at, partsStart, end)
  }

  /**
   * Appends a record from the parts it has in another batch, with another timestamp, and one header more after its own:
   * `header` holds its bytes, see `encodeHeader`.
   */
  appendParts(record: RecordParts, timestamp: number, header: Buffer): void {
    const { buffer: bytes, partsStart, bodyEnd, headersStart, end, headerCount } = record
    const partsBytes = bodyEnd - partsStart + (end - headersStart)
    const tail = partsBytes + varintSize(headerCount + 1) + header.length
    let at = this.#begin(timestamp, this.#lastOffsetDelta + 1, 0, tail)
    const buffer = this.#buffer
    at += bytes.copy(buffer, at, partsStart, bodyEnd)
    at = writeVarint(buffer, at, headerCount + 1)
    at += bytes.copy(buffer, at, headersStart, end)
    this.#position = at + header.copy(buffer, at)
  }

  /** The batch, with its CRC. */
  build(): Buffer {
    const options = this.#options
    const codec = codecNamed(this.#count === 0 ? 'none' : (options.codec ?? 'none'))
    let made = this.#buffer.subarray(0, this.#position)
    if (codec.id !== 0) {
      const records = codec.compress(made.subarray(RECORDS), options.level)
      made = Buffer.allocUnsafe(RECORDS + records.length)
      records.copy(made, RECORDS)
    }
    const baseTimestamp = Number.isNaN(this.#baseTimestamp) ? NO_TIMESTAMP : this.#baseTimestamp
    const view = viewOf(made)
    patchBaseOffset(view, 0, options.baseOffset ?? 0)
    view.setInt32(LENGTH, made.length - LENGTH_PREFIX_BYTES)
    patchLeaderEpoch(view, 0, options.leaderEpoch ?? -1)
    view.setInt8(MAGIC, 2)
    view.setInt16(ATTRIBUTES, codec.id | attributeBits(options))
    view.setInt32(LAST_OFFSET_DELTA, options.lastOffsetDelta ?? this.#lastOffsetDelta)
    writeInt64(view, BASE_TIMESTAMP, baseTimestamp)
    writeInt64(view, MAX_TIMESTAMP, options.maxTimestamp ?? this.#maxTimestamp)
    writeInt64(view, PRODUCER_ID, options.producerId ?? -1)
    view.setInt16(PRODUCER_EPOCH, options.producerEpoch ?? -1)
    view.setInt32(BASE_SEQUENCE, options.baseSequence ?? -1)
    view.setInt32(COUNT, this.#count)
    patchBatchCrc(made, view, 0)
    return made
  }

  /** Writes what comes before the key; returns the position there, with room for `tail` bytes more. */
  #begin(timestamp: number, offsetDelta: number, attributes: number, tail: number): number {
    if (offsetDelta <= this.#lastOffsetDelta) {
      throw new RangeError(`Offset delta ${offsetDelta} does not follow ${this.#lastOffsetDelta}.`)
    }
    if (Number.isNaN(this.#baseTimestamp)) this.#baseTimestamp = timestamp
    const timestampDelta = timestamp - this.#baseTimestamp
    const length = 1 + varlongSize(timestampDelta) + varintSize(offsetDelta) + tail
    this.#reserve(varintSize(length) + length)
    const buffer = this.#buffer
    let at = writeVarint(buffer, this.#position, length)
    buffer[at++] = attributes
    at = writeVarlong(buffer, at, timestampDelta)
    at = writeVarint(buffer, at, offsetDelta)
    this.#count++
    this.#lastOffsetDelta = offsetDelta
    if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp
    return at
  }

  #reserve(bytes: number): void {
    const needed = this.#position + bytes
    if (needed <= this.#buffer.length) return
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2))
    this.#buffer.copy(grown, 0, 0, this.#position)
    this.#buffer = grown
  }
}

/** A record's header as it lies in a batch. */
export function encodeHeader(key: RecordBytes, value: RecordBytes | null): Buffer {
  const bytes = Buffer.allocUnsafe(sizeOf(key) + sizeOf(value))
  write(bytes, write(bytes, 0, key), value)
  return bytes
}

function attributeBits(options: BatchOptions): number {
  return (
    (options.timestampType === 'LogAppendTime' ? LOG_APPEND_TIME_BIT : 0) |
    (options.transactional ? TRANSACTIONAL_BIT : 0) |
    (options.control ? CONTROL_BIT : 0) |
    (options.deleteHorizon === undefined ? 0 : DELETE_HORIZON_BIT)
  )
}

/** Bytes that `write` takes: a varint length, -1 for null, and what it counts. */
function sizeOf(bytes: RecordBytes | null): number {
  if (bytes === null) return 1
  const length = typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.length
  return varintSize(length) + length
}

function write(buffer: Buffer, position: number, bytes: RecordBytes | null): number {
  if (bytes === null) return writeVarint(buffer, position, -1)
  if (typeof bytes === 'string') {
    const at = writeVarint(buffer, position, Buffer.byteLength(bytes))
    return at + buffer.write(bytes, at)
  }
  const at = writeVarint(buffer, position, bytes.length)
  buffer.set(bytes, at)
  return at + bytes.length
}

import { crc32c } from './crc32c.ts'

/**
 * The header of a record batch, format v2 (magic 2): 61 bytes, then the records, compressed as a whole or not.
 *
 *      0 base offset       int64   the broker's: not under the CRC
 *      8 length            int32   bytes after this field
 *     12 leader epoch      int32   the broker's: not under the CRC
 *     16 magic             int8    2
 *     17 crc               uint32  CRC-32C of everything from the attributes to the end
 *     21 attributes        int16   bits 0-2 codec, 3 timestamps are log append time, 4 transactional, 5 control,
 *                                  6 the base timestamp is a delete horizon
 *     23 last offset delta int32   kept when compaction takes the last records away
 *     27 base timestamp    int64   what the records' timestamp deltas are added to
 *     35 max timestamp     int64   with log append time: the timestamp of every record
 *     43 producer id       int64   -1 without idempotence
 *     51 producer epoch    int16
 *     53 base sequence     int32
 *     57 count             int32   records in the batch; less than last offset delta + 1 after compaction
 *
 * Source: https://kafka.apache.org/documentation/#recordbatch
 */
export const BASE_OFFSET = 0
export const LENGTH = 8
export const LEADER_EPOCH = 12
export const MAGIC = 16
export const CRC = 17
export const ATTRIBUTES = 21
export const LAST_OFFSET_DELTA = 23
export const BASE_TIMESTAMP = 27
export const MAX_TIMESTAMP = 35
export const PRODUCER_ID = 43
export const PRODUCER_EPOCH = 51
export const BASE_SEQUENCE = 53
export const COUNT = 57
/** Where the records begin: the size of the header, and of an empty batch. */
export const RECORDS = 61

/** What base offset and length take: the length field counts the bytes after these. */
export const LENGTH_PREFIX_BYTES = 12

export const CODEC_MASK = 0x07
export const LOG_APPEND_TIME_BIT = 0x08
export const TRANSACTIONAL_BIT = 0x10
export const CONTROL_BIT = 0x20
export const DELETE_HORIZON_BIT = 0x40

/** A record or batch without a timestamp. */
export const NO_TIMESTAMP = -1

const TWO_POW_32 = 0x1_0000_0000
const SEQUENCE_COUNT = 0x8000_0000

/** Who set the timestamps: the producer, or the broker as it appended. Spelled as in `message.timestamp.type`. */
export type TimestampType = 'CreateTime' | 'LogAppendTime'

/** The fields of a batch header, filled by `readBatchHeader` and meant to be reused. int64s are numbers. */
export class BatchHeader {
  baseOffset = 0
  /** The length field: bytes of the batch after it. */
  length = 0
  leaderEpoch = 0
  magic = 0
  crc = 0
  attributes = 0
  lastOffsetDelta = 0
  baseTimestamp = 0
  maxTimestamp = 0
  producerId = 0
  producerEpoch = 0
  baseSequence = 0
  count = 0

  /** The whole batch, header included. */
  get sizeInBytes(): number {
    return LENGTH_PREFIX_BYTES + this.length
  }

  get lastOffset(): number {
    return this.baseOffset + this.lastOffsetDelta
  }

  /** The offset that follows the batch in its log. */
  get nextOffset(): number {
    return this.baseOffset + this.lastOffsetDelta + 1
  }

  /** The sequence of the last record: after 2^31 - 1 comes 0. -1 without sequences. */
  get lastSequence(): number {
    return this.baseSequence < 0 ? -1 : (this.baseSequence + this.lastOffsetDelta) % SEQUENCE_COUNT
  }

  /** Codec id: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd, 5 to 7 unknown. */
  get codec(): number {
    return this.attributes & CODEC_MASK
  }

  get timestampType(): TimestampType {
    return this.attributes & LOG_APPEND_TIME_BIT ? 'LogAppendTime' : 'CreateTime'
  }

  get isTransactional(): boolean {
    return (this.attributes & TRANSACTIONAL_BIT) !== 0
  }

  get isControl(): boolean {
    return (this.attributes & CONTROL_BIT) !== 0
  }

  /** When tombstones and markers of a compacted batch may go, in epoch milliseconds; -1 when not decided yet. */
  get deleteHorizon(): number {
    return this.attributes & DELETE_HORIZON_BIT ? this.baseTimestamp : NO_TIMESTAMP
  }
}

/**
 * Reads the 61 bytes at `position` into `into`, whatever they say. The caller has made sure that they are there.
 * int64s beyond 2^53 come out rounded: whoever takes batches from outside refuses those.
 */
export function readBatchHeader(view: DataView, position: number, into: BatchHeader): void {
  into.baseOffset = int64At(view, position + BASE_OFFSET)
  into.length = view.getInt32(position + LENGTH)
  into.leaderEpoch = view.getInt32(position + LEADER_EPOCH)
  into.magic = view.getInt8(position + MAGIC)
  into.crc = view.getUint32(position + CRC)
  into.attributes = view.getInt16(position + ATTRIBUTES)
  into.lastOffsetDelta = view.getInt32(position + LAST_OFFSET_DELTA)
  into.baseTimestamp = int64At(view, position + BASE_TIMESTAMP)
  into.maxTimestamp = int64At(view, position + MAX_TIMESTAMP)
  into.producerId = int64At(view, position + PRODUCER_ID)
  into.producerEpoch = view.getInt16(position + PRODUCER_EPOCH)
  into.baseSequence = view.getInt32(position + BASE_SEQUENCE)
  into.count = view.getInt32(position + COUNT)
}

/** Gives the batch its place in the log. The CRC does not cover it. */
export function patchBaseOffset(view: DataView, position: number, offset: number): void {
  writeInt64(view, position + BASE_OFFSET, offset)
}

/** Notes the epoch of the leader that appended the batch. The CRC does not cover it. */
export function patchLeaderEpoch(view: DataView, position: number, epoch: number): void {
  view.setInt32(position + LEADER_EPOCH, epoch)
}

/** Makes `timestamp` the time of every record in the batch (`message.timestamp.type=LogAppendTime`), with a new CRC. */
export function setLogAppendTime(buffer: Uint8Array, view: DataView, position: number, timestamp: number): void {
  const attributes = view.getInt16(position + ATTRIBUTES) | LOG_APPEND_TIME_BIT
  view.setInt16(position + ATTRIBUTES, attributes)
  setMaxTimestamp(buffer, view, position, timestamp)
}

/** Corrects a header whose maximum is not that of its records, as careless producers send, with a new CRC. */
export function setMaxTimestamp(buffer: Uint8Array, view: DataView, position: number, timestamp: number): void {
  writeInt64(view, position + MAX_TIMESTAMP, timestamp)
  patchBatchCrc(buffer, view, position)
}

/** Sums the batch at `position` anew, after a change to anything from its attributes on. */
export function patchBatchCrc(buffer: Uint8Array, view: DataView, position: number): void {
  const end = position + LENGTH_PREFIX_BYTES + view.getInt32(position + LENGTH)
  view.setUint32(position + CRC, crc32c(buffer, position + ATTRIBUTES, end))
}

/** Whether the batch at `position` is whole (its length fits the buffer and a header) and its CRC is right. */
export function verifyBatchCrc(buffer: Uint8Array, view: DataView, position: number): boolean {
  if (position + RECORDS > buffer.length) return false
  const end = position + LENGTH_PREFIX_BYTES + view.getInt32(position + LENGTH)
  if (end < position + RECORDS || end > buffer.length) return false
  return view.getUint32(position + CRC) === crc32c(buffer, position + ATTRIBUTES, end)
}

function int64At(view: DataView, position: number): number {
  return view.getInt32(position) * TWO_POW_32 + view.getUint32(position + 4)
}

/** Writes a safe integer as an int64. */
export function writeInt64(view: DataView, position: number, value: number): void {
  view.setInt32(position, Math.floor(value / TWO_POW_32))
  view.setUint32(position + 4, value >>> 0)
}

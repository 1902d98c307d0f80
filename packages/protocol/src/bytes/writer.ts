import type { FileRange, Slice } from './slice.ts'
import { viewOf } from './slice.ts'
import type { TextBuffer } from './text-buffer.ts'

/** Bytes of a file that belong into the output before the writer's own byte at `at`. */
export interface Insert {
  readonly at: number
  readonly range: FileRange
}

/** A longer string in UTF-8 may be up to three times its length, and its compact length prefix more than one byte. */
const ONE_BYTE_PREFIX_LENGTH_MAX = 42
const STRING_BYTES_MAX = 0x7fff

/**
 * An output buffer that grows and is used again. Record batches that are still in a file are not copied: their place is
 * noted in `inserts`, and the lengths written count them.
 *
 * When an encoder throws, what it wrote so far stays until `truncate` or `reset`.
 */
export class Writer {
  buffer: Buffer
  /** Over exactly `buffer`; made again only when it grows, so take it after `claim`. */
  view: DataView
  /** The writer's own bytes. */
  length = 0
  /** In ascending order of `at`. A new array after each `reset`. */
  inserts: Insert[] = []
  #insertedBytes = 0

  constructor(initialBytes = 4096) {
    this.buffer = Buffer.allocUnsafeSlow(initialBytes)
    this.view = viewOf(this.buffer)
  }

  /** Empties the writer; the buffer stays. */
  reset(): void {
    this.length = 0
    this.#insertedBytes = 0
    if (this.inserts.length > 0) this.inserts = []
  }

  /**
   * Takes back what was written after the writer had `length` bytes. An insert right at `length` stays: what followed
   * began with bytes of its own.
   */
  truncate(length: number): void {
    this.length = length
    while (this.inserts.length > 0 && this.inserts.at(-1)!.at > length) {
      this.#insertedBytes -= this.inserts.pop()!.range.length
    }
  }

  /** Own bytes and those of `inserts`. */
  get totalLength(): number {
    return this.length + this.#insertedBytes
  }

  /** Makes room for `count` more bytes. */
  ensure(count: number): void {
    if (this.length + count > this.buffer.length) this.#grow(this.length + count)
  }

  /** Makes room for `count` bytes, counts them as written and returns where they start. */
  claim(count: number): number {
    const at = this.length
    const next = at + count
    if (next > this.buffer.length) this.#grow(next)
    this.length = next
    return at
  }

  boolean(value: boolean): void {
    const at = this.claim(1)
    this.view.setInt8(at, value ? 1 : 0)
  }

  int8(value: number): void {
    const at = this.claim(1)
    this.view.setInt8(at, value)
  }

  int16(value: number): void {
    const at = this.claim(2)
    this.view.setInt16(at, value)
  }

  uint16(value: number): void {
    const at = this.claim(2)
    this.view.setUint16(at, value)
  }

  int32(value: number): void {
    const at = this.claim(4)
    this.view.setInt32(at, value)
  }

  uint32(value: number): void {
    const at = this.claim(4)
    this.view.setUint32(at, value)
  }

  /** Exact up to 2^53 in either direction; what an int64 cannot hold becomes the largest or smallest it can. */
  int64(value: number): void {
    const at = this.claim(8)
    setInt64(this.view, at, value)
  }

  float64(value: number): void {
    const at = this.claim(8)
    this.view.setFloat64(at, value)
  }

  /** A UUID of 22 characters of base64url; a TypeError for anything else. */
  uuid(value: string): void {
    const at = this.claim(16)
    setUuid(this.buffer, at, value)
  }

  /** Up to 32 bits, seven to a byte, lowest first. */
  unsignedVarint(value: number): void {
    const at = this.claim(unsignedVarintBytes(value))
    setUnsignedVarint(this.buffer, at, value)
  }

  /** At most 32,767 bytes of UTF-8, else a RangeError. */
  string(value: string): void {
    if (value.length > STRING_BYTES_MAX) throw tooLong(value.length)
    const room = value.length * 3
    this.ensure(2 + room)
    const at = this.length
    const written = (this.buffer as TextBuffer).utf8Write(value, at + 2, room)
    if (written > STRING_BYTES_MAX) throw tooLong(written)
    this.view.setInt16(at, written)
    this.length = at + 2 + written
  }

  nullableString(value: string | null): void {
    if (value === null) this.int16(-1)
    else this.string(value)
  }

  compactString(value: string): void {
    if (value.length <= ONE_BYTE_PREFIX_LENGTH_MAX) {
      const room = value.length * 3
      this.ensure(1 + room)
      const at = this.length
      const written = (this.buffer as TextBuffer).utf8Write(value, at + 1, room)
      this.buffer[at] = written + 1
      this.length = at + 1 + written
    } else {
      const bytes = Buffer.byteLength(value)
      this.unsignedVarint(bytes + 1)
      const at = this.claim(bytes)
      ;(this.buffer as TextBuffer).utf8Write(value, at, bytes)
    }
  }

  compactNullableString(value: string | null): void {
    if (value === null) this.unsignedVarint(0)
    else this.compactString(value)
  }

  bytes(value: Uint8Array): void {
    this.int32(value.length)
    this.raw(value)
  }

  nullableBytes(value: Uint8Array | null): void {
    if (value === null) this.int32(-1)
    else this.bytes(value)
  }

  compactBytes(value: Uint8Array): void {
    this.unsignedVarint(value.length + 1)
    this.raw(value)
  }

  compactNullableBytes(value: Uint8Array | null): void {
    if (value === null) this.unsignedVarint(0)
    else this.compactBytes(value)
  }

  /** Bytes without a length. */
  raw(value: Uint8Array): void {
    const at = this.claim(value.length)
    this.buffer.set(value, at)
  }

  /** A slice is copied; of a file range only the length is written and its place noted. */
  records(value: Slice | FileRange | null): void {
    if (value === null) {
      this.int32(-1)
    } else {
      this.int32(recordsBytes(value))
      this.#recordBytes(value)
    }
  }

  /** The same with a compact length. */
  compactRecords(value: Slice | FileRange | null): void {
    if (value === null) {
      this.unsignedVarint(0)
    } else {
      this.unsignedVarint(recordsBytes(value) + 1)
      this.#recordBytes(value)
    }
  }

  /** Starts a tagged field; returns its mark for `endTagged`. */
  beginTagged(tag: number): number {
    this.unsignedVarint(tag)
    return this.claim(1)
  }

  /** Ends a tagged field: writes its size at `mark`, moving the content when the size needs more than one byte. */
  endTagged(mark: number): void {
    const start = mark + 1
    const end = this.length
    const sizeBytes = unsignedVarintBytes(end - start)
    if (sizeBytes > 1) {
      this.claim(sizeBytes - 1)
      this.buffer.copyWithin(mark + sizeBytes, start, end)
    }
    setUnsignedVarint(this.buffer, mark, end - start)
  }

  /** Overwrites four bytes written before: the size of a frame, once it is known. */
  patchInt32(position: number, value: number): void {
    this.view.setInt32(position, value)
  }

  #recordBytes(value: Slice | FileRange): void {
    if ('file' in value) {
      if (value.length === 0) return
      this.inserts.push({ at: this.length, range: value })
      this.#insertedBytes += value.length
    } else {
      const at = this.claim(value.end - value.start)
      value.buffer.copy(this.buffer, at, value.start, value.end)
    }
  }

  #grow(wanted: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(wanted, this.buffer.length * 2))
    this.buffer.copy(grown, 0, 0, this.length)
    this.buffer = grown
    this.view = viewOf(grown)
  }
}

const TWO_TO_32 = 0x1_0000_0000
const TWO_TO_63 = 2 ** 63

/** Writes an integer as int64: exact up to 2^53, clamped to what 64 bits hold. */
export function setInt64(view: DataView, at: number, value: number): void {
  if (value >= TWO_TO_63) {
    view.setInt32(at, 0x7fffffff)
    view.setInt32(at + 4, -1)
  } else if (value < -TWO_TO_63) {
    view.setInt32(at, -0x8000_0000)
    view.setInt32(at + 4, 0)
  } else {
    view.setInt32(at, Math.floor(value / TWO_TO_32))
    view.setInt32(at + 4, value >>> 0)
  }
}

/** Writes a UUID of 22 characters of base64url; a TypeError for anything else. */
export function setUuid(buffer: Buffer, at: number, value: string): void {
  if (value.length !== 22 || (buffer as TextBuffer).base64urlWrite(value, at, 16) !== 16) {
    throw new TypeError(`'${value}' is no UUID of 22 characters of base64url`)
  }
}

function tooLong(bytes: number): RangeError {
  return new RangeError(`string of ${bytes} bytes or more, ${STRING_BYTES_MAX} allowed`)
}

function recordsBytes(value: Slice | FileRange): number {
  return 'file' in value ? value.length : value.end - value.start
}

function unsignedVarintBytes(value: number): number {
  if (value < 0x80) return 1
  if (value < 0x4000) return 2
  if (value < 0x20_0000) return 3
  return value < 0x1000_0000 ? 4 : 5
}

function setUnsignedVarint(buffer: Buffer, at: number, value: number): void {
  let position = at
  let rest = value
  while (rest >= 0x80) {
    buffer[position++] = (rest & 0x7f) | 0x80
    rest = rest >>> 7
  }
  buffer[position] = rest
}

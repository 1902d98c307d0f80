import { KnownTexts } from './known-texts.ts'
import { ProtocolError } from './protocol-error.ts'
import type { Slice } from './slice.ts'
import { viewOf } from './slice.ts'
import type { TextBuffer } from './text-buffer.ts'

/** The UUID that means "none". */
export const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'

const EMPTY = Buffer.alloc(0)
const ELEMENTS_MAX = 0x7fff_ffff

const texts = new KnownTexts()

/**
 * A cursor over a range of a buffer it does not own. Every length is checked against the bytes that are left before it
 * is believed: short or lying bytes throw `ProtocolError`, they never allocate more than they could fill.
 *
 * Compact forms (KIP-482) carry an unsigned varint of length + 1, where 0 is null.
 */
export class Reader {
  buffer: Buffer
  view: DataView
  /** The next byte to read, as a position in `buffer`. */
  position: number
  /** One past the last byte that may be read. */
  end: number
  /** How many elements all arrays in these bytes may have together: a broker's `request.elements.max`. */
  elementsMax = ELEMENTS_MAX
  /** How many those that were read say they have. */
  #elements = 0

  constructor(buffer: Buffer = EMPTY, view: DataView = viewOf(buffer), start = 0, end = buffer.length) {
    this.buffer = buffer
    this.view = view
    this.position = start
    this.end = end
  }

  /** Points the reader at other bytes. `view` must span exactly `buffer`. */
  reset(buffer: Buffer, view: DataView, start: number, end: number): this {
    this.buffer = buffer
    this.view = view
    this.position = start
    this.end = end
    this.#elements = 0
    return this
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.end - this.position
  }

  /** Steps over `count` bytes and returns where they start. */
  take(count: number): number {
    const at = this.position
    const next = at + count
    if (next > this.end) throw short(this, count)
    this.position = next
    return at
  }

  /** Whether a byte is not zero. */
  boolean(): boolean {
    return this.view.getInt8(this.take(1)) !== 0
  }

  int8(): number {
    return this.view.getInt8(this.take(1))
  }

  int16(): number {
    return this.view.getInt16(this.take(2))
  }

  uint16(): number {
    return this.view.getUint16(this.take(2))
  }

  int32(): number {
    return this.view.getInt32(this.take(4))
  }

  uint32(): number {
    return this.view.getUint32(this.take(4))
  }

  /** Exact up to 2^53 in either direction, the nearest number beyond. */
  int64(): number {
    return int64At(this.view, this.take(8))
  }

  float64(): number {
    return this.view.getFloat64(this.take(8))
  }

  /** A UUID as 22 characters of base64url. */
  uuid(): string {
    return uuidAt(this.buffer, this.view, this.take(16))
  }

  /** Up to 32 bits, seven to a byte, lowest first. */
  unsignedVarint(): number {
    const at = this.position
    if (at >= this.end) throw short(this, 1)
    const first = this.buffer[at]!
    this.position = at + 1
    return first < 0x80 ? first : restOfVarint(this, first & 0x7f, at)
  }

  string(): string {
    return this.#text(this.#length16())
  }

  nullableString(): string | null {
    const length = this.#nullableLength16()
    return length < 0 ? null : this.#text(length)
  }

  compactString(): string {
    return this.#text(this.#compactLength('a string'))
  }

  compactNullableString(): string | null {
    const length = this.unsignedVarint() - 1
    return length < 0 ? null : this.#text(length)
  }

  /** A copy. */
  bytes(): Buffer {
    return this.#copy(this.#length32())
  }

  /** A copy. */
  nullableBytes(): Buffer | null {
    const length = this.#nullableLength32()
    return length < 0 ? null : this.#copy(length)
  }

  /** A copy. */
  compactBytes(): Buffer {
    return this.#copy(this.#compactLength('a byte array'))
  }

  /** A copy. */
  compactNullableBytes(): Buffer | null {
    const length = this.unsignedVarint() - 1
    return length < 0 ? null : this.#copy(length)
  }

  /** Borrowed: valid as long as the buffer it was read from. */
  records(): Slice | null {
    const length = this.#nullableLength32()
    return length < 0 ? null : this.#slice(length)
  }

  /** Borrowed: valid as long as the buffer it was read from. */
  compactRecords(): Slice | null {
    const length = this.unsignedVarint() - 1
    return length < 0 ? null : this.#slice(length)
  }

  /** How many elements an array has, each of at least `bytesMin` bytes (1 or more). */
  arrayCount(bytesMin: number): number {
    const at = this.position
    const count = this.int32()
    if (count < 0) throw notAllowed('an array', count, at)
    return this.#checkedCount(count, bytesMin, at)
  }

  /** The same, -1 for null. */
  nullableArrayCount(bytesMin: number): number {
    const at = this.position
    const count = this.int32()
    if (count < -1) throw new ProtocolError(`array of ${count} elements`, at)
    return this.#checkedCount(count, bytesMin, at)
  }

  /** How many elements a compact array has, each of at least `bytesMin` bytes (1 or more). */
  compactArrayCount(bytesMin: number): number {
    const at = this.position
    const count = this.unsignedVarint() - 1
    if (count < 0) throw notAllowed('an array', count, at)
    return this.#checkedCount(count, bytesMin, at)
  }

  /** The same, -1 for null. */
  compactNullableArrayCount(bytesMin: number): number {
    const at = this.position
    return this.#checkedCount(this.unsignedVarint() - 1, bytesMin, at)
  }

  /** The byte before a nullable struct: whether the struct follows. */
  structFollows(): boolean {
    const marker = this.int8()
    if (marker !== 1 && marker !== -1) throw new ProtocolError(`nullable struct marked ${marker}`, this.position - 1)
    return marker === 1
  }

  /** The number of the next tagged field, which must be above `previous`: KIP-482 wants them ascending, each once. */
  tag(previous: number): number {
    const at = this.position
    const tag = this.unsignedVarint()
    if (tag <= previous) throw new ProtocolError(`tag ${tag} after tag ${previous}`, at)
    return tag
  }

  /** Confines reading to one tagged field; returns the end to give back to `endTagged`. */
  beginTagged(): number {
    const at = this.position
    const length = this.unsignedVarint()
    if (length > this.remaining) throw tooLong('tagged field', length, this.remaining, at)
    const outer = this.end
    this.end = this.position + length
    return outer
  }

  /** Ends a tagged field, which must have been read to its last byte. */
  endTagged(outer: number): void {
    if (this.position !== this.end) {
      throw new ProtocolError(`${this.end - this.position} bytes too many in a tagged field`, this.position)
    }
    this.end = outer
  }

  /** Steps over the size and content of a tagged field that is not known. */
  skipTagged(): void {
    const at = this.position
    const length = this.unsignedVarint()
    if (length > this.remaining) throw tooLong('tagged field', length, this.remaining, at)
    this.position += length
  }

  /** Steps over a whole tag section of which no field is known. */
  skipTags(): void {
    for (let count = this.unsignedVarint(), previous = -1; count > 0; count--) {
      previous = this.tag(previous)
      this.skipTagged()
    }
  }

  #length16(): number {
    const length = this.int16()
    if (length < 0) throw notAllowed('a string', length, this.position - 2)
    return length
  }

  #nullableLength16(): number {
    const length = this.int16()
    if (length < -1) throw new ProtocolError(`string of ${length} bytes`, this.position - 2)
    return length
  }

  #length32(): number {
    const length = this.int32()
    if (length < 0) throw notAllowed('a byte array', length, this.position - 4)
    return length
  }

  #nullableLength32(): number {
    const length = this.int32()
    if (length < -1) throw new ProtocolError(`byte array of ${length} bytes`, this.position - 4)
    return length
  }

  #compactLength(what: string): number {
    const at = this.position
    const length = this.unsignedVarint() - 1
    if (length < 0) throw notAllowed(what, length, at)
    return length
  }

  #text(length: number): string {
    if (length === 0) return ''
    const at = this.take(length)
    return texts.read(this.buffer, at, at + length)
  }

  #copy(length: number): Buffer {
    const at = this.take(length)
    return Buffer.from(this.buffer.subarray(at, at + length))
  }

  #slice(length: number): Slice {
    const start = this.take(length)
    return { buffer: this.buffer, view: this.view, start, end: start + length }
  }

  #checkedCount(count: number, bytesMin: number, at: number): number {
    if (count * bytesMin > this.remaining) {
      throw new ProtocolError(
        `array of ${count} elements, at least ${bytesMin} bytes each, with ${this.remaining} bytes left`,
        at,
      )
    }
    // A null array is -1: it has none, and must not give back what others have.
    if (count > 0) this.#elements += count
    if (this.#elements > this.elementsMax) {
      throw new ProtocolError(
        `arrays of ${this.#elements} elements; request.elements.max allows ${this.elementsMax} in all`,
        at,
      )
    }
    return count
  }
}

/** An int64 as a number: exact up to 2^53, the nearest number beyond. */
export function int64At(view: DataView, at: number): number {
  return view.getInt32(at) * 0x1_0000_0000 + view.getUint32(at + 4)
}

/** A UUID as 22 characters of base64url. */
export function uuidAt(buffer: Buffer, view: DataView, at: number): string {
  if (
    view.getInt32(at) === 0 &&
    view.getInt32(at + 4) === 0 &&
    view.getInt32(at + 8) === 0 &&
    view.getInt32(at + 12) === 0
  ) {
    return ZERO_UUID
  }
  return (buffer as TextBuffer).base64urlSlice(at, at + 16)
}

function restOfVarint(reader: Reader, first: number, start: number): number {
  let value = first
  for (let shift = 7; shift <= 28; shift += 7) {
    const byte = reader.buffer[reader.take(1)]!
    if (shift === 28 && byte > 0x0f) break
    value |= (byte & 0x7f) << shift
    if (byte < 0x80) return value >>> 0
  }
  throw new ProtocolError('varint of more than 32 bits', start)
}

function short(reader: Reader, count: number): ProtocolError {
  return new ProtocolError(`${count} bytes wanted, ${reader.remaining} left`, reader.position)
}

function tooLong(what: string, length: number, left: number, at: number): ProtocolError {
  return new ProtocolError(`${what} of ${length} bytes with ${left} left`, at)
}

function notAllowed(what: string, length: number, at: number): ProtocolError {
  return new ProtocolError(length === -1 ? `null where ${what} must be` : `${what} of length ${length}`, at)
}

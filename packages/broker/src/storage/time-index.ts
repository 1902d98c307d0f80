/**
 * The time index of a segment: 12 bytes an entry, `int64 timestamp, int32 offset - base offset`: the greatest timestamp
 * up to some point of the segment, and the last offset of the first batch that has it. An entry is made together with
 * one of the offset index and when the segment is closed, if the timestamp is greater than that of the entry before; so
 * both columns rise, and no record before an entry's batch is newer than the entry.
 */
import { viewOf, writeInt64 } from '@odradek/protocol'

export const TIME_INDEX_ENTRY_BYTES = 12
const INITIAL_BYTES = 192
const TWO_POW_32 = 0x1_0000_0000

export class TimeIndex {
  readonly #baseOffset: number
  #bytes: Buffer
  #view: DataView
  #length: number

  /** `bytes` is the content of the file, or nothing for a new index. */
  constructor(baseOffset: number, bytes: Buffer | null = null) {
    this.#baseOffset = baseOffset
    this.#bytes = bytes ?? Buffer.alloc(0)
    this.#view = viewOf(this.#bytes)
    this.#length = this.#bytes.length
  }

  /** The entries of a file of which only those below `offset` are sure, as far as they rise. */
  static beginningOf(baseOffset: number, bytes: Buffer, offset: number): TimeIndex {
    const whole = new TimeIndex(baseOffset, bytes.subarray(0, bytes.length - (bytes.length % TIME_INDEX_ENTRY_BYTES)))
    let entry = 0
    for (let last = baseOffset - 1, timestamp = -1; entry < whole.entries; entry++) {
      if (whole.offset(entry) >= offset || whole.offset(entry) <= last || whole.timestamp(entry) <= timestamp) break
      last = whole.offset(entry)
      timestamp = whole.timestamp(entry)
    }
    whole.#length = entry * TIME_INDEX_ENTRY_BYTES
    return whole
  }

  /** Bytes of memory that it takes. */
  get heldBytes(): number {
    return this.#bytes.length
  }

  get entries(): number {
    return this.#length / TIME_INDEX_ENTRY_BYTES
  }

  timestamp(entry: number): number {
    const at = entry * TIME_INDEX_ENTRY_BYTES
    return this.#view.getInt32(at) * TWO_POW_32 + this.#view.getUint32(at + 4)
  }

  offset(entry: number): number {
    return this.#baseOffset + this.#view.getInt32(entry * TIME_INDEX_ENTRY_BYTES + 8)
  }

  /** The greatest timestamp indexed, -1 without any. */
  get lastTimestamp(): number {
    return this.#length === 0 ? -1 : this.timestamp(this.entries - 1)
  }

  /** The offset that goes with it, the base offset without any. */
  get lastOffset(): number {
    return this.#length === 0 ? this.#baseOffset : this.offset(this.entries - 1)
  }

  /** Adds an entry unless there is one of that timestamp or a later one. */
  append(timestamp: number, offset: number): void {
    if (timestamp <= this.lastTimestamp) return
    if (this.#length === this.#bytes.length) this.#grow()
    writeInt64(this.#view, this.#length, timestamp)
    this.#view.setInt32(this.#length + 8, offset - this.#baseOffset)
    this.#length += TIME_INDEX_ENTRY_BYTES
  }

  /** The offset from where a record of `timestamp` or later may be found; all before are older. */
  offsetFor(timestamp: number): number {
    let low = 0
    let high = this.entries
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.timestamp(middle) <= timestamp) low = middle + 1
      else high = middle
    }
    return low === 0 ? this.#baseOffset : this.offset(low - 1)
  }

  /** Forgets what concerns `offset` and later. */
  truncateTo(offset: number): void {
    while (this.#length > 0 && this.lastOffset >= offset) this.#length -= TIME_INDEX_ENTRY_BYTES
  }

  /** Why these entries cannot be right, or null: timestamps and offsets rise. */
  problem(): string | null {
    if (this.#length % TIME_INDEX_ENTRY_BYTES !== 0)
      return `${this.#length} bytes are not a multiple of ${TIME_INDEX_ENTRY_BYTES}`
    let timestamp = -1
    let offset = this.#baseOffset - 1
    for (let entry = 0; entry < this.entries; entry++) {
      if (this.timestamp(entry) <= timestamp)
        return `entry ${entry} has timestamp ${this.timestamp(entry)} after ${timestamp}`
      if (this.offset(entry) <= offset) return `entry ${entry} has offset ${this.offset(entry)} after ${offset}`
      timestamp = this.timestamp(entry)
      offset = this.offset(entry)
    }
    return null
  }

  /** The content of the file. */
  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  #grow(): void {
    const grown = Buffer.alloc(Math.max(INITIAL_BYTES, this.#bytes.length * 2))
    this.#bytes.copy(grown, 0, 0, this.#length)
    this.#bytes = grown
    this.#view = viewOf(grown)
  }
}

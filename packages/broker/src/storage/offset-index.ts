/**
 * The offset index of a segment: 8 bytes an entry, `int32 offset - base offset, int32 position`. An entry is made at the
 * first batch that begins more than `index.interval.bytes` after the batch of the entry before it (never at position 0);
 * its offset is that batch's *last* offset, its position where the batch begins. So a look-up gives a batch at or
 * before the one wanted, never after.
 *
 * In memory the entries are the bytes of the file; the file is written when the segment is closed, and rebuilt from
 * the log where it is missing or cannot be right.
 */
import { viewOf } from '@odradek/protocol'

export const OFFSET_INDEX_ENTRY_BYTES = 8
const INITIAL_BYTES = 256

export class OffsetIndex {
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

  /** The entries of a file of which only those below `offset` are sure, as far as they rise and lie within the log. */
  static beginningOf(baseOffset: number, bytes: Buffer, offset: number, logBytes: number): OffsetIndex {
    const whole = new OffsetIndex(
      baseOffset,
      bytes.subarray(0, bytes.length - (bytes.length % OFFSET_INDEX_ENTRY_BYTES)),
    )
    let entry = 0
    for (let last = baseOffset - 1, position = 0; entry < whole.entries; entry++) {
      if (whole.offset(entry) >= offset || whole.offset(entry) <= last) break
      if (whole.position(entry) <= position || whole.position(entry) >= logBytes) break
      last = whole.offset(entry)
      position = whole.position(entry)
    }
    whole.#length = entry * OFFSET_INDEX_ENTRY_BYTES
    return whole
  }

  /** Bytes of memory that it takes. */
  get heldBytes(): number {
    return this.#bytes.length
  }

  get entries(): number {
    return this.#length / OFFSET_INDEX_ENTRY_BYTES
  }

  offset(entry: number): number {
    return this.#baseOffset + this.#view.getInt32(entry * OFFSET_INDEX_ENTRY_BYTES)
  }

  position(entry: number): number {
    return this.#view.getInt32(entry * OFFSET_INDEX_ENTRY_BYTES + 4)
  }

  append(lastOffset: number, position: number): void {
    if (this.#length === this.#bytes.length) this.#grow()
    this.#view.setInt32(this.#length, lastOffset - this.#baseOffset)
    this.#view.setInt32(this.#length + 4, position)
    this.#length += OFFSET_INDEX_ENTRY_BYTES
  }

  /** Where to begin to look for the batch that holds `offset`: at or before it. */
  positionFor(offset: number): number {
    const view = this.#view
    const relative = offset - this.#baseOffset
    let low = 0
    let high = this.entries
    while (low < high) {
      const middle = (low + high) >>> 1
      if (view.getInt32(middle * OFFSET_INDEX_ENTRY_BYTES) <= relative) low = middle + 1
      else high = middle
    }
    return low === 0 ? 0 : this.position(low - 1)
  }

  /** The greatest indexed batch beginning at or before `position`; 0 when there is none. */
  floorPosition(position: number): number {
    const view = this.#view
    let low = 0
    let high = this.entries
    while (low < high) {
      const middle = (low + high) >>> 1
      if (view.getInt32(middle * OFFSET_INDEX_ENTRY_BYTES + 4) <= position) low = middle + 1
      else high = middle
    }
    return low === 0 ? 0 : this.position(low - 1)
  }

  /** Forgets the batches that begin at `position` or later. */
  truncateToPosition(position: number): void {
    while (this.#length > 0 && this.position(this.entries - 1) >= position) this.#length -= OFFSET_INDEX_ENTRY_BYTES
  }

  /**
   * Why these entries cannot belong to a segment of `logBytes` bytes, or null: offsets and positions rise, and every
   * position leaves room for a batch.
   */
  problem(logBytes: number): string | null {
    if (this.#length % OFFSET_INDEX_ENTRY_BYTES !== 0)
      return `${this.#length} bytes are not a multiple of ${OFFSET_INDEX_ENTRY_BYTES}`
    let offset = this.#baseOffset - 1
    let position = 0
    for (let entry = 0; entry < this.entries; entry++) {
      if (this.offset(entry) <= offset) return `entry ${entry} has offset ${this.offset(entry)} after ${offset}`
      if (this.position(entry) <= position)
        return `entry ${entry} has position ${this.position(entry)} after ${position}`
      offset = this.offset(entry)
      position = this.position(entry)
    }
    return position >= logBytes && position > 0 ? `position ${position} lies beyond the log's ${logBytes} bytes` : null
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

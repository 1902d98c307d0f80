/**
 * Where the newest batches of the active segment begin, so that reading at the tail needs neither index nor file: for
 * each its last offset and its position, oldest first, in a ring. Made at the first append, so that the thousands of
 * partitions nobody writes to have none.
 */
const CAPACITY = 128

export class PositionRing {
  readonly #lastOffsets = new Float64Array(CAPACITY)
  readonly #positions = new Float64Array(CAPACITY)
  #first = 0
  #count = 0

  add(lastOffset: number, position: number): void {
    const at = (this.#first + this.#count) % CAPACITY
    this.#lastOffsets[at] = lastOffset
    this.#positions[at] = position
    if (this.#count < CAPACITY) this.#count++
    else this.#first = (this.#first + 1) % CAPACITY
  }

  clear(): void {
    this.#count = 0
  }

  /** The position of the batch that holds `offset` (or of the next one); -1 when it may lie before what is known. */
  positionOf(offset: number): number {
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#lastOffsets[(this.#first + middle) % CAPACITY]! < offset) low = middle + 1
      else high = middle
    }
    if (low === this.#count) return -1
    // Before the oldest batch known there may be others that hold the offset, unless it is the segment's first.
    if (low === 0 && this.#positions[this.#first] !== 0) return -1
    return this.#positions[(this.#first + low) % CAPACITY]!
  }

  /** The last known batch that begins at or before `position`; -1 when that may be one before what is known. */
  floorPosition(position: number): number {
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#positions[(this.#first + middle) % CAPACITY]! <= position) low = middle + 1
      else high = middle
    }
    return low === 0 ? -1 : this.#positions[(this.#first + low - 1) % CAPACITY]!
  }
}

/** Offsets per chunk: 8 KiB of bits. */
const CHUNK_OFFSETS = 65_536

interface Chunk {
  readonly bits: Uint8Array
  /** Bits that are set. */
  count: number
}

/**
 * Which offsets of an intake log hold a record that waits: one bit per offset, in chunks that are made when an offset of
 * theirs is added and let go of when none is left.
 */
export class WaitingSet {
  readonly #chunks = new Map<number, Chunk>()
  #size = 0

  /** How many wait. */
  get size(): number {
    return this.#size
  }

  has(offset: number): boolean {
    const chunk = this.#chunks.get(Math.floor(offset / CHUNK_OFFSETS))
    if (chunk === undefined) return false
    const at = offset % CHUNK_OFFSETS
    return (chunk.bits[at >> 3]! & (1 << (at & 7))) !== 0
  }

  /** False where it was there already. */
  add(offset: number): boolean {
    const number = Math.floor(offset / CHUNK_OFFSETS)
    let chunk = this.#chunks.get(number)
    if (chunk === undefined) {
      chunk = { bits: new Uint8Array(CHUNK_OFFSETS >> 3), count: 0 }
      this.#chunks.set(number, chunk)
    }
    const at = offset % CHUNK_OFFSETS
    const bit = 1 << (at & 7)
    if ((chunk.bits[at >> 3]! & bit) !== 0) return false
    chunk.bits[at >> 3]! |= bit
    chunk.count++
    this.#size++
    return true
  }

  /** False where it was not there. */
  delete(offset: number): boolean {
    const number = Math.floor(offset / CHUNK_OFFSETS)
    const chunk = this.#chunks.get(number)
    if (chunk === undefined) return false
    const at = offset % CHUNK_OFFSETS
    const bit = 1 << (at & 7)
    if ((chunk.bits[at >> 3]! & bit) === 0) return false
    chunk.bits[at >> 3]! &= ~bit
    this.#size--
    if (--chunk.count === 0) this.#chunks.delete(number)
    return true
  }

  /** The offsets in `[from, to)` that wait, rising. */
  *between(from: number, to: number): Generator<number> {
    const last = Math.floor((to - 1) / CHUNK_OFFSETS)
    for (let number = Math.floor(from / CHUNK_OFFSETS); number <= last; number++) {
      const chunk = this.#chunks.get(number)
      if (chunk === undefined) continue
      const base = number * CHUNK_OFFSETS
      const start = Math.max(from - base, 0)
      const end = Math.min(to - base, CHUNK_OFFSETS)
      for (let at = start; at < end; at++) {
        if ((at & 7) === 0 && chunk.bits[at >> 3] === 0) at += 7
        else if ((chunk.bits[at >> 3]! & (1 << (at & 7))) !== 0) yield base + at
      }
    }
  }

  /** How many of `[from, to)` wait. */
  countBetween(from: number, to: number): number {
    let count = 0
    const last = Math.floor((to - 1) / CHUNK_OFFSETS)
    for (let number = Math.floor(from / CHUNK_OFFSETS); number <= last; number++) {
      const chunk = this.#chunks.get(number)
      if (chunk === undefined) continue
      const base = number * CHUNK_OFFSETS
      if (from <= base && to >= base + CHUNK_OFFSETS) count += chunk.count
      else for (const _ of this.between(Math.max(from, base), Math.min(to, base + CHUNK_OFFSETS))) count++
    }
    return count
  }

  /** The least offset that waits, at or above `from`; Infinity for none. */
  firstFrom(from: number): number {
    const first = Math.floor(from / CHUNK_OFFSETS)
    let least = Number.POSITIVE_INFINITY
    for (const number of this.#chunks.keys()) if (number >= first && number < least) least = number
    while (least !== Number.POSITIVE_INFINITY) {
      const base = least * CHUNK_OFFSETS
      for (const offset of this.between(Math.max(from, base), base + CHUNK_OFFSETS)) return offset
      // Only where `from` lies in the chunk, behind all that it has.
      const passed = least
      least = Number.POSITIVE_INFINITY
      for (const number of this.#chunks.keys()) if (number > passed && number < least) least = number
    }
    return Number.POSITIVE_INFINITY
  }
}

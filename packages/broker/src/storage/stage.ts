/**
 * Where small batches of a turn are put together, so that they reach the file with one write. The memory is borrowed from
 * a pool from the first batch to the write: thousands of partitions stage in turn, few at the same time. The largest still
 * fits into the processor's second-level cache.
 *
 * What the journal makes durable may stay staged over many turns (log-state.ts): of that there is a bound.
 */
const SIZES_BYTES = [8 * 1024, 64 * 1024, 256 * 1024] as const
/** Buffers of each size kept for the next turn. */
const KEPT_MAX = [256, 64, 8] as const

const pool: Buffer[][] = [[], [], []]

/** What logs of a data directory keep staged over the end of a turn, buffers as a whole. */
export class KeptStages {
  bytes = 0
  readonly #bytesMax: number

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get isFull(): boolean {
    return this.bytes >= this.#bytesMax
  }
}

export class Stage {
  /** Bytes staged. */
  length = 0
  #buffer: Buffer | null = null
  #sizeClass = 0
  /** Where the buffer counts as kept. */
  #keptIn: KeptStages | null = null

  /** Copies `source[start, end)` behind what is there; false when it does not fit into the largest buffer. */
  add(source: Buffer, start: number, end: number): boolean {
    const needed = this.length + end - start
    if (this.#buffer === null || needed > this.#buffer.length) {
      if (!this.#grow(needed)) return false
    }
    source.copy(this.#buffer!, this.length, start, end)
    this.length = needed
    return true
  }

  /** What was staged: its first `length` bytes. */
  get buffer(): Buffer {
    return this.#buffer!
  }

  /** The buffer is kept over the end of a turn, and counts among those of `kept` until it is given back. */
  keep(kept: KeptStages): void {
    if (this.#keptIn !== null || this.#buffer === null) return
    this.#keptIn = kept
    kept.bytes += this.#buffer.length
  }

  /** Lets go of the first `bytes`. */
  drop(bytes: number): void {
    this.#buffer!.copyWithin(0, bytes, this.length)
    this.length -= bytes
  }

  /** Empties the stage and gives its memory back. */
  clear(): void {
    this.length = 0
    if (this.#buffer === null) return
    if (this.#keptIn !== null) this.#keptIn.bytes -= this.#buffer.length
    this.#keptIn = null
    if (pool[this.#sizeClass]!.length < KEPT_MAX[this.#sizeClass]!) pool[this.#sizeClass]!.push(this.#buffer)
    this.#buffer = null
  }

  #grow(needed: number): boolean {
    const sizeClass = SIZES_BYTES.findIndex((bytes) => bytes >= needed)
    if (sizeClass === -1) return false
    const grown = pool[sizeClass]!.pop() ?? Buffer.allocUnsafeSlow(SIZES_BYTES[sizeClass]!)
    const { length } = this
    if (this.#buffer !== null) this.#buffer.copy(grown, 0, 0, length)
    this.clear()
    this.length = length
    this.#buffer = grown
    this.#sizeClass = sizeClass
    return true
  }
}

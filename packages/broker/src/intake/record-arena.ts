const SLAB_BYTES = 1024 * 1024

/** Memory that many records are copied into, one behind the other, and that is used again for others when they are done with. */
export class RecordArena {
  readonly #slabs: Buffer[] = []
  readonly #large: Buffer[] = []
  #slab = 0
  #position = 0
  /** Where `add` put bytes last: the number of their buffer. */
  bufferNumber = 0

  /** Copies bytes into the buffer `bufferNumber`; returns where they begin there. */
  add(bytes: Buffer, start: number, end: number): number {
    const length = end - start
    if (length > SLAB_BYTES / 4) {
      this.#large.push(Buffer.from(bytes.subarray(start, end)))
      this.bufferNumber = -this.#large.length
      return 0
    }
    if (this.#position + length > SLAB_BYTES) {
      this.#slab++
      this.#position = 0
    }
    this.#slabs[this.#slab] ??= Buffer.allocUnsafeSlow(SLAB_BYTES)
    this.bufferNumber = this.#slab
    const at = this.#position
    bytes.copy(this.#slabs[this.#slab]!, at, start, end)
    this.#position = at + length
    return at
  }

  buffer(number: number): Buffer {
    return number < 0 ? this.#large[-number - 1]! : this.#slabs[number]!
  }

  /** Nobody uses what was added so far any more. */
  reset(): void {
    this.#large.length = 0
    this.#slab = 0
    this.#position = 0
  }

  /** The same, and the memory is let go of. */
  release(): void {
    this.reset()
    this.#slabs.length = 0
  }
}

const SLAB_BYTES = 1024 * 1024

/** Memory that many records are copied into, one behind the other, and that is used again for others when they are done with. */
export class RecordArena {
  readonly #slabs: Buffer[] = []
  #slab = 0
  #position = 0
  /** What `add` copied into last. */
  buffer: Buffer = Buffer.alloc(0)

  /** Copies bytes into `buffer`; returns where they begin there. */
  add(bytes: Buffer, start: number, end: number): number {
    const length = end - start
    if (length > SLAB_BYTES / 4) {
      this.buffer = Buffer.from(bytes.subarray(start, end))
      return 0
    }
    if (this.#position + length > SLAB_BYTES) {
      this.#slab++
      this.#position = 0
    }
    this.#slabs[this.#slab] ??= Buffer.allocUnsafeSlow(SLAB_BYTES)
    this.buffer = this.#slabs[this.#slab]!
    const at = this.#position
    bytes.copy(this.buffer, at, start, end)
    this.#position = at + length
    return at
  }

  /** Nobody uses what was added so far any more. */
  reset(): void {
    this.#slab = 0
    this.#position = 0
    this.buffer = Buffer.alloc(0)
  }

  /** The same, and the memory is let go of. */
  release(): void {
    this.reset()
    this.#slabs.length = 0
  }
}

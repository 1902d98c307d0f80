const SMALLEST_BYTES = 64 * 1024
const LARGEST_BYTES = 4 * 1024 * 1024
/** Above this, released buffers go to the garbage collector. */
const POOLED_BYTES_MAX = 32 * 1024 * 1024

/** The largest buffer that a `BufferPool` lends. */
export const POOLED_BUFFER_BYTES_MAX = LARGEST_BYTES

/**
 * Lends buffers of 64 KiB, 128 KiB … 4 MiB. A fresh buffer of such a size costs page faults at its first use, several
 * times what filling it costs.
 */
export class BufferPool {
  readonly #free = new Map<number, Buffer[]>()
  #pooledBytes = 0

  /** A buffer of at least `bytes` (at most `POOLED_BUFFER_BYTES_MAX`) with whatever it held before. */
  take(bytes: number): Buffer {
    let size = SMALLEST_BYTES
    while (size < bytes) size *= 2
    const pooled = this.#free.get(size)?.pop()
    if (pooled === undefined) return Buffer.allocUnsafeSlow(size)
    this.#pooledBytes -= size
    return pooled
  }

  /** Gives back a buffer that `take` lent, whole. */
  release(buffer: Buffer): void {
    const size = buffer.length
    if (this.#pooledBytes + size > POOLED_BYTES_MAX) return
    this.#pooledBytes += size
    const free = this.#free.get(size)
    if (free === undefined) this.#free.set(size, [buffer])
    else free.push(buffer)
  }
}

import type { Slice } from '../bytes/slice.ts'
import { BatchHeader, LENGTH_PREFIX_BYTES, RECORDS, readBatchHeader } from './batch.ts'
import { CorruptBatchError } from './corrupt-batch-error.ts'

/**
 * Steps through batches that follow one another, as in a fetch response or a segment. The last one may be cut off: it
 * is left out, and `end` tells where it begins.
 */
export class BatchCursor {
  /** The header of the batch that `next` moved to. */
  readonly header = new BatchHeader()
  readonly #bytes: Slice
  /** Where the batch begins. */
  start: number
  /** One past its last byte; after the last whole batch it stays there. */
  end: number

  constructor(bytes: Slice) {
    this.#bytes = bytes
    this.start = bytes.start
    this.end = bytes.start
  }

  /**
   * Moves to the next batch, or returns false when no whole one is left. Looks at length and magic only; throws a
   * CorruptBatchError when they cannot be right.
   */
  next(): boolean {
    const { view, end } = this.#bytes
    const start = this.end
    if (end - start < RECORDS) return false
    const size = LENGTH_PREFIX_BYTES + view.getInt32(start + 8)
    const magic = view.getInt8(start + 16)
    if (size < RECORDS)
      throw new CorruptBatchError(`Batch at ${start} claims a size of ${size} bytes; the header has 61.`)
    if (magic !== 2) throw new CorruptBatchError(`Batch at ${start} has magic ${magic}; only 2 can be read.`)
    if (size > end - start) return false
    readBatchHeader(view, start, this.header)
    this.start = start
    this.end = start + size
    return true
  }

  /** The batch that `next` moved to. Borrowed, like the bytes it came from. */
  slice(): Slice {
    const { buffer, view } = this.#bytes
    return { buffer, view, start: this.start, end: this.end }
  }
}

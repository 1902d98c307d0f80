import { BatchHeader, CorruptBatchError, RECORDS, readBatchHeader, viewOf } from '@odradek/protocol'
import type { DiskFile } from '../host/disk.ts'

/** Enough for the batches between two index entries; one read of the page cache. */
const WINDOW_BYTES = 8 * 1024

/**
 * Steps through the batch headers of a stretch of a segment, reading as little as it can: a window of 8 KiB at a time,
 * not the records. For stretches that were validated when they were written. One scanner serves a whole process, since
 * nothing is awaited while it is in use.
 */
export class BatchScanner {
  /** The header of the batch that `next` moved to. */
  readonly header = new BatchHeader()
  /** Where it begins in the file. */
  position = 0
  readonly #buffer = Buffer.allocUnsafeSlow(WINDOW_BYTES)
  readonly #view = viewOf(this.#buffer)
  #file: DiskFile | null = null
  #windowStart = 0
  #windowEnd = 0
  #next = 0
  #end = 0

  /** Prepares to step through the batches in `[position, end)`; `position` is where a batch begins. */
  open(file: DiskFile, position: number, end: number): void {
    this.#file = file
    this.#windowStart = position
    this.#windowEnd = position
    this.#next = position
    this.#end = end
  }

  /** Moves to the next whole batch; false at the end. Throws a CorruptBatchError where there is none. */
  next(): boolean {
    const position = this.#next
    if (position + RECORDS > this.#end) return false
    if (position + RECORDS > this.#windowEnd) this.#read(position)
    readBatchHeader(this.#view, position - this.#windowStart, this.header)
    const size = this.header.sizeInBytes
    if (this.header.magic !== 2 || size < RECORDS)
      throw new CorruptBatchError(
        `${this.#file!.path} has no batch at position ${position}: magic ${this.header.magic}, size ${size}.`,
      )
    if (position + size > this.#end) return false
    this.position = position
    this.#next = position + size
    return true
  }

  /** Where the batch after the current one begins. */
  get nextPosition(): number {
    return this.#next
  }

  #read(position: number): void {
    const wanted = Math.min(WINDOW_BYTES, this.#end - position)
    const length = this.#file!.read(this.#buffer, 0, wanted, position)
    if (length < RECORDS)
      throw new CorruptBatchError(`${this.#file!.path} ends at ${position + length}, before ${this.#end}.`)
    this.#windowStart = position
    this.#windowEnd = position + length
  }
}

/** The scanner everyone uses. */
export const batchScanner = new BatchScanner()

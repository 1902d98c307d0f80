import { BatchHeader, RECORDS, readBatchHeader, type Slice, verifyBatchCrc, viewOf } from '@odradek/protocol'
import type { DiskFile } from '../host/disk.ts'

/** What is read at a time, where there is so much. */
const WINDOW_BYTES = 1024 * 1024
const NOTHING = Buffer.alloc(0)

/**
 * Steps through the whole batches of a file, records included: for recovery, replay, compaction and the tools. Trusts
 * nothing: where no well-formed batch follows it stops and `problem` says why.
 */
export class BatchReader {
  readonly header = new BatchHeader()
  /** What is wrong at `position`, after `next` returned false; null at the end of the file. */
  problem: string | null = null
  /** Where the batch that `next` moved to begins in the file; after the last, where it ended. */
  position = 0
  buffer: Buffer = NOTHING
  view: DataView = viewOf(this.buffer)
  /** The batch's bytes are `buffer[start, end)`. They hold until the next call. */
  start = 0
  end = 0
  #file: DiskFile | null = null
  #fileEnd = 0
  #windowStart = 0
  #windowEnd = 0
  #checkCrc = true

  /** Prepares to read `[position, end)` of `file`, where a batch begins at `position`. */
  open(file: DiskFile, position: number, end: number, checkCrc: boolean): void {
    this.#file = file
    this.#fileEnd = end
    this.#checkCrc = checkCrc
    this.#windowStart = position
    this.#windowEnd = position
    this.position = position
    this.start = 0
    this.end = 0
    this.problem = null
  }

  /** Moves to the next batch. */
  next(): boolean {
    const position = this.#windowStart + this.end
    this.position = position
    this.problem = null
    const left = this.#fileEnd - position
    if (left === 0) return false
    if (left < RECORDS) return this.#stop(`only ${left} bytes are left, a batch has at least ${RECORDS}`)
    if (!this.#fill(position, RECORDS)) return false
    let start = position - this.#windowStart
    const size = this.view.getInt32(start + 8) + 12
    const magic = this.view.getInt8(start + 16)
    if (size < RECORDS) return this.#stop(`the length says ${size - 12}, a batch has at least ${RECORDS - 12}`)
    if (magic !== 2) return this.#stop(`magic is ${magic}, not 2`)
    if (size > left) return this.#stop(`the batch claims ${size} bytes, ${left} are left`)
    if (!this.#fill(position, size)) return false
    start = position - this.#windowStart
    if (this.#checkCrc && !verifyBatchCrc(this.buffer, this.view, start)) return this.#stop('the CRC does not match')
    readBatchHeader(this.view, start, this.header)
    this.start = start
    this.end = start + size
    return true
  }

  /** Where the batch after the current one begins in the file. */
  get nextPosition(): number {
    return this.#windowStart + this.end
  }

  /** The batch, borrowed until the next call. */
  slice(): Slice {
    return { buffer: this.buffer, view: this.view, start: this.start, end: this.end }
  }

  #stop(problem: string): false {
    this.problem = problem
    return false
  }

  /** Sees to it that `[position, position + size)` is in the window. */
  #fill(position: number, size: number): boolean {
    if (position >= this.#windowStart && position + size <= this.#windowEnd) return true
    const room = Math.max(size, Math.min(WINDOW_BYTES, this.#fileEnd - position))
    if (room > this.buffer.length) {
      this.buffer = Buffer.allocUnsafeSlow(room)
      this.view = viewOf(this.buffer)
    }
    const wanted = Math.min(this.buffer.length, this.#fileEnd - position)
    const length = this.#file!.read(this.buffer, 0, wanted, position)
    this.#windowStart = position
    this.#windowEnd = position + length
    this.end = 0
    if (length < size) return this.#stop(`the file ends at ${position + length}, before ${this.#fileEnd}`)
    return true
  }
}

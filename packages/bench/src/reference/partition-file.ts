import fs from 'node:fs'
import { native } from '@odradek/native'
import { LAST_OFFSET_DELTA, patchBaseOffset, type Slice } from '@odradek/protocol'

/** Batches below this size are put together before they are written. */
const DIRECT_BYTES_MIN = 8192
const STAGE_BYTES = 256 * 1024
/** Blocks are reserved this far ahead, where the machine can. */
const EXTENT_BYTES = 64 * 1024 * 1024

/**
 * One partition: a file that batches are written behind one another to. All that is known of it is where it ends. Or a part
 * of a file that several share, so that one sync does for all; then it knows where each of its batches is.
 */
export class PartitionFile {
  readonly descriptor: number
  readonly #path: string
  readonly #shared: PartitionFile | null
  /** Of the batches in the shared file. */
  readonly #positions: number[] = []
  readonly #stage: Buffer
  #staged = 0
  #written = 0
  #reserved = 0
  endOffset = 0
  /** Of the first batch, and so of all: a position is found by dividing. */
  #batchBytes = 0
  #batchRecords = 0

  constructor(path: string, shared: PartitionFile | null = null) {
    this.#path = path
    this.#shared = shared
    this.#stage = Buffer.allocUnsafeSlow(shared === null ? STAGE_BYTES : 0)
    this.descriptor = shared?.descriptor ?? fs.openSync(path, 'w+')
  }

  get sizeInBytes(): number {
    return this.#shared?.sizeInBytes ?? this.#written + this.#staged
  }

  /** Appends one batch, which it gives its base offset, and returns that. */
  append({ buffer, view, start, end }: Slice): number {
    const baseOffset = this.endOffset
    const bytes = end - start
    const records = view.getInt32(start + LAST_OFFSET_DELTA) + 1
    patchBaseOffset(view, start, baseOffset)
    if (this.#batchBytes === 0) {
      this.#batchBytes = bytes
      this.#batchRecords = records
    }
    this.endOffset = baseOffset + records
    if (this.#shared === null) this.#put(buffer, start, end)
    else {
      this.#positions.push(this.#shared.sizeInBytes)
      this.#shared.#put(buffer, start, end)
    }
    return baseOffset
  }

  #put(buffer: Buffer, start: number, end: number): void {
    const bytes = end - start
    if (bytes >= DIRECT_BYTES_MIN) {
      this.write()
      this.#writeOut(buffer, start, bytes)
    } else {
      if (this.#staged + bytes > STAGE_BYTES) this.write()
      buffer.copy(this.#stage, this.#staged, start, end)
      this.#staged += bytes
    }
  }

  /** Writes what was put together. */
  write(): void {
    if (this.#staged === 0) return
    const bytes = this.#staged
    this.#staged = 0
    this.#writeOut(this.#stage, 0, bytes)
  }

  /** Where the batch that holds `offset` begins; every batch is taken to be as the first. */
  positionOf(offset: number): number {
    const batch = this.#batchRecords === 0 ? 0 : Math.floor(offset / this.#batchRecords)
    return this.#shared === null ? batch * this.#batchBytes : (this.#positions[batch] ?? this.sizeInBytes)
  }

  /** As many whole batches as `bytes` hold, one at least. */
  wholeBatches(bytes: number): number {
    if (this.#shared !== null) return this.#batchBytes
    return this.#batchBytes === 0 ? 0 : Math.max(1, Math.floor(bytes / this.#batchBytes)) * this.#batchBytes
  }

  remove(): void {
    fs.close(this.descriptor, () => {})
    fs.unlink(this.#path, () => {})
  }

  #writeOut(buffer: Buffer, start: number, bytes: number): void {
    if (native !== null && this.#written + bytes > this.#reserved) {
      native.fallocate(this.descriptor, this.#reserved, Math.max(EXTENT_BYTES, bytes))
      this.#reserved += Math.max(EXTENT_BYTES, bytes)
    }
    for (let done = 0; done < bytes; ) {
      done += fs.writeSync(this.descriptor, buffer, start + done, bytes - done, this.#written + done)
    }
    this.#written += bytes
  }
}

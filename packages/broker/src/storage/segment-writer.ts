/** Writing a segment from its first batch to its last, beside the log: what compaction puts in the place of others. */
import type { BatchHeader } from '@odradek/protocol'
import type { Disk, DiskFile } from '../host/disk.ts'
import {
  CLEANED_SUFFIX,
  fileName,
  INDEX_SUFFIX,
  LOG_SUFFIX,
  SEGMENT_SUFFIXES,
  TIME_INDEX_SUFFIX,
  TRANSACTION_INDEX_SUFFIX,
} from './segment-files.ts'
import { SegmentIndexBuilder } from './segment-index-builder.ts'
import { type AbortedTransaction, encodeAborted } from './transaction-index.ts'

const BUFFER_BYTES = 1024 * 1024

/** The `.cleaned` files of one segment. */
export class SegmentWriter {
  readonly baseOffset: number
  /** Bytes of batches so far. */
  size = 0
  readonly #disk: Disk
  readonly #directory: string
  readonly #log: DiskFile
  readonly #indexes: SegmentIndexBuilder
  readonly #aborted: AbortedTransaction[] = []
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES)
  #buffered = 0

  constructor(disk: Disk, directory: string, baseOffset: number, indexIntervalBytes: number) {
    this.#disk = disk
    this.#directory = directory
    this.baseOffset = baseOffset
    removeCleaned(disk, directory, baseOffset)
    this.#log = disk.open(cleanedPath(directory, baseOffset, LOG_SUFFIX), 'create')
    this.#indexes = new SegmentIndexBuilder(baseOffset, indexIntervalBytes)
  }

  /** Appends the batch `buffer[start, end)`, whose header this is. */
  append(buffer: Buffer, start: number, end: number, header: BatchHeader): void {
    const length = end - start
    this.#indexes.track(header, this.size, length)
    if (this.#buffered + length > BUFFER_BYTES) this.#write()
    if (length > BUFFER_BYTES) this.#log.write(buffer, start, end, this.size)
    else {
      buffer.copy(this.#buffer, this.#buffered, start, end)
      this.#buffered += length
    }
    this.size += length
  }

  /** Puts an aborted transaction in the index: its marker is in this segment. */
  addAborted(aborted: AbortedTransaction): void {
    this.#aborted.push(aborted)
  }

  /** Writes what is left and the indexes, and makes all of it durable (but for the names). */
  finish(): void {
    this.#write()
    this.#log.syncNow()
    this.#log.close()
    this.#indexes.finish()
    this.#writeFile(INDEX_SUFFIX, this.#indexes.offsets.bytes())
    this.#writeFile(TIME_INDEX_SUFFIX, this.#indexes.times.bytes())
    if (this.#aborted.length > 0)
      this.#writeFile(TRANSACTION_INDEX_SUFFIX, Buffer.concat(this.#aborted.map(encodeAborted)))
  }

  /** Gives up: the files go. */
  discard(): void {
    this.#log.close()
    removeCleaned(this.#disk, this.#directory, this.baseOffset)
  }

  #write(): void {
    if (this.#buffered === 0) return
    this.#log.write(this.#buffer, 0, this.#buffered, this.size - this.#buffered)
    this.#buffered = 0
  }

  #writeFile(suffix: string, bytes: Buffer): void {
    const file = this.#disk.open(cleanedPath(this.#directory, this.baseOffset, suffix), 'create')
    if (bytes.length > 0) file.write(bytes, 0, bytes.length, 0)
    file.syncNow()
    file.close()
  }
}

/** Removes the `.cleaned` files of a segment. */
export function removeCleaned(disk: Disk, directory: string, baseOffset: number): void {
  for (const suffix of SEGMENT_SUFFIXES) disk.remove(cleanedPath(directory, baseOffset, suffix))
}

function cleanedPath(directory: string, baseOffset: number, suffix: string): string {
  return `${directory}/${fileName(baseOffset, suffix)}${CLEANED_SUFFIX}`
}

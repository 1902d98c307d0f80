/** Reading a journal's file, and what is found there of one log. */
import type { Disk } from '../host/disk.ts'
import {
  decodeEntry,
  decodeHead,
  ENTRY_HEAD_BYTES,
  entryBytes,
  HEAD_BYTES,
  type JournalEntry,
} from './journal-entry.ts'

const READ_BYTES = 1024 * 1024

/** Batches of a log: where they are in a journal's file, and their offsets. */
export interface FoundRange {
  readonly path: string
  readonly position: number
  readonly length: number
  readonly offset: number
  /** After the last that holds; less than what is in the range where the log was cut since. */
  readonly endOffset: number
}

/** What a journal has of one log, in the order in which it came. There may be very many: they are kept in plain arrays. */
export class FoundRecords {
  readonly #paths: string[] = []
  readonly #numbers: number[] = []

  add({ path, position, length, offset, endOffset }: FoundRange): void {
    this.#paths.push(path)
    this.#numbers.push(position, length, offset, endOffset)
  }

  /** The log was cut at `offset`. */
  cut(offset: number): void {
    let kept = 0
    for (const range of [...this]) {
      if (range.offset >= offset) continue
      this.#paths[kept] = range.path
      const numbers = [range.position, range.length, range.offset, Math.min(range.endOffset, offset)]
      for (const [at, number] of numbers.entries()) this.#numbers[kept * 4 + at] = number
      kept++
    }
    this.#paths.length = kept
    this.#numbers.length = kept * 4
  }

  *[Symbol.iterator](): Generator<FoundRange> {
    const numbers = this.#numbers
    for (const [at, path] of this.#paths.entries()) {
      const from = at * 4
      yield {
        path,
        position: numbers[from]!,
        length: numbers[from + 1]!,
        offset: numbers[from + 2]!,
        endOffset: numbers[from + 3]!,
      }
    }
  }
}

/**
 * Tells of every entry of the file of a sequence, with the position and length of its batches, up to the first that is not
 * whole, or of an earlier use of the file. Throws I/O errors.
 */
export function scanJournal(
  disk: Disk,
  path: string,
  sequence: number,
  found: (entry: JournalEntry, position: number, length: number) => void,
): void {
  const file = disk.open(path, 'read')
  const size = file.size()
  let buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, size))
  /** Where in the file the buffer begins, and how much of it is filled. */
  let origin = 0
  let filled = 0
  const load = (position: number, bytes: number): number => {
    if (bytes > buffer.length) buffer = Buffer.allocUnsafe(bytes)
    origin = position
    filled = file.read(buffer, 0, Math.min(buffer.length, size - position), position)
    return filled
  }
  load(0, HEAD_BYTES)
  const head = decodeHead(buffer.subarray(0, filled), sequence)
  if (head !== null) {
    let position = head.sizeInBytes
    for (;;) {
      if (origin + filled - position < ENTRY_HEAD_BYTES) load(position, ENTRY_HEAD_BYTES)
      const bytes = entryBytes(buffer, position - origin, filled, head.salt)
      if (bytes < 0 || position + bytes > size) break
      if (position - origin + bytes > filled && load(position, bytes) < bytes) break
      const start = position - origin
      const entry = decodeEntry(buffer, start, start + bytes)
      if (entry === null) break
      found(entry, position + ENTRY_HEAD_BYTES, bytes - ENTRY_HEAD_BYTES)
      position += bytes
    }
  }
  file.close()
}

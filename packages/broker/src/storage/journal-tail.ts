/**
 * The file of a journal that is written to.
 *
 *     head | entries of this use          | zeros, or entries of an earlier use |
 *                                         size                                  room
 *
 * A sync of a file that grows is also one of the file system's own journal, which waits for what others write meanwhile.
 * Where there is something already it is one of the bytes alone: measured on ext4, with files beside that are flushed too,
 * half the time, and the write before it a third. So a file that was done with is used again, and a new one has zeros ahead.
 *
 * Each write ends with zeros up to the next page: a page of which a part is written, and that is not in memory any more,
 * would be read from the disk first, and the loop wait for it.
 */
import type { Disk, DiskFile } from '../host/disk.ts'
import { isNoRoom } from './disk-room.ts'
import { encodeHead, HEAD_BYTES } from './journal-entry.ts'
import type { Holding } from './journal-slot.ts'

const PAGE_BYTES = 4096
/** What a buffer must have behind what is appended from it. */
export const PADDING_BYTES = PAGE_BYTES
const AHEAD_BYTES = 1024 * 1024
const ZEROS = Buffer.alloc(AHEAD_BYTES)

export interface JournalFile<L> {
  path: string
  /** Up to where it has entries; 0 where an earlier life wrote it. */
  size: number
  /** Bytes that it has on the disk. */
  room: number
  readonly holdings: Map<string, Holding<L>>
  /** Whether it was written in this life: then what is in it is known to be of this format. */
  readonly isOwn: boolean
}

export class JournalTail<L> {
  readonly file: JournalFile<L>
  /** Of its entries. */
  readonly salt: number
  readonly #open: DiskFile
  /** There was no room for zeros. */
  #isCramped = false

  /**
   * Begins the file `path`, which is there already where it has `room`. Throws I/O errors, and leaves nothing of that name
   * then.
   */
  constructor(disk: Disk, path: string, sequence: number, salt: number, room: number) {
    this.salt = salt
    this.file = { path, size: HEAD_BYTES, room: Math.max(room, HEAD_BYTES), holdings: new Map(), isOwn: true }
    let open: DiskFile | null = null
    try {
      open = disk.open(path, room > 0 ? 'write' : 'create')
      open.write(encodeHead(sequence, salt), 0, HEAD_BYTES, 0)
    } catch (error) {
      open?.close()
      disk.remove(path)
      throw error
    }
    this.#open = open
  }

  /**
   * Writes entries, which `buffer` begins with, and zeros over the rest of their last page, as far as the file is no larger
   * than `paddedMax` by that. Throws I/O errors.
   */
  append(buffer: Buffer, bytes: number, paddedMax: number): void {
    const { file } = this
    const end = file.size + bytes
    const paddedTo = Math.max(end, Math.min(paddedMax, Math.ceil(end / PAGE_BYTES) * PAGE_BYTES))
    buffer.fill(0, bytes, paddedTo - file.size)
    this.#open.write(buffer, 0, paddedTo - file.size, file.size)
    file.size = end
    file.room = Math.max(file.room, paddedTo)
  }

  /** How many zeros it should have behind what was appended. */
  zerosAhead(fileBytes: number): number {
    const { room, size } = this.file
    if (room - size >= PAGE_BYTES || this.#isCramped) return 0
    return Math.max(0, Math.min(fileBytes, (Math.floor(size / AHEAD_BYTES) + 1) * AHEAD_BYTES) - room)
  }

  /** Writes so many; false where the disk has no room for them. Throws other I/O errors. */
  reachAhead(bytes: number): boolean {
    const { file } = this
    try {
      this.#open.write(ZEROS, 0, bytes, file.room)
      file.room += bytes
      return true
    } catch (error) {
      if (!isNoRoom(error)) throw error
      this.#isCramped = true
      return false
    }
  }

  /** Takes away what is behind its entries. Throws I/O errors. */
  cutToSize(): void {
    this.#open.truncate(this.file.size)
    this.file.room = this.file.size
  }

  sync(done: (error: Error | null) => void): void {
    this.#open.sync(done)
  }

  syncNow(): void {
    this.#open.syncNow()
  }

  close(): void {
    this.#open.close()
  }
}

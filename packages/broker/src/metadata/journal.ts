import { dirname } from 'node:path'
import type { Disk, DiskFile } from '../host/disk.ts'
import { JournalError } from './journal-error.ts'
import { decodeFrame, type Frame, frameBytesAt, hasFrameAfter } from './journal-frame.ts'

/**
 * The file of the embedded store: appended frame by frame, replaced as a whole by a snapshot. At most one frame is ever
 * written and not yet synced, so a power loss can only tear the last one; it was never acknowledged and is cut off.
 */
export class Journal {
  readonly #disk: Disk
  readonly #path: string
  #file: DiskFile | null
  #sizeInBytes: number
  /** Whether the directories know the file durably. */
  #isNamed: boolean

  private constructor(disk: Disk, path: string, file: DiskFile | null, sizeInBytes: number) {
    this.#disk = disk
    this.#path = path
    this.#file = file
    this.#sizeInBytes = sizeInBytes
    this.#isNamed = file !== null
  }

  /**
   * Reads `<directory>/journal`, calls `replay` for each frame in order and cuts a torn tail. What was replayed is
   * durable on return. A journal that is not there yet costs nothing: it is made by the first append.
   * Throws a JournalError where a frame is damaged and whole ones follow it: that is no torn write but lost metadata.
   * So it does where not one frame is there and `isExpected` says that some were durable: to begin anew would lose them all.
   */
  static open(disk: Disk, directory: string, isExpected: boolean, replay: (frame: Frame) => void): Journal {
    const path = `${directory}/journal`
    const contents = disk.readFile(path)
    if (isExpected && (contents === null || frameBytesAt(contents, 0) <= 0)) {
      const problem = contents === null ? 'is missing' : contents.length === 0 ? 'is empty' : 'cannot be read'
      throw new JournalError(
        `The metadata journal ${path} ${problem}, though this data directory has been in use. Without it no log belongs to a topic. Restore it from a copy.`,
      )
    }
    if (contents === null) return new Journal(disk, path, null, 0)
    let lastFrame = 0
    let end = 0
    for (let bytes = frameBytesAt(contents, 0); bytes > 0; bytes = frameBytesAt(contents, end)) {
      replay(decodeFrame(contents, end))
      lastFrame = end
      end += bytes
    }
    if (end < contents.length && hasFrameAfter(contents, end + 1)) {
      throw new JournalError(
        `The metadata journal ${path} is damaged at byte ${end}, before its end. Restore it from a copy.`,
      )
    }
    const file = disk.open(path, 'write')
    if (end < contents.length) file.truncate(end)
    // The last frame may not be on the device: its process was killed before the sync, or the sync failed and left the
    // page cache clean. Whoever reads it now must not lose it, so it is written once more.
    file.write(contents, lastFrame, end, lastFrame)
    file.syncNow()
    const journal = new Journal(disk, path, file, end)
    journal.#syncNames()
    return journal
  }

  get sizeInBytes(): number {
    return this.#sizeInBytes
  }

  /**
   * Appends a frame; it is durable when `done(null)` comes. One at a time. Throws when nothing was written and the journal
   * is as it was before (a full disk); any other failure comes by `done` and leaves the end of the journal unknown.
   */
  append(frame: Buffer, done: (error: Error | null) => void): void {
    const file = this.#file ?? this.#create()
    try {
      file.write(frame, 0, frame.length, this.#sizeInBytes)
    } catch (error) {
      try {
        file.truncate(this.#sizeInBytes)
      } catch {
        done(error as Error)
        return
      }
      throw error
    }
    this.#sizeInBytes += frame.length
    try {
      file.sync((error) => done(error ?? this.#nameDurably()))
    } catch (error) {
      done(error as Error)
    }
  }

  /**
   * Replaces the whole journal by one frame, atomically and durably. Blocks; not while an append is under way. Where the disk
   * has no room for it the journal is as it was before, and what is thrown says so by its code; after any other failure, that of
   * the directory's sync for want of room among them, nobody knows which of the two a start would find.
   */
  replace(frame: Buffer): void {
    const temporary = `${this.#path}.tmp`
    const file = this.#disk.open(temporary, 'create')
    try {
      file.truncate(0)
      file.write(frame, 0, frame.length, 0)
      file.syncNow()
      this.#disk.rename(temporary, this.#path)
    } catch (error) {
      file.close()
      throw error
    }
    this.#file?.close()
    this.#file = file
    this.#sizeInBytes = frame.length
    try {
      this.#disk.syncDirectory(dirname(this.#path))
    } catch (cause) {
      throw new JournalError(`The name of the metadata journal ${this.#path} could not be made durable.`, { cause })
    }
  }

  close(): void {
    this.#file?.close()
    this.#file = null
  }

  #create(): DiskFile {
    this.#disk.makeDirectory(dirname(this.#path))
    this.#file = this.#disk.open(this.#path, 'create')
    return this.#file
  }

  #nameDurably(): Error | null {
    if (this.#isNamed) return null
    try {
      this.#syncNames()
      this.#isNamed = true
      return null
    } catch (error) {
      return error as Error
    }
  }

  #syncNames(): void {
    const directory = dirname(this.#path)
    this.#disk.syncDirectory(directory)
    this.#disk.syncDirectory(dirname(directory))
  }
}

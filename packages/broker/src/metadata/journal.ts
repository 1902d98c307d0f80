import { dirname } from 'node:path'
import type { Disk, DiskFile } from '../host/disk.ts'
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

  private constructor(disk: Disk, path: string, file: DiskFile | null, sizeInBytes: number) {
    this.#disk = disk
    this.#path = path
    this.#file = file
    this.#sizeInBytes = sizeInBytes
  }

  /**
   * Reads `<directory>/journal`, calls `replay` for each frame in order and cuts a torn tail. What was replayed is
   * durable on return. A journal that is not there yet costs nothing: it is made by the first append.
   * Throws where a frame is damaged and whole ones follow it: that is no torn write but lost metadata.
   */
  static open(disk: Disk, directory: string, replay: (frame: Frame) => void): Journal {
    const path = `${directory}/journal`
    const contents = disk.readFile(path)
    if (contents === null) return new Journal(disk, path, null, 0)
    let position = 0
    for (let bytes = frameBytesAt(contents, 0); bytes > 0; bytes = frameBytesAt(contents, position)) {
      replay(decodeFrame(contents, position))
      position += bytes
    }
    if (position < contents.length && hasFrameAfter(contents, position + 1)) {
      throw new Error(
        `Metadata journal ${path} is damaged at byte ${position}, before its end. Restore it from a copy.`,
      )
    }
    const file = disk.open(path, 'write')
    if (position < contents.length) file.truncate(position)
    // A crash of the process alone leaves frames that no sync has covered; whoever reads them now must not lose them.
    file.syncNow()
    disk.syncDirectory(directory)
    return new Journal(disk, path, file, position)
  }

  get sizeInBytes(): number {
    return this.#sizeInBytes
  }

  /** Appends a frame; it is durable when `done(null)` comes. One at a time. Throws or reports I/O errors. */
  append(frame: Buffer, done: (error: Error | null) => void): void {
    const isNew = this.#file === null
    const file = this.#file ?? this.#create()
    file.write(frame, 0, frame.length, this.#sizeInBytes)
    this.#sizeInBytes += frame.length
    file.sync((error) => {
      if (error === null && isNew) {
        try {
          this.#syncNames()
        } catch (failure) {
          return done(failure as Error)
        }
      }
      done(error)
    })
  }

  /** Replaces the whole journal by one frame, atomically and durably. Blocks; not while an append is under way. */
  replace(frame: Buffer): void {
    this.#file?.close()
    this.#file = null
    this.#disk.replaceFile(this.#path, frame)
    this.#file = this.#disk.open(this.#path, 'write')
    this.#sizeInBytes = frame.length
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

  #syncNames(): void {
    const directory = dirname(this.#path)
    this.#disk.syncDirectory(directory)
    this.#disk.syncDirectory(dirname(directory))
  }
}

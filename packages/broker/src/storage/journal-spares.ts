/** Files that a journal was done with, and that wait to be used again (journal-tail.ts says why). */
import type { Disk } from '../host/disk.ts'

/** So many wait: one is in use for as long as the logs of the one before are flushed. */
const SPARES_MAX = 2
const SUFFIX = '.journal'
const SPARE_SUFFIX = '.spare'

export interface Spare {
  path: string
  /** Bytes that it has on the disk. */
  readonly room: number
}

export class JournalSpares {
  readonly #disk: Disk
  #spares: Spare[] = []

  constructor(disk: Disk) {
    this.#disk = disk
  }

  [Symbol.iterator](): Iterator<Spare> {
    return this.#spares.values()
  }

  get sizeInBytes(): number {
    let size = 0
    for (const { room } of this.#spares) size += room
    return size
  }

  /** Of the one that is used next; 0 where there is none. */
  get nextBytes(): number {
    return this.#spares.at(-1)?.room ?? 0
  }

  /** Whether there may be one more, besides so many others. */
  takes(others: number): boolean {
    return this.#spares.length + others < SPARES_MAX
  }

  /** Gives a file of the journal the name of one that is none: once that is durable it may be added. Throws I/O errors. */
  rename<F extends Spare>(file: F): F {
    const path = file.path.slice(0, -SUFFIX.length) + SPARE_SUFFIX
    this.#disk.rename(file.path, path)
    file.path = path
    return file
  }

  add(spares: readonly Spare[]): void {
    this.#spares.push(...spares)
  }

  /** Gives the last of them, which memory has most of, the name `path`: returns its bytes, 0 for none. Throws I/O errors. */
  take(path: string): number {
    const spare = this.#spares.at(-1)
    if (spare === undefined) return 0
    this.#disk.rename(spare.path, path)
    this.#spares.pop()
    return spare.room
  }

  /** Removes them, off the loop. */
  drop(failed: (error: Error) => void): void {
    if (this.#spares.length === 0) return
    const paths = this.#spares.map(({ path }) => path)
    this.#spares = []
    this.#disk.removeFiles(paths).catch(failed)
  }
}

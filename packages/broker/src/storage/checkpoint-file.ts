import type { Disk, DiskFile } from '../host/disk.ts'

/** Hears that a text, or a newer one, has taken the place of the old one; or why it could not. */
type Written = (error: Error | null) => void

/**
 * A small file that is replaced as a whole every so often, without the loop waiting for the disk: the new text is written
 * beside it, synced, and renamed over it. A crash leaves the old text or the new one. The name is not synced: whoever reads
 * it after a crash can do with the old text, or uses `writeNow`.
 */
export class CheckpointFile {
  readonly #disk: Disk
  readonly #path: string
  readonly #failed: (error: Error) => void
  /** What the file says, as far as is known. */
  #text: string | null = null
  /** What is being written, and what is to be written next. */
  #writing: string | null = null
  #next: string | null = null
  /** Who is to hear when these are done with. */
  #writers: Written[] = []
  #nextWriters: Written[] = []
  readonly #waiting: (() => void)[] = []
  /** How often it was replaced, and up to which of those that is durable. */
  #renamed = 0
  #named = 0
  /** Raised by `writeNow`: what was being written then is out of date. */
  #generation = 0

  constructor(disk: Disk, path: string, failed: (error: Error) => void) {
    this.#disk = disk
    this.#path = path
    this.#failed = failed
  }

  /**
   * Whether the file, or what is being written to it, may have a line for which `test` holds, also after a crash; true where
   * nobody knows.
   */
  mayHave(line: RegExp, test: (match: RegExpExecArray) => boolean): boolean {
    if (this.#text === null || this.#named < this.#renamed) return true
    return [this.#text, this.#writing, this.#next].some((text) => {
      const match = text === null ? null : line.exec(text)
      return match !== null && test(match)
    })
  }

  /** Replaces the text soon, and calls `done` then: a crash may bring the old one back until the directory is synced. */
  write(text: string, done: Written | null = null): void {
    if (this.#writing !== null) {
      this.#next = text
      if (done !== null) this.#nextWriters.push(done)
    } else if (text === this.#text) done?.(null)
    else {
      if (done !== null) this.#writers.push(done)
      this.#begin(text)
    }
  }

  /** How often a new text has got its name: for `named`. */
  get renamed(): number {
    return this.#renamed
  }

  /** The directory was synced: the name is durable that was the newest when `renamed` was that. */
  named(renamed: number): void {
    this.#named = Math.max(this.#named, renamed)
  }

  /** Ends when nothing is being written. */
  async idle(): Promise<void> {
    if (this.#writing !== null) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** Replaces the text, durably. */
  writeNow(text: string): void {
    this.#text = null
    this.#disk.replaceFile(this.#path, text)
    this.#generation++
    this.#named = ++this.#renamed
    this.#next = null
    this.#text = text
    tell(this.#nextWriters.splice(0), null)
  }

  #begin(text: string): void {
    const generation = this.#generation
    let opened: DiskFile | null = null
    let file: DiskFile
    try {
      opened = this.#disk.open(`${this.#path}.new`, 'create')
      file = opened
      const bytes = Buffer.from(text)
      file.write(bytes, 0, bytes.length, 0)
      file.truncate(bytes.length)
    } catch (error) {
      opened?.close()
      this.#failed(error as Error)
      tell(this.#writers.splice(0), error as Error)
      return
    }
    this.#writing = text
    file.sync((error) => {
      file.close()
      this.#writing = null
      const writers = this.#writers.splice(0)
      let failure = error
      if (error !== null) this.#failed(error)
      else if (generation === this.#generation) failure = this.#end(text)
      const next = this.#next
      this.#next = null
      this.#writers = this.#nextWriters.splice(0)
      if (error !== null) writers.push(...this.#writers.splice(0))
      else if (next !== null) this.#writeNext(next)
      tell(writers, failure)
      if (this.#writing === null) for (const ended of this.#waiting.splice(0)) ended()
    })
  }

  #writeNext(text: string): void {
    if (text !== this.#text) this.#begin(text)
    else tell(this.#writers.splice(0), null)
  }

  /** Why it could not get its name. */
  #end(text: string): Error | null {
    try {
      this.#disk.rename(`${this.#path}.new`, this.#path)
      this.#renamed++
      this.#text = text
      return null
    } catch (error) {
      this.#failed(error as Error)
      return error as Error
    }
  }
}

function tell(writers: readonly Written[], error: Error | null): void {
  for (const written of writers) written(error)
}

import type { Disk, DiskFile } from '../host/disk.ts'

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
  readonly #waiting: (() => void)[] = []
  /** Raised by `writeNow`: what was being written then is out of date. */
  #generation = 0

  constructor(disk: Disk, path: string, failed: (error: Error) => void) {
    this.#disk = disk
    this.#path = path
    this.#failed = failed
  }

  /** Whether the file, or what is being written to it, may have a line for which `test` holds; true where nobody knows. */
  mayHave(line: RegExp, test: (match: RegExpExecArray) => boolean): boolean {
    if (this.#text === null) return true
    return [this.#text, this.#writing, this.#next].some((text) => {
      const match = text === null ? null : line.exec(text)
      return match !== null && test(match)
    })
  }

  /** Replaces the text soon. */
  write(text: string): void {
    if (this.#writing !== null) this.#next = text
    else if (text !== this.#text) this.#begin(text)
  }

  /** Ends when nothing is being written. */
  async idle(): Promise<void> {
    if (this.#writing !== null) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** Replaces the text, durably. */
  writeNow(text: string): void {
    this.#generation++
    this.#next = null
    this.#text = null
    this.#disk.replaceFile(this.#path, text)
    this.#text = text
  }

  #begin(text: string): void {
    const generation = this.#generation
    let file: DiskFile
    try {
      file = this.#disk.open(`${this.#path}.new`, 'create')
      const bytes = Buffer.from(text)
      file.write(bytes, 0, bytes.length, 0)
      file.truncate(bytes.length)
    } catch (error) {
      this.#failed(error as Error)
      return
    }
    this.#writing = text
    file.sync((error) => {
      file.close()
      this.#writing = null
      if (error !== null) this.#failed(error)
      else if (generation === this.#generation) this.#end(text)
      const next = this.#next
      this.#next = null
      if (next !== null && error === null) this.write(next)
      if (this.#writing === null) for (const ended of this.#waiting.splice(0)) ended()
    })
  }

  #end(text: string): void {
    try {
      this.#disk.rename(`${this.#path}.new`, this.#path)
      this.#text = text
    } catch (error) {
      this.#failed(error as Error)
    }
  }
}

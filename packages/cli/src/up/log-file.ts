import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

const BYTES_MAX = 64 * 1024 * 1024

/** A log file of bounded size: when it is full it becomes `NAME.1` (and an older one of that name goes). */
export class LogFile {
  readonly #path: string
  #fd: number
  #bytes: number

  constructor(path: string) {
    this.#path = path
    mkdirSync(dirname(path), { recursive: true })
    this.#fd = openSync(path, 'a')
    this.#bytes = fstatSync(this.#fd).size
  }

  write(chunk: Buffer | string): void {
    if (this.#bytes > BYTES_MAX) {
      closeSync(this.#fd)
      renameSync(this.#path, `${this.#path}.1`)
      this.#fd = openSync(this.#path, 'a')
      this.#bytes = 0
    }
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    try {
      this.#bytes += writeSync(this.#fd, bytes)
    } catch {
      // A full disk: brokers go on without their logs.
    }
  }

  close(): void {
    closeSync(this.#fd)
  }
}

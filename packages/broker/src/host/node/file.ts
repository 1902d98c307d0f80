import fs from 'node:fs'
import type { DiskFile } from '../disk.ts'

/** A file by its descriptor. The descriptor outlives `close` until syncs in flight are done, so that no other file takes its number. */
export class NodeFile implements DiskFile {
  readonly path: string
  readonly #descriptor: number
  #syncsInFlight = 0
  #closed = false

  constructor(path: string, descriptor: number) {
    this.path = path
    this.#descriptor = descriptor
  }

  size(): number {
    return fs.fstatSync(this.#open()).size
  }

  write(buffer: Uint8Array, start: number, end: number, position: number): void {
    const descriptor = this.#open()
    let from = start
    while (from < end) from += fs.writeSync(descriptor, buffer, from, end - from, position + from - start)
  }

  read(buffer: Uint8Array, start: number, end: number, position: number): number {
    const descriptor = this.#open()
    let to = start
    while (to < end) {
      const count = fs.readSync(descriptor, buffer, to, end - to, position + to - start)
      if (count === 0) break
      to += count
    }
    return to - start
  }

  truncate(size: number): void {
    fs.ftruncateSync(this.#open(), size)
  }

  sync(done: (error: Error | null) => void): void {
    const descriptor = this.#open()
    this.#syncsInFlight++
    fs.fdatasync(descriptor, (error) => {
      this.#syncsInFlight--
      if (this.#closed && this.#syncsInFlight === 0) fs.closeSync(descriptor)
      done(error)
    })
  }

  syncNow(): void {
    fs.fdatasyncSync(this.#open())
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    if (this.#syncsInFlight === 0) fs.closeSync(this.#descriptor)
  }

  #open(): number {
    if (this.#closed) throw Object.assign(new Error(`${this.path} is closed`), { code: 'EBADF' })
    return this.#descriptor
  }
}

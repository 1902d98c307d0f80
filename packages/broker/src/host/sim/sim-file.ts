import { type DiskFile, ZEROS_BYTES_MAX } from '../disk.ts'
import { isNoRoom } from '../no-room.ts'
import type { PagedFile } from './paged-file.ts'
import type { SimDisk } from './sim-disk.ts'
import { systemError } from './system-error.ts'

const ZEROS = Buffer.alloc(ZEROS_BYTES_MAX)

/** A handle on a simulated file. It stays good when the file is renamed or removed. */
export class SimFile implements DiskFile {
  readonly path: string
  readonly #disk: SimDisk
  readonly #file: PagedFile
  readonly #readOnly: boolean
  #closed = false

  constructor(disk: SimDisk, file: PagedFile, path: string, readOnly: boolean) {
    this.#disk = disk
    this.#file = file
    this.path = path
    this.#readOnly = readOnly
    file.handles++
  }

  size(): number {
    return this.#disk.call('size', this.path, () => this.#open('fstat').size)
  }

  write(buffer: Uint8Array, start: number, end: number, position: number): void {
    const write = (to: number) => this.#disk.write(this.#open('write', true), this.path, buffer, start, to, position)
    const detail = `${this.path} ${position}+${end - start}`
    this.#disk.call(
      'write',
      detail,
      () => write(end),
      () => write(start + Math.floor((end - start) / 2)),
    )
  }

  writeWithZeros(buffer: Uint8Array, start: number, end: number, position: number, zerosTo: number): boolean {
    this.write(buffer, start, end, position)
    const to = position + end - start
    try {
      if (zerosTo > to) this.write(ZEROS, 0, zerosTo - to, to)
      return true
    } catch (error) {
      if (!isNoRoom(error)) throw error
      return false
    }
  }

  read(buffer: Uint8Array, start: number, end: number, position: number): number {
    const detail = `${this.path} ${position}+${end - start}`
    return this.#disk.call('read', detail, () => this.#open('read').read(buffer, start, end, position))
  }

  truncate(size: number): void {
    this.#disk.call('truncate', `${this.path} ${size}`, () => this.#disk.truncate(this.#open('ftruncate', true), size))
  }

  reserve(position: number, length: number): boolean {
    return this.#disk.reserve(this.#open('fallocate', true), position, position + length)
  }

  startWriteback(position: number, length: number, done: (error: Error | null) => void): boolean {
    const detail = `${this.path} ${position}+${length}`
    this.#open('sync_file_range')
    this.#disk.call('writeback', detail, () => this.#disk.writebackLater(this.path, done))
    return true
  }

  sync(done: (error: Error | null) => void): void {
    this.#disk.call('sync', this.path, () => this.#disk.syncLater(this.#open('fdatasync'), this.path, done))
  }

  syncNow(): void {
    this.#disk.call('sync', this.path, () => this.#disk.syncNow(this.#open('fdatasync'), this.path))
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#disk.close(this.#file)
  }

  #open(syscall: string, forWriting = false): PagedFile {
    if (this.#closed || (forWriting && this.#readOnly)) throw systemError('EBADF', syscall, this.path)
    return this.#file
  }
}

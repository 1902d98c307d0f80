import fs from 'node:fs'
import { constants } from 'node:os'
import { getSystemErrorName } from 'node:util'
import { native } from '@odradek/native'
import { type DiskFile, ZEROS_BYTES_MAX } from '../disk.ts'
import { isNoRoom } from '../no-room.ts'
import { queueSync } from './sync-queue.ts'

const { EIO, ENOSPC, EDQUOT } = constants.errno
/** What tells of the disk, not of the call. */
const DISK_ERRORS = new Set([EIO, ENOSPC, EDQUOT])
/** Until the system says that it is not. */
let isWritebackKnown = process.platform === 'linux'

const ZEROS = Buffer.alloc(ZEROS_BYTES_MAX)

/**
 * A file by its descriptor. The descriptor outlives `close` until syncs and reads in flight are done, so that no other file
 * takes its number.
 */
export class NodeFile implements DiskFile {
  readonly path: string
  readonly #descriptor: number
  #inFlight = 0
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
    // A call of the addon costs half of one of Node's. What it does not write, and every failure, is Node's.
    const written = native === null ? 0 : native.write(descriptor, buffer, start, end, position, 0)
    if (written < end - start) writeRest(descriptor, buffer, start + Math.max(written, 0), end, position - start)
  }

  writeWithZeros(buffer: Uint8Array, start: number, end: number, position: number, zerosTo: number): boolean {
    const descriptor = this.#open()
    const length = end - start
    const to = position + length
    const written =
      native === null
        ? fs.writevSync(descriptor, [buffer.subarray(start, end), ZEROS.subarray(0, zerosTo - to)], position)
        : native.write(descriptor, buffer, start, end, position, zerosTo)
    if (written === zerosTo - position) return true
    if (written < length) writeRest(descriptor, buffer, start + Math.max(written, 0), end, position - start)
    try {
      writeRest(descriptor, ZEROS, Math.max(written - length, 0), zerosTo - to, to)
      return true
    } catch (error) {
      if (!isNoRoom(error)) throw error
      return false
    }
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

  /** The same as far as it is in memory; -1 where reading would wait for the disk. Without the addon it just reads. */
  readCached(buffer: Uint8Array, start: number, end: number, position: number): number {
    if (native === null) return this.read(buffer, start, end, position)
    const got = native.readCached(this.#open(), buffer, start, end, position)
    if (got >= 0) return got
    return got === -native.errno.EAGAIN ? -1 : this.read(buffer, start, end, position)
  }

  /** Reads up to `count` bytes to the start of `buffer` by the thread pool. */
  readLater(
    buffer: Uint8Array,
    count: number,
    position: number,
    done: (error: Error | null, got: number) => void,
  ): void {
    const descriptor = this.#open()
    this.#inFlight++
    fs.read(descriptor, buffer, 0, count, position, (error, got) => {
      this.#landed()
      done(error, got)
    })
  }

  /** Whether a range can be read without waiting for the disk. */
  isCached(position: number, length: number): boolean {
    return native === null || native.isCached(this.#open(), position, length)
  }

  /** Sends a range to a socket's descriptor; bytes sent, 0 at the file's end, below 0 where the socket did not take any. */
  sendTo(socket: number, position: number, length: number): number {
    return native === null ? -1 : native.sendfile(socket, this.#open(), position, length)
  }

  truncate(size: number): void {
    fs.ftruncateSync(this.#open(), size)
  }

  reserve(position: number, length: number): boolean {
    return native !== null && native.fallocate(this.#open(), position, length) === 0
  }

  sync(done: (error: Error | null) => void): void {
    const descriptor = this.#open()
    this.#inFlight++
    queueSync(
      (landed) => fs.fdatasync(descriptor, landed),
      (error) => {
        this.#landed()
        done(error)
      },
    )
  }

  startWriteback(position: number, length: number, done: (error: Error | null) => void): boolean {
    const descriptor = this.#open()
    if (native === null || !isWritebackKnown) return false
    const { startWriteback } = native
    this.#inFlight++
    queueSync(
      (landed) => void startWriteback(descriptor, position, length).then((result) => landed(this.#errorOf(result))),
      (error) => {
        this.#landed()
        done(error)
      },
    )
    return true
  }

  /**
   * What `startWriteback` came to. Some kernels and file systems do not know the call, or do not allow it, and everything is well
   * without: only what says that the disk failed counts.
   */
  #errorOf(result: number): Error | null {
    if (result === 0) return null
    if (!DISK_ERRORS.has(-result)) {
      isWritebackKnown = false
      return null
    }
    const code = getSystemErrorName(result)
    const text = `${code}: ${this.path} cannot be written`
    return Object.assign(new Error(text), { code, errno: result, syscall: 'sync_file_range' })
  }

  syncNow(): void {
    fs.fdatasyncSync(this.#open())
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    if (this.#inFlight === 0) fs.closeSync(this.#descriptor)
  }

  #landed(): void {
    this.#inFlight--
    if (this.#closed && this.#inFlight === 0) fs.closeSync(this.#descriptor)
  }

  #open(): number {
    if (this.#closed) throw Object.assign(new Error(`${this.path} is closed`), { code: 'EBADF' })
    return this.#descriptor
  }
}

/** Writes `buffer[start, end)`, each byte at its index and `offset` in the file. */
function writeRest(descriptor: number, buffer: Uint8Array, start: number, end: number, offset: number): void {
  let from = start
  while (from < end) from += fs.writeSync(descriptor, buffer, from, end - from, offset + from)
}

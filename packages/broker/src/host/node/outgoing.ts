/**
 * What a connection sends, in order: bytes in memory, and ranges of files that never come into it.
 *
 *   bytes             one system call; small ranges behind them are read in and go along
 *   a large range     sendfile from the page cache to the socket, where the addon is there and the socket is plain TCP;
 *                     what the socket does not take at once is read in and written, so that libuv says when to go on
 *   a cold range      read by the thread pool: the loop never waits for the disk
 *
 * sendfile and writes may not overtake each other: while anything of ours waits in the socket, nothing else is begun.
 */
import type net from 'node:net'
import { native } from '@odradek/native'
import { BufferPool } from '../buffer-pool.ts'
import type { Insert } from '../network.ts'
import type { NodeFile } from './file.ts'

/** Ranges from this size on go by sendfile; below, a read and a write together cost less than two system calls. */
const SENDFILE_BYTES_MIN = 32 * 1024
/** Read in and written as one. */
const COPY_BYTES_MAX = 256 * 1024
/** Sent by one connection before others get their turn. */
const TURN_BYTES_MAX = 1024 * 1024

const pool = new BufferPool()

/** The descriptor of a TCP socket is private to Node. */
interface PrivateHandle {
  readonly _handle?: { readonly fd?: number } | null
}

interface Bytes {
  readonly kind: 'bytes'
  readonly bytes: Uint8Array
}
/** A file that may be removed while a range of it waits: it stays open for that. */
interface HeldFile {
  hold?(): boolean
  letGo?(): void
}
interface Range {
  readonly kind: 'range'
  readonly file: NodeFile
  readonly isHeld: boolean
  position: number
  readonly end: number
}
interface Sent {
  readonly kind: 'sent'
  readonly sent: () => void
}

export class Outgoing {
  readonly #socket: net.Socket
  /** Plain TCP, and the addon is there: system calls may be made on it beside libuv. */
  readonly #hasDescriptor: boolean
  readonly #idle: () => void
  readonly #items: (Bytes | Range | Sent)[] = []
  #queuedBytes = 0
  /** A write, a read or the next turn calls `#go` again. */
  #waiting = false
  #failed = false

  /** `idle` is called whenever something that had to wait has all been sent. */
  constructor(socket: net.Socket, idle: () => void) {
    this.#socket = socket
    const { _handle: handle } = socket as unknown as PrivateHandle
    this.#hasDescriptor = native !== null && typeof handle?.fd === 'number' && handle.fd >= 0
    this.#idle = idle
  }

  /** Bytes that the kernel has not taken yet. */
  get queuedBytes(): number {
    return this.#queuedBytes + this.#socket.writableLength
  }

  get isIdle(): boolean {
    return this.#items.length === 0 && !this.#waiting
  }

  /** Sends `buffer[start, end)` with ranges put in between; `sent` is called once, when the buffer is free again. */
  send(buffer: Buffer, start: number, end: number, inserts: readonly Insert[], sent: () => void): void {
    if (inserts.length === 0 && this.isIdle) {
      if (this.#write(buffer.subarray(start, end), null)) sent()
      else this.#items.push({ kind: 'sent', sent })
      return
    }
    let from = start
    for (const { at, range } of inserts) {
      this.#pushBytes(buffer, from, at)
      from = at
      if (range.length === 0) continue
      const { position, length } = range
      const file = range.file as NodeFile & HeldFile
      this.#items.push({ kind: 'range', file, isHeld: file.hold?.() === true, position, end: position + length })
      this.#queuedBytes += length
    }
    this.#pushBytes(buffer, from, end)
    this.#items.push({ kind: 'sent', sent })
    if (!this.#waiting) this.#go()
  }

  /** The connection is gone: nothing more is sent, buffers are given back. */
  close(): void {
    this.#failed = true
    if (!this.#waiting) this.#drop()
  }

  #pushBytes(buffer: Buffer, from: number, to: number): void {
    if (to <= from) return
    this.#items.push({ kind: 'bytes', bytes: buffer.subarray(from, to) })
    this.#queuedBytes += to - from
  }

  #go(): void {
    let turnBytes = 0
    while (this.#items.length > 0) {
      if (this.#failed || this.#socket.destroyed) {
        this.#drop()
        return
      }
      if (turnBytes >= TURN_BYTES_MAX) {
        this.#waiting = true
        setImmediate(() => this.#resume())
        return
      }
      const item = this.#items[0]!
      const before = this.#queuedBytes
      let goOn: boolean
      if (item.kind === 'sent') {
        this.#items.shift()
        item.sent()
        continue
      }
      if (item.kind === 'bytes' && !this.#hasSmallRangeNext()) {
        this.#items.shift()
        goOn = this.#write(item.bytes, null)
        this.#queuedBytes -= item.bytes.length
      } else if (item.kind === 'range' && this.#isLarge(item)) goOn = this.#sendRange(item)
      else goOn = this.#gather()
      turnBytes += before - this.#queuedBytes
      if (!goOn) return
    }
  }

  #isLarge(range: Range): boolean {
    return this.#hasDescriptor && range.end - range.position >= SENDFILE_BYTES_MIN
  }

  #hasSmallRangeNext(): boolean {
    const next = this.#items[1]
    return next?.kind === 'range' && !this.#isLarge(next)
  }

  /** Copies bytes and small ranges that follow each other into one buffer and writes it. */
  #gather(): boolean {
    const output = pool.take(COPY_BYTES_MAX)
    let used = 0
    for (let item = this.#items[0]; item !== undefined && used < output.length; item = this.#items[0]) {
      if (item.kind === 'bytes') {
        if (item.bytes.length > output.length - used) break
        output.set(item.bytes, used)
        used += item.bytes.length
        this.#queuedBytes -= item.bytes.length
        this.#items.shift()
      } else if (item.kind === 'range' && !this.#isLarge(item)) {
        const count = Math.min(item.end - item.position, output.length - used)
        const got = item.file.readCached(output, used, used + count, item.position)
        if (got < 0) {
          if (used > 0) break
          return this.#readCold(item, output)
        }
        if (got === 0) return this.#short(item, output)
        used += got
        this.#advance(item, got)
      } else break
    }
    return this.#write(output.subarray(0, used), output)
  }

  #sendRange(range: Range): boolean {
    const length = Math.min(range.end - range.position, TURN_BYTES_MAX)
    if (!range.file.isCached(range.position, length)) return this.#readCold(range, pool.take(COPY_BYTES_MAX))
    const { _handle: handle } = this.#socket as unknown as PrivateHandle
    const sent = range.file.sendTo(handle?.fd ?? -1, range.position, length)
    if (sent > 0) {
      this.#advance(range, sent)
      return true
    }
    const output = pool.take(SENDFILE_BYTES_MIN)
    if (sent === 0) return this.#short(range, output)
    // The socket is full, or broken: a write waits for room, or fails with the reason.
    const count = Math.min(range.end - range.position, output.length)
    const got = range.file.readCached(output, 0, count, range.position)
    if (got < 0) return this.#readCold(range, output)
    if (got === 0) return this.#short(range, output)
    this.#advance(range, got)
    return this.#write(output.subarray(0, got), output)
  }

  /** Reads the next bytes of a range by the thread pool, and writes them. */
  #readCold(range: Range, output: Buffer): false {
    const count = Math.min(range.end - range.position, output.length)
    this.#waiting = true
    range.file.readLater(output, count, range.position, (error, got) => {
      this.#waiting = false
      if (error || got === 0) {
        if (error) this.#fail(error, output)
        else this.#short(range, output)
      } else {
        this.#advance(range, got)
        if (!this.#write(output.subarray(0, got), output)) return
      }
      this.#resume()
    })
    return false
  }

  #advance(range: Range, count: number): void {
    range.position += count
    this.#queuedBytes -= count
    if (range.position < range.end) return
    this.#items.shift()
    letGo(range)
  }

  /** Writes; false where the kernel did not take it all and `#go` is called again later. */
  #write(bytes: Uint8Array, lent: Buffer | null): boolean {
    const socket = this.#socket
    const sentBytes = this.#sendNow(bytes)
    if (sentBytes === bytes.length) {
      if (lent) pool.release(lent)
      this.#waiting = false
      return true
    }
    let isWaiting = false
    socket.write(bytes.subarray(sentBytes), () => {
      if (lent) pool.release(lent)
      if (!isWaiting) return
      this.#resume()
    })
    isWaiting = socket.writableLength > 0
    this.#waiting = isWaiting
    return !isWaiting
  }

  /**
   * Hands to the kernel what it takes at once, and returns how much that is: of a short answer the stream around the socket
   * costs as much as the system call. What is left, and every failure, is the stream's.
   */
  #sendNow(bytes: Uint8Array): number {
    const socket = this.#socket
    if (!this.#hasDescriptor || socket.writableLength > 0 || !socket.writable) return 0
    const { _handle: handle } = socket as unknown as PrivateHandle
    const sent = native!.send(handle?.fd ?? -1, bytes, 0, bytes.length)
    return Math.max(sent, 0)
  }

  #resume(): void {
    this.#waiting = false
    this.#go()
    if (this.isIdle && this.#socket.writableLength === 0) this.#idle()
  }

  #short(range: Range, output: Buffer): false {
    return this.#fail(new Error(`${range.file.path} ends before ${range.end}, which a response was to send`), output)
  }

  #fail(error: Error, output: Buffer): false {
    pool.release(output)
    this.#failed = true
    this.#socket.destroy(error)
    this.#drop()
    return false
  }

  #drop(): void {
    this.#queuedBytes = 0
    for (const item of this.#items.splice(0)) {
      if (item.kind === 'sent') item.sent()
      else if (item.kind === 'range') letGo(item)
    }
  }
}

function letGo({ file, isHeld }: Range): void {
  if (isHeld) (file as NodeFile & HeldFile).letGo?.()
}

/**
 * Cuts a stream of bytes into frames: int32 length, then that many bytes.
 *
 * A frame that lies whole in what was received is handed over in place. Only one that is split over several receives is
 * put together in a buffer, lent for that long, which grows with the bytes that came and not with the length that was
 * claimed: a connection that sends nothing has none.
 */
import { viewOf } from '@odradek/protocol'
import { BufferPool, POOLED_BUFFER_BYTES_MAX } from './buffer-pool.ts'

export interface FrameHandlers {
  /** One frame, without its length. Borrowed until return. False stops the reader: the rest is kept for `resume`. */
  frame(buffer: Buffer, view: DataView, start: number, end: number): boolean
  /** The claimed length is negative, zero or above the limit; nothing more will be read. */
  badLength(length: number): void
}

/** Where a reader's memory is counted. */
export interface FrameMemory {
  /** The frame that comes in pieces is to have a buffer of `bytes`; false where it must wait for that. */
  growTo(bytes: number): boolean
  /** The frame is whole. */
  done(): void
  /** Frames of `bytes` are kept for later. */
  keep(bytes: number): void
  /** Nothing is read any more. */
  close(): void
}

const LENGTH_BYTES = 4
/** What a split frame is given at first, or four times what came of it. */
const FIRST_BYTES = 64 * 1024
const GROWTH = 4
/** What a backlog that grows is given more than it needs. */
const BACKLOG_ROOM_BYTES_MAX = 64 * 1024

const pool = new BufferPool()

export class FrameReader {
  readonly #frameBytesMax: number
  readonly #handlers: FrameHandlers
  readonly #memory: FrameMemory | null
  /** Bytes of a frame that is not whole yet, its length prefix included. */
  #partial: Buffer | null = null
  #partialLength = 0
  /** Whole and partial frames that came while the reader was stopped: a part of a buffer that may have room behind it. */
  #backlog: Buffer | null = null
  #backlogStart = 0
  #backlogEnd = 0
  #behindBytes = 0
  #isBehindKept = false
  #stopped = false
  #starved = false
  #dead = false

  /** What it puts together or keeps is counted in `memory`; without, it is not bounded. */
  constructor(frameBytesMax: number, handlers: FrameHandlers, memory: FrameMemory | null = null) {
    this.#frameBytesMax = frameBytesMax
    this.#handlers = handlers
    this.#memory = memory
  }

  /** Bytes that came while the reader was stopped. */
  get backlogBytes(): number {
    return this.#backlogEnd - this.#backlogStart
  }

  /** While a frame is handed over: bytes that came with it and lie behind it. */
  get behindBytes(): number {
    return this.#behindBytes
  }

  /** … and whether they are the reader's own already, so that to stop there costs nothing. */
  get isBehindKept(): boolean {
    return this.#isBehindKept
  }

  /** Bytes of a request that has not come whole, its length prefix included; 0 between requests. */
  get partialBytes(): number {
    return this.#partialLength
  }

  get stopped(): boolean {
    return this.#stopped
  }

  /** It has stopped for want of memory, and resumes when there is room. */
  get starved(): boolean {
    return this.#starved
  }

  /** Hands over nothing until `resume`. */
  stop(): void {
    this.#stopped = true
  }

  /** Takes what was received. */
  push(buffer: Buffer, view: DataView, start: number, end: number): void {
    if (this.#dead) return
    const position = this.#stopped ? start : this.#read(buffer, view, start, end)
    if (this.#stopped && position < end) this.#keepBacklog(buffer, position, end)
  }

  /** Goes on after a frame handler returned false. */
  resume(): void {
    if (!this.#stopped || this.#dead) return
    this.#stopped = false
    this.#starved = false
    const backlog = this.#backlog
    if (!backlog) return
    const end = this.#backlogEnd
    this.#isBehindKept = true
    this.#backlogStart = this.#read(backlog, viewOf(backlog), this.#backlogStart, end)
    this.#isBehindKept = false
    if (this.#dead) return
    const rest = end - this.#backlogStart
    if (rest === 0) this.#backlog = null
    else if (rest < backlog.length / 2) this.#moveBacklog(rest)
    if (rest === 0) this.#backlogStart = this.#backlogEnd = 0
    // Only now: given back sooner, its memory would wake readers that find it taken again, this one for ever.
    this.#memory?.keep(this.#backlog?.length ?? 0)
  }

  /** Forgets everything; later bytes are ignored. */
  close(): void {
    this.#dead = true
    this.#letGo()
    this.#partialLength = 0
    this.#backlog = null
    this.#backlogStart = this.#backlogEnd = 0
    this.#memory?.close()
  }

  /** Hands over frames until it stops or nothing is left. Returns the position reached. */
  #read(buffer: Buffer, view: DataView, start: number, end: number): number {
    let position = start
    while (position < end && !this.#stopped && !this.#dead) {
      position =
        this.#partialLength > 0 ? this.#complete(buffer, position, end) : this.#cut(buffer, view, position, end)
    }
    return position
  }

  /** Hands over the whole frames in place and keeps what is left of the last. Returns the position reached. */
  #cut(buffer: Buffer, view: DataView, start: number, end: number): number {
    let position = start
    while (end - position >= LENGTH_BYTES) {
      const length = view.getInt32(position)
      if (!this.#accept(length)) return end
      const frameEnd = position + LENGTH_BYTES + length
      if (frameEnd > end) break
      this.#behindBytes = end - frameEnd
      const more = this.#handlers.frame(buffer, view, position + LENGTH_BYTES, frameEnd)
      position = frameEnd
      if (this.#dead) return end
      if (!more) {
        this.#stopped = true
        return position
      }
    }
    if (position === end) return end
    const wanted = end - position < LENGTH_BYTES ? LENGTH_BYTES : LENGTH_BYTES + view.getInt32(position)
    return this.#keep(buffer, position, end, wanted) ? end : position
  }

  /** Adds to the split frame; hands it over when it is whole. Returns the position reached. */
  #complete(buffer: Buffer, start: number, end: number): number {
    let position = start
    if (this.#partialLength < LENGTH_BYTES) {
      const take = Math.min(LENGTH_BYTES - this.#partialLength, end - position)
      this.#keep(buffer, position, position + take, LENGTH_BYTES)
      position += take
      if (this.#partialLength < LENGTH_BYTES) return position
    }
    const length = this.#partial!.readInt32BE(0)
    if (!this.#accept(length)) return end
    const take = Math.min(LENGTH_BYTES + length - this.#partialLength, end - position)
    if (!this.#keep(buffer, position, position + take, LENGTH_BYTES + length)) return position
    position += take
    if (this.#partialLength === LENGTH_BYTES + length) {
      const frame = this.#partial!
      const frameEnd = this.#partialLength
      this.#partialLength = 0
      this.#behindBytes = end - position
      const more = this.#handlers.frame(frame, viewOf(frame), LENGTH_BYTES, frameEnd)
      this.#letGo()
      if (!more && !this.#dead) this.#stopped = true
    }
    return position
  }

  #accept(length: number): boolean {
    if (length > 0 && length <= this.#frameBytesMax) return true
    this.close()
    this.#handlers.badLength(length)
    return false
  }

  /** Adds bytes to the split frame, `wanted` bytes long when it is whole; false, and stopped, where memory is short. */
  #keep(buffer: Buffer, start: number, end: number, wanted: number): boolean {
    const needed = this.#partialLength + end - start
    if (!this.#partial || this.#partial.length < needed) {
      const size = needed <= LENGTH_BYTES ? LENGTH_BYTES : bufferBytes(needed, wanted)
      if (size > LENGTH_BYTES && this.#memory?.growTo(size) === false) {
        this.#starved = true
        this.#stopped = true
        return false
      }
      const larger = isPooled(size) ? pool.take(size) : Buffer.allocUnsafeSlow(size)
      this.#partial?.copy(larger, 0, 0, this.#partialLength)
      if (this.#partial && isPooled(this.#partial.length)) pool.release(this.#partial)
      this.#partial = larger
    }
    buffer.copy(this.#partial, this.#partialLength, start, end)
    this.#partialLength = needed
    return true
  }

  /** Adds to what is kept. It may come a byte at a time: where it must move it is given room for more. */
  #keepBacklog(buffer: Buffer, start: number, end: number): void {
    const count = end - start
    if (!this.#backlog) this.#backlog = Buffer.allocUnsafe(count)
    else if (this.#backlogEnd + count > this.#backlog.length) {
      const needed = this.backlogBytes + count
      this.#moveBacklog(needed + Math.min(needed, BACKLOG_ROOM_BYTES_MAX))
    }
    buffer.copy(this.#backlog, this.#backlogEnd, start, end)
    this.#backlogEnd += count
    this.#memory?.keep(this.#backlog.length)
  }

  #moveBacklog(size: number): void {
    const moved = Buffer.allocUnsafe(size)
    this.#backlogEnd = this.#backlog!.copy(moved, 0, this.#backlogStart, this.#backlogEnd)
    this.#backlogStart = 0
    this.#backlog = moved
  }

  #letGo(): void {
    if (this.#partial && isPooled(this.#partial.length)) pool.release(this.#partial)
    this.#partial = null
    this.#memory?.done()
  }
}

/** The size of a buffer that has `needed` bytes of a frame of `wanted`: what the pool lends, or what is wanted above that. */
function bufferBytes(needed: number, wanted: number): number {
  const bytes = Math.max(needed, Math.min(wanted, Math.max(FIRST_BYTES, GROWTH * needed)))
  if (bytes > POOLED_BUFFER_BYTES_MAX) return bytes
  let size = FIRST_BYTES
  while (size < bytes) size *= 2
  return size
}

/** Whether a buffer of this size is the pool's: a power of two from `FIRST_BYTES` on. */
function isPooled(size: number): boolean {
  return size >= FIRST_BYTES && size <= POOLED_BUFFER_BYTES_MAX
}

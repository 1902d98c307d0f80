import type net from 'node:net'
import { BufferPool, POOLED_BUFFER_BYTES_MAX } from '../buffer-pool.ts'
import type { DiskFile } from '../disk.ts'
import type { Connection, ConnectionHandlers, Insert } from '../network.ts'
import { adoptHandle, receiveByEvents } from './receiving-socket.ts'

/** How long an ended connection waits for its peer to close too; closing at once could reset what is still on its way. */
const LINGER_MS = 1000

const pool = new BufferPool()

export type ReceiveMethod = 'shared-buffer' | 'data-events'

/** One accepted TCP connection. */
export class NodeConnection implements Connection {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly #socket: net.Socket
  #handlers: ConnectionHandlers | null = null
  #error: Error | null = null
  #ending = false
  /** A `send` left bytes behind, so that their leaving is told. */
  #queued = false

  constructor(accepted: net.Socket, method: ReceiveMethod) {
    this.remoteAddress = accepted.remoteAddress ?? ''
    this.remotePort = accepted.remotePort ?? 0
    const receive = (buffer: Buffer, view: DataView, start: number, end: number) => {
      if (!this.#ending) this.#handlers?.data(buffer, view, start, end)
    }
    this.#socket = method === 'shared-buffer' ? adoptHandle(accepted, receive) : receiveByEvents(accepted, receive)
    // A reset while the listener is being told is an error event too, so this comes before anything else.
    this.#socket.on('error', (error) => {
      this.#error ??= error
    })
  }

  get queuedBytes(): number {
    return this.#socket.writableLength
  }

  start(handlers: ConnectionHandlers): void {
    this.#handlers = handlers
    const socket = this.#socket
    socket.on('end', () => {
      if (!this.#ending) handlers.ended()
    })
    socket.on('close', () => handlers.closed(this.#error))
    socket.resume()
  }

  send(buffer: Buffer, start: number, end: number, inserts: readonly Insert[], sent: () => void): void {
    if (this.#ending || this.#socket.destroyed) queueMicrotask(sent)
    else if (inserts.length === 0) this.#write(buffer.subarray(start, end), sent)
    else this.#writeWithRanges(buffer, start, end, inserts, sent)
  }

  pause(): void {
    if (!this.#ending) this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  end(): void {
    const socket = this.#socket
    if (this.#ending || socket.destroyed) return
    this.#ending = true
    socket.resume()
    socket.end(() => {
      const linger = setTimeout(() => socket.destroy(), LINGER_MS).unref()
      socket.once('close', () => clearTimeout(linger))
    })
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #write(bytes: Uint8Array, sent: () => void): void {
    const socket = this.#socket
    socket.write(bytes, () => {
      sent()
      if (this.#queued && socket.writableLength === 0) {
        this.#queued = false
        if (!this.#ending && !socket.destroyed) this.#handlers?.drained()
      }
    })
    if (socket.writableLength > 0) this.#queued = true
  }

  /** Copies the buffer's bytes and the files' together, so that a response is one write up to the pool's largest buffer. */
  #writeWithRanges(buffer: Buffer, start: number, end: number, inserts: readonly Insert[], sent: () => void): void {
    let left = end - start
    for (const insert of inserts) left += insert.range.length
    let output = pool.take(Math.min(left, POOLED_BUFFER_BYTES_MAX))
    let used = 0
    let from = start
    const flush = () => {
      const full = output
      const last = left === 0
      this.#write(full.subarray(0, used), () => {
        pool.release(full)
        if (last) sent()
      })
      used = 0
      if (!last) output = pool.take(Math.min(left, POOLED_BUFFER_BYTES_MAX))
    }
    const copyOwn = (to: number) => {
      while (from < to) {
        const count = Math.min(to - from, output.length - used)
        buffer.copy(output, used, from, from + count)
        from += count
        used += count
        left -= count
        if (used === output.length || left === 0) flush()
      }
    }
    for (const { at, range } of inserts) {
      copyOwn(at)
      const file = range.file as DiskFile
      let position = range.position
      const rangeEnd = position + range.length
      while (position < rangeEnd) {
        const count = Math.min(rangeEnd - position, output.length - used)
        if (file.read(output, used, used + count, position) < count) {
          pool.release(output)
          queueMicrotask(sent)
          this.#socket.destroy(new Error(`${file.path} ends before ${rangeEnd}, which a response was to send`))
          return
        }
        position += count
        used += count
        left -= count
        if (used === output.length || left === 0) flush()
      }
    }
    copyOwn(end)
  }
}

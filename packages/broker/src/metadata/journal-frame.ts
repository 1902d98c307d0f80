/**
 * The bytes of the embedded store's journal. A file is a sequence of frames; each is one write and one sync:
 *
 *   frame     magic u32 "ODM1" | payload length u32 | crc32c of the payload u32 | payload
 *   changes   1 u8 | count u32 | count × { revision f64 | events u32 | events × { 1 u8 key value lease | 2 u8 key } }
 *   snapshot  2 u8 | revision f64 | count u32 | count × { key value lease | created f64 | modified f64 | version u32 }
 *
 * key, value and lease are UTF-8 behind a u32 length; no lease is the empty string. A snapshot can only be the first
 * frame. Creation revision and version of a put follow from the state it is applied to.
 */
import { crc32c } from '@odradek/protocol'
import type { Entry, EventBatch } from './store.ts'

const MAGIC = 0x4f444d31
const HEADER_BYTES = 12
const CHANGES = 1
const SNAPSHOT = 2
const PUT = 1
const DELETE = 2

/** A change as the journal knows it: what to put or delete, not yet the entry that comes of it. */
export type Change =
  | { readonly kind: 'put'; readonly key: string; readonly value: string; readonly lease: string | null }
  | { readonly kind: 'delete'; readonly key: string }

export type Frame =
  | { readonly kind: 'changes'; readonly batches: { readonly revision: number; readonly changes: readonly Change[] }[] }
  | { readonly kind: 'snapshot'; readonly revision: number; readonly entries: readonly Entry[] }

/** One frame with all changes of `batches`, in order. */
export function encodeChanges(batches: readonly EventBatch[]): Buffer {
  const out = new FrameWriter()
  out.byte(CHANGES)
  out.uint32(batches.length)
  for (const batch of batches) {
    out.float64(batch.revision)
    out.uint32(batch.events.length)
    for (const event of batch.events) {
      out.byte(event.kind === 'put' ? PUT : DELETE)
      out.text(event.key)
      if (event.kind === 'put') {
        out.text(event.entry.value)
        out.text(event.entry.lease ?? '')
      }
    }
  }
  return out.finish()
}

/** One frame with a whole state. */
export function encodeSnapshot(revision: number, entries: Iterable<Entry>, count: number): Buffer {
  const out = new FrameWriter()
  out.byte(SNAPSHOT)
  out.float64(revision)
  out.uint32(count)
  for (const entry of entries) {
    out.text(entry.key)
    out.text(entry.value)
    out.text(entry.lease ?? '')
    out.float64(entry.createRevision)
    out.float64(entry.modRevision)
    out.uint32(entry.version)
  }
  return out.finish()
}

/** Bytes of the whole and undamaged frame that begins at `position`, or 0 where there is none. */
export function frameBytesAt(buffer: Buffer, position: number): number {
  if (position + HEADER_BYTES > buffer.length || buffer.readUInt32BE(position) !== MAGIC) return 0
  const start = position + HEADER_BYTES
  const length = buffer.readUInt32BE(position + 4)
  if (length > buffer.length - start) return 0
  return crc32c(buffer, start, start + length) === buffer.readUInt32BE(position + 8) ? HEADER_BYTES + length : 0
}

/** Whether a whole frame begins anywhere in `buffer` from `position` on: what a torn last write cannot leave behind. */
export function hasFrameAfter(buffer: Buffer, position: number): boolean {
  const magic = Buffer.alloc(4)
  magic.writeUInt32BE(MAGIC)
  let at = buffer.indexOf(magic, position)
  while (at !== -1) {
    if (frameBytesAt(buffer, at) > 0) return true
    at = buffer.indexOf(magic, at + 1)
  }
  return false
}

/** The frame at `position`, whose checksum `frameBytesAt` has found right. */
export function decodeFrame(buffer: Buffer, position: number): Frame {
  const input = new FrameReader(buffer, position + HEADER_BYTES)
  return input.byte() === SNAPSHOT ? decodeSnapshot(input) : decodeChanges(input)
}

function decodeSnapshot(input: FrameReader): Frame {
  const revision = input.float64()
  const entries = Array.from({ length: input.uint32() }, (): Entry => {
    const key = input.text()
    const value = input.text()
    const lease = input.text() || null
    const createRevision = input.float64()
    const modRevision = input.float64()
    return { key, value, createRevision, modRevision, version: input.uint32(), lease }
  })
  return { kind: 'snapshot', revision, entries }
}

function decodeChanges(input: FrameReader): Frame {
  const batches = Array.from({ length: input.uint32() }, () => {
    const revision = input.float64()
    const changes = Array.from({ length: input.uint32() }, (): Change => {
      const isPut = input.byte() === PUT
      const key = input.text()
      if (!isPut) return { kind: 'delete', key }
      const value = input.text()
      return { kind: 'put', key, value, lease: input.text() || null }
    })
    return { revision, changes }
  })
  return { kind: 'changes', batches }
}

class FrameWriter {
  #buffer = Buffer.allocUnsafe(4096)
  #length = HEADER_BYTES

  byte(value: number): void {
    this.#ensure(1)
    this.#length = this.#buffer.writeUInt8(value, this.#length)
  }

  uint32(value: number): void {
    this.#ensure(4)
    this.#length = this.#buffer.writeUInt32BE(value, this.#length)
  }

  float64(value: number): void {
    this.#ensure(8)
    this.#length = this.#buffer.writeDoubleBE(value, this.#length)
  }

  text(value: string): void {
    this.#ensure(4 + value.length * 3)
    const bytes = this.#buffer.write(value, this.#length + 4)
    this.uint32(bytes)
    this.#length += bytes
  }

  finish(): Buffer {
    const buffer = this.#buffer.subarray(0, this.#length)
    buffer.writeUInt32BE(MAGIC, 0)
    buffer.writeUInt32BE(this.#length - HEADER_BYTES, 4)
    buffer.writeUInt32BE(crc32c(buffer, HEADER_BYTES, this.#length), 8)
    return buffer
  }

  #ensure(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + bytes))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}

class FrameReader {
  readonly #buffer: Buffer
  #position: number

  constructor(buffer: Buffer, position: number) {
    this.#buffer = buffer
    this.#position = position
  }

  byte(): number {
    return this.#buffer.readUInt8(this.#advance(1))
  }

  uint32(): number {
    return this.#buffer.readUInt32BE(this.#advance(4))
  }

  float64(): number {
    return this.#buffer.readDoubleBE(this.#advance(8))
  }

  text(): string {
    const bytes = this.uint32()
    const start = this.#advance(bytes)
    return this.#buffer.toString('utf8', start, start + bytes)
  }

  #advance(bytes: number): number {
    const start = this.#position
    this.#position += bytes
    return start
  }
}

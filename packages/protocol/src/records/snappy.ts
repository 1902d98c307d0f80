import { compressSync, uncompressSync } from 'snappy'
import { CorruptBatchError } from './corrupt-batch-error.ts'

/**
 * Snappy as Kafka's clients write it. Java's wrap blocks of 32 KiB in the framing of xerial's snappy-java:
 *
 *     82 'SNAPPY' 00, int32 version 1, int32 oldest compatible version 1, then { int32 length, raw block } to the end
 *
 * librdkafka, franz-go and others write one raw block, which begins with its inflated length as a varint.
 */
const XERIAL_MAGIC = Buffer.from('82534e4150505900', 'hex')
const XERIAL_HEADER = Buffer.concat([XERIAL_MAGIC, Buffer.from('0000000100000001', 'hex')])
const XERIAL_BLOCK_BYTES = 32 * 1024

/** The densest element is three bytes for a copy of 64: no block inflates by more. */
const EXPANSION_MAX = 22

/** Compresses into xerial's framing, which every client reads. */
export function compressSnappy(bytes: Uint8Array): Buffer {
  const parts: Uint8Array[] = [XERIAL_HEADER]
  for (let start = 0; start < bytes.length; start += XERIAL_BLOCK_BYTES) {
    const block = compressSync(bytes.subarray(start, start + XERIAL_BLOCK_BYTES))
    const length = Buffer.allocUnsafe(4)
    length.writeInt32BE(block.length)
    parts.push(length, block)
  }
  return Buffer.concat(parts)
}

/** Inflates either form. The lengths are added up before anything is inflated, so that a bomb costs nothing. */
export function decompressSnappy(buffer: Buffer, start: number, end: number, maxBytes: number): Buffer {
  if (!isXerial(buffer, start, end)) {
    inflatedLength(buffer, start, end, maxBytes)
    return inflate(buffer, start, end)
  }
  const total = totalLength(buffer, start, end, maxBytes)
  const inflated = Buffer.allocUnsafe(total)
  let filled = 0
  for (let at = start + XERIAL_HEADER.length; at < end; ) {
    const blockStart = at + 4
    at = blockStart + buffer.readInt32BE(at)
    filled += inflate(buffer, blockStart, at).copy(inflated, filled)
  }
  return inflated
}

/** Whether the blocks say that they inflate to more than `bytes`; what is malformed does not. */
export function snappyInflatesBeyond(buffer: Buffer, start: number, end: number, bytes: number): boolean {
  try {
    if (isXerial(buffer, start, end)) totalLength(buffer, start, end, bytes)
    else inflatedLength(buffer, start, end, bytes)
    return false
  } catch (error) {
    if (error instanceof CorruptBatchError) return error.reason === 'too large'
    throw error
  }
}

/** What the blocks in xerial's framing say that they inflate to together. */
function totalLength(buffer: Buffer, start: number, end: number, maxBytes: number): number {
  let total = 0
  for (let at = start + XERIAL_HEADER.length; at < end; ) {
    const blockStart = at + 4
    const length = blockStart <= end ? buffer.readInt32BE(at) : -1
    if (length < 0 || length > end - blockStart) {
      throw new CorruptBatchError(`Snappy block of ${length} bytes at ${at - start} of ${end - start} is cut off.`)
    }
    at = blockStart + length
    total += inflatedLength(buffer, blockStart, at, maxBytes - total)
  }
  return total
}

function isXerial(buffer: Buffer, start: number, end: number): boolean {
  if (end - start < XERIAL_HEADER.length) return false
  return buffer.compare(XERIAL_MAGIC, 0, XERIAL_MAGIC.length, start, start + XERIAL_MAGIC.length) === 0
}

/** What a raw block says it inflates to; refused when it is too much, or more than its bytes can hold. */
function inflatedLength(buffer: Buffer, start: number, end: number, maxBytes: number): number {
  let length = 0
  let at = start
  for (let factor = 1; ; factor *= 128, at++) {
    if (at === end || at === start + 5) throw new CorruptBatchError('Snappy block without a length.')
    length += (buffer[at]! & 0x7f) * factor
    if (buffer[at]! < 0x80) break
  }
  if (length > (end - at - 1) * EXPANSION_MAX) {
    throw new CorruptBatchError(`Snappy block of ${end - start} bytes claims to inflate to ${length} bytes.`)
  }
  if (length > maxBytes) {
    throw new CorruptBatchError(`Snappy block inflates to ${length} bytes; ${maxBytes} are allowed.`, 'too large')
  }
  return length
}

function inflate(buffer: Buffer, start: number, end: number): Buffer {
  let inflated: string | Buffer
  try {
    inflated = uncompressSync(buffer.subarray(start, end))
  } catch (cause) {
    throw new CorruptBatchError(`Snappy block of ${end - start} bytes cannot be inflated.`, 'malformed', { cause })
  }
  return inflated as Buffer
}

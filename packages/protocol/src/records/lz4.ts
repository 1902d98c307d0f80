import { compressFrameSync, decompressFrameSync } from 'lz4-napi'
import { CorruptBatchError } from './corrupt-batch-error.ts'

/**
 * LZ4 frames (https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md): magic, flags, block size, then blocks of
 * int32 LE length (high bit: stored as it is) and data, until a length of 0.
 *
 * The decoder grows its output without a bound, so the frame is measured first: cheaply by what its blocks could hold
 * at most, and if that is too much, exactly, by adding up the lengths in their sequences.
 */
const FRAME_MAGIC = 0x184d2204
const VERSION_MASK = 0xc0
const VERSION_1 = 0x40
const BLOCK_CHECKSUM_BIT = 0x10
const CONTENT_SIZE_BIT = 0x08
const CONTENT_CHECKSUM_BIT = 0x04
const DICTIONARY_BIT = 0x01
const STORED_BIT = 0x8000_0000
/** A length byte of 255 stands for 255 bytes: no block expands by more. */
const EXPANSION_MAX = 255

/** Compresses into one frame of independent blocks, which is what Java's client insists on. LZ4 has no levels here. */
export function compressLz4(bytes: Uint8Array): Buffer {
  return compressFrameSync(bytes as Buffer)
}

/** Inflates one frame that fills `buffer[start, end)`. */
export function decompressLz4(buffer: Buffer, start: number, end: number, maxBytes: number): Buffer {
  if (inflatedBytesMax(buffer, start, end, false) > maxBytes) {
    const exact = inflatedBytesMax(buffer, start, end, true)
    if (exact > maxBytes) {
      throw new CorruptBatchError(`LZ4 frame inflates to ${exact} bytes; ${maxBytes} are allowed.`, 'too large')
    }
  }
  try {
    return decompressFrameSync(buffer.subarray(start, end))
  } catch (cause) {
    throw new CorruptBatchError(`LZ4 frame of ${end - start} bytes cannot be inflated.`, 'malformed', { cause })
  }
}

/** Whether the frame inflates to more than `bytes`; one that is malformed does not. */
export function lz4InflatesBeyond(buffer: Buffer, start: number, end: number, bytes: number): boolean {
  try {
    return inflatedBytesMax(buffer, start, end, false) > bytes && inflatedBytesMax(buffer, start, end, true) > bytes
  } catch (error) {
    if (error instanceof CorruptBatchError) return false
    throw error
  }
}

/** What the frame inflates to, at most or exactly. Checks that it is one whole frame and nothing else. */
function inflatedBytesMax(buffer: Buffer, start: number, end: number, exactly: boolean): number {
  if (end - start < 7 || buffer.readUInt32LE(start) !== FRAME_MAGIC) throw malformed('does not begin with its magic')
  const flags = buffer[start + 4]!
  const blockSizeCode = (buffer[start + 5]! >> 4) & 7
  if ((flags & VERSION_MASK) !== VERSION_1) throw malformed(`has flags 0x${flags.toString(16)}, not those of version 1`)
  if (flags & DICTIONARY_BIT) throw malformed('needs a dictionary')
  if (blockSizeCode < 4) throw malformed(`has block size code ${blockSizeCode}; 4 to 7 are defined`)
  const blockBytesMax = 1 << (8 + 2 * blockSizeCode)
  const checksumBytes = flags & BLOCK_CHECKSUM_BIT ? 4 : 0

  let total = 0
  let at = start + 7 + (flags & CONTENT_SIZE_BIT ? 8 : 0)
  for (;;) {
    if (at + 4 > end) throw malformed(`ends before its end mark`)
    const word = buffer.readUInt32LE(at)
    at += 4
    if (word === 0) break
    const stored = word >= STORED_BIT
    const length = stored ? word - STORED_BIT : word
    if (length > blockBytesMax || length > end - at) throw malformed(`has a block of ${length} bytes that is cut off`)
    if (stored) total += length
    else if (exactly) total += blockInflatedBytes(buffer, at, at + length)
    else total += Math.min(blockBytesMax, length * EXPANSION_MAX)
    at += length + checksumBytes
  }
  if (flags & CONTENT_CHECKSUM_BIT) at += 4
  if (at !== end) throw malformed(at > end ? 'is cut off' : `is followed by ${end - at} bytes that are not its own`)
  return total
}

/** Adds up a block's sequences: token, literal length, literals, two bytes of offset, match length. */
function blockInflatedBytes(buffer: Buffer, start: number, end: number): number {
  let total = 0
  let at = start
  while (at < end) {
    const token = buffer[at++]!
    let literals = token >> 4
    if (literals === 15) {
      const more = lengthBytes(buffer, at, end)
      literals += lengthAt(buffer, at, more)
      at += more
    }
    total += literals
    at += literals + 2
    // The last sequence has literals only.
    if (at > end) break
    let match = (token & 15) + 4
    if (match === 19) {
      const more = lengthBytes(buffer, at, end)
      match += lengthAt(buffer, at, more)
      at += more
    }
    total += match
  }
  return total
}

/** A length beyond 15 goes on in bytes of 255 and one that is less. */
function lengthBytes(buffer: Buffer, position: number, end: number): number {
  let at = position
  while (at < end && buffer[at] === 255) at++
  return Math.min(at + 1, end) - position
}

function lengthAt(buffer: Buffer, position: number, bytes: number): number {
  return bytes === 0 ? 0 : (bytes - 1) * 255 + buffer[position + bytes - 1]!
}

function malformed(what: string): CorruptBatchError {
  return new CorruptBatchError(`LZ4 frame ${what}.`)
}

import { createRequire } from 'node:module'
import { native } from '@odradek/native'

/**
 * CRC-32C (Castagnoli, reflected polynomial 0x82f63b78; RFC 3720 appendix B.4), the checksum of record batches.
 *
 * Three engines give the same numbers: the addon of @odradek/native (26 GB/s), a prebuilt library where that was not
 * compiled (5 GB/s), and eight tables in JavaScript (0.9 GB/s) for machines without either, and for ranges so short that
 * a native call does not repay itself (it costs 65 ns, that of the library 120).
 */
export type Checksum = (buffer: Uint8Array, start: number, end: number) => number

interface Engine {
  readonly checksum: Checksum
  /** Below this many bytes the tables beat it. */
  readonly bytesMin: number
}

const tables = makeTables()
const { checksum, bytesMin } = loadEngine()

/** The CRC-32C of `buffer[start, end)` as an unsigned 32-bit number. */
export function crc32c(buffer: Uint8Array, start: number, end: number): number {
  return end - start < bytesMin ? crc32cByTables(buffer, start, end) : checksum(buffer, start, end)
}

/** The same without native code: eight bytes a step, one table for each of their places. */
export function crc32cByTables(buffer: Uint8Array, start: number, end: number): number {
  let crc = -1
  let at = start
  for (const last = end - 7; at < last; at += 8) {
    crc ^= buffer[at]! | (buffer[at + 1]! << 8) | (buffer[at + 2]! << 16) | (buffer[at + 3]! << 24)
    crc =
      tables[1792 + (crc & 255)]! ^
      tables[1536 + ((crc >>> 8) & 255)]! ^
      tables[1280 + ((crc >>> 16) & 255)]! ^
      tables[1024 + (crc >>> 24)]! ^
      tables[768 + buffer[at + 4]!]! ^
      tables[512 + buffer[at + 5]!]! ^
      tables[256 + buffer[at + 6]!]! ^
      tables[buffer[at + 7]!]!
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ tables[(crc ^ buffer[at]!) & 255]!
  return ~crc >>> 0
}

/** Table k holds the CRC of each byte followed by k zero bytes. */
function makeTables(): Int32Array {
  const made = new Int32Array(8 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
    made[byte] = crc
  }
  for (let at = 256; at < made.length; at++) {
    const before = made[at - 256]!
    made[at] = (before >>> 8) ^ made[before & 255]!
  }
  return made
}

/** The first engine that loads. */
function loadEngine(): Engine {
  if (native !== null) return { checksum: native.crc32c, bytesMin: 96 }
  try {
    const prebuilt: typeof import('@node-rs/crc32') = createRequire(import.meta.url)('@node-rs/crc32')
    return { checksum: (buffer, start, end) => prebuilt.crc32c(buffer.subarray(start, end)), bytesMin: 192 }
  } catch {
    // No binary for this platform: the tables give the same numbers more slowly.
    return { checksum: crc32cByTables, bytesMin: 0 }
  }
}

import { createRequire } from 'node:module'

/**
 * CRC-32C (Castagnoli, reflected polynomial 0x82f63b78; RFC 3720 appendix B.4), the checksum of record batches.
 *
 * Three engines give the same numbers: a native one for ranges that repay the call, and eight tables in JavaScript for
 * short ranges and for machines without a binary. Measured on Node 26: at 64 bytes 50 ns against 120 for the native
 * call, equal near 200 bytes, at 1 MiB 0.65 ms against 0.13.
 */
export type Checksum = (buffer: Uint8Array, start: number, end: number) => number

/** Below this many bytes the tables beat a native call. */
const NATIVE_BYTES_MIN = 192

const tables = makeTables()
const native: Checksum = loadNative()

/** The CRC-32C of `buffer[start, end)` as an unsigned 32-bit number. */
export function crc32c(buffer: Uint8Array, start: number, end: number): number {
  return end - start < NATIVE_BYTES_MIN ? crc32cByTables(buffer, start, end) : native(buffer, start, end)
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

/** The first engine that loads. A faster one goes in front. */
function loadNative(): Checksum {
  for (const load of [loadPrebuilt]) {
    try {
      return load()
    } catch {
      // No binary for this platform: the next one, and at last the tables, give the same numbers more slowly.
    }
  }
  return crc32cByTables
}

function loadPrebuilt(): Checksum {
  const prebuilt: typeof import('@node-rs/crc32') = createRequire(import.meta.url)('@node-rs/crc32')
  return (buffer, start, end) => prebuilt.crc32c(buffer.subarray(start, end))
}

/**
 * Zigzag varints, as records use them: seven bits a byte, lowest first, the high bit set on all bytes but the last;
 * 0, -1, 1, -2 … are written as 0, 1, 2, 3 …. A varint is at most 5 bytes, a varlong at most 10.
 *
 * Reading is two steps without state: the length in bytes (0 when the bytes end before the number does), then the value.
 */

const TWO_POW_28 = 0x1000_0000

/** How many bytes the varint at `position` takes, or 0 if it does not end within 5 bytes and before `end`. */
export function varintLength(buffer: Uint8Array, position: number, end: number): number {
  if (position < end && buffer[position]! < 0x80) return 1
  const limit = end - position > 5 ? position + 5 : end
  for (let at = position + 1; at < limit; at++) if (buffer[at]! < 0x80) return at - position + 1
  return 0
}

/** How many bytes the varlong at `position` takes, or 0 if it does not end within 10 bytes and before `end`. */
export function varlongLength(buffer: Uint8Array, position: number, end: number): number {
  if (position < end && buffer[position]! < 0x80) return 1
  const limit = end - position > 10 ? position + 10 : end
  for (let at = position + 1; at < limit; at++) if (buffer[at]! < 0x80) return at - position + 1
  return 0
}

/** The int32 in the varint of `length` bytes at `position`. Bits above 32 are dropped, as in Java. */
export function varintAt(buffer: Uint8Array, position: number, length: number): number {
  let raw = buffer[position]! & 0x7f
  for (let index = 1; index < length; index++) raw |= (buffer[position + index]! & 0x7f) << (7 * index)
  return (raw >>> 1) ^ -(raw & 1)
}

/** The int64 in the varlong of `length` bytes at `position`, exact up to 2^53; beyond that it is rounded, not safe. */
export function varlongAt(buffer: Uint8Array, position: number, length: number): number {
  if (length <= 4) return varintAt(buffer, position, length)
  let magnitude = (buffer[position]! & 0x7e) / 2
  let factor = 64
  for (let index = 1; index < length; index++) {
    magnitude += (buffer[position + index]! & 0x7f) * factor
    factor *= 128
  }
  return buffer[position]! & 1 ? -magnitude - 1 : magnitude
}

/** Bytes that `writeVarint` takes for an int32. */
export function varintSize(value: number): number {
  const raw = ((value << 1) ^ (value >> 31)) >>> 0
  if (raw < 0x80) return 1
  if (raw < 0x4000) return 2
  if (raw < 0x20_0000) return 3
  return raw < TWO_POW_28 ? 4 : 5
}

/** Bytes that `writeVarlong` takes for a safe integer. */
export function varlongSize(value: number): number {
  let raw = value < 0 ? -value * 2 - 1 : value * 2
  let size = 1
  while (raw >= 0x80) {
    raw = Math.floor(raw / 128)
    size++
  }
  return size
}

/** Writes an int32 and returns the position after it. */
export function writeVarint(buffer: Uint8Array, position: number, value: number): number {
  let raw = ((value << 1) ^ (value >> 31)) >>> 0
  while (raw >= 0x80) {
    buffer[position++] = (raw & 0x7f) | 0x80
    raw >>>= 7
  }
  buffer[position++] = raw
  return position
}

/** Writes an integer of up to 52 bits and sign, and returns the position after it. */
export function writeVarlong(buffer: Uint8Array, position: number, value: number): number {
  let raw = value < 0 ? -value * 2 - 1 : value * 2
  while (raw >= 0x80) {
    buffer[position++] = (raw % 128) | 0x80
    raw = Math.floor(raw / 128)
  }
  buffer[position++] = raw
  return position
}

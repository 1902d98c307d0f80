import type { Random } from './random.ts'

const INT32S = [0, 1, -1, -2, 0x7f, 0x80, 0xff, 0x7fff, -0x8000, 0x7fffffff, -0x80000000, 1_000_000]
const INT16S = [0, -1, 1, 0x7fff, -0x8000]
/** Varints of small numbers, of great ones, and some that end late or never. */
const VARINTS = [
  '00',
  '01',
  '7f',
  '8001',
  'ff7f',
  'ffffffff0f',
  'ffffffff07',
  '8080808000',
  'ffffffffffffffffff01',
  'ffffffffffffff',
]

/** Changes one thing in `bytes[start, end)` where it lies. */
export function mutateBytes(bytes: Buffer, start: number, end: number, random: Random): void {
  const at = start + random.below(end - start)
  const rest = end - at
  switch (random.below(5)) {
    case 0:
      bytes[at] = bytes[at]! ^ (1 << random.below(8))
      break
    case 1:
      bytes[at] = random.below(256)
      break
    case 2:
      if (rest >= 4) bytes.writeInt32BE(random.pick(INT32S), at)
      break
    case 3:
      if (rest >= 2) bytes.writeInt16BE(random.pick(INT16S), at)
      break
    default: {
      const varint = Buffer.from(random.pick(VARINTS), 'hex')
      varint.copy(bytes, at, 0, Math.min(rest, varint.length))
    }
  }
}

/** The frame with one to four changes, some of which make it longer or shorter; its length is right again. */
export function mutateFrame(frame: Buffer, random: Random): Buffer {
  let bytes = Buffer.from(frame)
  for (let changes = random.between(1, 4); changes > 0; changes -= 1) {
    if (bytes.length <= 4) break
    // Mostly behind the header: a wrong key or version ends everything at once.
    const first = random.chance(0.1) || bytes.length <= 12 ? 4 : 12
    const at = first + random.below(bytes.length - first)
    switch (random.below(8)) {
      case 0:
        bytes = bytes.subarray(0, at)
        break
      case 1:
        bytes = Buffer.concat([bytes.subarray(0, at), random.bytes(random.between(1, 8)), bytes.subarray(at)])
        break
      case 2:
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          bytes.subarray(Math.min(at + random.between(1, 8), bytes.length)),
        ])
        break
      case 3: {
        const piece = bytes.subarray(at, Math.min(at + random.between(1, 60), bytes.length))
        bytes = Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)])
        break
      }
      default:
        bytes = Buffer.from(bytes)
        mutateBytes(bytes, first, bytes.length, random)
    }
  }
  const whole = bytes.length < 4 ? Buffer.alloc(4) : Buffer.from(bytes)
  whole.writeInt32BE(whole.length - 4)
  return whole
}

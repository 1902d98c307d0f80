import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { CorruptBatchError } from './corrupt-batch-error.ts'
import { compressLz4, decompressLz4, lz4InflatesBeyond } from './lz4.ts'
import { compressSnappy, decompressSnappy, snappyInflatesBeyond } from './snappy.ts'

export type CodecName = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

/** One way to compress the records of a batch. Both directions are synchronous: milliseconds per mebibyte. */
export interface Codec {
  /** What bits 0 to 2 of a batch's attributes say. */
  readonly id: number
  readonly name: CodecName
  /** `level` is the codec's own scale; codecs without one take no notice of it. */
  readonly compress: (bytes: Uint8Array, level?: number) => Buffer
  /**
   * Inflates `buffer[start, end)` to at most `maxBytes`; throws a CorruptBatchError when the bytes are not the codec's
   * ('malformed') or would become more ('too large'), without having made them.
   */
  readonly decompress: (buffer: Buffer, start: number, end: number, maxBytes: number) => Buffer
  /**
   * Whether `buffer[start, end)` inflates to more than `bytes`, as far as can be said without inflating more than that.
   * Bytes that are not the codec's do not; gzip is believed what its last four bytes say.
   */
  readonly inflatesBeyond: (buffer: Buffer, start: number, end: number, bytes: number) => boolean
}

/** What one batch may inflate to unless its reader says otherwise. */
export const INFLATED_BYTES_MAX = 128 * 1024 * 1024

/** The codecs by id. */
export const codecs: readonly Codec[] = [
  {
    id: 0,
    name: 'none',
    compress: (bytes) => Buffer.from(bytes),
    decompress: copyOf,
    inflatesBeyond: (_buffer, start, end, bytes) => end - start > bytes,
  },
  {
    id: 1,
    name: 'gzip',
    compress: (bytes, level = constants.Z_DEFAULT_COMPRESSION) => gzipSync(bytes, { level }),
    decompress: (buffer, start, end, maxBytes) => inflateBounded('gzip', gunzipSync, buffer, start, end, maxBytes),
    inflatesBeyond: (buffer, start, end, bytes) =>
      end - start >= GZIP_BYTES_MIN && buffer.readUInt32LE(end - 4) > bytes,
  },
  {
    id: 2,
    name: 'snappy',
    compress: compressSnappy,
    decompress: decompressSnappy,
    inflatesBeyond: snappyInflatesBeyond,
  },
  { id: 3, name: 'lz4', compress: compressLz4, decompress: decompressLz4, inflatesBeyond: lz4InflatesBeyond },
  {
    id: 4,
    name: 'zstd',
    compress: (bytes, level = constants.ZSTD_CLEVEL_DEFAULT) =>
      zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: level } }),
    decompress: (buffer, start, end, maxBytes) =>
      inflateBounded('zstd', zstdDecompressSync, buffer, start, end, maxBytes),
    inflatesBeyond: zstdInflatesBeyond,
  },
]

/** The codec of that name. */
export function codecNamed(name: CodecName): Codec {
  return codecs.find((codec) => codec.name === name)!
}

/** The codec with that id; throws a CorruptBatchError ('unknown codec') for 5, 6 and 7. */
export function codecWithId(id: number): Codec {
  const codec = codecs[id]
  if (codec === undefined) throw new CorruptBatchError(`Codec ${id} is unknown; 0 to 4 are defined.`, 'unknown codec')
  return codec
}

function copyOf(buffer: Buffer, start: number, end: number, maxBytes: number): Buffer {
  if (end - start > maxBytes) {
    throw new CorruptBatchError(`Records of ${end - start} bytes; ${maxBytes} are allowed.`, 'too large')
  }
  return Buffer.from(buffer.subarray(start, end))
}

/** A header of 10 bytes, an empty block of 2, and 8 of sum and size. */
const GZIP_BYTES_MIN = 20

/** A frame need not say its size, and several may follow one another: so it is tried. */
function zstdInflatesBeyond(buffer: Buffer, start: number, end: number, bytes: number): boolean {
  try {
    inflateBounded('zstd', zstdDecompressSync, buffer, start, end, bytes)
    return false
  } catch (error) {
    return error instanceof CorruptBatchError && error.reason === 'too large'
  }
}

const INFLATE_CHUNK_BYTES_MIN = 16 * 1024
const INFLATE_CHUNK_BYTES_MAX = 1024 * 1024

function inflateBounded(
  name: CodecName,
  inflate: (bytes: Uint8Array, options: { maxOutputLength: number; chunkSize: number }) => Buffer,
  buffer: Buffer,
  start: number,
  end: number,
  maxBytes: number,
): Buffer {
  const chunkSize = Math.min(Math.max(8 * (end - start), INFLATE_CHUNK_BYTES_MIN), INFLATE_CHUNK_BYTES_MAX)
  try {
    return inflate(buffer.subarray(start, end), { maxOutputLength: Math.max(maxBytes, 1), chunkSize })
  } catch (cause) {
    if (cause instanceof RangeError && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE') {
      const text = `${name} data of ${end - start} bytes inflates to more than the ${maxBytes} allowed.`
      throw new CorruptBatchError(text, 'too large', { cause })
    }
    throw new CorruptBatchError(`${name} data of ${end - start} bytes cannot be inflated.`, 'malformed', { cause })
  }
}

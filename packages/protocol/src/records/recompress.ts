import type { Slice } from '../bytes/slice.ts'
import { viewOf } from '../bytes/slice.ts'
import {
  ATTRIBUTES,
  BatchHeader,
  CODEC_MASK,
  LENGTH,
  LENGTH_PREFIX_BYTES,
  patchBatchCrc,
  RECORDS,
  readBatchHeader,
} from './batch.ts'
import { type Codec, codecWithId, INFLATED_BYTES_MAX } from './codecs.ts'

/**
 * The one batch in `batch` with its records in another codec: the same records byte for byte, the same header but for
 * codec bits, length and CRC. For topics whose `compression.type` names a codec. Empty and control batches stay
 * uncompressed, as Kafka keeps them. Throws a CorruptBatchError when the records cannot be inflated.
 */
export function recompress(batch: Slice, codec: Codec, level?: number, maxBytes: number = INFLATED_BYTES_MAX): Buffer {
  const header = new BatchHeader()
  readBatchHeader(batch.view, batch.start, header)
  const recordsStart = batch.start + RECORDS
  const source = codecWithId(header.codec)
  const plain = source.decompress(batch.buffer, recordsStart, batch.start + header.sizeInBytes, maxBytes)
  const target = plain.length === 0 || header.isControl ? codecWithId(0) : codec
  const records = target.id === 0 ? plain : target.compress(plain, level)

  const made = Buffer.allocUnsafe(RECORDS + records.length)
  const view = viewOf(made)
  batch.buffer.copy(made, 0, batch.start, recordsStart)
  records.copy(made, RECORDS)
  view.setInt32(LENGTH, made.length - LENGTH_PREFIX_BYTES)
  view.setInt16(ATTRIBUTES, (header.attributes & ~CODEC_MASK) | target.id)
  patchBatchCrc(made, view, 0)
  return made
}

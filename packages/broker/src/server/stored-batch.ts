import { type CodecName, codecNamed, recompress, type Slice, sliceOf } from '@odradek/protocol'

/**
 * A validated batch as its topic wants it stored (`compression.type`): as it came, or with its records in the topic's own
 * codec. Throws a CorruptBatchError where they cannot be inflated, which a deep validation has ruled out.
 */
export function storedBatch(batch: Slice, codecId: number, compressionType: string): Slice {
  if (compressionType === 'producer') return batch
  const codec = codecNamed((compressionType === 'uncompressed' ? 'none' : compressionType) as CodecName)
  return codec.id === codecId ? batch : sliceOf(recompress(batch, codec))
}

import type { TopicConfig } from '@odradek/config'
import { type CodecName, codecNamed, recompress, type Slice, sliceOf } from '@odradek/protocol'

/** What of a topic's configs says how its batches are compressed. */
export type CompressionConfig = Pick<
  TopicConfig,
  'compression.type' | 'compression.gzip.level' | 'compression.zstd.level'
>

/** Those of `config` alone, to be sent to another thread. */
export function compressionOf(config: CompressionConfig): CompressionConfig {
  return {
    'compression.type': config['compression.type'],
    'compression.gzip.level': config['compression.gzip.level'],
    'compression.zstd.level': config['compression.zstd.level'],
  }
}

/**
 * A validated batch as its topic wants it stored (`compression.type`): as it came, or with its records in the topic's own
 * codec. Throws a CorruptBatchError where they cannot be inflated, which a deep validation has ruled out.
 */
export function storedBatch(batch: Slice, codecId: number, config: CompressionConfig): Slice {
  const compressionType = config['compression.type']
  if (compressionType === 'producer') return batch
  const codec = codecNamed((compressionType === 'uncompressed' ? 'none' : compressionType) as CodecName)
  return codec.id === codecId ? batch : sliceOf(recompress(batch, codec, levelOf(codec.name, config)))
}

/** Undefined where the codec has none. */
function levelOf(codec: CodecName, config: CompressionConfig): number | undefined {
  if (codec === 'gzip') return config['compression.gzip.level']
  return codec === 'zstd' ? config['compression.zstd.level'] : undefined
}

import {
  ATTRIBUTES,
  CODEC_MASK,
  codecs,
  INFLATED_BYTES_MAX,
  RECORDS,
  type Slice,
  type ValidationOptions,
} from '@odradek/protocol'
import type { BrokerContext } from './broker-context.ts'
import { job, type OpenedBatch } from './open-batch.ts'
import { type CompressionConfig, compressionOf } from './stored-batch.ts'

/** What a batch may inflate to and still be opened on the loop: about a millisecond of it. */
export const OPENED_INLINE_BYTES_MAX = 512 * 1024

/** What a batch may inflate to where it is opened, as a multiple of what it may have as it is sent; within bounds. */
const EXPANSION_MAX = 32
const OPENED_BYTES_MIN = 4 * 1024 * 1024

/** What a batch of a topic may inflate to where it is opened; `max.message.bytes` is the topic's. */
export function openedBytesMax(maxMessageBytes: number): number {
  return Math.min(Math.max(EXPANSION_MAX * maxMessageBytes, OPENED_BYTES_MIN), INFLATED_BYTES_MAX)
}

/** Whether the records of a batch inflate to more than `bytes`. Whatever is wrong with it will be found by who opens it. */
export function inflatesBeyond({ buffer, view, start, end }: Slice, bytes: number): boolean {
  if (end - start < RECORDS) return false
  const codec = view.getInt16(start + ATTRIBUTES) & CODEC_MASK
  return codec !== 0 && codec < codecs.length && codecs[codec]!.inflatesBeyond(buffer, start + RECORDS, end, bytes)
}

/**
 * Validates a batch and brings it into its topic's form in another thread. Null where there is no memory to keep it in
 * (`memory.request.bytes.max`). Rejects when that thread ends.
 */
export function openBeside(
  { host, requestMemory }: BrokerContext,
  { buffer, start, end }: Slice,
  options: ValidationOptions,
  config: CompressionConfig,
): Promise<OpenedBatch> | null {
  if (requestMemory.isFull) return null
  // In memory of its own: what is sent to another thread is sent with all that its buffer has.
  const bytes = new Uint8Array(buffer.subarray(start, end))
  requestMemory.keep(bytes.length)
  return host.offload
    .run(job, { bytes, options, compression: compressionOf(config) })
    .finally(() => requestMemory.keep(-bytes.length))
}

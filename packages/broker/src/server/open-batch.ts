/**
 * Validates a batch whose records are opened, and brings it into its topic's form, beside the event loop: for batches that
 * inflate to so much that the loop would stand still for it.
 */
import {
  type BlamedRecord,
  setMaxTimestamp,
  sliceOf,
  type ValidationOptions,
  validateProducedBatch,
} from '@odradek/protocol'
import type { Job } from '../host/offload.ts'
import { type CompressionConfig, storedBatch } from './stored-batch.ts'

export interface BatchToOpen {
  /** The batch, whole. */
  readonly bytes: Uint8Array
  readonly options: ValidationOptions
  /** The topic's. */
  readonly compression: CompressionConfig
}

/** What came of it: as a `Validation`, and the batch as it is to be stored where it is taken. */
export interface OpenedBatch {
  readonly errorCode: number
  readonly blamed: readonly BlamedRecord[]
  readonly text: string | null
  readonly stored: Uint8Array | null
}

export const job: Job<BatchToOpen, OpenedBatch> = {
  module: import.meta.url,
  isUrgent: true,
  run(_disk, { bytes, options, compression }) {
    const batch = sliceOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    const { errorCode, blamed, text, header, walked, maxTimestamp } = validateProducedBatch(batch, options)
    if (errorCode !== 0) return { errorCode, blamed, text, stored: null }
    if (walked && maxTimestamp !== header.maxTimestamp)
      setMaxTimestamp(batch.buffer, batch.view, batch.start, maxTimestamp)
    const { buffer, start, end } = storedBatch(batch, header.codec, compression)
    return { errorCode, blamed, text, stored: buffer.subarray(start, end) }
  },
}

import { type BatchOptions, RecordBatchBuilder, type RecordInput } from './record-batch-builder.ts'

/** One batch of `records`; see BatchOptions for the defaults. The same input gives the same bytes. */
export function encodeBatch(batch: BatchOptions & { readonly records: readonly RecordInput[] }): Buffer {
  const builder = new RecordBatchBuilder(batch)
  for (const record of batch.records) builder.append(record)
  return builder.build()
}

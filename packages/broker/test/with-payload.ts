import {
  ATTRIBUTES,
  type CodecName,
  codecNamed,
  encodeBatch,
  LENGTH,
  LENGTH_PREFIX_BYTES,
  patchBatchCrc,
  RECORDS,
  viewOf,
} from '@odradek/protocol'

/** A batch whose records are these bytes, in that codec. */
export function withPayload(codec: CodecName, payload: Buffer): Buffer {
  const header = encodeBatch({ records: [{ value: 'v', timestamp: Date.now() }] }).subarray(0, RECORDS)
  const batch = Buffer.concat([header, payload])
  const view = viewOf(batch)
  view.setInt32(LENGTH, batch.length - LENGTH_PREFIX_BYTES)
  view.setInt16(ATTRIBUTES, codecNamed(codec).id)
  patchBatchCrc(batch, view, 0)
  return batch
}

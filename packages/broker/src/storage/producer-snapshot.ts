/**
 * The producer snapshot of a partition: who wrote to it up to the offset in the file's name (exclusive), so that a
 * restart need not read the log from its start.
 *
 *     int16 version 1, uint32 CRC-32C of all that follows it, int32 count, then per producer 46 bytes:
 *     int64 producer id, int16 epoch, int32 last sequence, int64 last offset, int32 offset delta, int64 timestamp,
 *     int32 coordinator epoch, int64 first offset of the open transaction (-1)
 *
 * That is Kafka's format, which has only the newest batch of a producer. What follows is ours (Kafka reads over it), because a
 * producer whose broker was killed sends again all that it had in flight, and each of those may be in the log:
 *
 *     per older batch 24 bytes, oldest first: int64 producer id, int32 last sequence, int64 last offset, int32 offset delta
 */
import { crc32c, viewOf, writeInt64 } from '@odradek/protocol'
import { ProducerEntry } from './producer-entry.ts'

const VERSION = 1
const HEADER_BYTES = 10
const CRC_COVERS_FROM = 6
const ENTRY_BYTES = 46
const OLDER_BATCH_BYTES = 24
const TWO_POW_32 = 0x1_0000_0000

/** The file of `producers`, of which there are `count`. */
export function encodeSnapshot(producers: Iterable<ProducerEntry>, count: number): Buffer {
  const entries = [...producers]
  let olderBatches = 0
  for (const { batches } of entries) olderBatches += Math.max(0, batches - 1)
  const bytes = Buffer.alloc(HEADER_BYTES + count * ENTRY_BYTES + olderBatches * OLDER_BATCH_BYTES)
  const view = viewOf(bytes)
  view.setInt16(0, VERSION)
  view.setInt32(6, count)
  let at = HEADER_BYTES
  for (const entry of entries) {
    writeInt64(view, at, entry.producerId)
    view.setInt16(at + 8, entry.epoch)
    view.setInt32(at + 10, entry.lastSequence)
    writeInt64(view, at + 14, entry.lastOffset)
    view.setInt32(at + 22, entry.offsetDelta)
    writeInt64(view, at + 26, entry.lastTimestamp)
    view.setInt32(at + 34, entry.coordinatorEpoch)
    writeInt64(view, at + 38, entry.transactionStartOffset)
    at += ENTRY_BYTES
  }
  for (const entry of entries) {
    for (let age = entry.batches - 1; age > 0; age--) {
      const { lastSequence, lastOffset, offsetDelta } = entry.batch(age)
      writeInt64(view, at, entry.producerId)
      view.setInt32(at + 8, lastSequence)
      writeInt64(view, at + 12, lastOffset)
      view.setInt32(at + 20, offsetDelta)
      at += OLDER_BATCH_BYTES
    }
  }
  view.setUint32(2, crc32c(bytes, CRC_COVERS_FROM, bytes.length))
  return bytes
}

/** The producers of a snapshot file, or what is wrong with it. */
export function decodeSnapshot(bytes: Buffer): ProducerEntry[] | string {
  if (bytes.length < HEADER_BYTES) return `${bytes.length} bytes, fewer than the ${HEADER_BYTES} of an empty snapshot`
  const view = viewOf(bytes)
  if (view.getInt16(0) !== VERSION) return `version ${view.getInt16(0)}, not ${VERSION}`
  if (view.getUint32(2) !== crc32c(bytes, CRC_COVERS_FROM, bytes.length)) return 'the CRC does not match'
  const count = view.getInt32(6)
  const entriesEnd = HEADER_BYTES + count * ENTRY_BYTES
  if (count < 0 || entriesEnd > bytes.length || (bytes.length - entriesEnd) % OLDER_BATCH_BYTES !== 0)
    return `${count} producers do not make ${bytes.length} bytes`
  const producers = new Map<number, ProducerEntry>()
  for (let at = HEADER_BYTES; at < entriesEnd; at += ENTRY_BYTES) {
    const entry = new ProducerEntry(int64At(view, at))
    entry.epoch = view.getInt16(at + 8)
    entry.lastTimestamp = int64At(view, at + 26)
    entry.coordinatorEpoch = view.getInt32(at + 34)
    entry.transactionStartOffset = int64At(view, at + 38)
    producers.set(entry.producerId, entry)
  }
  for (let at = entriesEnd; at < bytes.length; at += OLDER_BATCH_BYTES)
    producers.get(int64At(view, at))?.addBatch(view.getInt32(at + 8), int64At(view, at + 12), view.getInt32(at + 20))
  for (let at = HEADER_BYTES; at < entriesEnd; at += ENTRY_BYTES) {
    const lastOffset = int64At(view, at + 14)
    const entry = producers.get(int64At(view, at))!
    if (lastOffset >= 0) entry.addBatch(view.getInt32(at + 10), lastOffset, view.getInt32(at + 22))
  }
  return [...producers.values()]
}

function int64At(view: DataView, position: number): number {
  return view.getInt32(position) * TWO_POW_32 + view.getUint32(position + 4)
}

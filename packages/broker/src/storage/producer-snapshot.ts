/**
 * The producer snapshot of a partition: who wrote to it up to the offset in the file's name (exclusive), so that a
 * restart need not read the log from its start.
 *
 *     int16 version 1, uint32 CRC-32C of all that follows it, int32 count, then per producer 46 bytes:
 *     int64 producer id, int16 epoch, int32 last sequence, int64 last offset, int32 offset delta, int64 timestamp,
 *     int32 coordinator epoch, int64 first offset of the open transaction (-1)
 *
 * Only the newest batch of a producer is in it: after a restart only that one is known again as a duplicate.
 */
import { crc32c, viewOf, writeInt64 } from '@odradek/protocol'
import { ProducerEntry } from './producer-entry.ts'

const VERSION = 1
const HEADER_BYTES = 10
const CRC_COVERS_FROM = 6
const ENTRY_BYTES = 46
const TWO_POW_32 = 0x1_0000_0000

export function encodeSnapshot(producers: Iterable<ProducerEntry>, count: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + count * ENTRY_BYTES)
  const view = viewOf(bytes)
  view.setInt16(0, VERSION)
  view.setInt32(6, count)
  let at = HEADER_BYTES
  for (const entry of producers) {
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
  if (count < 0 || HEADER_BYTES + count * ENTRY_BYTES !== bytes.length)
    return `${count} producers do not make ${bytes.length} bytes`
  const producers: ProducerEntry[] = []
  for (let at = HEADER_BYTES; at < bytes.length; at += ENTRY_BYTES) {
    const entry = new ProducerEntry(int64At(view, at))
    entry.epoch = view.getInt16(at + 8)
    entry.lastTimestamp = int64At(view, at + 26)
    entry.coordinatorEpoch = view.getInt32(at + 34)
    entry.transactionStartOffset = int64At(view, at + 38)
    const lastOffset = int64At(view, at + 14)
    if (lastOffset >= 0) entry.addBatch(view.getInt32(at + 10), lastOffset, view.getInt32(at + 22))
    producers.push(entry)
  }
  return producers
}

function int64At(view: DataView, position: number): number {
  return view.getInt32(position) * TWO_POW_32 + view.getUint32(position + 4)
}

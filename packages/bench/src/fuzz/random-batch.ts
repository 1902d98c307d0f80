/** Record batches as producers send them, and with their headers, records and sums changed. */
import { crc32 } from 'node:zlib'
import {
  ATTRIBUTES,
  BASE_OFFSET,
  BASE_SEQUENCE,
  BASE_TIMESTAMP,
  CODEC_MASK,
  COUNT,
  type CodecName,
  CRC,
  encodeBatch,
  LAST_OFFSET_DELTA,
  LEADER_EPOCH,
  LENGTH,
  LENGTH_PREFIX_BYTES,
  MAGIC,
  MAX_TIMESTAMP,
  PRODUCER_EPOCH,
  PRODUCER_ID,
  patchBatchCrc,
  RECORDS,
  type RecordInput,
  viewOf,
} from '@odradek/protocol'
import { mutateBytes } from './mutate-bytes.ts'
import type { Random } from './random.ts'

const CODECS: readonly CodecName[] = ['none', 'none', 'none', 'gzip', 'snappy', 'lz4', 'zstd']
const INT32S = [0, 1, -1, 2, 0x7f, 0xff, 0x7fff, 0x7fffffff, -0x80000000, 1_000_000]
const FIELDS_OF_8 = [BASE_OFFSET, BASE_TIMESTAMP, MAX_TIMESTAMP, PRODUCER_ID]
const FIELDS_OF_4 = [LENGTH, LEADER_EPOCH, LAST_OFFSET_DELTA, BASE_SEQUENCE, COUNT, CRC]
/** How often the sum is made right again after a change. */
const RIGHT_CRC = 0.75

/** Headers that say when a record is to be delivered, and what they may say. */
const DELAY_HEADERS = ['TIMER_DELIVER_MS', 'TIMER_DELAY_MS', 'TIMER_DELAY_SEC', 'DELAY']
const DELAYS = ['0', '1', '5', '1000', '99999999999999999999', '-1', '1e3', ' 1', 'x', '']

function randomHeader(random: Random) {
  if (random.chance(0.5)) return { key: random.pick(DELAY_HEADERS), value: random.pick(DELAYS) }
  return { key: 'h', value: random.chance(0.3) ? null : random.bytes(5) }
}

export function randomRecords(random: Random): RecordInput[] {
  const now = Date.now()
  return Array.from({ length: random.pick([1, 1, 2, 3, 10]) }, () => ({
    key: random.chance(0.2) ? null : `k${random.below(20)}`,
    value: random.chance(0.2) ? null : random.bytes(random.below(60)),
    timestamp: random.chance(0.05) ? random.pick([-1, 0, now + 1e10]) : now - random.below(1000),
    headers: random.chance(0.4) ? [randomHeader(random)] : [],
  }))
}

/** A batch that a topic takes, most of the time. */
export function validBatch(random: Random): Buffer {
  const isIdempotent = random.chance(0.3)
  return encodeBatch({
    records: randomRecords(random),
    codec: random.pick(CODECS),
    transactional: random.chance(0.03),
    ...(isIdempotent
      ? { producerId: random.below(5), producerEpoch: 0, baseSequence: random.pick([0, 0, 1, 10]) }
      : {}),
  })
}

/** A batch that has something wrong with it, or its like of an older format. */
export function wrongBatch(random: Random): Buffer {
  if (random.chance(0.08)) return oldMessages(random)
  const batch = validBatch(random)
  const view = viewOf(batch)
  for (let changes = random.between(1, 3); changes > 0; changes -= 1) changeOne(batch, view, random)
  if (random.chance(RIGHT_CRC)) sumAnew(batch)
  switch (random.below(12)) {
    case 0:
      return batch.subarray(0, random.below(batch.length))
    case 1:
      return Buffer.concat([batch, random.bytes(random.between(1, 80))])
    case 2:
      return Buffer.concat([batch, validBatch(random)])
    case 3:
      return random.bytes(random.below(100))
    default:
      return batch
  }
}

function changeOne(batch: Buffer, view: DataView, random: Random): void {
  switch (random.below(8)) {
    case 0:
      view.setInt32(random.pick(FIELDS_OF_4), random.pick(INT32S))
      break
    case 1: {
      const at = random.pick(FIELDS_OF_8)
      view.setInt32(at, random.pick(INT32S))
      view.setInt32(at + 4, random.pick(INT32S))
      break
    }
    case 2:
      view.setInt16(PRODUCER_EPOCH, random.pick([0, -1, 1, 0x7fff, -0x8000]))
      break
    case 3:
      // Codec, timestamp type, transactional, control, delete horizon, and bits that nobody has given a meaning.
      view.setInt16(ATTRIBUTES, view.getInt16(ATTRIBUTES) ^ (1 << random.below(16)))
      break
    case 4:
      view.setInt16(ATTRIBUTES, (view.getInt16(ATTRIBUTES) & ~CODEC_MASK) | random.below(8))
      break
    case 5:
      view.setInt8(MAGIC, random.pick([0, 1, 3, -1]))
      break
    default:
      if (batch.length > RECORDS) mutateBytes(batch, RECORDS, batch.length, random)
  }
}

/** Makes the sum right, where the batch's length lets that be done. */
export function sumAnew(batch: Buffer): void {
  const view = viewOf(batch)
  if (batch.length >= RECORDS && view.getInt32(LENGTH) === batch.length - LENGTH_PREFIX_BYTES)
    patchBatchCrc(batch, view, 0)
}

/**
 * Messages of format 0 and 1, which Kafka had before batches: int64 offset, int32 length, uint32 CRC-32, int8 magic,
 * int8 attributes, (1: int64 timestamp,) key and value with int32 lengths.
 */
function oldMessages(random: Random): Buffer {
  const messages = Array.from({ length: random.between(1, 3) }, (_, offset) => {
    const magic = random.below(2)
    const [key, value] = [random.bytes(random.below(5)), random.bytes(random.below(30))]
    const message = Buffer.alloc(12 + 4 + 2 + 8 * magic + 8 + key.length + value.length)
    message.writeInt32BE(offset, 4)
    message.writeInt32BE(message.length - 12, 8)
    message[16] = magic
    message[17] = random.below(4)
    let at = 18 + 8 * magic
    for (const part of [key, value]) {
      message.writeInt32BE(random.chance(0.1) ? random.pick(INT32S) : part.length, at)
      message.set(part, at + 4)
      at += 4 + part.length
    }
    message.writeUInt32BE(crc32(message.subarray(16)) >>> 0, 12)
    return message
  })
  return Buffer.concat(messages)
}

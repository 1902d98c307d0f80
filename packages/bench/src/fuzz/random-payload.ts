/** Batches whose compressed records are not what they should be: cut, flipped, of another codec, nested, or bombs. */
import { gzipSync, zstdCompressSync } from 'node:zlib'
import {
  ATTRIBUTES,
  COUNT,
  codecNamed,
  encodeBatch,
  LAST_OFFSET_DELTA,
  LENGTH,
  LENGTH_PREFIX_BYTES,
  patchBatchCrc,
  RECORDS,
  viewOf,
} from '@odradek/protocol'
import { mutateBytes } from './mutate-bytes.ts'
import type { Random } from './random.ts'
import { randomRecords } from './random-batch.ts'

const CODECS = ['gzip', 'snappy', 'lz4', 'zstd'] as const
type Compressed = (typeof CODECS)[number]
const MIB = 1024 * 1024
/** How often a payload is a bomb: each costs the broker as much as it may. */
const BOMBS = 0.02

/** A batch with compressed records, of which something is wrong most of the time; its sum is right. */
export function wrongPayload(random: Random): Buffer {
  const codec = random.pick(CODECS)
  if (random.chance(BOMBS))
    return batchOf(codec, bomb(codec, random.pick([2, 20, 200])), random.pick([1, 1000, 0x7fffffff]))
  const records = randomRecords(random)
  const batch = encodeBatch({ records, codec })
  const payload = Buffer.from(batch.subarray(RECORDS))
  const count = records.length
  switch (random.below(9)) {
    case 0:
      return batchOf(codec, payload.subarray(0, random.below(payload.length)), count)
    case 1:
      for (let changes = random.between(1, 4); changes > 0; changes -= 1)
        mutateBytes(payload, 0, payload.length, random)
      return batchOf(codec, payload, count)
    case 2:
      return batchOf(random.pick(CODECS), payload, count)
    case 3:
      return batchOf(codec, codecNamed(random.pick(CODECS)).compress(payload), count)
    case 4:
      return batchOf(codec, Buffer.concat([payload, random.bytes(random.between(1, 30))]), count)
    case 5:
      return batchOf(codec, Buffer.concat([payload, payload]), random.pick([count, 2 * count]))
    case 6:
      return batchOf(codec, random.bytes(random.below(200)), count)
    case 7:
      return wrongInside(codec, random)
    default:
      return batchOf(codec, payload, random.pick([count, count + 1, 1, 1000, 0x7fffffff]))
  }
}

/** Rightly compressed; the records in it are changed. */
function wrongInside(codec: Compressed, random: Random): Buffer {
  const records = randomRecords(random)
  const plain = Buffer.from(encodeBatch({ records }).subarray(RECORDS))
  for (let changes = random.between(1, 4); changes > 0; changes -= 1) mutateBytes(plain, 0, plain.length, random)
  return batchOf(codec, codecNamed(codec).compress(plain), records.length)
}

function batchOf(codec: Compressed, payload: Buffer, count: number): Buffer {
  const header = encodeBatch({ records: [{ value: null, timestamp: Date.now() }] }).subarray(0, RECORDS)
  const batch = Buffer.concat([header, payload])
  const view = viewOf(batch)
  view.setInt32(LENGTH, batch.length - LENGTH_PREFIX_BYTES)
  view.setInt16(ATTRIBUTES, codecNamed(codec).id)
  view.setInt32(COUNT, count)
  view.setInt32(LAST_OFFSET_DELTA, count - 1)
  patchBatchCrc(batch, view, 0)
  return batch
}

/** A batch of one record, as its header says, that inflates to so many MiB. */
export function bombBatch(codec: Compressed, mebibytes: number): Buffer {
  return batchOf(codec, bomb(codec, mebibytes), 1)
}

const bombs = new Map<string, Buffer>()

/** Bytes that inflate to about so many MiB of zeros, made once. All four formats may be repeated to grow. */
export function bomb(codec: Compressed, mebibytes: number): Buffer {
  const name = `${codec} ${mebibytes}`
  let bytes = bombs.get(name)
  if (!bytes) {
    bytes = makeBomb(codec, mebibytes)
    bombs.set(name, bytes)
  }
  return bytes
}

function makeBomb(codec: Compressed, mebibytes: number): Buffer {
  const zeros = Buffer.alloc(MIB)
  switch (codec) {
    case 'gzip':
      return repeated(gzipSync(zeros, { level: 9 }), mebibytes)
    case 'zstd':
      return repeated(zstdCompressSync(zeros), mebibytes)
    case 'snappy': {
      // Behind the header of 16 bytes one block after the other.
      const framed = codecNamed('snappy').compress(zeros)
      return Buffer.concat([framed.subarray(0, 16), repeated(framed.subarray(16), mebibytes)])
    }
    case 'lz4':
      return codecNamed('lz4').compress(Buffer.alloc(mebibytes * MIB))
    default:
      return codec satisfies never
  }
}

function repeated(piece: Buffer, times: number): Buffer {
  return Buffer.concat(Array.from({ length: times }, () => piece))
}

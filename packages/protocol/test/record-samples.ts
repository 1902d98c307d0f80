import fc from 'fast-check'
import type { BatchOptions, RecordInput } from '../src/records/record-batch-builder.ts'

/**
 * A batch of one record as it goes over the wire, taken apart by hand after the published format:
 * key 01020304, value 050607, header 08090a = 0b0c, 5 ms after 1479847795000; its CRC was computed by another client.
 */
export const publishedBatch = Buffer.from(
  [
    '0000000000000000', // base offset 0
    '00000046', // length 70
    '00000000', // leader epoch 0
    '02', // magic
    '547961fd', // crc
    '0000', // attributes
    '00000000', // last offset delta 0
    '000001588dcd5938', // base timestamp
    '0000000000000000', // max timestamp 0: careless
    '0000000000000000', // producer id 0
    '0000', // producer epoch 0
    '00000000', // base sequence 0
    '00000001', // count
    '28', // record length 20
    '00', // attributes
    '0a', // timestamp delta 5
    '00', // offset delta 0
    '0801020304', // key
    '06050607', // value
    '02', // headers: 1
    '0608090a', // header key
    '040b0c', // header value
  ].join(''),
  'hex',
)

/** A time of this century, so that deltas are small and batches are taken. */
export const SAMPLE_MS = 1_700_000_000_000

/** `count` records with a key, a value and a header each. */
export function sampleRecords(count: number): RecordInput[] {
  return Array.from({ length: count }, (_, index) => ({
    key: `key ${index}`,
    value: `value ${index} `.repeat(8),
    headers: [{ key: 'origin', value: `header ${index}` }],
    timestamp: SAMPLE_MS + index,
  }))
}

const bytes = fc.uint8Array({ maxLength: 300 })
const header = fc.record({ key: fc.string({ unit: 'binary', maxLength: 8 }), value: fc.option(bytes) })

/** Any record: null or empty keys and values, repeated and odd header keys, timestamps before and after. */
export const anyRecord = fc.record({
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.array(header, { maxLength: 4 }),
  timestamp: fc.oneof(
    fc.constant(-1),
    fc.integer({ min: 0, max: 2 ** 45 }),
    fc.integer({ min: SAMPLE_MS, max: SAMPLE_MS + 9 }),
  ),
})

/** Any header a batch of a log may have. */
export const anyOptions: fc.Arbitrary<BatchOptions> = fc.record({
  baseOffset: fc.oneof(
    fc.constant(0),
    fc.maxSafeNat().map((offset) => Math.floor(offset / 2)),
  ),
  leaderEpoch: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
  codec: fc.constantFrom('none', 'gzip', 'snappy', 'lz4', 'zstd'),
  transactional: fc.boolean(),
  producerId: fc.oneof(fc.constant(-1), fc.maxSafeNat()),
  producerEpoch: fc.integer({ min: -1, max: 2 ** 15 - 1 }),
  baseSequence: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { anyRecord, publishedBatch, SAMPLE_MS, sampleRecords } from '../../test/record-samples.ts'
import { sliceOf, viewOf } from '../bytes/slice.ts'
import { errors } from '../errors.ts'
import {
  ATTRIBUTES,
  BASE_OFFSET,
  BASE_SEQUENCE,
  BASE_TIMESTAMP,
  COUNT,
  LAST_OFFSET_DELTA,
  LENGTH,
  MAGIC,
  PRODUCER_EPOCH,
  PRODUCER_ID,
  patchBatchCrc,
  RECORDS,
} from './batch.ts'
import { type CodecName, codecNamed } from './codecs.ts'
import { CorruptBatchError } from './corrupt-batch-error.ts'
import { encodeBatch } from './encode-batch.ts'
import { RecordCursor } from './record-cursor.ts'
import { type ValidationOptions, validateProducedBatch } from './validate.ts'

const HOUR_MS = 3_600_000
const defaults: ValidationOptions = {
  maxMessageBytes: 1_048_588,
  timestampType: 'CreateTime',
  beforeMaxMs: 2 ** 63,
  afterMaxMs: HOUR_MS,
  nowMs: SAMPLE_MS,
  compacted: false,
  deep: false,
  apiVersion: 9,
}
const codecNames: CodecName[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

/** What validation says of `batch`, with the name of the error. */
function judge(batch: Buffer, options: Partial<ValidationOptions> = {}) {
  const { errorCode, recordIndex, blamed, text, walked, maxTimestamp } = validateProducedBatch(sliceOf(batch), {
    ...defaults,
    ...options,
  })
  const error = Object.entries(errors).find(([, { code }]) => code === errorCode)![0]
  assert.equal(text === null, error === 'NONE', 'a refusal says why, and nothing else does')
  return { error, recordIndex, blamed, text, walked, maxTimestamp }
}

function refused(batch: Buffer, error: keyof typeof errors, text: RegExp, options: Partial<ValidationOptions> = {}) {
  const found = judge(batch, options)
  assert.equal(found.error, error, found.text ?? '')
  assert.match(found.text!, text)
  return found
}

/** A copy of `batch` after `change`, with its CRC right again. */
function changed(batch: Buffer, change: (batch: Buffer) => void): Buffer {
  const copy = Buffer.from(batch)
  change(copy)
  patchBatchCrc(copy, viewOf(copy), 0)
  return copy
}

const plain = encodeBatch({ records: sampleRecords(3) })

test('a sound batch is taken in every codec, opened or not', () => {
  for (const codec of codecNames) {
    const batch = encodeBatch({ records: sampleRecords(3), codec })
    for (const options of [{}, { deep: true }, { compacted: true }]) {
      const found = judge(batch, options)
      const walked = codec === 'none' || Object.keys(options).length > 0
      assert.deepEqual(found, {
        error: 'NONE',
        recordIndex: -1,
        blamed: [],
        text: null,
        walked,
        maxTimestamp: SAMPLE_MS + 2,
      })
    }
  }
})

test('the published batch is taken, and its careless maximum shows', () => {
  const found = judge(publishedBatch, { deep: true })
  assert.equal(found.error, 'NONE')
  assert.equal(found.maxTimestamp, 1479847795005)
  assert.equal(validateProducedBatch(sliceOf(publishedBatch), defaults).header.maxTimestamp, 0)
})

test('nothing, and two batches, are not exactly one', () => {
  refused(Buffer.alloc(0), 'INVALID_RECORD', /no record batch/)
  refused(Buffer.concat([plain, plain]), 'INVALID_RECORD', /exactly one/)
  refused(Buffer.concat([plain, Buffer.alloc(1)]), 'INVALID_RECORD', /1 bytes follow/)
})

test('a batch that is cut off anywhere is damaged', () => {
  for (const codec of codecNames) {
    const batch = encodeBatch({ records: sampleRecords(2), codec })
    for (let cut = 1; cut < batch.length; cut++) {
      refused(Buffer.from(batch.subarray(0, cut)), 'CORRUPT_MESSAGE', /bytes/)
      const part = Buffer.from(batch.subarray(0, cut))
      if (cut < RECORDS) continue
      part.writeInt32BE(cut - 12, LENGTH)
      refused(part, 'CORRUPT_MESSAGE', /CRC/)
    }
  }
})

test('one bit anywhere outside base offset and leader epoch is noticed', () => {
  for (let bit = 0; bit < plain.length * 8; bit++) {
    const flipped = Buffer.from(plain)
    flipped[bit >> 3]! ^= 1 << (bit & 7)
    const isPatched = bit < 8 * 8 || (bit >= 12 * 8 && bit < 16 * 8)
    assert.equal(judge(flipped).error === 'NONE', isPatched, `bit ${bit}`)
  }
})

test('lengths that cannot be are damage', () => {
  for (const length of [-1, 0, 48, 2 ** 31 - 1, -(2 ** 31)]) {
    const batch = Buffer.from(plain)
    batch.writeInt32BE(length, LENGTH)
    refused(batch, 'CORRUPT_MESSAGE', /claims/)
  }
})

test('message formats before v2 are gone', () => {
  for (const magic of [0, 1, 3, -1]) {
    refused(
      changed(plain, (batch) => batch.writeInt8(magic, MAGIC)),
      'INVALID_RECORD',
      /magic/,
    )
  }
})

test('max.message.bytes counts the whole batch', () => {
  assert.equal(judge(plain, { maxMessageBytes: plain.length }).error, 'NONE')
  refused(plain, 'MESSAGE_TOO_LARGE', /max\.message\.bytes/, { maxMessageBytes: plain.length - 1 })
})

test('counts must be positive and those of the offsets', () => {
  const set = (count: number, lastOffsetDelta: number) =>
    changed(plain, (batch) => {
      batch.writeInt32BE(count, COUNT)
      batch.writeInt32BE(lastOffsetDelta, LAST_OFFSET_DELTA)
    })
  for (const count of [0, -1, 1 - 2 ** 31, 2 ** 31 - 1]) refused(set(count, count - 1), 'INVALID_RECORD', /claims/)
  refused(set(3, 3), 'INVALID_RECORD', /last offset delta 3/)
  refused(set(3, -1), 'INVALID_RECORD', /last offset delta -1/)
  refused(set(2, 1), 'INVALID_RECORD', /follow the last of the batch's 2/)
  assert.equal(refused(set(4, 3), 'INVALID_RECORD', /Record 3 is missing/).recordIndex, 3)
})

test('in a compressed batch a lying count is found once it is opened', () => {
  for (const codec of codecNames.slice(1)) {
    for (const [count, text] of [
      [2, /follow the last/],
      [4, /Record 3 is missing/],
    ] as const) {
      const lying = changed(encodeBatch({ records: sampleRecords(3), codec }), (batch) => {
        batch.writeInt32BE(count, COUNT)
        batch.writeInt32BE(count - 1, LAST_OFFSET_DELTA)
      })
      assert.equal(judge(lying).error, 'NONE')
      refused(lying, 'INVALID_RECORD', text, { deep: true })
      refused(lying, 'INVALID_RECORD', text, { compacted: true })
    }
  }
})

test('what is the broker’s to say is not a client’s', () => {
  refused(encodeBatch({ records: sampleRecords(1), control: true }), 'INVALID_RECORD', /control/)
  refused(encodeBatch({ records: sampleRecords(1), deleteHorizon: 5 }), 'INVALID_RECORD', /delete horizon/)
  refused(encodeBatch({ records: sampleRecords(1), timestampType: 'LogAppendTime' }), 'INVALID_TIMESTAMP', /append/)
})

test('a base offset is patched anyway: it may be anything', () => {
  const forwarded = changed(plain, (batch) => batch.writeInt32BE(1, BASE_OFFSET + 4))
  assert.equal(judge(forwarded).error, 'NONE')
})

test('a producer id comes with an epoch and a sequence', () => {
  const batch = (producerId: number, producerEpoch: number, baseSequence: number, transactional = false) =>
    encodeBatch({ records: sampleRecords(1), producerId, producerEpoch, baseSequence, transactional })
  assert.equal(judge(batch(0, 0, 0)).error, 'NONE')
  assert.equal(judge(batch(2 ** 53 - 1, 32767, 2 ** 31 - 1, true)).error, 'NONE')
  assert.equal(judge(batch(-1, 0, 0)).error, 'NONE', 'as kafkajs sends without idempotence')
  refused(batch(5, 0, -1), 'INVALID_RECORD', /sequence -1/)
  refused(batch(5, -1, 0), 'INVALID_RECORD', /epoch -1/)
  refused(batch(-1, 0, 0, true), 'INVALID_RECORD', /producer id/)
  const beyond = changed(batch(1, 0, 0), (bytes) => bytes.writeBigInt64BE(2n ** 60n, PRODUCER_ID))
  refused(beyond, 'INVALID_RECORD', /never given out/)
  const odd = changed(plain, (bytes) => {
    bytes.writeInt16BE(-2, PRODUCER_EPOCH)
    bytes.writeInt32BE(-7, BASE_SEQUENCE)
  })
  assert.equal(judge(odd).error, 'NONE', 'without a producer id they mean nothing')
})

test('codecs: zstd from Produce 7 on, 5 to 7 never', () => {
  const zstd = encodeBatch({ records: sampleRecords(1), codec: 'zstd' })
  refused(zstd, 'UNSUPPORTED_COMPRESSION_TYPE', /Produce version 7/, { apiVersion: 6 })
  assert.equal(judge(zstd, { apiVersion: 7 }).error, 'NONE')
  for (const codec of [5, 6, 7]) {
    const batch = changed(plain, (bytes) => bytes.writeInt16BE(codec, ATTRIBUTES))
    refused(batch, 'UNSUPPORTED_COMPRESSION_TYPE', new RegExp(`codec ${codec}`))
  }
})

test('timestamps stay within what the topic takes, both ends included', () => {
  const at = (...timestamps: number[]) =>
    encodeBatch({ records: timestamps.map((timestamp) => ({ value: 'v', timestamp })) })
  const options = { beforeMaxMs: 1000, afterMaxMs: 10 }
  assert.equal(judge(at(SAMPLE_MS - 1000, SAMPLE_MS + 10, -1), options).error, 'NONE')
  const early = refused(
    at(SAMPLE_MS, SAMPLE_MS - 1001),
    'INVALID_TIMESTAMP',
    /Record 1.*takes none before .*before\.max\.ms/,
    options,
  )
  assert.equal(early.recordIndex, 1)
  const late = refused(
    at(SAMPLE_MS, -1, SAMPLE_MS + 11),
    'INVALID_TIMESTAMP',
    /Record 2.*takes none after .*after\.max\.ms/,
    options,
  )
  refused(at(2 ** 53 - 1), 'INVALID_TIMESTAMP', /has timestamp 9007199254740991;/, options)
  assert.equal(late.recordIndex, 2)
  assert.equal(judge(at(0), { ...options, timestampType: 'LogAppendTime' }).error, 'NONE', 'the broker’s clock counts')
  assert.equal(judge(at(0, 2 ** 50), { afterMaxMs: 2 ** 63 }).error, 'NONE')
})

test('of a compressed batch that stays closed, the first timestamp and the greatest count', () => {
  const at = (...timestamps: number[]) =>
    encodeBatch({ codec: 'lz4', records: timestamps.map((timestamp) => ({ value: 'v', timestamp })) })
  const options = { beforeMaxMs: 1000, afterMaxMs: 10 }
  assert.equal(judge(at(SAMPLE_MS, SAMPLE_MS + 10), options).error, 'NONE')
  assert.equal(refused(at(SAMPLE_MS - 1001), 'INVALID_TIMESTAMP', /The batch/, options).recordIndex, -1)
  refused(at(SAMPLE_MS - 1001, SAMPLE_MS), 'INVALID_TIMESTAMP', /The batch/, options)
  refused(at(SAMPLE_MS, SAMPLE_MS + 11), 'INVALID_TIMESTAMP', /The batch/, options)
  const inside = at(SAMPLE_MS, SAMPLE_MS - 1001, SAMPLE_MS)
  assert.equal(judge(inside, options).error, 'NONE')
  assert.equal(refused(inside, 'INVALID_TIMESTAMP', /Record 1/, { ...options, deep: true }).recordIndex, 1)
  assert.equal(judge(at(-1), options).error, 'NONE')
})

test('timestamps beyond 2^53 are refused', () => {
  for (const value of [2n ** 62n, -(2n ** 62n)]) {
    const batch = changed(plain, (bytes) => bytes.writeBigInt64BE(value, BASE_TIMESTAMP))
    refused(batch, 'INVALID_TIMESTAMP', /2\^53/, { afterMaxMs: 2 ** 63 })
  }
})

test('the greatest of the timestamps is found', () => {
  const times = [5, 9, 3, 9, -1].map((ago) => ({ value: 'v', timestamp: SAMPLE_MS + ago }))
  const found = judge(encodeBatch({ records: times, maxTimestamp: SAMPLE_MS }))
  assert.equal(found.maxTimestamp, SAMPLE_MS + 9)
  const without = judge(encodeBatch({ records: [{ value: 'v' }] }))
  assert.equal(without.maxTimestamp, -1)
})

test('a compacted topic needs keys; an empty one will do', () => {
  for (const codec of codecNames) {
    const batch = (key: string | null) =>
      encodeBatch({ codec, records: [{ key: 'a' }, { key: 'b', value: 'v' }, { key, value: 'v' }] })
    assert.equal(judge(batch(null)).error, 'NONE')
    assert.equal(judge(batch(null), { deep: true }).error, 'NONE')
    assert.equal(judge(batch(''), { compacted: true }).error, 'NONE')
    const found = refused(batch(null), 'INVALID_RECORD', /Record 2 has no key/, { compacted: true })
    assert.equal(found.recordIndex, 2)
  }
})

test('every record without key or with a bad timestamp is named, up to a bound; a bad timestamp names the error', () => {
  const options = { compacted: true, beforeMaxMs: 1000, afterMaxMs: 10 }
  const late = SAMPLE_MS + 11
  for (const codec of codecNames) {
    const batch = encodeBatch({
      codec,
      records: [
        { key: 'k', value: 'v', timestamp: SAMPLE_MS },
        { value: 'v', timestamp: SAMPLE_MS },
        { key: 'k', value: 'v', timestamp: late },
        { value: 'v', timestamp: late },
        { key: 'k', value: 'v', timestamp: SAMPLE_MS },
      ],
    })
    const found = refused(batch, 'INVALID_TIMESTAMP', /Record 2 has timestamp/, options)
    assert.equal(found.recordIndex, 1)
    assert.deepEqual(
      found.blamed.map(({ index, text }) => [index, /no key/.test(text)]),
      [
        [1, true],
        [2, false],
        // Its timestamp is bad too: a record has one error, and its key comes first.
        [3, true],
      ],
    )
    const keysFirst = encodeBatch({ codec, records: [{ value: 'v', timestamp: late }] })
    assert.equal(refused(keysFirst, 'INVALID_RECORD', /Record 0 has no key/, options).blamed.length, 1)
    const times = refused(batch, 'INVALID_RECORD', /Record 1/, { compacted: true, timestampType: 'LogAppendTime' })
    assert.deepEqual(
      times.blamed.map(({ index }) => index),
      [1, 3],
    )
    assert.deepEqual(
      judge(encodeBatch({ codec, records: sampleRecords(3) })).blamed,
      [],
      'nobody is blamed for the batch before',
    )
  }
  const keyless = encodeBatch({ records: Array.from({ length: 1200 }, () => ({ value: 'v', timestamp: SAMPLE_MS })) })
  assert.equal(refused(keyless, 'INVALID_RECORD', /Record 0/, { compacted: true }).blamed.length, 1000)
  for (const [blamedMax, named] of [
    [7, 7],
    [1, 1],
    [0, 1],
  ] as const) {
    assert.equal(refused(keyless, 'INVALID_RECORD', /Record 0/, { compacted: true, blamedMax }).blamed.length, named)
  }
  assert.equal(refused(keyless, 'INVALID_RECORD', /Record 0/, { compacted: true }).blamed.length, 1000)
})

test('offset deltas count from 0 without gaps', () => {
  for (const deltas of [
    [0, 2],
    [1, 2],
    [0, 300],
    [0, 100_000],
  ]) {
    const records = deltas.map((offsetDelta) => ({ key: 'k', value: 'v', offsetDelta }))
    refused(encodeBatch({ records, lastOffsetDelta: 1 }), 'INVALID_RECORD', /has offset delta/)
  }
})

test('lengths and deltas of one to five bytes are walked', () => {
  const records = Array.from({ length: 20_000 }, (_, index) => ({ value: 'v', timestamp: SAMPLE_MS - index * 200_000 }))
  assert.equal(judge(encodeBatch({ records })).error, 'NONE')
  for (const size of [50, 60, 8100, 8200, 1_100_000, 140_000_000 / 100]) {
    const batch = encodeBatch({ records: [{ value: Buffer.alloc(size) }] })
    assert.equal(judge(batch, { maxMessageBytes: 2 ** 31, deep: true }).error, 'NONE', `${size} bytes`)
  }
})

for (const [what, position, value, text] of [
  ['record length too small', 61, 0x26, /follow the last|not as long/],
  ['record length too large', 61, 0x2a, /length/],
  ['record length of nothing', 61, 0x00, /length of 0/],
  ['record length negative', 61, 0x01, /length of -1/],
  ['record length without an end', 61, 0xff, /length/],
  ['offset delta', 64, 0x02, /offset delta 1/],
  ['key too long', 65, 0x40, /not as long/],
  ['key shorter than -1', 65, 0x03, /not as long/],
  ['value too long', 70, 0x40, /not as long/],
  ['value shorter than -1', 70, 0x03, /not as long/],
  ['header count of nothing', 74, 0x00, /not as long/],
  ['header count of two', 74, 0x04, /not as long/],
  ['header count negative', 74, 0x01, /not as long/],
  ['header key too long', 75, 0x40, /not as long/],
  ['header key null', 75, 0x01, /not as long/],
  ['header value too long', 79, 0x40, /not as long/],
  ['header value shorter than -1', 79, 0x03, /not as long/],
  ['header value too short', 79, 0x02, /not as long/],
] as const) {
  test(`a lying ${what} is refused`, () => {
    const lying = changed(publishedBatch, (batch) => {
      batch[position] = value
    })
    refused(lying, 'INVALID_RECORD', text)
    refused(lying, 'INVALID_RECORD', text, { deep: true })
  })
}

test('records that cannot be inflated are the producer’s fault, and bombs are too large', () => {
  for (const codec of codecNames.slice(1)) {
    const broken = changed(encodeBatch({ records: sampleRecords(5), codec }), (batch) => batch.fill(0xa5, RECORDS))
    assert.equal(judge(broken).error, 'NONE', 'nobody looked')
    refused(broken, 'INVALID_RECORD', /./, { deep: true })
  }
  // A raw snappy block that says 140 MB, with as many bytes as make it possible.
  const records = Buffer.alloc(7_000_000)
  Buffer.from('80fbe042', 'hex').copy(records)
  const bomb = changed(Buffer.concat([plain.subarray(0, RECORDS), records]), (batch) => {
    batch.writeInt32BE(batch.length - 12, LENGTH)
    batch.writeInt16BE(2, ATTRIBUTES)
  })
  refused(bomb, 'MESSAGE_TOO_LARGE', /140000640 bytes/, { compacted: true, maxMessageBytes: 10_000_000 })
})

test('what a batch may inflate to can be bounded lower', () => {
  const batch = encodeBatch({ codec: 'zstd', records: [{ key: 'k', value: Buffer.alloc(100_000) }] })
  refused(batch, 'MESSAGE_TOO_LARGE', /50000 allowed/, { compacted: true, inflatedBytesMax: 50_000 })
  assert.equal(judge(batch, { compacted: true, inflatedBytesMax: 200_000 }).error, 'NONE')
  assert.equal(judge(batch, { inflatedBytesMax: 50_000 }).error, 'NONE', 'it stays closed')
})

test('whatever is taken deep can be read, and whatever cannot be read is not taken', () => {
  const cursor = new RecordCursor()
  const changes = fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { maxLength: 3 })
  fc.assert(
    fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 6 }), changes, (records, bytes) => {
      const batch = changed(encodeBatch({ records }), (copy) => {
        for (const [at, value] of bytes) copy[RECORDS + (at % (copy.length - RECORDS))] = value
      })
      const options = { beforeMaxMs: 2 ** 63, afterMaxMs: 2 ** 63, deep: true }
      const { error } = judge(batch, options)
      let readable = 0
      try {
        cursor.open(sliceOf(batch))
        let expected = 0
        while (cursor.next()) {
          assert.equal(cursor.headers().length, cursor.headerCount)
          if (cursor.offsetDelta === expected++) readable++
        }
      } catch (cause) {
        assert.ok(cause instanceof CorruptBatchError, String(cause))
        readable = -1
      }
      if (error === 'NONE') assert.equal(readable, records.length)
      // What comes first in the batch is what is told of: a moment may be out of reach before a length lies.
      if (readable === -1) assert.ok(['INVALID_RECORD', 'INVALID_TIMESTAMP'].includes(error), error)
      if (bytes.length === 0) assert.equal(error, 'NONE')
    }),
    { numRuns: 3000 },
  )
})

test('the same holds inside a compressed batch', () => {
  fc.assert(
    fc.property(fc.constantFrom(...codecNames), fc.nat(), fc.nat(255), (codec, at, value) => {
      const inner = changed(plain, (batch) => {
        batch[RECORDS + (at % (batch.length - RECORDS))] = value
      })
      const records = codecNamed(codec).compress(inner.subarray(RECORDS))
      const batch = changed(Buffer.concat([inner.subarray(0, RECORDS), records]), (bytes) => {
        bytes.writeInt32BE(bytes.length - 12, LENGTH)
        bytes.writeInt16BE(codecNamed(codec).id, ATTRIBUTES)
      })
      assert.deepEqual(judge(batch, { deep: true }), judge(inner, { deep: true }))
    }),
    { numRuns: 500 },
  )
})

test('the batch may lie anywhere in its buffer', () => {
  const padded = Buffer.concat([Buffer.alloc(13, 0xff), plain, Buffer.alloc(13, 0xff)])
  const slice = { ...sliceOf(padded), start: 13, end: 13 + plain.length }
  assert.equal(validateProducedBatch(slice, { ...defaults, deep: true }).errorCode, 0)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { anyOptions, anyRecord, publishedBatch, SAMPLE_MS, sampleRecords } from '../../test/record-samples.ts'
import { sliceOf, viewOf } from '../bytes/slice.ts'
import { verifyBatchCrc } from './batch.ts'
import { encodeBatch } from './encode-batch.ts'
import { encodeHeader, RecordBatchBuilder } from './record-batch-builder.ts'
import { RecordCursor } from './record-cursor.ts'

test('the published batch, byte for byte', () => {
  const batch = encodeBatch({
    records: [
      {
        key: Buffer.from([1, 2, 3, 4]),
        value: Buffer.from([5, 6, 7]),
        headers: [{ key: Buffer.from([8, 9, 10]), value: Buffer.from([11, 12]) }],
        timestamp: 1479847795005,
      },
    ],
    leaderEpoch: 0,
    baseTimestamp: 1479847795000,
    maxTimestamp: 0,
    producerId: 0,
    producerEpoch: 0,
    baseSequence: 0,
  })
  assert.equal(batch.toString('hex'), publishedBatch.toString('hex'))
})

test('a batch of defaults: a tombstone without a time', () => {
  const batch = encodeBatch({ records: [{ key: 'k' }] })
  const expected = [
    '0000000000000000', // base offset
    '00000039', // length 57
    'ffffffff', // leader epoch -1
    '02',
    batch.toString('hex', 17, 21),
    '0000', // attributes
    '00000000', // last offset delta
    'ffffffffffffffff', // base timestamp -1
    'ffffffffffffffff', // max timestamp -1
    'ffffffffffffffff', // producer id -1
    'ffff', // producer epoch -1
    'ffffffff', // base sequence -1
    '00000001', // count
    '0e000000026b0100', // length 7, attributes, time, offset, key "k", null value, no headers
  ]
  assert.equal(batch.toString('hex'), expected.join(''))
  assert.equal(verifyBatchCrc(batch, viewOf(batch), 0), true)
})

test('what is encoded is what a cursor finds, in every codec', () => {
  fc.assert(
    fc.property(anyOptions, fc.array(anyRecord, { maxLength: 20 }), (options, records) => {
      const batch = encodeBatch({ ...options, records })
      assert.deepEqual(encodeBatch({ ...options, records }), batch, 'the same input gives the same bytes')
      assert.equal(verifyBatchCrc(batch, viewOf(batch), 0), true)
      const cursor = new RecordCursor()
      cursor.open({
        ...sliceOf(Buffer.concat([Buffer.alloc(3), batch, Buffer.alloc(3)])),
        start: 3,
        end: 3 + batch.length,
      })
      const times = records.map((record) => record.timestamp!)
      assert.equal(cursor.header.count, records.length)
      assert.equal(cursor.header.maxTimestamp, Math.max(-1, ...times))
      for (const [index, record] of records.entries()) {
        assert.equal(cursor.next(), true)
        assert.equal(cursor.offset, options.baseOffset! + index)
        assert.equal(cursor.timestamp, record.timestamp)
        assert.deepEqual(cursor.key(), buffered(record.key))
        assert.deepEqual(cursor.value(), buffered(record.value))
        const headers = record.headers.map(({ key, value }) => ({ key, value: buffered(value) }))
        assert.deepEqual(cursor.headers(), headers)
      }
      assert.equal(cursor.next(), false)
    }),
  )
})

test('compaction keeps offset deltas, and the last one when its record is gone', () => {
  const batch = encodeBatch({
    baseOffset: 1000,
    lastOffsetDelta: 9,
    records: [
      { key: 'a', offsetDelta: 2, timestamp: 5 },
      { key: 'b', offsetDelta: 7, timestamp: 4 },
    ],
  })
  const cursor = new RecordCursor()
  cursor.open(sliceOf(batch))
  assert.equal(cursor.next() && cursor.offset, 1002)
  assert.equal(cursor.next() && cursor.offset, 1007)
  assert.equal(cursor.next(), false)
  assert.equal(cursor.header.nextOffset, 1010)
  assert.equal(cursor.header.count, 2)
})

test('an empty batch keeps its place and its producer, and is not compressed', () => {
  const batch = encodeBatch({
    records: [],
    codec: 'gzip',
    baseOffset: 50,
    lastOffsetDelta: 4,
    producerId: 7,
    producerEpoch: 1,
    baseSequence: 30,
    baseTimestamp: SAMPLE_MS,
    maxTimestamp: SAMPLE_MS + 1,
  })
  assert.equal(batch.length, 61)
  const cursor = new RecordCursor()
  cursor.open(sliceOf(batch))
  assert.equal(cursor.next(), false)
  const { header } = cursor
  assert.deepEqual([header.codec, header.lastOffset, header.lastSequence, header.producerId], [0, 54, 34, 7])
  assert.deepEqual([header.baseTimestamp, header.maxTimestamp], [SAMPLE_MS, SAMPLE_MS + 1])
})

test('a delete horizon takes the place of the base timestamp; the records keep their times', () => {
  const batch = encodeBatch({ records: sampleRecords(2), deleteHorizon: SAMPLE_MS + 86_400_000 })
  const cursor = new RecordCursor()
  cursor.open(sliceOf(batch))
  assert.equal(cursor.header.deleteHorizon, SAMPLE_MS + 86_400_000)
  assert.equal(cursor.next() && cursor.timestamp, SAMPLE_MS)
  assert.equal(cursor.next() && cursor.timestamp, SAMPLE_MS + 1)
  assert.equal(cursor.header.maxTimestamp, SAMPLE_MS + 1)
})

test('records copied from a cursor are the same records, under another base too', () => {
  fc.assert(
    fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 12 }), fc.nat(SAMPLE_MS), (records, baseTimestamp) => {
      const source = encodeBatch({ records, codec: 'lz4' })
      const cursor = new RecordCursor()
      cursor.open(sliceOf(source))
      const builder = new RecordBatchBuilder({ baseTimestamp })
      while (cursor.next()) if (cursor.offsetDelta % 2 === 0) builder.copy(cursor)
      const even = records
        .map((record, offsetDelta) => ({ ...record, offsetDelta }))
        .filter((record) => record.offsetDelta % 2 === 0)
      assert.deepEqual(builder.build(), encodeBatch({ records: even, baseTimestamp }))
    }),
  )
})

test('offset deltas that do not rise are refused', () => {
  const builder = new RecordBatchBuilder()
  builder.append({ value: 'a', offsetDelta: 3 })
  assert.throws(() => builder.append({ value: 'b', offsetDelta: 3 }), RangeError)
  builder.append({ value: 'c' })
  assert.equal(builder.count, 2)
  assert.equal(builder.sizeInBytes, builder.build().length)
})

test('text is written in UTF-8', () => {
  const batch = encodeBatch({ records: [{ key: 'é', value: '信', headers: [{ key: 'ключ', value: '😀' }] }] })
  const cursor = new RecordCursor()
  cursor.open(sliceOf(batch))
  assert.equal(cursor.next(), true)
  assert.equal(cursor.key()?.toString(), 'é')
  assert.equal(cursor.value()?.toString(), '信')
  assert.deepEqual(cursor.headers(), [{ key: 'ключ', value: Buffer.from('😀') }])
})

function buffered(bytes: Uint8Array | string | null | undefined): Buffer | null {
  return bytes == null ? null : Buffer.from(bytes as Uint8Array)
}

test('a record of another batch with one header more', () => {
  const first = {
    key: 'k',
    value: 'v',
    headers: [
      { key: 'a', value: '1' },
      { key: 'b', value: null },
    ],
    timestamp: 5,
  }
  const second = { key: null, value: null, timestamp: 6 }
  const cursor = new RecordCursor()
  cursor.open(sliceOf(encodeBatch({ records: [first, second] })))
  const builder = new RecordBatchBuilder()
  const added = { key: 'c', value: 'more' }
  while (cursor.next()) builder.appendParts(cursor, 9, encodeHeader(added.key, added.value))
  const expected = [
    { ...first, headers: [...first.headers, added], timestamp: 9 },
    { ...second, headers: [added], timestamp: 9 },
  ]
  assert.deepEqual(builder.build(), encodeBatch({ records: expected }))
})

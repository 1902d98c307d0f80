import assert from 'node:assert/strict'
import { test } from 'node:test'
import { publishedBatch, SAMPLE_MS, sampleRecords } from '../../test/record-samples.ts'
import { sliceOf, viewOf } from '../bytes/slice.ts'
import {
  BatchHeader,
  patchBaseOffset,
  patchLeaderEpoch,
  readBatchHeader,
  setLogAppendTime,
  setMaxTimestamp,
  verifyBatchCrc,
} from './batch.ts'
import { encodeBatch } from './encode-batch.ts'
import { RecordCursor } from './record-cursor.ts'

function headerOf(batch: Buffer, position = 0): BatchHeader {
  const header = new BatchHeader()
  readBatchHeader(viewOf(batch), position, header)
  return header
}

test('the header of the published batch', () => {
  const header = headerOf(Buffer.concat([Buffer.alloc(5), publishedBatch]), 5)
  assert.deepEqual(
    { ...header },
    {
      baseOffset: 0,
      length: 70,
      leaderEpoch: 0,
      magic: 2,
      crc: 0x547961fd,
      attributes: 0,
      lastOffsetDelta: 0,
      baseTimestamp: 1479847795000,
      maxTimestamp: 0,
      producerId: 0,
      producerEpoch: 0,
      baseSequence: 0,
      count: 1,
    },
  )
  assert.equal(header.sizeInBytes, publishedBatch.length)
  assert.equal(header.nextOffset, 1)
  assert.equal(verifyBatchCrc(publishedBatch, viewOf(publishedBatch), 0), true)
})

test('every field of a header, at its extremes', () => {
  const header = headerOf(
    encodeBatch({
      records: sampleRecords(3),
      baseOffset: 2 ** 53 - 10,
      leaderEpoch: 2 ** 31 - 1,
      codec: 'zstd',
      timestampType: 'LogAppendTime',
      transactional: true,
      control: true,
      producerId: 2 ** 53 - 1,
      producerEpoch: 32767,
      baseSequence: 2 ** 31 - 2,
      baseTimestamp: -1,
      maxTimestamp: SAMPLE_MS,
    }),
  )
  assert.equal(header.baseOffset, 2 ** 53 - 10)
  assert.equal(header.lastOffset, 2 ** 53 - 8)
  assert.equal(header.leaderEpoch, 2 ** 31 - 1)
  assert.equal(header.codec, 4)
  assert.equal(header.timestampType, 'LogAppendTime')
  assert.equal(header.isTransactional, true)
  assert.equal(header.isControl, true)
  assert.equal(header.producerId, 2 ** 53 - 1)
  assert.equal(header.producerEpoch, 32767)
  assert.equal(header.baseSequence, 2 ** 31 - 2)
  assert.equal(header.lastSequence, 0, 'after 2^31 - 1 comes 0')
  assert.equal(header.baseTimestamp, -1)
  assert.equal(header.maxTimestamp, SAMPLE_MS)
  assert.equal(header.deleteHorizon, -1)

  const plain = headerOf(encodeBatch({ records: sampleRecords(1) }))
  assert.equal(plain.codec, 0)
  assert.equal(plain.timestampType, 'CreateTime')
  assert.equal(plain.isTransactional || plain.isControl, false)
  assert.equal(plain.producerId, -1)
  assert.equal(plain.producerEpoch, -1)
  assert.equal(plain.lastSequence, -1)
})

test('base offset and leader epoch are patched under the same CRC', () => {
  const batch = Buffer.from(publishedBatch)
  const view = viewOf(batch)
  patchBaseOffset(view, 0, 2 ** 40 + 7)
  patchLeaderEpoch(view, 0, 12)
  const header = headerOf(batch)
  assert.equal(header.baseOffset, 2 ** 40 + 7)
  assert.equal(header.leaderEpoch, 12)
  assert.equal(verifyBatchCrc(batch, view, 0), true)
  assert.deepEqual(batch.subarray(16), publishedBatch.subarray(16))
})

test('log append time becomes the time of every record, under a new CRC', () => {
  const before = encodeBatch({ records: sampleRecords(3) })
  const batch = Buffer.concat([Buffer.alloc(9), before])
  const slice = { ...sliceOf(batch), start: 9 }
  setLogAppendTime(batch, slice.view, 9, SAMPLE_MS + 5000)
  assert.equal(verifyBatchCrc(batch, slice.view, 9), true)
  const cursor = new RecordCursor()
  cursor.open(slice)
  while (cursor.next()) assert.equal(cursor.timestamp, SAMPLE_MS + 5000)
  assert.equal(cursor.header.timestampType, 'LogAppendTime')
  assert.deepEqual(batch.subarray(9 + 43), before.subarray(43), 'the rest is untouched')
})

test('a careless maximum is corrected under a new CRC', () => {
  const batch = Buffer.from(publishedBatch)
  setMaxTimestamp(batch, viewOf(batch), 0, 1479847795005)
  assert.equal(headerOf(batch).maxTimestamp, 1479847795005)
  assert.equal(headerOf(batch).timestampType, 'CreateTime')
  assert.equal(verifyBatchCrc(batch, viewOf(batch), 0), true)
})

test('a CRC is right for whole batches with every bit in place only', () => {
  const view = viewOf(publishedBatch)
  for (let cut = 0; cut < publishedBatch.length; cut++) {
    const part = Buffer.from(publishedBatch.subarray(0, cut))
    assert.equal(verifyBatchCrc(part, viewOf(part), 0), false, `${cut} bytes`)
  }
  assert.equal(verifyBatchCrc(publishedBatch, view, 1), false)
  for (let bit = 17 * 8; bit < publishedBatch.length * 8; bit++) {
    const flipped = Buffer.from(publishedBatch)
    flipped[bit >> 3]! ^= 1 << (bit & 7)
    assert.equal(verifyBatchCrc(flipped, viewOf(flipped), 0), false, `bit ${bit}`)
  }
})

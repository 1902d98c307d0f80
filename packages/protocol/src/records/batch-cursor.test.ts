import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleRecords } from '../../test/record-samples.ts'
import { sliceOf } from '../bytes/slice.ts'
import { BatchCursor } from './batch-cursor.ts'
import { encodeBatch } from './encode-batch.ts'
import { RecordCursor } from './record-cursor.ts'

const batches = [
  encodeBatch({ records: sampleRecords(2), baseOffset: 10 }),
  encodeBatch({ records: sampleRecords(3), baseOffset: 12, codec: 'snappy' }),
  encodeBatch({ records: [], baseOffset: 15, lastOffsetDelta: 4 }),
  encodeBatch({ records: sampleRecords(1), baseOffset: 20 }),
]
const log = Buffer.concat(batches)

function baseOffsets(bytes: Buffer): number[] {
  const cursor = new BatchCursor(sliceOf(bytes))
  const offsets: number[] = []
  while (cursor.next()) offsets.push(cursor.header.baseOffset)
  return offsets
}

test('batches one after the other, each with its records', () => {
  const padded = Buffer.concat([Buffer.alloc(5), log, Buffer.alloc(100, 0xff)])
  const cursor = new BatchCursor({ ...sliceOf(padded), start: 5, end: 5 + log.length })
  const records = new RecordCursor()
  const offsets: number[] = []
  while (cursor.next()) {
    assert.equal(cursor.end - cursor.start, cursor.header.sizeInBytes)
    records.open(cursor.slice())
    while (records.next()) offsets.push(records.offset)
  }
  assert.deepEqual(offsets, [10, 11, 12, 13, 14, 20])
  assert.equal(cursor.end, 5 + log.length)
  assert.equal(cursor.next(), false)
})

test('a last batch that is cut off is left out, wherever the cut is', () => {
  const ends = batches.map((_, index) => Buffer.concat(batches.slice(0, index + 1)).length)
  for (let cut = 0; cut <= log.length; cut++) {
    const whole = ends.filter((end) => end <= cut).length
    assert.deepEqual(baseOffsets(Buffer.from(log.subarray(0, cut))), [10, 12, 15, 20].slice(0, whole), `${cut} bytes`)
  }
  const cursor = new BatchCursor(sliceOf(Buffer.from(log.subarray(0, ends[1]! + 30))))
  while (cursor.next());
  assert.equal(cursor.end, ends[1], 'where the cut off one begins')
})

test('sizes and magics that cannot be right are refused', () => {
  for (const length of [48, 0, -1, -(2 ** 31)]) {
    const bytes = Buffer.from(log)
    bytes.writeInt32BE(length, batches[0]!.length + 8)
    assert.throws(() => baseOffsets(bytes), { name: 'CorruptBatchError', message: /claims a size/ })
  }
  const bytes = Buffer.from(log)
  bytes[batches[0]!.length + 16] = 1
  assert.throws(() => baseOffsets(bytes), /magic 1/)
})

test('nothing has no batches', () => {
  assert.deepEqual(baseOffsets(Buffer.alloc(0)), [])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sliceOf, viewOf } from '../bytes/slice.ts'
import { verifyBatchCrc } from './batch.ts'
import { controlTypes, encodeEndTransactionMarker, readControlRecord } from './control.ts'
import { encodeBatch } from './encode-batch.ts'
import { RecordCursor } from './record-cursor.ts'

test('a commit marker, byte for byte', () => {
  const marker = encodeEndTransactionMarker({
    committed: true,
    producerId: 77,
    producerEpoch: 3,
    coordinatorEpoch: 9,
    timestamp: 1_700_000_000_000,
    baseOffset: 500,
    leaderEpoch: 4,
  })
  const expected = [
    '00000000000001f4', // base offset
    '00000042', // length 66
    '00000004', // leader epoch
    '02',
    marker.toString('hex', 17, 21),
    '0030', // transactional, control
    '00000000',
    '0000018bcfe56800', // base timestamp
    '0000018bcfe56800', // max timestamp
    '000000000000004d', // producer id
    '0003', // producer epoch
    'ffffffff', // no sequence
    '00000001',
    '20000000', // length 16, attributes, time, offset
    '0800000001', // key: version 0, type 1
    '0c000000000009', // value: version 0, coordinator epoch 9
    '00', // no headers
  ]
  assert.equal(marker.toString('hex'), expected.join(''))
  assert.equal(verifyBatchCrc(marker, viewOf(marker), 0), true)
})

for (const committed of [true, false]) {
  test(`a marker that ${committed ? 'commits' : 'aborts'} is read back`, () => {
    const cursor = new RecordCursor()
    const marker = {
      committed,
      producerId: 2 ** 40,
      producerEpoch: 32766,
      coordinatorEpoch: 2 ** 31 - 1,
      timestamp: -1,
    }
    cursor.open(sliceOf(encodeEndTransactionMarker(marker)))
    assert.equal(cursor.next(), true)
    assert.deepEqual(readControlRecord(cursor), {
      version: 0,
      type: committed ? controlTypes.COMMIT : controlTypes.ABORT,
      coordinatorEpoch: 2 ** 31 - 1,
    })
    assert.equal(cursor.header.isControl && cursor.header.isTransactional, true)
    assert.equal(cursor.header.producerId, 2 ** 40)
    assert.equal(cursor.header.producerEpoch, 32766)
    assert.equal(cursor.header.lastSequence, -1)
  })
}

test('other control records have a type only; short ones are not control records', () => {
  const read = (key: string | null, value: string | null) => {
    const cursor = new RecordCursor()
    const record = { key: key && Buffer.from(key, 'hex'), value: value && Buffer.from(value, 'hex') }
    cursor.open(sliceOf(encodeBatch({ control: true, records: [record] })))
    cursor.next()
    return readControlRecord(cursor)
  }
  assert.deepEqual(read('00000002', '0102'), { version: 0, type: controlTypes.LEADER_CHANGE, coordinatorEpoch: -1 })
  assert.deepEqual(read('00010063', null), { version: 1, type: 99, coordinatorEpoch: -1 })
  assert.deepEqual(read('00000000', '00010000000700'), { version: 0, type: controlTypes.ABORT, coordinatorEpoch: 7 })
  assert.equal(read(null, '000000000007'), null)
  assert.equal(read('000000', '000000000007'), null)
  assert.equal(read('00000001', '0000000000'), null)
  assert.equal(read('00000001', null), null)
  assert.equal(read('ffff0001', '000000000007'), null)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  varintAt,
  varintLength,
  varintSize,
  varlongAt,
  varlongLength,
  varlongSize,
  writeVarint,
  writeVarlong,
} from './varint.ts'

const published: [number, string][] = [
  [0, '00'],
  [-1, '01'],
  [1, '02'],
  [-2, '03'],
  [63, '7e'],
  [-64, '7f'],
  [64, '8001'],
  [-65, '8101'],
  [8191, 'fe7f'],
  [8192, '808001'],
  [2 ** 20 - 1, 'feff7f'],
  [2 ** 20, '80808001'],
  [2 ** 27 - 1, 'feffff7f'],
  [2 ** 27, '8080808001'],
  [2 ** 31 - 1, 'feffffff0f'],
  [-(2 ** 31), 'ffffffff0f'],
]

for (const [value, hex] of published) {
  test(`the varint of ${value} is ${hex}`, () => {
    const buffer = Buffer.alloc(12)
    assert.equal(buffer.toString('hex', 0, writeVarint(buffer, 0, value)), hex)
    assert.equal(varintAt(buffer, 0, varintLength(buffer, 0, 12)), value)
    assert.equal(varintSize(value), hex.length / 2)
    assert.equal(buffer.toString('hex', 0, writeVarlong(buffer, 0, value)), hex)
    assert.equal(varlongAt(buffer, 0, varlongLength(buffer, 0, 12)), value)
    assert.equal(varlongSize(value), hex.length / 2)
  })
}

test('int32s come back, and so do integers of 52 bits', () => {
  const buffer = Buffer.alloc(16)
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: -(2 ** 52), max: 2 ** 52 - 1 }), (int, long) => {
      let end = writeVarint(buffer, 3, int)
      assert.equal(end - 3, varintSize(int))
      assert.equal(varintLength(buffer, 3, end), end - 3)
      assert.equal(varintAt(buffer, 3, end - 3), int)
      end = writeVarlong(buffer, 3, long)
      assert.equal(end - 3, varlongSize(long))
      assert.equal(varlongLength(buffer, 3, end), end - 3)
      assert.equal(varlongAt(buffer, 3, end - 3), long)
    }),
  )
})

test('the extremes of int64 are read as about what they are', () => {
  assert.equal(varlongAt(Buffer.from('feffffffffffffffff01', 'hex'), 0, 10), 2 ** 63)
  assert.equal(varlongAt(Buffer.from('ffffffffffffffffff01', 'hex'), 0, 10), -(2 ** 63))
})

test('a number that is cut off or does not end has no length', () => {
  const endless = Buffer.alloc(12, 0x80)
  assert.equal(varintLength(endless, 0, 12), 0)
  assert.equal(varlongLength(endless, 0, 12), 0)
  const buffer = Buffer.alloc(12)
  for (const value of [8192, 2 ** 31 - 1]) {
    const end = writeVarint(buffer, 0, value)
    for (let cut = 0; cut < end; cut++) {
      assert.equal(varintLength(buffer, 0, cut), 0)
      assert.equal(varlongLength(buffer, 0, cut), 0)
    }
  }
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ProtocolError } from './protocol-error.ts'
import { Reader, ZERO_UUID } from './reader.ts'
import { viewOf } from './slice.ts'

test('int64 is exact to 2^53 and the nearest number beyond', () => {
  const cases: [string, number][] = [
    ['0000000000000000', 0],
    ['ffffffffffffffff', -1],
    ['00000000ffffffff', 2 ** 32 - 1],
    ['ffffffff00000000', -(2 ** 32)],
    ['001fffffffffffff', Number.MAX_SAFE_INTEGER],
    ['ffe0000000000001', Number.MIN_SAFE_INTEGER],
    ['7fffffffffffffff', 2 ** 63],
    ['8000000000000000', -(2 ** 63)],
  ]
  for (const [hex, value] of cases) assert.equal(new Reader(Buffer.from(hex, 'hex')).int64(), value, hex)
})

test('int64 agrees with BigInt', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
      const buffer = Buffer.alloc(8)
      buffer.writeBigInt64BE(value)
      assert.equal(new Reader(buffer).int64(), Number(value))
    }),
  )
})

test('unsigned varints hold 32 bits and no more', () => {
  const read = (...bytes: number[]) => new Reader(Buffer.from(bytes)).unsignedVarint()
  assert.equal(read(0), 0)
  assert.equal(read(0x7f), 127)
  assert.equal(read(0x80, 0x01), 128)
  assert.equal(read(0xff, 0xff, 0xff, 0xff, 0x0f), 2 ** 32 - 1)
  assert.equal(read(0x80, 0x80, 0x80, 0x80, 0x08), 2 ** 31)
  // Padding with zeros is allowed as long as five bytes do.
  assert.equal(read(0x81, 0x80, 0x80, 0x80, 0x00), 1)
  assert.throws(() => read(0xff, 0xff, 0xff, 0xff, 0x10), /varint of more than 32 bits at byte 0/)
  assert.throws(() => read(0x80, 0x80, 0x80, 0x80, 0x80, 0x00), /varint of more than 32 bits/)
  assert.throws(() => read(0x80), ProtocolError)
  assert.throws(() => read(), ProtocolError)
})

test('reading stops at the end that was given, not at that of the buffer', () => {
  const buffer = Buffer.alloc(16, 1)
  const reader = new Reader(buffer, viewOf(buffer), 4, 9)
  assert.equal(reader.int32(), 0x01010101)
  assert.equal(reader.remaining, 1)
  assert.throws(() => reader.int16(), { name: 'ProtocolError', message: '2 bytes wanted, 1 left at byte 8' })
  assert.equal(reader.remaining, 1, 'a failed read takes nothing')
  assert.equal(reader.int8(), 1)
  for (const read of ['boolean', 'int8', 'int64', 'float64', 'uuid', 'unsignedVarint', 'compactString'] as const) {
    assert.throws(() => reader[read](), ProtocolError, read)
  }
})

test('positions are those of a buffer that is itself part of a larger one', () => {
  const part = Buffer.from('ffff00000007000161', 'hex').subarray(2)
  const reader = new Reader(part)
  assert.equal(reader.int32(), 7)
  assert.equal(reader.string(), 'a')
})

test('bytes are a copy, records are borrowed', () => {
  const buffer = Buffer.from('00000002 0102 00000002 0304'.replaceAll(' ', ''), 'hex')
  const reader = new Reader(buffer)
  const bytes = reader.bytes()
  const records = reader.records()!
  buffer.fill(0xff)
  assert.deepEqual([...bytes], [1, 2])
  assert.equal(records.buffer, buffer)
  assert.deepEqual([records.start, records.end], [10, 12])
})

test('a UUID is base64url, and zero is one constant', () => {
  const reader = new Reader(Buffer.from(`${'00'.repeat(16)}fbeffe${'00'.repeat(12)}01`, 'hex'))
  assert.equal(reader.uuid(), ZERO_UUID)
  assert.equal(reader.uuid(), '--_-AAAAAAAAAAAAAAAAAQ')
})

test('one reader is used again', () => {
  const first = Buffer.from([0, 1])
  const second = Buffer.from([9, 0, 2])
  const reader = new Reader(first)
  assert.equal(reader.int16(), 1)
  assert.equal(reader.reset(second, viewOf(second), 1, 3).int16(), 2)
  assert.equal(reader.remaining, 0)
  assert.equal(new Reader().remaining, 0)
})

test('all arrays together have elementsMax elements at most, and one that is null gives none back', () => {
  const counts = (...values: number[]) => {
    const buffer = Buffer.alloc(4 * values.length + 64)
    for (const [at, value] of values.entries()) buffer.writeInt32BE(value, 4 * at)
    const reader = new Reader(buffer)
    reader.elementsMax = 10
    for (const _ of values) reader.nullableArrayCount(1)
    return reader
  }
  assert.throws(() => counts(6, -1, -1, 5), /arrays of 11 elements; request\.elements\.max allows 10 in all/)
  const reader = counts(6, -1, -1, 4)
  // Another frame begins anew, also after one that was refused.
  const compact = Buffer.concat([Buffer.from([7, 0, 0, 6]), Buffer.alloc(16)])
  for (let round = 0; round < 2; round++) {
    reader.reset(compact, viewOf(compact), 0, compact.length)
    for (const count of [6, -1, -1]) assert.equal(reader.compactNullableArrayCount(1), count)
    assert.throws(() => reader.compactNullableArrayCount(1), ProtocolError)
  }
})

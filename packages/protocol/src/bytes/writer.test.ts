import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Fetch } from '../messages/fetch.ts'
import { Reader, ZERO_UUID } from './reader.ts'
import type { FileRange } from './slice.ts'
import { sliceOf } from './slice.ts'
import { Writer } from './writer.ts'

test('int64 agrees with BigInt where numbers are exact, and is clamped where 64 bits end', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      assert.equal(written((writer) => writer.int64(value)).readBigInt64BE(), BigInt(value))
    }),
  )
  const cases: [number, bigint][] = [
    [-1, -1n],
    [-(2 ** 32), -(2n ** 32n)],
    [2 ** 62, 2n ** 62n],
    [2 ** 63, 2n ** 63n - 1n],
    [Number.POSITIVE_INFINITY, 2n ** 63n - 1n],
    [-(2 ** 63), -(2n ** 63n)],
    [-(2 ** 64), -(2n ** 63n)],
  ]
  for (const [value, expected] of cases) {
    assert.equal(written((writer) => writer.int64(value)).readBigInt64BE(), expected, String(value))
  }
})

test('unsigned varints are read back', () => {
  for (const value of [0, 127, 128, 16383, 16384, 2 ** 21 - 1, 2 ** 21, 2 ** 28 - 1, 2 ** 28, 2 ** 31, 2 ** 32 - 1]) {
    const bytes = written((writer) => writer.unsignedVarint(value))
    const reader = new Reader(bytes)
    assert.equal(reader.unsignedVarint(), value)
    assert.equal(reader.remaining, 0, `no byte too many for ${value}`)
  }
})

describe('strings', () => {
  const forms = [
    ['string', 'string'],
    ['nullableString', 'nullableString'],
    ['compactString', 'compactString'],
    ['compactNullableString', 'compactNullableString'],
  ] as const

  function readBack(text: string): void {
    for (const [write, read] of forms) {
      const reader = new Reader(written((writer) => writer[write](text)))
      assert.equal(reader[read](), text)
      assert.equal(reader.remaining, 0)
    }
  }

  test('of any characters are read back', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), readBack))
  })

  test('of lengths around the borders of their prefixes are read back', () => {
    for (const character of ['a', 'é', '漢', '😀']) {
      for (const length of [0, 1, 31, 32, 41, 42, 43, 63, 64, 126, 127, 128, 5500]) readBack(character.repeat(length))
    }
  })

  test('may be null', () => {
    assert.equal(written((writer) => writer.nullableString(null)).toString('hex'), 'ffff')
    assert.equal(written((writer) => writer.compactNullableString(null)).toString('hex'), '00')
  })

  test('longer than an int16 counts are a RangeError in the classic form only', () => {
    const writer = new Writer()
    writer.string('a'.repeat(32767))
    assert.throws(() => writer.string('a'.repeat(32768)), RangeError)
    assert.throws(() => writer.string('é'.repeat(20000)), RangeError)
    assert.equal(writer.length, 2 + 32767, 'nothing of them was written')
    writer.compactString('é'.repeat(20000))
  })
})

test('a UUID that is none is a TypeError', () => {
  const writer = new Writer()
  for (const bad of [
    '',
    'A',
    ZERO_UUID.slice(1),
    `${ZERO_UUID}A`,
    `*${ZERO_UUID.slice(1)}`,
    `é${ZERO_UUID.slice(1)}`,
  ]) {
    assert.throws(() => writer.uuid(bad), TypeError, bad)
  }
  writer.reset()
  writer.uuid('--_-AAAAAAAAAAAAAAAAAQ')
  assert.equal(writer.buffer.toString('hex', 0, 16), `fbeffe${'00'.repeat(12)}01`)
})

test('what was written survives growing, and the view stays that of the buffer', () => {
  const writer = new Writer(1)
  for (let value = 0; value < 1000; value++) writer.int32(value)
  assert.equal(writer.length, 4000)
  for (let value = 0; value < 1000; value++) assert.equal(writer.buffer.readInt32BE(value * 4), value)
  writer.patchInt32(4, 77)
  assert.equal(writer.buffer.readInt32BE(4), 77)
  const { buffer } = writer
  writer.reset()
  assert.equal(writer.length, 0)
  writer.int32(1)
  assert.equal(writer.buffer, buffer, 'the buffer is used again')
})

describe('record batches', () => {
  const range: FileRange = { file: 'segment', position: 100, length: 5 }
  const response = (records: FileRange | ReturnType<typeof sliceOf>) => ({
    responses: [0, 1].map((partitionIndex) => ({
      topic: 't',
      partitions: [{ partitionIndex, errorCode: 0, highWatermark: 1, records }],
    })),
  })

  test('in a file are counted in lengths and noted where they belong', () => {
    for (const version of [4, 11, 12]) {
      const copied = new Writer()
      Fetch.response.encode(copied, response(sliceOf(Buffer.from('abcde'))), version)
      const noted = new Writer()
      Fetch.response.encode(noted, response(range), version)
      assert.equal(noted.length, copied.length - 10)
      assert.equal(noted.totalLength, copied.totalLength)
      assert.deepEqual(
        noted.inserts.map((insert) => insert.range),
        [range, range],
      )
      assert.deepEqual(assembled(noted, 'abcde'), copied.buffer.subarray(0, copied.length), `v${version}`)
    }
  })

  test('of no bytes in a file are no insert', () => {
    const writer = new Writer()
    writer.records({ ...range, length: 0 })
    assert.deepEqual([writer.inserts, writer.totalLength], [[], 4])
  })

  test('are forgotten by reset, and by truncate if they came after', () => {
    const writer = new Writer()
    writer.records(range)
    const mark = writer.length
    writer.records(range)
    writer.records(range)
    const kept = writer.inserts
    writer.truncate(mark)
    assert.deepEqual([writer.inserts, writer.length, writer.totalLength], [[{ at: 4, range }], 4, 9])
    writer.reset()
    assert.deepEqual([writer.inserts, writer.totalLength], [[], 0])
    assert.equal(kept.length, 1, 'whoever sends them keeps the old list')
  })

  test('of a slice are copied from its range alone', () => {
    const buffer = Buffer.from('0123456789')
    const slice = { ...sliceOf(buffer), start: 2, end: 5 }
    assert.equal(written((writer) => writer.records(slice)).toString('latin1'), '\0\0\0\x03234')
    assert.equal(written((writer) => writer.compactRecords(slice)).toString('latin1'), '\x04234')
    assert.equal(written((writer) => writer.compactRecords(null)).toString('hex'), '00')
  })
})

function written(write: (writer: Writer) => void): Buffer {
  const writer = new Writer(4)
  write(writer)
  return writer.buffer.subarray(0, writer.length)
}

/** The writer's bytes with `content` put in at each insert. */
function assembled(writer: Writer, content: string): Buffer {
  const parts: Buffer[] = []
  let from = 0
  for (const { at } of writer.inserts) {
    parts.push(writer.buffer.subarray(from, at), Buffer.from(content))
    from = at
  }
  parts.push(writer.buffer.subarray(from, writer.length))
  return Buffer.concat(parts)
}

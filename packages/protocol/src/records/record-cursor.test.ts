import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { publishedBatch, sampleRecords } from '../../test/record-samples.ts'
import { sliceOf, viewOf } from '../bytes/slice.ts'
import { COUNT, LENGTH, RECORDS } from './batch.ts'
import { CorruptBatchError } from './corrupt-batch-error.ts'
import { encodeBatch } from './encode-batch.ts'
import { RecordCursor } from './record-cursor.ts'

/** Reads everything there is to read and counts the records. */
function readAll(batch: Buffer, maxBytes?: number): number {
  const cursor = new RecordCursor()
  cursor.open(sliceOf(batch), maxBytes)
  let count = 0
  for (; cursor.next(); count++) cursor.headers()
  return count
}

test('the record of the published batch', () => {
  const cursor = new RecordCursor()
  cursor.open(sliceOf(publishedBatch))
  assert.equal(cursor.next(), true)
  assert.deepEqual([cursor.offset, cursor.timestamp, cursor.attributes], [0, 1479847795005, 0])
  assert.deepEqual(cursor.key(), Buffer.from([1, 2, 3, 4]))
  assert.deepEqual(cursor.value(), Buffer.from([5, 6, 7]))
  assert.deepEqual(cursor.headers(), [{ key: '\b\t\n', value: Buffer.from([11, 12]) }])
  assert.deepEqual([cursor.start, cursor.end], [61, 82])
  assert.equal(cursor.buffer, publishedBatch, 'nothing was copied')
  assert.equal(cursor.next(), false)
  assert.equal(cursor.next(), false)
})

test('what a cursor hands out is a copy', () => {
  const batch = encodeBatch({ records: sampleRecords(1) })
  const cursor = new RecordCursor()
  cursor.open(sliceOf(batch))
  cursor.next()
  const [key, value, [header]] = [cursor.key()!, cursor.value()!, cursor.headers()]
  batch.fill(0)
  assert.equal(key.toString(), 'key 0')
  assert.equal(value.toString().slice(0, 8), 'value 0 ')
  assert.equal(header!.value!.toString(), 'header 0')
})

test('the last of several headers with one key counts', () => {
  const headers = [
    { key: 'a', value: '1' },
    { key: 'b', value: null },
    { key: 'a', value: '2' },
  ]
  const cursor = new RecordCursor()
  cursor.open(sliceOf(encodeBatch({ records: [{ headers }] })))
  cursor.next()
  assert.equal(cursor.lastHeader(Buffer.from('a'))?.toString(), '2')
  assert.equal(cursor.lastHeader(Buffer.from('b')), null)
  assert.equal(cursor.lastHeader(Buffer.from('c')), undefined)
  assert.equal(cursor.headers().length, 3)
})

test('one cursor reads batch after batch, and nothing once released', () => {
  const cursor = new RecordCursor()
  for (const codec of ['none', 'zstd', 'none'] as const) {
    cursor.open(sliceOf(encodeBatch({ records: sampleRecords(2), codec })))
    assert.equal(cursor.next() && cursor.next() && !cursor.next(), true)
  }
  cursor.open(sliceOf(publishedBatch))
  cursor.release()
  assert.equal(cursor.next(), false)
})

test('a batch cut off anywhere is refused', () => {
  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
    const batch = encodeBatch({ records: sampleRecords(3), codec })
    for (let cut = 0; cut < batch.length; cut++) {
      assert.throws(() => readAll(Buffer.from(batch.subarray(0, cut))), CorruptBatchError, `${codec}, ${cut} bytes`)
    }
  }
})

test('records cut off anywhere inside a batch that says it is whole are refused', () => {
  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
    const batch = encodeBatch({ records: sampleRecords(3), codec })
    for (let cut = RECORDS; cut < batch.length; cut++) {
      const part = Buffer.from(batch.subarray(0, cut))
      part.writeInt32BE(cut - 12, LENGTH)
      // The decoders give out all they have when only a trailer is missing: then the records are all there.
      try {
        assert.equal(readAll(part), 3, `${codec}, ${cut} bytes`)
        assert.notEqual(codec, 'none', `${cut} bytes`)
      } catch (error) {
        assert.ok(error instanceof CorruptBatchError, `${codec}, ${cut} bytes: ${error}`)
      }
    }
  }
})

test('lying counts, lengths and magics are refused', () => {
  for (const [count, text] of [
    [-1, /claims -1 records/],
    [2, /bytes follow the last of 2 records/],
    [4, /Record 3 of 4 .* ends before its length/],
    [2 ** 31 - 1, /Record 3 of/],
  ] as const) {
    const batch = encodeBatch({ records: sampleRecords(3) })
    batch.writeInt32BE(count, COUNT)
    assert.throws(() => readAll(batch), text)
  }
  for (const length of [-1, 0, 48, 2 ** 31 - 1, -(2 ** 31)]) {
    const batch = encodeBatch({ records: [] })
    batch.writeInt32BE(length, LENGTH)
    assert.throws(() => readAll(batch), /does not fit/)
  }
  const old = Buffer.from(publishedBatch)
  old[16] = 1
  assert.throws(() => readAll(old), /magic 1/)
  const unknown = Buffer.from(publishedBatch)
  unknown[22] = 5
  assert.throws(() => readAll(unknown), { name: 'CorruptBatchError', reason: 'unknown codec' })
})

for (const [what, position, value] of [
  ['record length too small', 61, 0x26],
  ['record length too large', 61, 0x2a],
  ['record length 0', 61, 0x00],
  ['record length negative', 61, 0x01],
  ['key too long', 65, 0x40],
  ['key shorter than -1', 65, 0x03],
  ['value too long', 70, 0x40],
  ['value shorter than -1', 70, 0x03],
  ['no header where one is', 74, 0x00],
  ['two headers where one is', 74, 0x04],
  ['a negative number of headers', 74, 0x01],
  ['header key too long', 75, 0x40],
  ['header key null', 75, 0x01],
  ['header value too long', 79, 0x40],
  ['header value shorter than -1', 79, 0x03],
  ['header value too short', 79, 0x02],
] as const) {
  test(`${what} is refused`, () => {
    const batch = Buffer.from(publishedBatch)
    batch[position] = value
    assert.throws(() => readAll(batch), CorruptBatchError)
  })
}

test('bytes after the last part of a record without headers are found as it is reached', () => {
  const cursor = new RecordCursor()
  const batch = encodeBatch({ records: [{ headers: [{ key: 'a', value: 'b' }] }] })
  batch[67] = 0
  cursor.open(sliceOf(batch))
  assert.throws(() => cursor.next(), /after its last part/)
})

test('an inflated batch stays within the bound it is opened with', () => {
  const batch = encodeBatch({ records: [{ value: Buffer.alloc(100_000) }], codec: 'gzip' })
  assert.equal(readAll(batch, 200_000), 1)
  assert.throws(() => readAll(batch, 50_000), { reason: 'too large' })
})

test('no bytes make a cursor fail in another way', () => {
  const sources = (['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const).map((codec) =>
    encodeBatch({ records: sampleRecords(4), codec }),
  )
  fc.assert(
    fc.property(
      fc.constantFrom(...sources),
      fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 5 }),
      (source, changes) => {
        const batch = Buffer.from(source)
        for (const [at, value] of changes) batch[at % batch.length] = value
        try {
          readAll(batch, 1_000_000)
        } catch (error) {
          assert.ok(error instanceof CorruptBatchError, String(error))
        }
      },
    ),
    { numRuns: 2000 },
  )
})

test('a batch may lie anywhere in its buffer', () => {
  const padded = Buffer.concat([Buffer.alloc(11, 0xff), publishedBatch, Buffer.alloc(11, 0xff)])
  const cursor = new RecordCursor()
  cursor.openAt(padded, viewOf(padded), 11, padded.length)
  assert.equal(cursor.next() && cursor.value()!.length, 3)
  assert.equal(cursor.next(), false)
})

test('records are passed over up to an offset, and not where offsets are missing', () => {
  const offsetsFrom = (records: Parameters<typeof encodeBatch>[0]['records'], to: number, before = 0) => {
    const cursor = new RecordCursor()
    cursor.open(sliceOf(encodeBatch({ baseOffset: 40, records })))
    for (let at = 0; at < before; at++) cursor.next()
    cursor.skipTo(to)
    const offsets: number[] = []
    while (cursor.next()) offsets.push(cursor.offset)
    return offsets
  }
  const records = sampleRecords(5)
  assert.deepEqual(offsetsFrom(records, 43), [43, 44])
  assert.deepEqual(offsetsFrom(records, 40), [40, 41, 42, 43, 44])
  assert.deepEqual(offsetsFrom(records, 42, 4), [44], 'never back')
  assert.deepEqual(offsetsFrom(records, 99), [])
  const sparse = records.map((record, at) => ({ ...record, offsetDelta: 2 * at }))
  assert.deepEqual(offsetsFrom(sparse, 44), [40, 42, 44, 46, 48])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeBatch, RecordCursor, type RecordInput, sliceOf } from '@odradek/protocol'
import { RecordArena } from './record-arena.ts'
import { StoredRecord } from './stored-record.ts'

const inputs: RecordInput[] = [
  {
    key: 'k',
    value: 'v',
    headers: [
      { key: 'a', value: '1' },
      { key: 'BORN_TIMESTAMP', value: '5' },
    ],
    timestamp: 7,
  },
  {
    key: null,
    value: null,
    headers: [
      { key: 'a', value: null },
      { key: 'a', value: '' },
    ],
    timestamp: 8,
  },
  { value: 'x'.repeat(300_000), timestamp: 9 },
  { key: '', value: '', timestamp: 10 },
]

function stored(arena: RecordArena | null): StoredRecord[] {
  const bytes = encodeBatch({ records: inputs })
  const cursor = new RecordCursor()
  cursor.open(sliceOf(bytes))
  const records: StoredRecord[] = []
  while (cursor.next()) records.push(new StoredRecord(cursor, 0, -1, arena))
  bytes.fill(0)
  return records
}

for (const [where, arena] of [
  ['memory of its own', null],
  ['an arena', new RecordArena()],
] as const) {
  test(`a record is kept as it was, in ${where}`, () => {
    const records = stored(arena)
    const text = (part: Buffer | null) => part?.toString() ?? null
    assert.deepEqual(
      records.map(({ key, value }) => [text(key), text(value)]),
      inputs.map(({ key = null, value = null }) => [key, value]),
    )
    assert.deepEqual(
      records.map(({ headers }) => headers.map(({ key, value }) => [text(key), text(value)])),
      inputs.map(({ headers = [] }) => headers.map(({ key, value }) => [key, value])),
    )
    assert.deepEqual(
      records.map(({ hasBornTimestamp, timestamp }) => [hasBornTimestamp, timestamp]),
      [
        [true, 7],
        [false, 8],
        [false, 9],
        [false, 10],
      ],
    )
    assert.deepEqual([records[0]!.headerText('a'), records[1]!.headerText('a')], ['1', ''])
    assert.equal(records[2]!.headerText('a'), null)
  })
}

test('an arena is used again, and holds as much as is put into it', () => {
  const arena = new RecordArena()
  const bytes = Buffer.alloc(200_000, 'a')
  const places = Array.from({ length: 12 }, () => ({ at: arena.add(bytes, 0, bytes.length), buffer: arena.buffer }))
  const slabs = new Set(places.map(({ buffer }) => buffer))
  assert.equal(slabs.size, 3, 'five to a slab')
  for (const { at, buffer } of places) assert.ok(buffer.subarray(at, at + bytes.length).equals(bytes))
  arena.reset()
  arena.add(bytes, 0, bytes.length)
  assert.ok(slabs.has(arena.buffer))
  arena.release()
  arena.add(bytes, 0, bytes.length)
  assert.ok(!slabs.has(arena.buffer))
})

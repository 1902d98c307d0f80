import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeBatch, RecordCursor, type RecordInput, sliceOf } from '@odradek/protocol'
import { RecordArena } from './record-arena.ts'
import { StoredRecord } from './stored-record.ts'
import { WindowRecords } from './window-records.ts'

const window = new WindowRecords(4, new RecordArena())
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

/** The records of a batch whose bytes are gone, kept by what `keep` makes of a cursor. */
function stored(keep: (cursor: RecordCursor, place: number) => () => StoredRecord): StoredRecord[] {
  const bytes = encodeBatch({ records: inputs, codec: 'lz4' })
  const cursor = new RecordCursor()
  cursor.open(sliceOf(bytes))
  const kept: (() => StoredRecord)[] = []
  while (cursor.next()) kept.push(keep(cursor, kept.length))
  cursor.buffer.fill(0)
  return kept.map((get) => get())
}

for (const [where, keep] of [
  [
    'memory of its own',
    (cursor: RecordCursor) => {
      const copy = StoredRecord.copyOf(cursor)
      return () => copy
    },
  ],
  [
    'a window',
    (cursor: RecordCursor, place: number) => {
      assert.equal(window.has(place), false)
      window.set(place, cursor)
      assert.deepEqual([window.has(place), window.sizeInBytes(place)], [true, cursor.end - cursor.start])
      return () => window.get(place)
    },
  ],
] as const) {
  test(`a record is kept as it was, in ${where}`, () => {
    const records = stored(keep)
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
      records.map(({ hasOwnHeaders, timestamp, codec }) => [hasOwnHeaders, timestamp, codec]),
      [
        [true, 7, 3],
        [false, 8, 3],
        [false, 9, 3],
        [false, 10, 3],
      ],
    )
    assert.deepEqual([records[0]!.headerText('a'), records[1]!.headerText('a')], ['1', ''])
    assert.equal(records[2]!.headerText('a'), null)
  })
}

test('an arena is used again, and holds as much as is put into it', () => {
  const arena = new RecordArena()
  const bytes = Buffer.alloc(200_000, 'a')
  const places = Array.from({ length: 12 }, () => {
    const at = arena.add(bytes, 0, bytes.length)
    return { at, buffer: arena.buffer(arena.bufferNumber) }
  })
  const slabs = new Set(places.map(({ buffer }) => buffer))
  assert.equal(slabs.size, 3, 'five to a slab')
  for (const { at, buffer } of places) assert.ok(buffer.subarray(at, at + bytes.length).equals(bytes))
  const added = () => {
    arena.add(bytes, 0, bytes.length)
    return arena.buffer(arena.bufferNumber)
  }
  arena.reset()
  assert.ok(slabs.has(added()))
  arena.release()
  assert.ok(!slabs.has(added()))
})

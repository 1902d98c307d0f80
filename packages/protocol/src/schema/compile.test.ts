import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ProtocolError } from '../bytes/protocol-error.ts'
import { Reader, ZERO_UUID } from '../bytes/reader.ts'
import { sliceOf } from '../bytes/slice.ts'
import { Writer } from '../bytes/writer.ts'
import { Fetch } from '../messages/fetch.ts'
import { Metadata } from '../messages/metadata.ts'
import {
  array,
  boolean,
  bytes,
  type Encodable,
  float64,
  int8,
  int16,
  int32,
  int64,
  nullable,
  records,
  type Shape,
  string,
  struct,
  uint16,
  uint32,
  uuid,
} from './fields.ts'
import { type Message, message } from './message.ts'

const Everything = message({
  name: 'Everything',
  versions: [0, 3],
  flexible: 2,
  fields: {
    flag: boolean({ since: 1 }),
    tiny: int8({ since: 1 }),
    small: int16({ since: 1 }),
    port: uint16({ since: 1 }),
    medium: int32({ since: 1 }),
    wide: uint32({ since: 1 }),
    offset: int64({ since: 1 }),
    ratio: float64({ since: 1 }),
    name: string({ since: 1 }),
    rack: nullable(string(), { since: 1 }),
    body: bytes({ since: 1 }),
    batches: records({ since: 1 }),
    id: uuid({ since: 1 }),
    list: array(int32(), { since: 1 }),
    inner: struct({ a: int32(), b: string() }, { since: 1 }),
    cursor: nullable(struct({ topic: string() }), { since: 1 }),
    leader: int32({ since: 1, default: -1 }),
  },
})

test('a version that lacks a field reads its default: its own, or null if nullable, or nothing of its kind', () => {
  assert.deepEqual(decode(Everything, 0, ''), {
    flag: false,
    tiny: 0,
    small: 0,
    port: 0,
    medium: 0,
    wide: 0,
    offset: 0,
    ratio: 0,
    name: '',
    rack: null,
    body: Buffer.alloc(0),
    batches: null,
    id: ZERO_UUID,
    list: [],
    inner: { a: 0, b: '' },
    cursor: null,
    leader: -1,
  })
})

test('every kind, plain and compact', () => {
  const value = {
    flag: true,
    tiny: -2,
    small: -2,
    port: 0xfffe,
    medium: -2,
    wide: 0xfffffffe,
    offset: -2,
    ratio: 1.5,
    name: 'n',
    rack: null,
    body: Buffer.from([9]),
    batches: sliceOf(Buffer.from([8, 7])),
    id: 'AAAAAAAAAAAAAAAAAAAAAQ',
    list: [5],
    inner: { a: 1, b: '' },
    cursor: { topic: 't' },
  }
  const fixed = '01 fe fffe fffe fffffffe fffffffe fffffffffffffffe 3ff8000000000000'
  const id = '00000000000000000000000000000001'
  assert.equal(
    encode(Everything, 1, value),
    hex(
      `${fixed} 0001 6e ffff 00000001 09 00000002 0807 ${id} 00000001 00000005 00000001 0000 01 0001 74 ffffffff`,
    ).toString('hex'),
  )
  assert.equal(
    encode(Everything, 2, value),
    hex(`${fixed} 02 6e 00 02 09 03 0807 ${id} 02 00000005 00000001 01 00 01 02 74 00 ffffffff 00`).toString('hex'),
  )
  assert.equal(encode(Everything, 1, { ...value, cursor: null }).slice(-10), 'ffffffffff')
})

test('objects of all versions share their order of fields', () => {
  const value = { errorCode: 0, brokers: [], topics: [] }
  const orders = [0, 1, 8, 9, 13].map((version) => {
    const bytes = encode(Metadata.response, version, value)
    return Object.keys(decode(Metadata.response, version, bytes))
  })
  for (const order of orders) assert.deepEqual(order, Object.keys(Metadata.response.fields))
})

test('defaults are fresh each time: changing one value changes no other', () => {
  const first = decode(Everything, 0, '')
  first.list.push(1)
  first.inner.a = 1
  const second = decode(Everything, 0, '')
  assert.deepEqual([second.list, second.inner.a], [[], 0])
})

test('a version outside the table is a RangeError', () => {
  assert.throws(() => decode(Everything, 4, ''), /Everything has versions 0 to 3, not 4/)
})

const Nullable = message({
  name: 'Nullable',
  versions: [0, 3],
  flexible: 2,
  fields: {
    text: nullable(string(), { nullSince: 1, default: null }),
    list: nullable(array({ a: int8() }), { nullSince: 3 }),
  },
})

describe('null', () => {
  test('where the version allows it', () => {
    assert.equal(encode(Nullable, 1, { text: null, list: [] }), 'ffff00000000')
    assert.equal(encode(Nullable, 3, { text: null, list: null }), '000000')
    assert.deepEqual(decode(Nullable, 3, '000000'), { text: null, list: null })
  })

  test('elsewhere on the wire is a ProtocolError that says where', () => {
    assert.throws(
      () => decode(Nullable, 0, 'ffff 00000000'),
      reason('Nullable v0: null where a string must be at byte 0'),
    )
    assert.throws(
      () => decode(Nullable, 1, '0000 ffffffff'),
      reason('Nullable v1: null where an array must be at byte 2'),
    )
    assert.throws(() => decode(Nullable, 2, '01 00 00'), reason('Nullable v2: null where an array must be at byte 1'))
  })

  test('elsewhere in a value is a TypeError that names the field', () => {
    assert.throws(
      () => encode(Nullable, 0, { text: null, list: [] }),
      typeError(/Nullable\.text cannot be null in version 0/),
    )
    assert.throws(
      () => encode(Nullable, 2, { text: '', list: null }),
      typeError(/Nullable\.list cannot be null in version 2/),
    )
  })

  test('has its first version', () => {
    const topics = [{ errorCode: 0, name: null, partitions: [] }]
    assert.throws(
      () => encode(Metadata.response, 11, { brokers: [], topics }),
      typeError(/topics\[\]\.name cannot be null/),
    )
    encode(Metadata.response, 12, { brokers: [], topics })
    assert.throws(() => encode(Metadata.request, 9, { topics: [{ name: null }] }), typeError(/topics\[\]\.name/))
    encode(Metadata.request, 10, { topics: [{ name: null }] })
  })

  test('a default of null is refused like null where the version has none', () => {
    assert.throws(() => encode(Nullable, 0, { list: [] }), typeError(/Nullable\.text cannot be null in version 0/))
  })
})

test('a field without default that is missing, or of the wrong type, is a TypeError that names it', () => {
  const topics = (partition: object) => ({
    maxWaitMs: 0,
    minBytes: 0,
    topics: [{ topic: 't', partitions: [partition] }],
  })
  const good = { partition: 1, fetchOffset: 0, partitionMaxBytes: 1 }
  encode(Fetch.request, 4, topics(good) as never)
  assert.throws(
    () => encode(Fetch.request, 4, topics({ ...good, fetchOffset: undefined }) as never),
    typeError(/FetchRequest\.topics\[\]\.partitions\[\]\.fetchOffset cannot be undefined in version 4/),
  )
  assert.throws(
    () => encode(Fetch.request, 4, topics({ ...good, fetchOffset: 1n }) as never),
    typeError(/fetchOffset cannot be a bigint/),
  )
})

const Tagged = message({
  name: 'Tagged',
  versions: [0, 2],
  flexible: 1,
  fields: {
    // Not in the order of their tags, which is the order on the wire.
    epoch: int64({ tag: 3, default: -1 }),
    rack: nullable(string(), { tag: 0, default: null }),
    leader: struct({ id: int32({ default: -1 }), epoch: int32({ default: -1 }) }, { tag: 1, default: {} }),
    names: array(string(), { since: 2, tag: 7, default: [] }),
    plain: int8(),
  },
})

describe('tagged fields', () => {
  test('are left out of versions that are not flexible, or do not know them', () => {
    assert.equal(encode(Tagged, 0, { plain: 1, epoch: 5, rack: 'r', names: ['n'] }), '01')
    assert.equal(encode(Tagged, 1, { plain: 1, names: ['n'] }), '0100')
    assert.deepEqual(decode(Tagged, 0, '01'), {
      epoch: -1,
      rack: null,
      leader: { id: -1, epoch: -1 },
      names: [],
      plain: 1,
    })
  })

  test('are sent by ascending tag when they differ from their default', () => {
    assert.equal(encode(Tagged, 2, { plain: 1, epoch: -1, rack: null, leader: { id: -1 }, names: [] }), '0100')
    assert.equal(
      encode(Tagged, 2, { plain: 1, leader: { epoch: 2 } }),
      '010101 09 ffffffff 00000002 00'.replaceAll(' ', ''),
    )
    assert.equal(
      encode(Tagged, 2, { plain: 1, epoch: 5, rack: '', names: ['n'] }),
      '01 03 00 01 01 03 08 0000000000000005 07 03 02 02 6e'.replaceAll(' ', ''),
    )
  })

  test('have a size of several bytes when they are large', () => {
    const names = Array.from({ length: 3000 }, (_, index) => `name-${index}`)
    const bytes = encode(Tagged, 2, { plain: 1, names })
    assert.deepEqual(decode(Tagged, 2, bytes).names, names)
  })

  test('that are not known are skipped, between and after known ones', () => {
    const bytes = '01 04 00 02 02 72 02 03 aaaaaa 03 08 0000000000000005 ff01 00'
    const { rack, epoch } = decode(Tagged, 2, bytes)
    assert.deepEqual({ rack, epoch }, { rack: 'r', epoch: 5 })
  })

  test('that come twice, out of order or with a size that lies are ProtocolErrors', () => {
    assert.throws(() => decode(Tagged, 2, '01 02 00 01 01 00 01 01'), reason('Tagged v2: tag 0 after tag 0 at byte 5'))
    assert.throws(() => decode(Tagged, 2, '01 02 03 08 0000000000000005 00 01 01'), reason(/tag 0 after tag 3/))
    assert.throws(
      () => decode(Tagged, 2, '01 01 00 7f 02 72'),
      reason(/tagged field of 127 bytes with 2 left at byte 3/),
    )
    assert.throws(
      () => decode(Tagged, 2, '01 01 2a 7f 02 72'),
      reason(/tagged field of 127 bytes with 2 left at byte 3/),
    )
    // Longer than its content, and shorter: the field may not reach beyond its size though bytes follow.
    assert.throws(
      () => decode(Tagged, 2, '01 01 00 03 02 72 00'),
      reason(/1 bytes too many in a tagged field at byte 6/),
    )
    assert.throws(() => decode(Tagged, 2, '01 01 00 01 02 72 00'), reason(/1 bytes wanted, 0 left at byte 5/))
    assert.throws(() => decode(Tagged, 2, '01 ffffffff0f 00'), reason(/bytes wanted/))
  })
})

describe('counts that lie', () => {
  test('are refused before anything is made of them', () => {
    assert.throws(
      () => decode(Metadata.request, 1, '7fffffff'),
      reason(/array of 2147483647 elements.* with 0 bytes left/),
    )
    assert.throws(() => decode(Metadata.request, 9, 'ffffffff0f 0000'), reason(/array of 4294967294 elements/))
    assert.throws(() => decode(Metadata.request, 1, 'fffffffe'), reason(/array of -2 elements/))
    assert.throws(() => decode(Fetch.response, 4, '00000000 fffffffe'), reason(/an array of length -2/))
    // Three topics of two bytes at the least do not fit into five.
    assert.throws(
      () => decode(Metadata.request, 1, '00000003 0000 0000 00'),
      reason(/array of 3 elements, at least 2 bytes each/),
    )
  })

  test('that could be true make no room ahead of the elements', () => {
    const rows = message({ name: 'Rows', versions: [0, 0], flexible: 0, fields: { rows: array({}) } })
    const count = 20_000_000
    const bytes = Buffer.alloc(4 + count, 0xff)
    const writer = new Writer()
    writer.unsignedVarint(count + 1)
    bytes.set(writer.buffer.subarray(0, writer.length))
    const heapBefore = process.memoryUsage().heapUsed
    // The first element is bad already; 20 million places for elements would be 160 MB.
    assert.throws(() => rows.decode(new Reader(bytes), 0), ProtocolError)
    assert.ok(process.memoryUsage().heapUsed - heapBefore < 20_000_000)
  })

  test('are held against the least that an element takes, tag section included', () => {
    // Topics of version 9 take two bytes at the least: a name and no tags. Three of them do not fit into five bytes.
    assert.throws(
      () => decode(Metadata.request, 9, '04 01 00 01 00 01'),
      reason(/array of 3 elements, at least 2 bytes each, with 5 bytes left/),
    )
  })

  test('of strings and bytes are refused as well', () => {
    assert.throws(() => decode(Metadata.request, 1, '00000001 7fff 61'), reason(/32767 bytes wanted, 1 left at byte 6/))
    assert.throws(() => decode(Metadata.request, 1, '00000001 fffe 61'), reason(/a string of length -2 at byte 4/))
    const blob = message({ name: 'Blob', versions: [0, 1], flexible: 1, fields: { body: bytes(), batches: records() } })
    assert.throws(() => decode(blob, 0, '7fffffff 00'), reason(/2147483647 bytes wanted, 1 left/))
    assert.throws(() => decode(blob, 1, '01 ffffffff07'), reason(/2147483646 bytes wanted, 0 left/))
    assert.throws(() => decode(blob, 0, '00000000 fffffffe'), reason(/byte array of -2 bytes at byte 4/))
  })

  test('a nullable struct is marked 1 or -1', () => {
    const next = message({ name: 'Next', versions: [0, 0], flexible: null, fields: { cursor: nullable(struct({})) } })
    assert.deepEqual(decode(next, 0, 'ff'), { cursor: null })
    assert.deepEqual(decode(next, 0, '01'), { cursor: {} })
    assert.throws(() => decode(next, 0, '02'), reason(/nullable struct marked 2 at byte 0/))
  })
})

test('bytes after the message are left for the caller', () => {
  const reader = new Reader(hex('0000000000 aabb'))
  Metadata.request.decode(reader, 4)
  assert.equal(reader.remaining, 2)
})

test('tables that cannot be encoded are refused at first use', () => {
  const twice = message({
    name: 'Twice',
    versions: [0, 0],
    flexible: 0,
    fields: { a: int8({ tag: 1, default: 0 }), b: int8({ tag: 1, default: 0 }) },
  })
  assert.throws(() => decode(twice, 0, '00'), /tag 1 of b is taken/)
  const batches = message({
    name: 'T',
    versions: [0, 0],
    flexible: 0,
    fields: { batches: records({ tag: 0, default: null }) },
  })
  assert.throws(() => encode(batches, 0, {}), /record batches cannot be tagged/)
})

function encode<S extends Shape>(of: Message<S>, version: number, value: Encodable<S>): string {
  const writer = new Writer(8)
  of.encode(writer, value, version)
  return writer.buffer.toString('hex', 0, writer.length)
}

function decode<S extends Shape>(of: Message<S>, version: number, text: string) {
  return of.decode(new Reader(hex(text)), version)
}

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex')
}

function reason(message: string | RegExp) {
  return { name: 'ProtocolError', message }
}

function typeError(message: RegExp) {
  return { name: 'TypeError', message }
}

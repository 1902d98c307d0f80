import { deepEqual, equal, match, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { encode as encodeMsgpack } from '@msgpack/msgpack'
import {
  encodeGroupMetadataKey,
  encodeGroupMetadataValue,
  encodeOffsetCommitKey,
  encodeOffsetCommitValue,
} from '@odradek/protocol'
import { Encoder as CborEncoder } from 'cbor-x'
import protobuf from 'protobufjs'
import { writeJson } from '../json/write-json.ts'
import { partitionOfKey } from '../partition-of-key.ts'
import type { DecoderName } from './decoder-names.ts'
import { decodersOf } from './offsets-record.ts'
import { decodePayload } from './payload.ts'
import { type RegisteredSchema, type SchemaCache, SchemaWanted } from './schemas.ts'

const order: RegisteredSchema = {
  id: 7,
  type: 'AVRO',
  subject: 'orders-value',
  references: [],
  text: JSON.stringify({
    type: 'record',
    name: 'Order',
    fields: [
      { name: 'id', type: 'long' },
      { name: 'note', type: ['null', 'string'] },
    ],
  }),
}
const shipment: RegisteredSchema = {
  id: 9,
  type: 'PROTOBUF',
  subject: 'shipments-value',
  references: [],
  text: 'syntax = "proto3"; package shop; enum State { NEW = 0; SENT = 1; } message Other {} message Shipment { int64 id = 1; State state = 2; repeated string items = 3; message Box { int32 n = 1; } Box box = 4; }',
}
const registry: SchemaCache = {
  get: (id) => (id === 7 ? order : id === 9 ? shipment : id === 8 ? 'Not found.' : undefined),
}

const framed = (id: number, ...rest: Uint8Array[]) => {
  const head = Buffer.alloc(5)
  head.writeInt32BE(id, 1)
  return Buffer.concat([head, ...rest])
}
const decode = (bytes: Buffer | null, decoder: DecoderName = 'auto', schemas = registry) =>
  decodePayload(bytes, decoder, schemas)

test('null, empty, JSON, text and bytes are told apart', () => {
  equal(decode(null).kind, 'null')
  equal(decode(Buffer.alloc(0)).kind, 'empty')
  equal(decode(Buffer.from(' {"a":1}')).kind, 'json')
  equal(decode(Buffer.from('订单 42')).kind, 'text')
  equal(decode(Buffer.from([0xff, 0xfe, 1])).kind, 'hex')
})

test('what looks like JSON and is not says why', () => {
  const { kind, problems } = decode(Buffer.from('{"a":}'))
  equal(kind, 'text')
  equal(problems[0]?.decoder, 'json')
  match(problems[0]!.reason, /^Not JSON: .* at byte/)
  const forced = decode(Buffer.from([0xff]), 'text')
  equal(forced.kind, 'hex')
  match(forced.problems[0]!.reason, /not UTF-8/)
})

test('Avro behind a schema id keeps int64s', () => {
  const data = Buffer.concat([
    Buffer.from([0x82, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20]),
    Buffer.from([2, 4]),
    Buffer.from('ok'),
  ])
  const { kind, value, schema } = decode(framed(7, data))
  equal(kind, 'avro')
  equal(writeJson(value), '{"id":9007199254740993,"note":"ok"}')
  deepEqual(schema, { id: 7, name: 'orders-value' })
  const broken = decode(framed(7, data.subarray(0, 3)))
  equal(broken.kind, 'hex')
  equal(broken.problems[0]?.decoder, 'avro')
})

test('a schema that is not known yet is asked for; one that does not exist is said', () => {
  throws(
    () => decode(framed(1234, Buffer.from('x'))),
    (error: Error) => error instanceof SchemaWanted && error.id === 1234,
  )
  const { kind, problems } = decode(framed(8, Buffer.from([1])))
  equal(kind, 'hex')
  equal(problems[0]?.reason, 'The bytes name schema 8. Not found.')
})

test('Protobuf by its schema and without', () => {
  const type = protobuf.parse(shipment.text).root.lookupType('shop.Shipment')
  const bytes = Buffer.from(
    type.encode(type.fromObject({ id: '9007199254740993', state: 1, items: ['a', 'b'], box: { n: -1 } })).finish(),
  )
  const found = decode(framed(9, Buffer.from([2, 2]), bytes))
  equal(found.kind, 'protobuf')
  equal(found.schema?.name, 'shop.Shipment')
  equal(writeJson(found.value), '{"id":9007199254740993,"state":"SENT","items":["a","b"],"box":{"n":-1}}')
  const raw = decode(bytes, 'protobuf')
  equal(writeJson(raw.value), '{"1":9007199254740993,"2":1,"3":["a","b"],"4":{"1":-1}}')
})

test('msgpack and CBOR keep int64s', () => {
  const big = { id: 2n ** 60n + 1n, list: [1, 2.5] }
  const packed = decode(Buffer.from(encodeMsgpack(big, { useBigInt64: true })))
  equal(packed.kind, 'msgpack')
  equal(writeJson(packed.value), '{"id":1152921504606846977,"list":[1,2.5]}')
  const cbor = decode(new CborEncoder({ useRecords: false }).encode(big))
  equal(cbor.kind, 'cbor')
  equal(writeJson(cbor.value), '{"id":1152921504606846977,"list":[1,2.5]}')
})

test('whole numbers, UUIDs and base64 where somebody says that they are that', () => {
  equal(writeJson(decode(Buffer.from('7fffffffffffffff', 'hex'), 'integer').value), '9223372036854775807')
  equal(decode(Buffer.from([0xff, 0xfe]), 'integer').value, -2)
  match(decode(Buffer.from([1, 2, 3]), 'integer').problems[0]!.reason, /1, 2, 4 or 8 bytes, not 3/)
  const uuid = '0b1f5a52-4e63-4b36-9a3e-5d1c7d1f0a11'
  equal(decode(Buffer.from(uuid.replaceAll('-', ''), 'hex'), 'uuid').value, uuid)
  equal(decode(Buffer.from(uuid.toUpperCase()), 'uuid').value, uuid)
  equal(decode(Buffer.from('a uuid'), 'uuid').kind, 'hex')
  equal(decode(Buffer.from([0, 255]), 'base64').value, 'AP8=')
})

test('what brokers keep for groups: keys, commits and members, told apart by their bytes', () => {
  const commit = { offset: 1842, leaderEpoch: 3, metadata: 'm', commitTimestamp: 1_700_000_000_000 }
  const member = { memberId: 'c-1', clientId: 'c', clientHost: '/10.0.0.1', sessionTimeout: 45_000 }
  const group = { protocolType: 'consumer', generation: 7, protocol: 'range', leader: 'c-1' }
  const members = [{ ...member, subscription: Buffer.from([1]), assignment: Buffer.alloc(0) }]
  const read = (bytes: Buffer) => decode(bytes, 'offsets').value as Record<string, unknown>
  const key = { group: 'readers', topic: 'orders', partition: 3 }
  deepEqual(read(encodeOffsetCommitKey(key)), { kind: 'offsetCommit', ...key })
  deepEqual(read(encodeGroupMetadataKey({ group: 'readers' })), { kind: 'groupMetadata', group: 'readers' })
  equal(read(encodeOffsetCommitValue(commit)).offset, 1842)
  const told = read(encodeGroupMetadataValue({ ...group, members })) as { members: { subscription: string }[] }
  equal(told.members[0]?.subscription, '01')
  match(decode(Buffer.from('0009ffff', 'hex'), 'offsets').problems[0]!.reason, /version 9/)
  deepEqual(decodersOf('__consumer_offsets', { key: 'auto', value: 'hex' }), { key: 'offsets', value: 'hex' })
})

test('an Avro schema cannot make the decoder run wild', () => {
  const list: RegisteredSchema = { ...order, text: '{"type":"array","items":"null"}' }
  const { kind } = decodePayload(framed(7, Buffer.from([0xfe, 0xff, 0xff, 0xff, 0x0f, 0])), 'auto', { get: () => list })
  equal(kind, 'hex')
})

test("keys go where Kafka's own clients put them", () => {
  // Partitions of 10 by the Java client's murmur2, as franz-go's tests have them.
  deepEqual(
    [
      '21',
      'foobar',
      'a-little-bit-long-string',
      'a-little-bit-longer-string',
      'lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8',
    ].map((key) => partitionOfKey(Buffer.from(key), 2 ** 31)),
    [-973932308, -790332482, -985981536, -1486304829, -58897971].map((hash) => hash & 0x7fffffff),
  )
})

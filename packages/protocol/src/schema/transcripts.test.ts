/** Messages byte by byte as the protocol pages define them, so that reader and writer cannot be wrong together. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Reader } from '../bytes/reader.ts'
import type { Slice } from '../bytes/slice.ts'
import { sliceOf } from '../bytes/slice.ts'
import { Writer } from '../bytes/writer.ts'
import { ApiVersions } from '../messages/api-versions.ts'
import { Fetch } from '../messages/fetch.ts'
import { Metadata } from '../messages/metadata.ts'
import { Produce } from '../messages/produce.ts'
import type { Decoded, Encodable, Shape } from './fields.ts'
import type { Message } from './message.ts'

const T = '74' // the topic 't'
const LOCALHOST = '6c6f63616c686f7374'

test('ApiVersions v0: an empty request, a response with no throttle time', () => {
  check(ApiVersions.request, 0, {}, '')
  check(
    ApiVersions.response,
    0,
    {
      errorCode: 35,
      apiKeys: [
        { apiKey: 18, minVersion: 0, maxVersion: 4 },
        { apiKey: 3, minVersion: 0, maxVersion: 13 },
      ],
    },
    '0023 00000002',
    '0012 0000 0004',
    '0003 0000 000d',
  )
})

test('ApiVersions v3: compact, with features in tags', () => {
  check(
    ApiVersions.request,
    3,
    { clientSoftwareName: 'librdkafka', clientSoftwareVersion: '2.3.0' },
    '0b 6c696272646b61666b61',
    '06 322e332e30',
    '00',
  )
  check(
    ApiVersions.response,
    3,
    {
      errorCode: 0,
      apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }],
      supportedFeatures: [{ name: 'group.version', minVersion: 1, maxVersion: 1 }],
      finalizedFeaturesEpoch: 5,
    },
    '0000 02',
    '0012 0000 0004 00',
    '00000000',
    '02',
    '00 14 02 0e 67726f75702e76657273696f6e 0001 0001 00',
    '01 08 0000000000000005',
  )
  check(ApiVersions.response, 3, { errorCode: 0, apiKeys: [] }, '0000 01 00000000 00')
})

test('Metadata v0 and v1: all topics are an empty array, then null', () => {
  check(Metadata.request, 0, { topics: [] }, '00000000')
  check(Metadata.request, 1, { topics: null }, 'ffffffff')
  check(Metadata.request, 1, { topics: [{ name: 't' }] }, `00000001 0001${T}`)
})

test('Metadata v1 response', () => {
  check(
    Metadata.response,
    1,
    {
      brokers: [{ nodeId: 1, host: 'localhost', port: 9092, rack: null }],
      controllerId: 1,
      topics: [
        {
          errorCode: 0,
          name: 't',
          isInternal: true,
          partitions: [{ errorCode: 0, partitionIndex: 2, leaderId: 1, replicaNodes: [1, 2], isrNodes: [1] }],
        },
      ],
    },
    `00000001 00000001 0009 ${LOCALHOST} 00002384 ffff`,
    '00000001',
    `00000001 0000 0001${T} 01`,
    '00000001 0000 00000002 00000001 00000002 00000001 00000002 00000001 00000001',
  )
})

test('Metadata v9', () => {
  check(
    Metadata.request,
    9,
    { topics: [{ name: 't' }], allowAutoTopicCreation: true, includeTopicAuthorizedOperations: true },
    `02 02${T} 00`,
    '01 00 01 00',
  )
  check(Metadata.request, 9, { topics: null, allowAutoTopicCreation: false }, '00 00 00 00 00')
  check(
    Metadata.response,
    9,
    {
      brokers: [{ nodeId: 1, host: 'localhost', port: 9092, rack: 'a' }],
      clusterId: 'abcd',
      controllerId: 1,
      topics: [
        {
          errorCode: 0,
          name: 't',
          partitions: [
            { errorCode: 0, partitionIndex: 0, leaderId: 1, leaderEpoch: 3, replicaNodes: [1], isrNodes: [1] },
          ],
        },
      ],
    },
    '00000000',
    `02 00000001 0a ${LOCALHOST} 00002384 02 61 00`,
    '05 61626364',
    '00000001',
    `02 0000 02${T} 00`,
    '02 0000 00000000 00000001 00000003 02 00000001 02 00000001 01 00',
    '80000000 00',
    '80000000 00',
  )
})

test('Produce v3', () => {
  check(
    Produce.request,
    3,
    {
      acks: -1,
      timeoutMs: 30000,
      topicData: [{ name: 't', partitionData: [{ index: 7, records: records('01020304') }] }],
    },
    'ffff ffff 00007530',
    `00000001 0001${T}`,
    '00000001 00000007 00000004 01020304',
  )
  check(
    Produce.response,
    3,
    { responses: [{ name: 't', partitionResponses: [{ index: 7, errorCode: 0, baseOffset: 42 }] }], throttleTimeMs: 9 },
    `00000001 0001${T}`,
    '00000001 00000007 0000 000000000000002a ffffffffffffffff',
    '00000009',
  )
})

test('Produce v9', () => {
  check(
    Produce.request,
    9,
    {
      transactionalId: 'x',
      acks: 1,
      timeoutMs: 30000,
      topicData: [
        {
          name: 't',
          partitionData: [
            { index: 7, records: records('01020304') },
            { index: 8, records: null },
          ],
        },
      ],
    },
    '02 78 0001 00007530',
    `02 02${T}`,
    '03 00000007 05 01020304 00',
    '00000008 00 00',
    '00 00',
  )
  check(
    Produce.response,
    9,
    {
      responses: [
        {
          name: 't',
          partitionResponses: [
            {
              index: 7,
              errorCode: 87,
              baseOffset: -1,
              logStartOffset: 4294967296,
              recordErrors: [{ batchIndex: 1, batchIndexErrorMessage: 'no' }],
              errorMessage: 'bad',
            },
          ],
        },
      ],
    },
    `02 02${T}`,
    '02 00000007 0057 ffffffffffffffff ffffffffffffffff 0000000100000000',
    '02 00000001 03 6e6f 00',
    '04 626164 00',
    '00 00000000 00',
  )
})

test('Produce v13: topics by id', () => {
  check(
    Produce.request,
    13,
    {
      acks: 0,
      timeoutMs: 1,
      topicData: [{ topicId: 'AQIDBAUGBwgJCgsMDQ4PEA', partitionData: [{ index: 0, records: records('') }] }],
    },
    '00 0000 00000001',
    '02 0102030405060708090a0b0c0d0e0f10',
    '02 00000000 01 00',
    '00 00',
  )
})

test('Fetch v4', () => {
  check(
    Fetch.request,
    4,
    {
      maxWaitMs: 500,
      minBytes: 1,
      maxBytes: 52428800,
      isolationLevel: 1,
      topics: [{ topic: 't', partitions: [{ partition: 0, fetchOffset: 4294967297, partitionMaxBytes: 1048576 }] }],
    },
    'ffffffff 000001f4 00000001 03200000 01',
    `00000001 0001${T}`,
    '00000001 00000000 0000000100000001 00100000',
  )
  check(
    Fetch.response,
    4,
    {
      responses: [
        {
          topic: 't',
          partitions: [
            {
              partitionIndex: 0,
              errorCode: 0,
              highWatermark: 10,
              lastStableOffset: 8,
              abortedTransactions: [{ producerId: 4000, firstOffset: 3 }],
              records: records('0a0b'),
            },
          ],
        },
      ],
    },
    `00000000 00000001 0001${T}`,
    '00000001 00000000 0000 000000000000000a 0000000000000008',
    '00000001 0000000000000fa0 0000000000000003',
    '00000002 0a0b',
  )
})

test('Fetch v12', () => {
  check(
    Fetch.request,
    12,
    {
      clusterId: 'abc',
      maxWaitMs: 500,
      minBytes: 1,
      maxBytes: 52428800,
      topics: [
        {
          topic: 't',
          partitions: [{ partition: 0, currentLeaderEpoch: 3, fetchOffset: 9, partitionMaxBytes: 1048576 }],
        },
      ],
    },
    'ffffffff 000001f4 00000001 03200000 00 00000000 ffffffff',
    `02 02${T}`,
    '02 00000000 00000003 0000000000000009 ffffffff ffffffffffffffff 00100000 00',
    '00 01 01',
    '01 00 04 04 616263',
  )
  check(
    Fetch.response,
    12,
    {
      responses: [
        {
          topic: 't',
          partitions: [
            {
              partitionIndex: 0,
              errorCode: 6,
              highWatermark: -1,
              currentLeader: { leaderId: 2, leaderEpoch: 4 },
              records: records(''),
            },
          ],
        },
      ],
    },
    '00000000 0000 00000000',
    `02 02${T}`,
    '02 00000000 0006 ffffffffffffffff ffffffffffffffff ffffffffffffffff 00 ffffffff 01',
    '01 01 09 00000002 00000004 00',
    '00 00',
  )
})

/** `value` is written as `parts` (hex, spaces free), and `parts` are read as `value` with defaults around it. */
function check<S extends Shape>(message: Message<S>, version: number, value: Encodable<S>, ...parts: string[]): void {
  const bytes = hex(parts.join(''))
  const writer = new Writer()
  message.encode(writer, value, version)
  assert.equal(writer.buffer.toString('hex', 0, writer.length), bytes.toString('hex'))
  const reader = new Reader(bytes)
  const read: Decoded<S> = message.decode(reader, version)
  assert.equal(reader.remaining, 0)
  assert.partialDeepStrictEqual(plain(read), plain(value))
}

function records(text: string): Slice {
  return sliceOf(hex(text))
}

function hex(text: string): Buffer {
  const digits = text.replaceAll(' ', '')
  const bytes = Buffer.from(digits, 'hex')
  assert.equal(bytes.length * 2, digits.length, `not hex: ${text}`)
  return bytes
}

/** Slices as the hex of their bytes. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (value === null || typeof value !== 'object') return value
  if ('view' in value) {
    const { buffer, start, end } = value as Slice
    return buffer.toString('hex', start, end)
  }
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]))
}

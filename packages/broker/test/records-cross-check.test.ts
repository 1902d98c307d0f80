import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import {
  BatchHeader,
  type CodecName,
  codecs,
  encodeBatch,
  errors,
  RecordCursor,
  readBatchHeader,
  recompress,
  sliceOf,
  validateProducedBatch,
  viewOf,
} from '@odradek/protocol'
import { createRecordsBatch, Reader, readRecordsBatches } from '@platformatic/kafka'

/**
 * Record batches against two clients that were written by others: what they encode is valid here and means the same,
 * and what is encoded here they decode to the same records.
 */

interface KafkajsRecord {
  key: Buffer | null
  value: Buffer | null
  timestamp: string
  offset: string
  headers: Record<string, Buffer | Buffer[]>
}

// kafkajs has no types for its insides.
const require = createRequire(import.meta.url)
const kafkajs: {
  RecordBatch: (batch: object) => Promise<{ buffer: Buffer }>
  Record: (record: object) => object
  decode: (decoder: object) => Promise<{ records: KafkajsRecord[]; isControlBatch: boolean; firstOffset: string }>
  Decoder: new (buffer: Buffer) => object
} = {
  RecordBatch: require('kafkajs/src/protocol/recordBatch/v0').RecordBatch,
  Record: require('kafkajs/src/protocol/recordBatch/record/v0'),
  decode: require('kafkajs/src/protocol/recordBatch/v0/decoder'),
  Decoder: require('kafkajs/src/protocol/decoder'),
}

const TIME_MS = 1_700_000_000_000
const messages = [
  { key: Buffer.from('first'), value: Buffer.from('a value'), headers: { origin: 'here', ключ: '😀' }, ago: 0 },
  { key: Buffer.from([0, 255, 128]), value: Buffer.alloc(70_000, 'long '), headers: {}, ago: -3 },
  { key: null, value: Buffer.from('without a key'), headers: { empty: '' }, ago: 90_000_000 },
]

const deep = {
  maxMessageBytes: 1_048_588,
  timestampType: 'CreateTime',
  beforeMaxMs: 2 ** 63,
  afterMaxMs: 2 ** 63,
  nowMs: TIME_MS,
  compacted: false,
  deep: true,
  apiVersion: 11,
} as const

function recordsIn(batch: Buffer): object[] {
  const cursor = new RecordCursor()
  cursor.open(sliceOf(batch))
  const records: object[] = []
  while (cursor.next()) {
    const headers = Object.fromEntries(cursor.headers().map(({ key, value }) => [key, String(value)]))
    records.push({ key: cursor.key(), value: cursor.value(), headers, ago: cursor.timestamp - TIME_MS })
  }
  return records
}

function headerOf(batch: Buffer): BatchHeader {
  const header = new BatchHeader()
  readBatchHeader(viewOf(batch), 0, header)
  return header
}

function ours(codec: CodecName): Buffer {
  return encodeBatch({
    codec,
    baseOffset: 7000,
    records: messages.map(({ key, value, headers, ago }) => ({
      key,
      value,
      headers: Object.entries(headers).map(([name, text]) => ({ key: name, value: text })),
      timestamp: TIME_MS + ago,
    })),
  })
}

for (const { name: codec, id } of codecs) {
  test(`@platformatic/kafka encodes with ${codec}, we read`, () => {
    const batch = createRecordsBatch(
      messages.map(({ key, value, headers, ago }) => ({
        ...(key && { key }),
        value,
        topic: 't',
        partition: 0,
        timestamp: BigInt(TIME_MS + ago),
        headers: new Map(Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)])),
      })),
      { compression: codec, producerId: 2n ** 40n, producerEpoch: 3 },
    ).buffer
    const found = validateProducedBatch(sliceOf(batch), deep)
    assert.equal(found.errorCode, errors.NONE.code, found.text ?? '')
    assert.equal(found.maxTimestamp, TIME_MS + 90_000_000)
    const { producerId, producerEpoch, codec: codecId } = headerOf(batch)
    assert.deepEqual([producerId, producerEpoch, codecId], [2 ** 40, 3, id])
    assert.deepEqual(recordsIn(batch), messages)
    for (const target of codecs) assert.deepEqual(recordsIn(recompress(sliceOf(batch), target)), messages)
  })

  test(`we encode with ${codec}, @platformatic/kafka reads`, () => {
    const [batch, ...others] = readRecordsBatches(Reader.from(ours(codec)))
    assert.equal(others.length, 0)
    assert.equal(batch!.firstOffset, 7000n)
    const records = batch!.records.map(({ key, value, headers, timestampDelta }) => ({
      key,
      value,
      headers: Object.fromEntries(headers.map(([name, text]) => [String(name), String(text)])),
      ago: Number(batch!.firstTimestamp + timestampDelta) - TIME_MS,
    }))
    assert.deepEqual(records, messages)
  })
}

for (const { name: codec, id } of codecs.slice(0, 2)) {
  test(`kafkajs encodes with ${codec}, we read`, async () => {
    const { buffer } = await kafkajs.RecordBatch({
      compression: id,
      firstTimestamp: TIME_MS,
      maxTimestamp: TIME_MS,
      lastOffsetDelta: 2,
      transactional: true,
      producerId: 4000,
      producerEpoch: 2,
      firstSequence: 11,
      records: messages.map(({ key, value, headers, ago }, offsetDelta) =>
        kafkajs.Record({ key, value, headers, offsetDelta, timestampDelta: ago }),
      ),
    })
    const found = validateProducedBatch(sliceOf(buffer), deep)
    assert.equal(found.errorCode, errors.NONE.code, found.text ?? '')
    assert.equal(found.maxTimestamp, TIME_MS + 90_000_000, 'its header names another')
    const header = headerOf(buffer)
    assert.deepEqual([header.isTransactional, header.producerId, header.lastSequence], [true, 4000, 13])
    assert.deepEqual(recordsIn(buffer), messages)
  })

  test(`we encode with ${codec}, kafkajs reads`, async () => {
    const decoded = await kafkajs.decode(new kafkajs.Decoder(ours(codec)))
    assert.equal(decoded.firstOffset, '7000')
    const records = decoded.records.map(({ key, value, headers, timestamp }) => ({
      key,
      value,
      headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, String(text)])),
      ago: Number(timestamp) - TIME_MS,
    }))
    assert.deepEqual(records, messages)
  })
}

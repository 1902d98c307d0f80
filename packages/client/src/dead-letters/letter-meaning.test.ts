import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeBatch, RecordCursor, sliceOf } from '@odradek/protocol'
import { errorOfText } from './letter-error.ts'
import { isKeptHeader } from './letter-headers.ts'
import { briefMeaningOf, type LetterMeaning, meaningOf } from './letter-meaning.ts'

function read(headers: Record<string, string | Buffer>, value: string | null = 'x'): LetterMeaning {
  const list = Object.entries(headers).map(([key, value]) => ({ key, value }))
  const cursor = new RecordCursor()
  cursor.open(sliceOf(encodeBatch({ records: [{ value, headers: list }] })))
  assert.ok(cursor.next())
  const meaning = meaningOf(cursor)
  const brief = { errorClass: meaning.error?.className ?? null, originTopic: meaning.origin?.topic ?? null }
  assert.deepEqual(briefMeaningOf(cursor), { ...brief, retries: meaning.retries })
  return meaning
}

const int32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer).swap32()
const int64 = (value: number) => Buffer.from(BigInt64Array.of(BigInt(value)).buffer).swap64()

test('Odradek', () => {
  const attempts = [{ time: 5, client: 'c', host: 'h', error: 'TypeError: no\n  at x' }]
  const headers = { ORIGIN_TOPIC: 'orders', ORIGIN_PARTITION: '3', ORIGIN_OFFSET: '41', ORIGIN_TIMESTAMP: '9' }
  const letter = read({ ...headers, RECONSUME_TIME: '16', DEAD_LETTER_REASON: 'r', ATTEMPTS: JSON.stringify(attempts) })
  assert.deepEqual([letter.convention, letter.retries, letter.reason], ['odradek', 16, 'r'])
  assert.deepEqual(letter.origin, { topic: 'orders', partition: 3, offset: 41, timestampMs: 9 })
  assert.deepEqual(letter.attempts, attempts)
  assert.deepEqual(letter.error, { className: 'TypeError', message: 'no', stack: attempts[0]!.error })
})

test('Spring writes numbers as bytes, and the cause is the error', () => {
  const letter = read({
    'kafka_dlt-original-topic': 'orders',
    'kafka_dlt-original-partition': int32(2),
    'kafka_dlt-original-offset': int64(2 ** 33),
    'kafka_dlt-original-timestamp': int64(1_700_000_000_000),
    'kafka_dlt-original-consumer-group': 'billing',
    'kafka_dlt-exception-fqcn': 'org.springframework.kafka.listener.ListenerExecutionFailedException',
    'kafka_dlt-exception-cause-fqcn': 'java.lang.IllegalStateException',
    'kafka_dlt-exception-message': 'Listener failed; no price',
    'kafka_dlt-exception-stacktrace': 'at x',
    'retry_topic-attempts': int32(4),
  })
  assert.deepEqual([letter.convention, letter.group, letter.retries], ['spring', 'billing', 2])
  assert.deepEqual(letter.origin, { topic: 'orders', partition: 2, offset: 2 ** 33, timestampMs: 1_700_000_000_000 })
  const error = { className: 'java.lang.IllegalStateException', message: 'Listener failed; no price', stack: 'at x' }
  assert.deepEqual(letter.error, error)
})

test('Kafka Connect, share groups and Streams', () => {
  const connect = read({
    '__connect.errors.topic': 'orders',
    '__connect.errors.partition': '1',
    '__connect.errors.offset': '7',
    '__connect.errors.connector.name': 'sink',
    '__connect.errors.stage': 'VALUE_CONVERTER',
    '__connect.errors.exception.class.name': 'org.apache.kafka.connect.errors.DataException',
    '__connect.errors.exception.message': 'bad',
  })
  assert.deepEqual([connect.convention, connect.group, connect.reason], ['connect', 'connect-sink', 'VALUE_CONVERTER'])
  assert.equal(connect.error!.className, 'org.apache.kafka.connect.errors.DataException')
  const share = read({
    '__dlq.errors.topic': 'orders',
    '__dlq.errors.group': 'workers',
    '__dlq.errors.delivery.count': '5',
    '__dlq.errors.message': 'Offset rejected by client.',
  })
  assert.deepEqual([share.convention, share.group, share.retries], ['share', 'workers', 4])
  assert.deepEqual([share.origin!.partition, share.error!.className], [-1, 'Offset rejected by client.'])
  const streams = read({ '__streams.errors.topic': 'orders', '__streams.errors.exception': 'a.B' })
  assert.deepEqual([streams.convention, streams.error!.className], ['streams', 'a.B'])
})

test('a letter of a share group without a copy of its record is told apart; nobody else writes such letters', () => {
  const headers = { '__dlq.errors.topic': 'orders', '__dlq.errors.partition': '1', '__dlq.errors.offset': '7' }
  assert.deepEqual([read(headers, null).isReference, read(headers).isReference], [true, false])
  assert.equal(read({ 'kafka_dlt-original-topic': 'orders' }, null).isReference, false, 'a tombstone of Spring')
})

test('attempts that are none are left out, and parts of them that are no text', () => {
  const noted = [null, 1, 'x', { time: 'no' }, { time: 1e300 }, { time: 5, client: 7, host: {}, error: [1] }]
  const letter = read({ DEAD_LETTER_REASON: 'r', ATTEMPTS: JSON.stringify(noted) })
  assert.deepEqual(letter.attempts, [{ time: 5, client: '', host: '', error: null }])
  assert.equal(letter.error, null)
})

test('what says nothing, and what says nonsense', () => {
  assert.deepEqual(read({}), {
    convention: null,
    group: null,
    origin: null,
    retries: 0,
    reason: null,
    attempts: [],
    error: null,
    isReference: false,
    redrive: null,
  })
  const letter = read({ ORIGIN_TOPIC: 'orders', ORIGIN_OFFSET: 'many', ATTEMPTS: '{"a":', RECONSUME_TIME: '-' })
  assert.deepEqual([letter.origin!.offset, letter.attempts, letter.retries], [-1, [], 0])
})

test('errors that differ in numbers are alike', () => {
  assert.equal(errorOfText('order 17 has no price').className, 'order # has no price')
  assert.equal(errorOfText("ValueError('x')").className, 'ValueError')
  assert.equal(errorOfText('com.shop.NoPrice: order 17').className, 'com.shop.NoPrice')
  assert.equal(errorOfText('paid: no').className, 'paid: no')
})

test('what was said of failures does not go with a letter, nor where it came from to where it came from', () => {
  for (const name of [
    'ATTEMPTS',
    'EXCEPTION',
    'DELAY',
    'kafka_dlt-original-topic',
    '__dlq.errors.topic',
    'x-redrive-job',
  ]) {
    assert.equal(isKeptHeader(name, true), false, name)
  }
  assert.ok(isKeptHeader('trace', false) && isKeptHeader('ORIGIN_TOPIC', true) && !isKeptHeader('ORIGIN_TOPIC', false))
})

/** What kafkajs writes and reads. */
import assert from 'node:assert/strict'
import type { KafkaJSProtocolError } from 'kafkajs'
import { CompressionTypes, createTopics, kafkajs, Partitioners, read, textOf } from './kafkajs-client.ts'
import type { Scene } from './play.ts'

const CODECS = [
  CompressionTypes.None,
  CompressionTypes.GZIP,
  CompressionTypes.Snappy,
  CompressionTypes.LZ4,
  CompressionTypes.ZSTD,
]

const createPartitioner = Partitioners.DefaultPartitioner

/** Each codec with each acks into a topic of its own, `codec-<id>-<acks>`. */
async function codecs(bootstrap: string): Promise<void> {
  const kafka = kafkajs(bootstrap)
  const producer = kafka.producer({ createPartitioner })
  await producer.connect()
  const values = Array.from({ length: 100 }, (_, n) => `record ${n} ${'grün '.repeat(10)}`)
  for (const compression of CODECS) {
    for (const acks of [0, 1, -1]) {
      const topic = `codec-${compression}-${acks}`
      await createTopics(kafka, { topic })
      await producer.send({ topic, acks, compression, messages: values.map((value) => ({ key: 'k', value })) })
      assert.deepEqual((await read(kafka, topic, values.length)).map(textOf), values)
    }
  }
  await producer.disconnect()
}

/** 10,000 records in many batches, into topic `idempotent`. */
async function idempotent(bootstrap: string): Promise<void> {
  const kafka = kafkajs(bootstrap)
  await createTopics(kafka, { topic: 'idempotent' })
  const producer = kafka.producer({ createPartitioner, idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  const values = Array.from({ length: 10_000 }, (_, n) => `${n}`)
  for (let at = 0; at < values.length; at += 500) {
    const messages = values.slice(at, at + 500).map((value) => ({ value }))
    const [metadata] = await producer.send({ topic: 'idempotent', acks: -1, messages })
    assert.equal(metadata!.baseOffset, String(at))
  }
  await producer.disconnect()
  assert.deepEqual((await read(kafka, 'idempotent', values.length)).map(textOf), values)
}

async function shapes(bootstrap: string): Promise<void> {
  const kafka = kafkajs(bootstrap)
  await createTopics(kafka, { topic: 'shapes' })
  const producer = kafka.producer({ createPartitioner })
  await producer.connect()
  const big = 'x'.repeat(900_000)
  const headers = { grün: 'ja', twice: ['a', 'b'], empty: '' }
  const timestamp = String(Date.now() - 5000)
  const messages = [
    { key: 'ключ', value: '値🐟', headers, timestamp },
    { key: null, value: 'no key' },
    { key: 'tombstone', value: null },
    { key: '', value: '' },
    { key: 'big', value: big },
  ]
  await producer.send({ topic: 'shapes', messages })
  await producer.disconnect()
  const payloads = await read(kafka, 'shapes', messages.length)
  assert.deepEqual(
    payloads.map(({ message }) => [message.key?.toString() ?? null, message.value?.toString() ?? null, message.offset]),
    messages.map(({ key, value }, n) => [key, value, String(n)]),
  )
  const { message } = payloads[0]!
  assert.equal(message.timestamp, timestamp)
  assert.deepEqual(JSON.parse(JSON.stringify(message.headers, (_, value) => text(value))), headers)
}

function text(value: unknown): unknown {
  const isBytes = typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer'
  return isBytes ? Buffer.from((value as unknown as { data: number[] }).data).toString() : value
}

async function positions(bootstrap: string): Promise<void> {
  const kafka = kafkajs(bootstrap)
  await createTopics(kafka, { topic: 'positions' })
  const producer = kafka.producer({ createPartitioner })
  await producer.connect()
  const begin = Date.now() - 100_000
  const messages = Array.from({ length: 10 }, (_, n) => ({ value: `${n}`, timestamp: String(begin + n * 1000) }))
  await producer.send({ topic: 'positions', messages })
  await producer.disconnect()

  const from = [{ partition: 0, offset: '7' }]
  assert.deepEqual((await read(kafka, 'positions', 3, { groupId: 'by-offset', from })).map(textOf), ['7', '8', '9'])

  const admin = kafka.admin()
  await admin.connect()
  assert.deepEqual(await admin.fetchTopicOffsets('positions'), [{ partition: 0, offset: '10', high: '10', low: '0' }])
  const byTime = await admin.fetchTopicOffsetsByTimestamp('positions', begin + 3500)
  assert.deepEqual(byTime, [{ partition: 0, offset: '4' }])
  const after = await admin.fetchTopicOffsetsByTimestamp('positions', begin + 50_000)
  assert.deepEqual(after, [{ partition: 0, offset: '10' }])
  await admin.disconnect()
  const read4 = await read(kafka, 'positions', 1, { groupId: 'by-time', from: byTime })
  assert.deepEqual(read4.map(textOf), ['4'])
}

async function keys(bootstrap: string): Promise<void> {
  const kafka = kafkajs(bootstrap)
  await createTopics(kafka, { topic: 'keys', numPartitions: 4 })
  const producer = kafka.producer({ createPartitioner })
  await producer.connect()
  const messages = Array.from({ length: 400 }, (_, n) => ({ key: `key ${n % 20}`, value: `${n}` }))
  await producer.send({ topic: 'keys', messages })
  await producer.disconnect()
  const payloads = await read(kafka, 'keys', messages.length)
  const byKey = Map.groupBy(payloads, ({ message }) => String(message.key))
  assert.equal(byKey.size, 20)
  for (const records of byKey.values()) {
    assert.equal(new Set(records.map(({ partition }) => partition)).size, 1)
    const values = records.map(({ message }) => Number(message.value))
    assert.deepEqual(
      values,
      values.toSorted((a, b) => a - b),
    )
  }
  assert.ok(new Set(payloads.map(({ partition }) => partition)).size > 1)
}

/** Topics that come into being, and errors with the broker's code. */
async function refusals(bootstrap: string): Promise<void> {
  const kafka = kafkajs(bootstrap)
  const configEntries = [
    { name: 'cleanup.policy', value: 'compact' },
    { name: 'max.message.bytes', value: '20000' },
  ]
  await createTopics(kafka, { topic: 'strict', configEntries })
  const producer = kafka.producer({ createPartitioner })
  await producer.connect()
  await producer.send({ topic: 'made-by-producer', messages: [{ value: 'x' }] })
  assert.deepEqual((await read(kafka, 'made-by-producer', 1)).map(textOf), ['x'])
  await rejects(producer.send({ topic: 'strict', messages: [{ value: 'no key' }] }), 87)
  await rejects(producer.send({ topic: 'strict', messages: [{ key: 'k', value: 'x'.repeat(30_000) }] }), 10)
  await producer.send({ topic: 'strict', messages: [{ key: 'k', value: 'v' }] })
  await producer.disconnect()

  const careful = kafka.producer({ createPartitioner, allowAutoTopicCreation: false, retry: { retries: 0 } })
  await careful.connect()
  await rejects(careful.send({ topic: 'absent', messages: [{ value: 'x' }] }), 3)
  await careful.disconnect()
}

async function rejects(sent: Promise<unknown>, code: number): Promise<void> {
  const error: KafkaJSProtocolError & { cause?: KafkaJSProtocolError } = await sent.then(
    () => assert.fail(`It was accepted where error ${code} was due`),
    (reason) => reason,
  )
  assert.equal(error.code ?? error.cause?.code, code, error.message)
}

export const scenes: Readonly<Record<string, Scene>> = { codecs, idempotent, shapes, positions, keys, refusals }

/** What @platformatic/kafka writes and reads. */
import assert from 'node:assert/strict'
import { ListOffsetTimestamps, ProduceAcks } from '@platformatic/kafka'
import { openAdmin, openConsumer, openProducer, read } from './platformatic-client.ts'
import type { Scene } from './play.ts'

const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

/** Each codec with each acks into a topic of its own, `codec-<codec>-<acks>`. */
async function codecs(bootstrap: string): Promise<void> {
  const admin = openAdmin(bootstrap)
  const producer = openProducer(bootstrap)
  const values = Array.from({ length: 100 }, (_, n) => `record ${n} ${'grün '.repeat(10)}`)
  for (const compression of CODECS) {
    for (const acks of [ProduceAcks.NO_RESPONSE, ProduceAcks.LEADER, ProduceAcks.ALL]) {
      const topic = `codec-${compression}-${acks}`
      await admin.createTopics({ topics: [topic] })
      await producer.send({ acks, compression, messages: values.map((value) => ({ topic, key: 'k', value })) })
      const messages = await read(bootstrap, topic, values.length)
      assert.deepEqual(
        messages.map(({ value }) => value),
        values,
      )
    }
  }
  await producer.close()
  await admin.close()
}

/** 10,000 records in 20 batches, into topic `idempotent`. */
async function idempotent(bootstrap: string): Promise<void> {
  const admin = openAdmin(bootstrap)
  await admin.createTopics({ topics: ['idempotent'] })
  await admin.close()
  const producer = openProducer(bootstrap, { idempotent: true })
  const values = Array.from({ length: 10_000 }, (_, n) => `${n}`)
  for (let at = 0; at < values.length; at += 500) {
    const messages = values.slice(at, at + 500).map((value) => ({ topic: 'idempotent', value }))
    const { offsets } = await producer.send({ acks: ProduceAcks.ALL, messages })
    assert.equal(offsets![0]!.offset, BigInt(at))
  }
  await producer.close()
  const messages = await read(bootstrap, 'idempotent', values.length)
  assert.deepEqual(
    messages.map(({ value }) => value),
    values,
  )
}

async function shapes(bootstrap: string): Promise<void> {
  const producer = openProducer(bootstrap, { autocreateTopics: true })
  const timestamp = BigInt(Date.now() - 5000)
  const headers = { grün: 'ja', empty: '' }
  const topic = 'shapes'
  await producer.send({
    messages: [
      { topic, key: 'ключ', value: '値🐟', headers, timestamp },
      { topic, value: 'no key' },
      { topic, key: 'tombstone' },
      { topic, key: 'k', value: '' },
      { topic, key: 'big', value: 'x'.repeat(900_000) },
    ],
  })
  await producer.close()
  const messages = await read(bootstrap, topic, 5)
  assert.deepEqual(
    messages.map(({ key, value, offset }) => [key, value, offset]),
    [
      ['ключ', '値🐟', 0n],
      [undefined, 'no key', 1n],
      ['tombstone', undefined, 2n],
      ['k', '', 3n],
      ['big', 'x'.repeat(900_000), 4n],
    ],
  )
  assert.equal(messages[0]!.timestamp, timestamp)
  assert.deepEqual(Object.fromEntries(messages[0]!.headers), headers)
}

async function positions(bootstrap: string): Promise<void> {
  const topic = 'positions'
  const producer = openProducer(bootstrap, { autocreateTopics: true })
  const begin = Date.now() - 100_000
  await producer.send({
    messages: Array.from({ length: 10 }, (_, n) => ({ topic, value: `${n}`, timestamp: BigInt(begin + n * 1000) })),
  })
  await producer.close()
  const consumer = openConsumer(bootstrap, 'asking')
  const offsetOf = async (timestamp: bigint) => (await consumer.listOffsets({ topics: [topic], timestamp })).get(topic)
  assert.deepEqual(await offsetOf(ListOffsetTimestamps.EARLIEST), [0n])
  assert.deepEqual(await offsetOf(ListOffsetTimestamps.LATEST), [10n])
  assert.deepEqual(await offsetOf(BigInt(begin + 3500)), [4n])
  assert.deepEqual(await offsetOf(BigInt(begin + 50_000)), [-1n])
  await consumer.close()
  const offsets = [{ topic, partition: 0, offset: 7n }]
  const messages = await read(bootstrap, topic, 3, { from: { mode: 'manual', offsets } })
  assert.deepEqual(
    messages.map(({ value }) => value),
    ['7', '8', '9'],
  )
}

async function keys(bootstrap: string): Promise<void> {
  const topic = 'keys'
  const admin = openAdmin(bootstrap)
  await admin.createTopics({ topics: [topic], partitions: 4 })
  await admin.close()
  const producer = openProducer(bootstrap)
  const messages = Array.from({ length: 400 }, (_, n) => ({ topic, key: `key ${n % 20}`, value: `${n}` }))
  await producer.send({ messages })
  await producer.close()
  const received = await read(bootstrap, topic, messages.length)
  const byKey = Map.groupBy(received, ({ key }) => key)
  assert.equal(byKey.size, 20)
  for (const records of byKey.values()) {
    assert.equal(new Set(records.map(({ partition }) => partition)).size, 1)
    const values = records.map(({ value }) => Number(value))
    assert.deepEqual(
      values,
      values.toSorted((a, b) => a - b),
    )
  }
  assert.ok(new Set(received.map(({ partition }) => partition)).size > 1)
}

async function refusals(bootstrap: string): Promise<void> {
  const admin = openAdmin(bootstrap)
  const configs = [
    { name: 'cleanup.policy', value: 'compact' },
    { name: 'max.message.bytes', value: '20000' },
  ]
  await admin.createTopics({ topics: ['strict'], configs })
  await admin.close()
  const producer = openProducer(bootstrap)
  const topic = 'strict'
  await rejects(producer.send({ messages: [{ topic, value: 'no key' }] }), 'INVALID_RECORD')
  await rejects(producer.send({ messages: [{ topic, key: 'k', value: 'x'.repeat(30_000) }] }), 'MESSAGE_TOO_LARGE')
  await producer.send({ messages: [{ topic, key: 'k', value: 'v' }] })
  await assert.rejects(producer.send({ messages: [{ topic: 'absent', value: 'x' }] }), {
    message: 'Unknown topic absent.',
  })
  await producer.close()
}

/** Rejects with the protocol's error somewhere in what it was caused by. */
async function rejects(sent: Promise<unknown>, apiId: string): Promise<void> {
  const error: unknown = await sent.then(
    () => assert.fail(`It was accepted where ${apiId} was due`),
    (reason: unknown) => reason,
  )
  assert.ok(apiIds(error).includes(apiId), `${apiIds(error)} where ${apiId} was due: ${error}`)
}

function apiIds(error: unknown): string[] {
  if (!(error instanceof Error)) return []
  const own = 'apiId' in error ? [String(error.apiId)] : []
  const nested = error instanceof AggregateError ? error.errors : []
  return [...own, ...[...nested, error.cause].flatMap(apiIds)]
}

export const scenes: Readonly<Record<string, Scene>> = { codecs, idempotent, shapes, positions, keys, refusals }

/** Timed messages with the clients that people use: one header, whatever the client. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Kafka, logLevel } from 'kafkajs'
import type { Broker } from '../../src/broker.ts'
import { startBroker } from '../../src/start-broker.ts'
import { headerOf, readUntil } from '../intake/timed-topic.ts'
import { WireTopic } from '../protocol/wire-topic.ts'
import { WireClient } from '../wire-client.ts'
import { createTopic } from './create-topic.ts'
import { kcat, needsKcat } from './tools.ts'

describe('timed messages by other clients', { timeout: 60_000 }, () => {
  let broker: Broker
  let client: WireClient

  before(async () => {
    broker = await startBroker()
    client = await WireClient.connect(broker.port)
  })
  after(async () => {
    client.close()
    await broker.close()
  })

  const open = async (name: string): Promise<WireTopic> => {
    await createTopic(broker.address, name, {
      configs: { 'message.type': 'DELAY', 'delay.levels': '100ms,200ms,300ms' },
    })
    return new WireTopic(client, name, '')
  }

  for (const [name, args] of [
    ['as it comes', []],
    ['with idempotence', ['-X', 'enable.idempotence=true']],
    ['compressed', ['-z', 'lz4']],
  ] as const) {
    test(`kcat -H DELAY=3, ${name}`, needsKcat, async () => {
      const topic = await open(`kcat-${name.replaceAll(' ', '-')}`)
      await kcat(broker.address, ['-P', '-t', topic.name, '-H', 'DELAY=3', ...args], 'a\nb\nc\n')
      const records = await readUntil(topic, 3)
      assert.deepEqual(
        records.map(({ value }) => value),
        ['a', 'b', 'c'],
      )
      for (const record of records) assert.ok(record.timestamp - Number(headerOf(record, 'BORN_TIMESTAMP')) >= 290)
    })
  }

  test('kafkajs, idempotent, with a header of each kind', async () => {
    const topic = await open('kafkajs')
    const kafka = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING })
    const producer = kafka.producer({ idempotent: true })
    await producer.connect()
    const at = String(Date.now() + 200)
    await producer.send({
      topic: topic.name,
      messages: [
        { value: 'third', headers: { DELAY: '3' } },
        { value: 'second', headers: { TIMER_DELIVER_MS: at } },
        { value: 'first' },
      ],
    })
    await producer.disconnect()
    assert.deepEqual(
      (await readUntil(topic, 3)).map(({ value }) => value),
      ['first', 'second', 'third'],
    )
  })

  test('kafkajs hears which record is wrong', async () => {
    const topic = await open('kafkajs-wrong')
    const kafka = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING, retry: { retries: 0 } })
    const producer = kafka.producer()
    await producer.connect()
    const messages = [{ value: 'x', headers: { DELAY: 'soon' } }]
    await assert.rejects(producer.send({ topic: topic.name, messages }))
    await producer.disconnect()
    assert.deepEqual(await topic.read(0), [])
  })
})

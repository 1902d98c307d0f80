/** Retries that are given up before their last try: over the admin listener, seen among the group's dead letters. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Metadata } from '@odradek/protocol'
import { startBroker } from '../../src/index.ts'
import { WireTopic } from '../protocol/wire-topic.ts'
import { WireClient } from '../wire-client.ts'
import { batch, headerOf, readUntil } from './timed-topic.ts'

const broker = await startBroker({ config: { 'admin.listener': '127.0.0.1:0' } })
const client = await WireClient.connect(broker.port)
after(async () => {
  client.close()
  await broker.close()
})

async function bury(body: object): Promise<{ status: number; body: Record<string, unknown> }> {
  const request = { method: 'POST', body: JSON.stringify(body) }
  const response = await fetch(`http://${broker.adminAddress}/v1/delayed/bury`, request)
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

async function firstUse(name: string): Promise<WireTopic> {
  for (;;) {
    const { topics } = await client.send(Metadata, 12, { topics: [{ name }], allowAutoTopicCreation: true })
    if (topics[0]!.errorCode === 0) return new WireTopic(client, name, topics[0]!.topicId)
  }
}

/** Records of a group's retry topic that wait. */
async function waitingOf(name: string, ofGroup: string): Promise<number | undefined> {
  const listed = await fetch(`http://${broker.adminAddress}/v1/delayed`)
  const { topics } = (await listed.json()) as { topics: { topic: string; group: string; waiting: number }[] }
  return topics.find(({ topic, group }) => topic === name && group === ofGroup)?.waiting
}

test('a retry that is given up becomes a dead letter at once, says why, and is not tried again', async () => {
  const retries = await firstUse('retry.orders')
  const headers = [{ key: 'EXCEPTION', value: 'no stock' }]
  const records = ['a', 'b', 'c'].map((key) => ({ key, value: `order ${key}`, headers }))
  assert.equal((await retries.produce(batch(records))).errorCode, 0)
  const order = await bury({ topic: 'retry.orders', records: [1, 1, 9].map((offset) => ({ partition: 0, offset })) })
  assert.deepEqual(order, {
    status: 200,
    body: { topic: 'retry.orders', matched: 2, done: 1, skipped: 1, failed: 0 },
  })
  const [letter] = await readUntil(await firstUse('dlq.orders'), 1)
  assert.deepEqual([letter!.key, letter!.value], ['b', 'order b'])
  assert.equal(headerOf(letter!, 'DEAD_LETTER_REASON'), 'Retried 0 times, and given up by an operator.')
  assert.match(headerOf(letter!, 'ATTEMPTS')!, /no stock/)
  // That it is delivered is noted after it is read; then it waits no more.
  while ((await waitingOf('retry.orders', 'orders')) === 3);
  assert.equal(await waitingOf('retry.orders', 'orders'), 2)
})

test('timed messages have nowhere to be given up to', async () => {
  const topic = await WireTopic.create(client, { configs: { 'message.type': 'DELAY' } })
  const { status, body } = await bury({ topic: topic.name, records: [{ partition: 0, offset: 0 }] })
  assert.equal(status, 400)
  assert.match(String(body.error), /is no retry topic/)
})

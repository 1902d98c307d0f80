/** Looking at what waits, taking it back, delivering it now: over the admin listener. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startBroker } from '../../src/index.ts'
import { WireTopic } from '../protocol/wire-topic.ts'
import { WireClient } from '../wire-client.ts'
import { batch, readUntil, timed } from './timed-topic.ts'

const broker = await startBroker({ config: { 'admin.listener': '127.0.0.1:0' } })
const client = await WireClient.connect(broker.port)
after(async () => {
  client.close()
  await broker.close()
})

interface Listed {
  readonly waiting: number
  readonly isCut: boolean
  readonly records: readonly { partition: number; offset: number; due: number; key: string; bornTimestamp: number }[]
}

async function list(values: Record<string, string | number>): Promise<Listed> {
  const query = new URLSearchParams(Object.entries(values).map(([name, value]) => [name, String(value)]))
  const response = await fetch(`http://${broker.adminAddress}/v1/delayed?${query}`)
  assert.equal(response.status, 200)
  return (await response.json()) as Listed
}

async function order(what: string, body: object): Promise<Record<string, number>> {
  const response = await fetch(`http://${broker.adminAddress}/v1/delayed/${what}`, {
    method: 'POST',
    body: JSON.stringify(body),
  })
  assert.equal(response.status, 200, await response.clone().text())
  return (await response.json()) as Record<string, number>
}

test('by topic, partition, key and time; recalled one by one or by a query; delivered now', async () => {
  const topic = await WireTopic.create(client, { partitions: 2, configs: { 'message.type': 'DELAY' } })
  const start = Date.now() + 3_600_000
  for (const partition of [0, 1]) {
    const records = [0, 1, 2, 3].map((index) =>
      timed(`${partition}.${index}`, 'TIMER_DELIVER_MS', start + index * 1_000),
    )
    assert.equal((await topic.produce(batch(records, { codec: 'gzip' }), { partition })).errorCode, 0)
  }
  const all = await list({ topic: topic.name })
  assert.deepEqual([all.waiting, all.records.length, all.isCut], [8, 8, false])
  assert.deepEqual(
    all.records.map(({ partition, offset, due }) => [due - start, partition, offset]),
    [0, 1, 2, 3].flatMap((index) => [0, 1].map((partition) => [index * 1_000, partition, index])),
  )
  assert.deepEqual(
    (await list({ topic: topic.name, partition: 1, limit: 2 })).records.map(({ key }) => key),
    ['key of 1.0', 'key of 1.1'],
  )
  assert.equal((await list({ topic: topic.name, limit: 2 })).isCut, true)
  const byKey = await list({ topic: topic.name, key: 'key of 0.2' })
  assert.deepEqual(
    byKey.records.map(({ partition, offset }) => [partition, offset]),
    [[0, 2]],
  )
  const inTime = await list({ topic: topic.name, from: start + 1_000, to: start + 3_000 })
  assert.equal(inTime.records.length, 4)

  const one = {
    topic: topic.name,
    records: [
      { partition: 0, offset: 1 },
      { partition: 0, offset: 99 },
    ],
  }
  assert.deepEqual(await order('recall', one), { topic: topic.name, matched: 2, done: 1, skipped: 1, failed: 0 })
  assert.deepEqual(await order('recall', { topic: topic.name, partition: 1, from: start + 2_000 }), {
    topic: topic.name,
    matched: 2,
    done: 2,
    skipped: 0,
    failed: 0,
  })
  const delivered = await order('deliver', { topic: topic.name, key: 'key of 0.3' })
  assert.equal(delivered.done, 1)
  assert.deepEqual(
    (await readUntil(topic, 1)).map(({ value }) => value),
    ['0.3'],
  )
  // That one is delivered is noted after it is read.
  let left = await list({ topic: topic.name })
  while (left.waiting > 4) left = await list({ topic: topic.name })
  assert.deepEqual(left.records.map(({ key }) => key).sort(), ['key of 0.0', 'key of 0.2', 'key of 1.0', 'key of 1.1'])
  assert.equal((await order('deliver', { topic: topic.name, limit: 100 })).done, 4)
  assert.deepEqual(
    (await readUntil(topic, 3)).map(({ value }) => value),
    ['0.3', '0.0', '0.2'],
  )
  assert.deepEqual(
    (await readUntil(topic, 2, 1)).map(({ value }) => value),
    ['1.0', '1.1'],
  )
  // Ends when nothing waits.
  while ((await list({ topic: topic.name })).waiting > 0);
})

test('what makes no sense is refused with a text', async () => {
  for (const [path, status] of [
    ['?topic=none', 404],
    [`?topic=${(await WireTopic.create(client)).name}`, 404],
  ] as const) {
    assert.equal((await fetch(`http://${broker.adminAddress}/v1/delayed${path}`)).status, status)
  }
  const topic = await WireTopic.create(client, { configs: { 'message.type': 'DELAY' } })
  const response = await fetch(`http://${broker.adminAddress}/v1/delayed?topic=${topic.name}&limit=-1`)
  assert.deepEqual(
    [response.status, await response.json()],
    [400, { error: 'limit must be a whole number, not "-1".' }],
  )
  const { topics } = (await (await fetch(`http://${broker.adminAddress}/v1/delayed`)).json()) as {
    topics: { topic: string }[]
  }
  assert.ok(topics.some((each) => each.topic === topic.name))
})

async function ask(path: string, values: Record<string, string | number>): Promise<[number, Record<string, unknown>]> {
  const query = new URLSearchParams(Object.entries(values).map(([name, value]) => [name, String(value)]))
  const response = await fetch(`http://${broker.adminAddress}/v1/delayed/${path}?${query}`)
  return [response.status, (await response.json()) as Record<string, unknown>]
}

test('how many are due when, in buckets, and what lies before and after', async () => {
  const topic = await WireTopic.create(client, { partitions: 2, configs: { 'message.type': 'DELAY' } })
  const start = Date.now() + 3_600_000
  const dues = [0, 10, 999, 1_000, 2_500, 90_000]
  for (const partition of [0, 1]) {
    const records = dues.map((due) => timed(`${partition}.${due}`, 'TIMER_DELIVER_MS', start + due))
    assert.equal((await topic.produce(batch(records), { partition })).errorCode, 0)
  }
  const [status, all] = await ask('timeline', { topic: topic.name, from: start + 5, to: start + 3_005, buckets: 3 })
  assert.equal(status, 200)
  assert.deepEqual(all, {
    topic: topic.name,
    from: start + 5,
    to: start + 3_005,
    bucketMs: 1_000,
    counts: [6, 0, 2],
    before: 2,
    after: 2,
    first: start,
    last: start + 90_000,
  })
  const [, one] = await ask('timeline', { topic: topic.name, partition: 1, from: start, to: start + 100_000 })
  assert.equal((one.counts as number[]).length, 60)
  assert.equal(
    (one.counts as number[]).reduce((sum, count) => sum + count),
    6,
  )
  const [refused, text] = await ask('timeline', { topic: topic.name, from: 5, to: 5 })
  assert.deepEqual([refused, text], [400, { error: 'from and to must be a window of time.' }])
})

test('one in full, until it waits no more', async () => {
  const topic = await WireTopic.create(client, { configs: { 'message.type': 'DELAY' } })
  const due = Date.now() + 3_600_000
  await topic.produce(batch([timed('a', 'TIMER_DELIVER_MS', due, 1_000)], { codec: 'zstd' }))
  const place = { topic: topic.name, partition: 0, offset: 0 }
  const [status, record] = await ask('record', place)
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  assert.equal(status, 200)
  assert.deepEqual(record, {
    ...place,
    due,
    isDeadLetter: false,
    bornTimestamp: 1_000,
    key: base64('key of a'),
    value: base64('a'),
    headers: [{ key: 'TIMER_DELIVER_MS', value: base64(String(due)) }],
  })
  assert.equal((await ask('record', { ...place, offset: 7 }))[0], 404)
  assert.equal((await order('recall', { topic: topic.name, records: [place] })).done, 1)
  assert.equal((await ask('record', place))[0], 404)
  assert.equal((await ask('record', { topic: topic.name }))[0], 400)
})

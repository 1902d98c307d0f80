import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Admin, Producer, stringSerializers } from '@platformatic/kafka'
import { ConsoleScene } from './console-scene.ts'

const cluster = 'local'

async function produce(address: string, topic: string, partition: number, times: readonly number[]): Promise<void> {
  const producer = new Producer({ clientId: 'test', bootstrapBrokers: [address], serializers: stringSerializers })
  const messages = times.map((ms, i) => ({ topic, partition, key: `k${i}`, value: `v${i}`, timestamp: BigInt(ms) }))
  await producer.send({ messages, acks: -1 })
  await producer.close()
}

async function topicNames(address: string): Promise<string[]> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [address] })
  const names = await admin.listTopics()
  await admin.close()
  return names
}

test('a topic is created as asked, refused with the text of the broker, grown and deleted', async () => {
  await using scene = await ConsoleScene.open()
  const { caller, broker } = scene
  const topic = 'orders'
  await caller.topics.create({ cluster, topic, partitions: 2, configs: {}, validateOnly: true })
  assert.deepEqual(await topicNames(broker.address), [], 'only asked whether it would')
  const created = await caller.topics.create({ cluster, topic, partitions: 2, configs: { 'retention.ms': '1000000' } })
  assert.deepEqual(created, { name: topic, partitions: 2, replicationFactor: 1 })
  assert.deepEqual(await topicNames(broker.address), [topic])
  await assert.rejects(caller.topics.create({ cluster, topic }), { code: 'CONFLICT' })
  await assert.rejects(caller.topics.create({ cluster, topic: '%DLQ%a/b 订单' }), { code: 'BAD_REQUEST' })
  await assert.rejects(caller.topics.create({ cluster, topic: 'x', configs: { 'retention.ms': 'long' } }), {
    code: 'BAD_REQUEST',
  })
  await caller.topics.addPartitions({ cluster, topic, total: 5 })
  assert.equal((await caller.topics.partitions({ cluster, topic })).length, 5)
  await assert.rejects(caller.topics.addPartitions({ cluster, topic, total: 4 }), { code: 'BAD_REQUEST' })
  await assert.rejects(caller.topics.delete({ cluster, topics: [topic], confirm: 'delete' }), { code: 'BAD_REQUEST' })
  assert.deepEqual(await topicNames(broker.address), [topic])
  const results = await caller.topics.delete({ cluster, topics: [topic, 'nothing'], confirm: '2' })
  assert.deepEqual(
    results.map(({ topic, error }) => [topic, error?.name ?? null]),
    [
      [topic, null],
      ['nothing', 'UNKNOWN_TOPIC_OR_PARTITION'],
    ],
  )
  assert.deepEqual(await topicNames(broker.address), [])
})

test('configs tell meaning, default and origin; a change is undone by a reset', async () => {
  await using scene = await ConsoleScene.open({ broker: { config: { 'log.retention.ms': 5_000_000 } } })
  const { caller } = scene
  const topic = 'orders'
  await caller.topics.create({ cluster, topic })
  const find = async () => {
    const entries = await caller.topics.configs({ cluster, topic })
    return entries.find(({ name }) => name === 'retention.ms')!
  }
  const before = await find()
  assert.equal(before.value, '5000000')
  assert.equal(before.origin, 'static')
  assert.equal(before.isOverridden, false)
  assert.equal(before.unit, 'ms')
  assert.equal(before.min, -1)
  assert.match(before.documentation ?? '', /newest record/)
  const { after } = await caller.topics.setConfig({ cluster, topic, name: 'retention.ms', value: '60000' })
  assert.equal(after?.value, '60000')
  const changed = await find()
  assert.deepEqual([changed.origin, changed.isOverridden, changed.inherited?.value], ['topic', true, '5000000'])
  await caller.topics.resetConfig({ cluster, topic, name: 'retention.ms' })
  assert.deepEqual(await find(), before)
  await assert.rejects(caller.topics.setConfig({ cluster, topic, name: 'retention.ms', value: '-2' }), {
    code: 'BAD_REQUEST',
  })
})

test('deleting records is planned partition by partition, done once, and never empties unseen', async () => {
  await using scene = await ConsoleScene.open()
  const { caller, broker } = scene
  const topic = 'orders'
  await caller.topics.create({ cluster, topic, partitions: 3 })
  await produce(broker.address, topic, 0, [1000, 2000, 3000, 4000])
  await produce(broker.address, topic, 1, [1000, 1500])
  const target = { kind: 'time', timestampMs: 3000 } as const
  const plan = await caller.topics.deleteRecordsPlan({ cluster, topic, target })
  assert.deepEqual(
    plan.rows.map(({ partition, before, records, flags }) => [partition, before, records, flags]),
    [
      [0, 2, 2, []],
      [1, 2, 2, ['afterLastRecord', 'empties']],
      [2, 0, 0, ['nothing']],
    ],
  )
  assert.deepEqual([plan.records, plan.changed, plan.emptied], [4, 2, 1])
  assert.match(plan.command, /odradek topics records delete orders --before-time 1970-01-01T00:00:03.000Z --apply/)
  await produce(broker.address, topic, 1, [9000])
  await assert.rejects(caller.topics.deleteRecords({ cluster, planId: plan.planId, confirm: 'other' }))
  const apply = () => caller.topics.deleteRecords({ cluster, planId: plan.planId, confirm: topic })
  const [first, second] = await Promise.all([apply(), apply()])
  assert.deepEqual(first.results, [
    { partition: 0, start: 2, error: null },
    { partition: 1, start: 2, error: null },
  ])
  assert.deepEqual(second, first, 'a double click has the result of the first')
  const rows = await caller.topics.partitions({ cluster, topic })
  assert.deepEqual(
    rows.map(({ start, highWatermark }) => [start, highWatermark]),
    [
      [2, 4],
      [2, 3],
      [0, 0],
    ],
    'the record that arrived after the plan is still there',
  )
})

test('a plan is for the topic that it saw, not for another of its name', async () => {
  await using scene = await ConsoleScene.open()
  const { caller, broker } = scene
  const topic = 'orders'
  await caller.topics.create({ cluster, topic })
  await produce(broker.address, topic, 0, [1000, 2000])
  const { planId } = await caller.topics.deleteRecordsPlan({ cluster, topic, target: { kind: 'all' } })
  await caller.topics.delete({ cluster, topics: [topic], confirm: topic })
  await caller.topics.create({ cluster, topic })
  await produce(broker.address, topic, 0, [1000, 2000])
  await assert.rejects(caller.topics.deleteRecords({ cluster, planId, confirm: topic }), {
    code: 'PRECONDITION_FAILED',
  })
  assert.equal((await caller.topics.get({ cluster, topic })).records, 2)
  await caller.topics.empty({ cluster, topic, confirm: topic })
  assert.equal((await caller.topics.get({ cluster, topic })).records, 0)
})

test('a compacted topic refuses to delete records, and says what to do', async () => {
  await using scene = await ConsoleScene.open()
  await scene.caller.topics.create({ cluster, topic: 'state', configs: { 'cleanup.policy': 'compact' } })
  const plan = scene.caller.topics.deleteRecordsPlan({ cluster, topic: 'state', target: { kind: 'all' } })
  await assert.rejects(plan, { code: 'PRECONDITION_FAILED', message: /compacted/ })
})

test('producers and durability of a topic', async () => {
  await using scene = await ConsoleScene.open()
  const { caller, broker } = scene
  const topic = 'orders'
  await caller.topics.create({ cluster, topic, configs: { 'flush.mode': 'sync' } })
  const options = { clientId: 'test', bootstrapBrokers: [broker.address], serializers: stringSerializers }
  const producer = new Producer({ ...options, idempotent: true })
  await producer.send({ messages: [{ topic, key: 'a', value: 'b' }] })
  await producer.close()
  const { producers, failed } = await caller.topics.producers({ cluster, topic })
  assert.deepEqual(failed, [])
  assert.deepEqual(
    producers.map(({ partition, lastSequence, transactionStart }) => [partition, lastSequence, transactionStart]),
    [[0, 0, null]],
  )
  const { durability } = await caller.topics.get({ cluster, topic })
  assert.equal(durability?.flush, 'sync')
  assert.match(
    durability?.text ?? '',
    /survives a crash of the broker and a power loss, but not necessarily the loss of its disk/,
  )
})

test('the list is searched, sorted and paged on the server; every topic is on one page', async () => {
  await using scene = await ConsoleScene.open()
  const { caller } = scene
  for (let i = 0; i < 25; i++) await caller.topics.create({ cluster, topic: `orders-${i}`, partitions: 1 + (i % 3) })
  await caller.topics.create({ cluster, topic: 'payments' })
  const pages = await Promise.all([0, 1, 2, 3].map((page) => caller.topics.list({ cluster, page, pageSize: 10 })))
  const names = pages.flatMap(({ rows }) => rows.map(({ name }) => name))
  assert.deepEqual(names, [...Array.from({ length: 25 }, (_, i) => `orders-${i}`), 'payments'].sort())
  assert.deepEqual(
    pages.map(({ total }) => total),
    [26, 26, 26, 26],
  )
  const found = await caller.topics.list({
    cluster,
    search: '2 ORD',
    sort: 'partitions',
    descending: true,
    pageSize: 3,
  })
  assert.equal(found.total, 7, 'orders-2, -12, -20 to -24')
  assert.deepEqual(
    found.rows.map(({ name, partitions }) => [name, partitions]),
    [
      ['orders-2', 3],
      ['orders-20', 3],
      ['orders-23', 3],
    ],
  )
  const columns = await caller.topics.columns({ cluster, topics: ['orders-1', 'gone'] })
  assert.deepEqual(
    columns.map(({ name, groups, lag, cleanupPolicy, retentionMs, flushMode }) => {
      return [name, groups, lag, cleanupPolicy, retentionMs, flushMode]
    }),
    [
      ['orders-1', 0, 0, 'delete', 604_800_000, 'async'],
      ['gone', 0, 0, null, null, null],
    ],
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startBroker } from '@odradek/broker'
import { Admin, Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka'
import { ConsoleScene } from './console-scene.ts'

const cluster = 'local'

/** Three topics, eight records, a group that has read three of them. */
async function furnish(address: string): Promise<void> {
  const options = { clientId: 'test', bootstrapBrokers: [address] }
  const admin = new Admin(options)
  await admin.createTopics({ topics: ['orders', 'payments'], partitions: 2, replicas: 1 })
  await admin.createTopics({ topics: ['audit-log'], partitions: 1, replicas: 1 })
  const producer = new Producer({ ...options, serializers: stringSerializers })
  const messages = Array.from({ length: 8 }, (_, i) => ({
    topic: 'orders',
    partition: i % 2,
    key: `k${i}`,
    value: `v${i}`,
  }))
  await producer.send({ messages, acks: -1 })
  await producer.close()
  const consumer = new Consumer({ ...options, groupId: 'billing/账单', deserializers: stringDeserializers })
  await consumer.joinGroup({})
  await consumer.commit({ offsets: [{ topic: 'orders', partition: 0, offset: 3n, leaderEpoch: 0 }] })
  await consumer.leaveGroup()
  await consumer.close()
  await admin.close()
}

test('the overview, topics, groups and brokers are what the cluster says', async () => {
  await using scene = await ConsoleScene.open()
  await furnish(scene.broker.address)
  const { caller } = scene
  const me = await caller.session.me()
  assert.equal(me.kind, 'open')
  const list = await caller.clusters.list()
  assert.deepEqual(
    list.map(({ id, role, isReadOnly }) => ({ id, role, isReadOnly })),
    [{ id: cluster, role: 'admin', isReadOnly: false }],
  )
  const features = await caller.clusters.features({ cluster })
  assert.deepEqual(features.producers, { isThere: true, reason: null })

  const page = await caller.topics.list({ cluster, sort: 'size', descending: true })
  assert.equal(page.rows[0]?.name, 'orders', 'the only topic with records is the largest')
  assert.deepEqual(page.counts, { topics: 3, internal: 1, unhealthy: 0 })
  const byRecords = await caller.topics.list({ cluster, search: 'OR', sort: 'records', descending: true })
  assert.deepEqual(
    byRecords.rows.map(({ name, records }) => [name, records]),
    [['orders', 8]],
  )

  const orders = await caller.topics.get({ cluster, topic: 'orders' })
  assert.equal(orders.records, 8)
  assert.equal(orders.partitions, 2)
  assert.ok((orders.sizeBytes ?? 0) > 0)
  const partitions = await caller.topics.partitions({ cluster, topic: 'orders' })
  assert.deepEqual(
    partitions.map(({ partition, leader, isr, start, highWatermark }) => [
      partition,
      leader,
      isr,
      start,
      highWatermark,
    ]),
    [
      [0, 1, [1], 0, 4],
      [1, 1, [1], 0, 4],
    ],
  )

  const groups = await caller.groups.list({ cluster, sort: 'lag', descending: true })
  assert.deepEqual(
    groups.rows.map(({ id, state, lag, topics }) => [id, state, lag, topics]),
    [['billing/账单', 'Empty', 1, ['orders']]],
  )
  const group = await caller.groups.get({ cluster, group: 'billing/账单' })
  assert.deepEqual(
    group.partitions.map(({ partition, committed, end, lag, member }) => [partition, committed, end, lag, member]),
    [
      [0, 3, 4, 1, null],
      [1, null, 4, null, null],
    ],
  )

  const overview = await caller.overview.get({ cluster })
  assert.equal(overview.partitions.leaderless, 0)
  assert.equal(overview.groups.states.Empty, 1)
  assert.deepEqual(
    overview.attention.filter(({ kind }) => kind !== 'diskFull').map(({ kind, examples }) => [kind, examples]),
    [['groupWithoutMembers', ['billing/账单']]],
  )
  const [broker] = await caller.brokers.list({ cluster })
  assert.equal(broker?.isController, true)
  assert.equal(broker?.directories[0]?.path, scene.broker.dataDir)
})

test('what is not there is an error with the name of the protocol and a remedy', async () => {
  await using scene = await ConsoleScene.open()
  const { caller } = scene
  await assert.rejects(caller.topics.get({ cluster, topic: 'nothing' }), { code: 'NOT_FOUND' })
  await assert.rejects(caller.groups.get({ cluster, group: 'nobody' }), { code: 'NOT_FOUND' })
  await assert.rejects(caller.topics.list({ cluster: 'elsewhere' }), { code: 'NOT_FOUND' })
  await assert.rejects(caller.topics.list({ cluster, pageSize: 100_000 }), { code: 'BAD_REQUEST' })
})

test('a cluster that is down says so, and is answered for again when it is back', async () => {
  await using scene = await ConsoleScene.open({ metadataAgeMaxMs: 0 })
  await scene.caller.overview.get({ cluster })
  const { port } = scene.broker
  await scene.broker.close()
  await assert.rejects(scene.caller.overview.get({ cluster }), { code: 'SERVICE_UNAVAILABLE' })
  await assert.rejects(scene.caller.topics.get({ cluster, topic: 'orders' }), { code: 'SERVICE_UNAVAILABLE' })
  assert.equal((await scene.caller.clusters.list()).length, 1, 'the list of clusters does not need them')
  await using _back = await startBroker({ port })
  assert.equal((await scene.caller.overview.get({ cluster })).brokers.length, 1)
})

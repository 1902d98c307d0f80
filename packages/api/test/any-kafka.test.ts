/**
 * The routers against whatever speaks Kafka: `ODRADEK_TEST_KAFKA=127.0.0.1:19092,… node --test …`, or a broker of our own where
 * none is given. Topics and groups have names of their own and are removed again.
 */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { startBroker } from '@odradek/broker'
import { Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka'
import { Console, createCaller, createContext } from '../src/index.ts'

const { ODRADEK_TEST_KAFKA: addresses } = process.env
const cluster = 'other'

test('all that the console does works with the Kafka that is given', async () => {
  await using own = addresses === undefined ? await startBroker() : null
  const bootstrap = own === null ? addresses!.split(',') : [own.address]
  await using console = new Console({ clusters: [{ id: cluster, bootstrap, metadataAgeMaxMs: 0 }] })
  const caller = createCaller(await createContext(console, { header: () => null, remoteAddress: '' }))
  const topic = `odradek-test-${randomUUID()}`
  const group = `odradek-test/${randomUUID()} 组`.replace(' ', '')
  const brokers = await caller.brokers.list({ cluster })
  const replicas = Math.min(3, brokers.length)

  await caller.topics.create({ cluster, topic, partitions: 2, replicationFactor: replicas, validateOnly: true })
  await caller.topics.create({ cluster, topic, partitions: 2, replicationFactor: replicas })
  // Metadata reaches the brokers one after the other.
  const led = async () =>
    (await caller.topics.partitions({ cluster, topic })).every((row) => row.highWatermark !== null)
  while (!(await led().catch(() => false))) await new Promise((resolve) => setTimeout(resolve, 100))
  const features = await caller.clusters.features({ cluster })
  assert.deepEqual(
    Object.entries(features).filter(([, { isThere }]) => !isThere),
    [],
  )
  const options = { clientId: 'odradek-test', bootstrapBrokers: bootstrap }
  const producer = new Producer({ ...options, serializers: stringSerializers, idempotent: true })
  const messages = Array.from({ length: 10 }, (_, i) => ({
    topic,
    partition: i % 2,
    key: 'k',
    value: 'v',
    timestamp: BigInt(Date.now() - 10_000 + i),
  }))
  await producer.send({ messages })
  await producer.close()
  const consumer = new Consumer({ ...options, groupId: group, deserializers: stringDeserializers })
  consumer.topics.trackAll(topic)
  await consumer.joinGroup({})
  await consumer.commit({
    offsets: [0, 1].map((partition) => ({ topic, partition, offset: 3n, leaderEpoch: 0 })),
  })

  const busy = await caller.groups.get({ cluster, group })
  assert.deepEqual(
    busy.partitions.map(({ committed, end, lag, member }) => [committed, end, lag, member?.clientId]),
    [
      [3, 5, 2, 'odradek-test'],
      [3, 5, 2, 'odradek-test'],
    ],
  )
  const refused = await caller.groups.resetPlan({ cluster, group, target: { kind: 'earliest' } })
  assert.equal(refused.state.canBeMoved, false)
  await assert.rejects(caller.groups.resetApply({ cluster, planId: refused.planId }), { code: 'PRECONDITION_FAILED' })
  await caller.groups.fenceMembers({ cluster, group, confirm: group })
  await consumer.close(true).catch(() => {})

  const plan = await caller.groups.resetPlan({ cluster, group, target: { kind: 'earliest' } })
  assert.deepEqual([plan.totals.replays, plan.totals.skips, plan.state.canBeMoved], [6, 0, true])
  assert.equal(plan.rows[0]?.targetTimestampMs, Number(messages[0]!.timestamp))
  const { resetId, results } = await caller.groups.resetApply({ cluster, planId: plan.planId })
  assert.deepEqual(
    results.map(({ before, after, error }) => [before, after, error]),
    [
      [3, 0, null],
      [3, 0, null],
    ],
  )
  await caller.groups.resetUndo({ cluster, group, resetId })
  const stuck = await caller.groups.diagnose({ cluster, group })
  assert.deepEqual(
    stuck.causes.filter(({ state }) => state === 'found').map(({ kind }) => kind),
    ['noMembers'],
  )
  const list = await caller.groups.list({ cluster, search: group, sort: 'lag' })
  assert.equal(list.total, 1)

  const entries = await caller.topics.configs({ cluster, topic })
  assert.ok(entries.length > 10 && entries.some(({ documentation }) => documentation !== null))
  await caller.topics.setConfig({ cluster, topic, name: 'retention.ms', value: '7200000' })
  const changed = (await caller.topics.configs({ cluster, topic })).find(({ name }) => name === 'retention.ms')
  assert.deepEqual([changed?.value, changed?.isOverridden], ['7200000', true])
  await caller.topics.resetConfig({ cluster, topic, name: 'retention.ms' })
  const { producers, failed } = await caller.topics.producers({ cluster, topic })
  assert.deepEqual([failed, producers.length], [[], 2])
  const detail = await caller.topics.get({ cluster, topic })
  assert.deepEqual([detail.records, detail.replicationFactor, detail.durability?.flush], [10, replicas, 'async'])
  assert.ok((detail.sizeBytes ?? 0) > 0)
  const deletion = await caller.topics.deleteRecordsPlan({ cluster, topic, target: { kind: 'keep', count: 2 } })
  assert.equal(deletion.records, 6)
  await caller.topics.deleteRecords({ cluster, planId: deletion.planId, confirm: topic })
  assert.equal((await caller.topics.get({ cluster, topic })).records, 4)
  const overview = await caller.overview.get({ cluster })
  assert.equal(overview.brokers.length, brokers.length)
  assert.equal(overview.partitions.leaderless, 0)
  const one = await caller.brokers.get({ cluster, nodeId: brokers[0]!.nodeId })
  if (own === null) assert.ok('reason' in one.vitals && /no Odradek/.test(one.vitals.reason))
  assert.ok((await caller.brokers.configs({ cluster, nodeId: brokers[0]!.nodeId })).length > 50)
  await caller.topics.addPartitions({ cluster, topic, total: 3 })
  await caller.groups.delete({ cluster, group, confirm: group })
  const [deleted] = await caller.topics.delete({ cluster, topics: [topic], confirm: topic })
  assert.equal(deleted?.error, null)
})

/**
 * The routers against whatever speaks Kafka: `ODRADEK_TEST_KAFKA=127.0.0.1:19092,… node --test …`, or a broker of our own where
 * none is given. Topics and groups have names of their own and are removed again. `ODRADEK_TEST_KAFKA_SECURITY` holds `tls` and
 * `sasl` as the console's settings have them, as JSON.
 */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { startBroker } from '@odradek/broker'
import { Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka'
import { type ClusterSettings, Console, createCaller, createContext } from '../src/index.ts'

const { ODRADEK_TEST_KAFKA: addresses, ODRADEK_TEST_KAFKA_SECURITY: securityText = '{}' } = process.env
const security = JSON.parse(securityText) as { [Key in 'tls' | 'sasl']?: NonNullable<ClusterSettings[Key]> }
const cluster = 'other'

test('all that the console does works with the Kafka that is given', async () => {
  await using own = addresses === undefined ? await startBroker() : null
  const bootstrap = own === null ? addresses!.split(',') : [own.address]
  await using console = new Console({ clusters: [{ id: cluster, bootstrap, metadataAgeMaxMs: 0, ...security }] })
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
  let isLed = false
  while (!isLed) isLed = await led().catch(() => false)
  const features = await caller.clusters.features({ cluster })
  assert.deepEqual(
    Object.entries(features).filter(([, { isThere }]) => !isThere),
    [],
  )
  const options = { clientId: 'odradek-test', bootstrapBrokers: bootstrap, ...security }
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

if (addresses !== undefined) {
  // KIP-848 is Kafka's since 4.0; transactions need a coordinator of their own.
  test(
    'a group of the new protocol is shown, found to be well, refused while it reads, and moved when it is empty',
    groupOfTheNewProtocol,
  )
  test('a transaction that nobody has ended is found to hold a group up, until somebody ends it', hangingTransaction)
}

async function groupOfTheNewProtocol() {
  const bootstrap = addresses!.split(',')
  await using console = new Console({ clusters: [{ id: cluster, bootstrap, metadataAgeMaxMs: 0, ...security }] })
  const caller = createCaller(await createContext(console, { header: () => null, remoteAddress: '' }))
  const topic = `odradek-test-${randomUUID()}`
  const group = `odradek-test-${randomUUID()}`
  await caller.topics.create({ cluster, topic, partitions: 2, replicationFactor: 1 })
  const options = { clientId: 'odradek-test', bootstrapBrokers: bootstrap, ...security }
  const producer = new Producer({ ...options, serializers: stringSerializers, retries: 20 })
  await producer.send({ messages: [0, 1, 0, 1].map((partition) => ({ topic, partition, key: 'k', value: 'v' })) })
  await producer.close()
  const consumer = new Consumer({
    ...options,
    groupId: group,
    deserializers: stringDeserializers,
    groupProtocol: 'consumer',
  })
  const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false })
  let left = 4
  for await (const message of stream) {
    await message.commit()
    left -= 1
    if (left === 0) break
  }
  const busy = await caller.groups.get({ cluster, group })
  assert.deepEqual([busy.type, busy.members.length, busy.lag], ['consumer', 1, 0])
  assert.deepEqual(
    busy.partitions.map(({ committed, member }) => [committed, member?.clientId]),
    [
      [2, 'odradek-test'],
      [2, 'odradek-test'],
    ],
  )
  assert.equal((await caller.groups.diagnose({ cluster, group })).isStuck, false)
  assert.equal((await caller.groups.list({ cluster, search: group })).rows[0]?.type, 'consumer')
  const early = await caller.groups.resetPlan({ cluster, group, target: { kind: 'earliest' } })
  await assert.rejects(caller.groups.resetApply({ cluster, planId: early.planId }), { code: 'PRECONDITION_FAILED' })
  await consumer.close(true)
  const plan = await caller.groups.resetPlan({ cluster, group, target: { kind: 'earliest' } })
  assert.deepEqual([plan.totals.replays, plan.state.canBeMoved], [4, true])
  await caller.groups.resetApply({ cluster, planId: plan.planId })
  const moved = await caller.groups.get({ cluster, group })
  assert.deepEqual([moved.lag, moved.partitions.map(({ committed }) => committed)], [4, [0, 0]])
  await caller.groups.delete({ cluster, group, confirm: group })
  await caller.topics.delete({ cluster, topics: [topic], confirm: topic })
}

async function hangingTransaction() {
  const bootstrap = addresses!.split(',')
  await using console = new Console({ clusters: [{ id: cluster, bootstrap, metadataAgeMaxMs: 0, ...security }] })
  const caller = createCaller(await createContext(console, { header: () => null, remoteAddress: '' }))
  const topic = `odradek-test-${randomUUID()}`
  const group = `odradek-test-${randomUUID()}`
  await caller.topics.create({ cluster, topic, partitions: 1, replicationFactor: 1 })
  const options = { clientId: 'odradek-test', bootstrapBrokers: bootstrap, retries: 20, ...security }
  const consumer = new Consumer({ ...options, groupId: group, deserializers: stringDeserializers })
  await consumer.joinGroup({})
  await consumer.commit({ offsets: [{ topic, partition: 0, offset: 0n, leaderEpoch: 0 }] })
  await consumer.leaveGroup()
  await consumer.close()
  const producer = new Producer({
    ...options,
    serializers: stringSerializers,
    transactionalId: randomUUID(),
    idempotent: true,
  })
  const transaction = await producer.beginTransaction()
  // How long its producer has been silent is told by its newest record.
  const timestamp = BigInt(Date.now() - 120_000)
  await transaction.send({ messages: [{ topic, partition: 0, key: 'k', value: 'v', timestamp }] })
  const causeNow = async () => {
    const { causes } = await caller.groups.diagnose({ cluster, group })
    return causes.find(({ kind }) => kind === 'hangingTransaction')
  }
  const hanging = await causeNow()
  assert.deepEqual(
    hanging?.partitions.map(({ partition, facts }) => [partition, facts.transactionStart, facts.openSinceMs]),
    [[0, 0, Number(timestamp)]],
  )
  await transaction.commit()
  await producer.close()
  assert.equal((await causeNow())?.state, 'clear')
  await caller.groups.delete({ cluster, group, confirm: group })
  await caller.topics.delete({ cluster, topics: [topic], confirm: topic })
}

test('dead letters of other clients are found, sent again, marked and purged on the Kafka that is given', async () => {
  await using own = addresses === undefined ? await startBroker() : null
  const bootstrap = own === null ? addresses!.split(',') : [own.address]
  await using console = new Console({ clusters: [{ id: cluster, bootstrap, metadataAgeMaxMs: 0, ...security }] })
  const caller = createCaller(await createContext(console, { header: () => null, remoteAddress: '' }))
  const origin = `odradek-test-${randomUUID()}`
  const topic = `${origin}-dlt`
  const { rows: before } = await caller.topics.list({ cluster, search: '__odradek_jobs', internal: true })
  for (const name of [origin, topic]) await caller.topics.create({ cluster, topic: name, partitions: 1 })
  const producer = new Producer({
    clientId: 'odradek-test',
    bootstrapBrokers: bootstrap,
    ...security,
    serializers: stringSerializers,
  })
  const headers = [
    { 'kafka_dlt-original-topic': origin, 'kafka_dlt-exception-fqcn': 'java.io.IOException' },
    { '__connect.errors.topic': origin, '__connect.errors.exception.class.name': 'org.example.ConvertException' },
    { '__connect.errors.exception.class.name': 'org.example.ConvertException' },
  ]
  for (const each of headers) {
    await producer.send({
      messages: [{ topic, partition: 0, key: 'k', value: 'v', headers: each as Record<string, string> }],
    })
  }
  await producer.close()
  const { rows } = await caller.deadLetters.list({ cluster, search: topic })
  assert.deepEqual(
    rows.map((row) => [row.topic, row.depth]),
    [[topic, 3]],
  )
  const question = { cluster, topic, select: { kind: 'query' as const }, target: { kind: 'origin' as const } }
  const { matched, toSend, toFail } = await caller.jobs.check(question)
  assert.deepEqual([matched, toSend, toFail], [3, 2, 1])
  const { id } = await caller.jobs.create({ ...question, id: randomUUID() })
  for await (const _ of await caller.jobs.live({ cluster, job: id }));
  const job = await caller.jobs.get({ cluster, job: id })
  assert.deepEqual([job.state, job.sent, job.failed, job.skipped], ['done', 2, 1, 0])
  assert.equal((await caller.topics.get({ cluster, topic: origin })).records, 2)
  const places = [0, 1, 2].map((offset) => ({ partition: 0, offset }))
  await caller.deadLetters.resolve({ cluster, topic, places })
  const detail = await caller.deadLetters.letter({ cluster, topic, partition: 0, offset: 1 })
  assert.deepEqual(
    [detail.meaning?.convention, detail.meaning?.error?.className, detail.state?.isResolved, detail.state?.resent],
    ['connect', 'org.example.ConvertException', true, 1],
  )
  const plan = await caller.deadLetters.purgePlan({ cluster, topic, what: { kind: 'resolved' } })
  await caller.deadLetters.purge({ cluster, planId: plan.planId, confirm: topic })
  assert.equal((await caller.topics.get({ cluster, topic })).records, 0)
  if (own === null) assert.match((await caller.retries.list({ cluster })).reason ?? '', /no Odradek/)
  const made = before.length === 0 ? ['__odradek_jobs'] : []
  for (const name of [origin, topic, ...made]) await caller.topics.delete({ cluster, topics: [name], confirm: name })
})

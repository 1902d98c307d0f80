/** Retries and dead letters as any client sees them: by producing and reading. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  CreateTopics,
  DeleteTopics,
  DescribeConfigs,
  IncrementalAlterConfigs,
  Metadata,
  type RecordInput,
} from '@odradek/protocol'
import { Subject } from '../protocol/subject.ts'
import { WireTopic } from '../protocol/wire-topic.ts'
import type { ReadRecord } from '../protocol-cross-check/read-records.ts'
import { batch, headerOf, readUntil, timed } from './timed-topic.ts'

const GROUP = 32
const TOPIC = 2
const subject = await Subject.start({ 'auto.create.topics.enable': false })
const client = await subject.connect()
after(() => subject.close())

async function configOf(group: string): Promise<Map<string, { value: string | null; readOnly: boolean }>> {
  const { results } = await client.send(DescribeConfigs, 4, {
    resources: [{ resourceType: GROUP, resourceName: group, configurationKeys: null }],
  })
  assert.equal(results[0]!.errorCode, 0)
  return new Map(results[0]!.configs.map(({ name, value, readOnly }) => [name, { value, readOnly }]))
}

async function configure(resourceType: number, resourceName: string, configs: Record<string, string>) {
  const { responses } = await client.send(IncrementalAlterConfigs, 1, {
    resources: [
      {
        resourceType,
        resourceName,
        configs: Object.entries(configs).map(([name, value]) => ({ name, value, configOperation: 0 })),
      },
    ],
  })
  return responses[0]!
}

/** The topic of that name, made by asking for it. */
async function firstUse(name: string): Promise<WireTopic> {
  const { topics } = await client.send(Metadata, 12, { topics: [{ name }], allowAutoTopicCreation: true })
  assert.equal(topics[0]!.errorCode, 0, name)
  return new WireTopic(client, name, topics[0]!.topicId)
}

/** What a consumer sends that failed to deal with `record`: all as it was received, and why. */
function failed(record: ReadRecord, error: string): RecordInput {
  const { key, value, timestamp } = record
  const headers = record.headers.map(([name, text]) => ({ key: name, value: text }))
  return { key, value, timestamp, headers: [...headers, { key: 'EXCEPTION', value: error }] }
}

const origin = [
  { key: 'ORIGIN_TOPIC', value: 'orders' },
  { key: 'ORIGIN_PARTITION', value: '3' },
  { key: 'ORIGIN_OFFSET', value: '41' },
  { key: 'ORIGIN_TIMESTAMP', value: '1700000000000' },
]

for (const group of ['payments', 'a/b', '订单', 'g'.repeat(300)]) {
  test(`group ${group.slice(0, 10)}: sixteen retries, then a dead letter that tells of seventeen failures`, async () => {
    const { errorCode } = await configure(GROUP, group, { 'retry.delay.levels': '2ms,1ms' })
    assert.equal(errorCode, 0)
    const config = await configOf(group)
    const retries = await firstUse(config.get('retry.topic.name')!.value!)
    assert.ok(config.get('retry.topic.name')!.readOnly)
    const first: RecordInput = {
      key: 'order 1',
      value: 'pay',
      timestamp: 1_700_000_000_001,
      headers: [...origin, { key: 'x', value: 'mine' }, { key: 'EXCEPTION', value: 'failure 1' }],
    }
    assert.equal((await retries.produce(batch([first], { codec: 'lz4' }))).errorCode, 0)
    for (let times = 1; times <= 16; times++) {
      const record = (await readUntil(retries, times)).at(-1)!
      assert.equal(headerOf(record, 'RECONSUME_TIME'), String(times))
      assert.equal(headerOf(record, 'ORIGIN_OFFSET'), '41')
      assert.equal(headerOf(record, 'BORN_TIMESTAMP'), '1700000000000')
      assert.equal(headerOf(record, 'RETRY_DUE_MS'), undefined)
      assert.deepEqual([record.key, record.value], ['order 1', 'pay'])
      assert.equal((await retries.produce(batch([failed(record, `failure ${times + 1}`)]))).errorCode, 0)
    }
    const name = config.get('dlq.topic.name')!.value!
    while ((await client.send(Metadata, 12, { topics: [{ name }] })).topics[0]!.errorCode !== 0);
    const dead = await firstUse(name)
    const [letter] = await readUntil(dead, 1)
    assert.deepEqual([letter!.key, letter!.value, headerOf(letter!, 'x')], ['order 1', 'pay', 'mine'])
    assert.equal(headerOf(letter!, 'RECONSUME_TIME'), '16')
    assert.match(headerOf(letter!, 'DEAD_LETTER_REASON')!, /^Retried 16 times, and retry\.max\.times is 16\.$/)
    const attempts = JSON.parse(headerOf(letter!, 'ATTEMPTS')!) as { error: string; client: string; host: string }[]
    assert.deepEqual(
      attempts.map(({ error }) => error),
      Array.from({ length: 17 }, (_, index) => `failure ${index + 1}`),
    )
    assert.deepEqual([attempts[0]!.client, attempts[0]!.host], ['wire-client', '127.0.0.1'])
    assert.equal((await retries.read(0)).length, 16, 'and is not retried again')
  })
}

test('a count of retries that is none refuses the batch, naming every such record', async () => {
  const group = 'miscounted'
  assert.equal((await configure(GROUP, group, { 'retry.delay.levels': '1ms' })).errorCode, 0)
  const retries = await firstUse((await configOf(group)).get('retry.topic.name')!.value!)
  const counted = (value: string, times: string) => timed(value, 'RECONSUME_TIME', times)
  const records = ['1', 'two', '3', '-4', '1e3'].map((times, index) => counted(`record ${index}`, times))
  for (const codec of ['none', 'lz4'] as const) {
    const answer = await retries.produce(batch(records, { codec }))
    assert.equal(answer.errorCode, 87)
    assert.deepEqual(
      answer.recordErrors.map(({ batchIndex, batchIndexErrorMessage }) => [batchIndex, batchIndexErrorMessage]),
      [
        [1, 'Header RECONSUME_TIME must be a count, not "two".'],
        [3, 'Header RECONSUME_TIME must be a count, not "-4".'],
        [4, 'Header RECONSUME_TIME must be a count, not "1e3".'],
      ],
    )
  }
  assert.equal((await retries.produce(batch([counted('good', '0')]))).errorCode, 0)
  assert.deepEqual(
    (await readUntil(retries, 1)).map(({ value }) => value),
    ['good'],
    'nothing of what was refused was taken',
  )
})

test('the schedule is the group’s, and the names cannot be set', async () => {
  const group = 'exponential'
  const set = { 'retry.policy': 'exponential', 'retry.exponential.base.ms': '40', 'retry.max.times': '2' }
  assert.equal((await configure(GROUP, group, set)).errorCode, 0)
  const retries = await firstUse((await configOf(group)).get('retry.topic.name')!.value!)
  const times = headersOf(1)
  const before = Date.now()
  const answer = await retries.produce(batch([{ value: 'second', headers: times }, { value: 'first' }]))
  assert.equal(answer.errorCode, 0)
  const records = await readUntil(retries, 2)
  assert.deepEqual(
    records.map(({ value }) => value),
    ['first', 'second'],
  )
  assert.ok(records[0]!.timestamp >= before + 40 && records[1]!.timestamp >= before + 80)
  assert.equal((await configure(GROUP, group, { 'retry.topic.name': 'other' })).errorCode, 42)
  assert.equal((await retries.produce(batch([{ value: 'x', headers: headersOf('many') }]))).errorCode, 87)
})

function headersOf(times: number | string) {
  return [{ key: 'RECONSUME_TIME', value: String(times) }]
}

test('timer headers of the origin delay neither a retry nor a dead letter', async () => {
  const group = 'impatient'
  await configure(GROUP, group, { 'retry.delay.levels': '1ms', 'retry.max.times': '1' })
  const config = await configOf(group)
  const retries = await firstUse(config.get('retry.topic.name')!.value!)
  assert.equal((await retries.produce(batch([timed('a', 'TIMER_DELAY_SEC', 3600)]))).errorCode, 0)
  const [record] = await readUntil(retries, 1)
  assert.equal(headerOf(record!, 'TIMER_DELAY_SEC'), '3600', 'all headers are kept')
  assert.equal((await retries.produce(batch([failed(record!, 'again')]))).errorCode, 0)
  const [letter] = await readUntil(await firstUse(config.get('dlq.topic.name')!.value!), 1)
  assert.equal(letter!.value, 'a')
  assert.equal(headerOf(letter!, 'TIMER_DELAY_SEC'), undefined)
})

test('a topic that is not the group’s is never taken over', async () => {
  const create = async (name: string) => {
    const request = { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
    assert.equal((await client.send(CreateTopics, 7, { topics: [request] })).topics[0]!.errorCode, 0)
  }
  await create('retry.taken')
  const name = (await configOf('taken')).get('retry.topic.name')!.value!
  assert.match(name, /^retry\.taken_h[0-9a-f]{16}$/)
  const retries = await firstUse(name)
  assert.equal((await retries.produce(batch([{ value: 'x' }]))).errorCode, 0)
  const foreign = await firstUse('retry.taken')
  await foreign.write('y')
  assert.equal((await foreign.read(0)).length, 1)
})

test('the order of a key is kept where its topic is FIFO', async () => {
  const fifo = await WireTopic.create(client, { configs: { 'message.type': 'FIFO' } })
  const group = 'ordered'
  await configure(GROUP, group, { 'retry.delay.levels': '1ms,120ms' })
  const retries = await firstUse((await configOf(group)).get('retry.topic.name')!.value!)
  const record = (key: string, value: string, times: number, topic: string): RecordInput => ({
    key,
    value,
    headers: [{ key: 'ORIGIN_TOPIC', value: topic }, ...headersOf(times)],
  })
  const answer = await retries.produce(
    batch([
      record('a', 'a1', 1, fifo.name),
      record('a', 'a2', 0, fifo.name),
      record('b', 'b1', 1, 'other'),
      record('b', 'b2', 0, 'other'),
    ]),
  )
  assert.equal(answer.errorCode, 0)
  const values = (await readUntil(retries, 4)).map(({ value }) => value)
  assert.deepEqual(values, ['b2', 'a1', 'a2', 'b1'])
})

test('a topic in which records wait is not deleted, and keeps its type', async () => {
  const topic = await WireTopic.create(client, { configs: { 'message.type': 'DELAY' } })
  await topic.produce(batch([timed('later', 'TIMER_DELAY_SEC', 3600)]))
  const remove = async () => {
    const { responses } = await client.send(DeleteTopics, 5, { topicNames: [topic.name], timeoutMs: 1000 })
    return responses[0]!
  }
  const refused = await remove()
  assert.equal(refused.errorCode, 44)
  assert.match(refused.errorMessage!, /^1 record waits in /)
  assert.equal((await configure(TOPIC, topic.name, { 'message.type': 'NORMAL' })).errorCode, 44)
  assert.equal((await configure(TOPIC, topic.name, { 'retention.ms': '5000' })).errorCode, 0)
  assert.equal((await configure(TOPIC, topic.name, { 'intake.delete.allow': 'true' })).errorCode, 0)
  assert.equal((await remove()).errorCode, 0)
  const { topics } = await client.send(Metadata, 12, { topics: [{ name: `__intake.${topic.topicId}` }] })
  assert.equal(topics[0]!.errorCode, 3, 'what the records waited in is gone too')
})

test('a type can change while nothing waits, there and back', async () => {
  const topic = await WireTopic.create(client)
  await topic.write('plain')
  assert.equal((await configure(TOPIC, topic.name, { 'message.type': 'DELAY' })).errorCode, 0)
  assert.equal((await topic.produce(batch([timed('timed', 'TIMER_DELAY_MS', 20)]))).errorCode, 0)
  await readUntil(topic, 2)
  while ((await configure(TOPIC, topic.name, { 'message.type': 'NORMAL' })).errorCode !== 0);
  const { baseOffset } = await topic.produce(batch([timed('plain again', 'TIMER_DELAY_SEC', 3600)]))
  assert.equal(baseOffset, 2)
  assert.deepEqual(
    (await topic.read(0)).map(({ value }) => value),
    ['plain', 'timed', 'plain again'],
  )
})

test('prefixes may be those of RocketMQ', async () => {
  const other = await Subject.start({ 'retry.topic.prefix': '%RETRY%', 'dlq.topic.prefix': '%DLQ%' })
  try {
    const connection = await other.connect()
    const resources = [{ resourceType: GROUP, resourceName: 'g', configurationKeys: ['retry.topic.name'] }]
    const { results } = await connection.send(DescribeConfigs, 4, { resources })
    assert.equal(results[0]!.configs[0]!.value, '%RETRY%g')
    const set = [{ name: 'retry.max.times', value: '0', configOperation: 0 }]
    const altered = [{ resourceType: GROUP, resourceName: 'g', configs: set }]
    await connection.send(IncrementalAlterConfigs, 1, { resources: altered })
    const asked = { topics: [{ name: '%RETRY%g' }], allowAutoTopicCreation: true }
    const made = await connection.send(Metadata, 12, asked)
    assert.equal(made.topics[0]!.errorCode, 0)
    const retries = new WireTopic(connection, '%RETRY%g', made.topics[0]!.topicId)
    assert.equal((await retries.produce(batch([{ value: 'x' }]))).errorCode, 0)
    const name = '%DLQ%g'
    while ((await connection.send(Metadata, 12, { topics: [{ name }] })).topics[0]!.errorCode !== 0);
    assert.equal((await readUntil(new WireTopic(connection, name, ''), 1))[0]!.value, 'x')
  } finally {
    await other.close()
  }
})

/** CreateTopics (19), DeleteTopics (20), CreatePartitions (37): what is made, what is refused, and why. */
import { deepEqual, equal, match, notEqual, ok } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import {
  CreatePartitions,
  CreateTopics,
  DeleteTopics,
  Metadata,
  type RequestInput,
  type ResponseOutput,
  ZERO_UUID,
} from '@odradek/protocol'
import { startBroker } from '../../src/index.ts'
import { WireClient } from '../wire-client.ts'
import { oursOnly, Subject, settled } from './subject.ts'
import { WireTopic } from './wire-topic.ts'

const UNKNOWN_TOPIC_OR_PARTITION = 3
const INVALID_TOPIC_EXCEPTION = 17
const TOPIC_ALREADY_EXISTS = 36
const INVALID_PARTITIONS = 37
const INVALID_REPLICATION_FACTOR = 38
const INVALID_REPLICA_ASSIGNMENT = 39
const INVALID_CONFIG = 40
const INVALID_REQUEST = 42
const TOPIC_DELETION_DISABLED = 73
const UNKNOWN_TOPIC_ID = 100

type Wanted = RequestInput<typeof CreateTopics>['topics'][number]
type Created = ResponseOutput<typeof CreateTopics>['topics'][number]

const subject = await Subject.start()
after(() => subject.close())
const client = await subject.connect()
const { controllerId: brokerId } = await client.send(Metadata, 12, { topics: [] })

const newName = () => `topic-${randomUUID()}`
const plain = { numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }

async function create(wanted: Partial<Wanted>, version = 7, validateOnly = false): Promise<Created> {
  const topics = [{ name: newName(), ...plain, ...wanted }]
  const answer = await client.send(CreateTopics, version, { topics, timeoutMs: 10_000, validateOnly })
  await settled()
  equal(answer.topics.length, 1)
  return answer.topics[0]!
}

async function exists(name: string): Promise<boolean> {
  const topics = [{ name }]
  const answer = await client.send(Metadata, 12, { topics, allowAutoTopicCreation: false })
  return answer.topics[0]!.errorCode === 0
}

for (let version = 2; version <= 7; version += 1) {
  test(`CreateTopics version ${version}: the topic is in the next Metadata`, async () => {
    const created = await create({ numPartitions: 3 }, version)
    deepEqual([created.errorCode, created.errorMessage], [0, null])
    const { topics } = await client.send(Metadata, 12, { topics: [{ name: created.name }] })
    deepEqual([topics[0]!.errorCode, topics[0]!.partitions.length], [0, 3])
    if (version >= 5) {
      deepEqual([created.numPartitions, created.replicationFactor, created.topicConfigErrorCode], [3, 1, 0])
      const retention = created.configs!.find(({ name }) => name === 'retention.ms')
      deepEqual([retention?.value, retention?.readOnly, retention?.isSensitive], ['604800000', false, false])
    }
    if (version >= 7) equal(created.topicId, topics[0]!.topicId)
  })
}

test('-1 partitions and replicas are the defaults of the broker', async () => {
  const created = await create({ numPartitions: -1, replicationFactor: -1 }, 5)
  deepEqual([created.errorCode, created.numPartitions, created.replicationFactor], [0, 1, 1])
  for (const version of [4, 7]) {
    equal((await create({ numPartitions: -1, replicationFactor: -1 }, version)).errorCode, 0)
  }
})

test('an assignment by the client is taken, and must be sound', async () => {
  const assigned = { numPartitions: -1, replicationFactor: -1 }
  const two = [
    { partitionIndex: 1, brokerIds: [brokerId] },
    { partitionIndex: 0, brokerIds: [brokerId] },
  ]
  const created = await create({ ...assigned, assignments: two })
  deepEqual([created.errorCode, created.numPartitions, created.replicationFactor], [0, 2, 1])
  const code = async (...assignments: [partitionIndex: number, brokerIds: number[]][]) => {
    const given = assignments.map(([partitionIndex, brokerIds]) => ({ partitionIndex, brokerIds }))
    return (await create({ ...assigned, assignments: given })).errorCode
  }
  equal(await code([0, [brokerId, brokerId]]), INVALID_REPLICA_ASSIGNMENT)
  equal(await code([0, [brokerId + 1000]]), INVALID_REPLICA_ASSIGNMENT)
  equal(await code([0, []]), INVALID_REPLICA_ASSIGNMENT)
  equal(await code([0, [brokerId]], [2, [brokerId]]), INVALID_REPLICA_ASSIGNMENT)
  equal(await code([0, [brokerId]], [0, [brokerId]]), INVALID_REPLICA_ASSIGNMENT)
  equal((await create({ ...plain, assignments: two })).errorCode, INVALID_REQUEST, 'numbers beside an assignment')
})

for (const [name, why] of [
  ['', 'empty'],
  ['.', 'a dot'],
  ['..', 'two dots'],
  ['a b', 'a space'],
  ['a/b', 'a slash'],
  ['ä', 'not ASCII'],
  ['x'.repeat(250), 'too long'],
] as const) {
  test(`a name that is ${why} is INVALID_TOPIC_EXCEPTION`, async () => {
    const { errorCode, errorMessage } = await create({ name })
    equal(errorCode, INVALID_TOPIC_EXCEPTION)
    ok(errorMessage)
  })
}

test('the longest name, and every character that is allowed', async () => {
  equal((await create({ name: randomUUID().padEnd(249, 'x') })).errorCode, 0)
  equal((await create({ name: `aZ09._-${randomUUID()}` })).errorCode, 0)
})

test('a name that is taken is TOPIC_ALREADY_EXISTS, also if only dots and underscores differ', async () => {
  const name = `a.b_${randomUUID()}`
  equal((await create({ name })).errorCode, 0)
  const again = await create({ name })
  equal(again.errorCode, TOPIC_ALREADY_EXISTS)
  match(again.errorMessage ?? '', /already exists/)
  equal((await create({ name }, 7, true)).errorCode, TOPIC_ALREADY_EXISTS)
  equal((await create({ name: name.replace('a.b', 'a_b') })).errorCode, INVALID_TOPIC_EXCEPTION)
})

test('a name given twice in one request is INVALID_REQUEST, the others are made', async () => {
  const [twice, once] = [newName(), newName()]
  const topics = [twice, once, twice].map((name) => ({ name, ...plain }))
  const answer = await client.send(CreateTopics, 7, { topics, timeoutMs: 10_000 })
  await settled()
  const codes = Object.fromEntries(answer.topics.map(({ name, errorCode }) => [name, errorCode]))
  deepEqual(codes, { [twice]: INVALID_REQUEST, [once]: 0 })
  deepEqual([await exists(twice), await exists(once)], [false, true])
})

test('numbers that cannot be are refused', async () => {
  for (const numPartitions of [0, -2]) equal((await create({ numPartitions })).errorCode, INVALID_PARTITIONS)
  for (const replicationFactor of [0, -2]) {
    equal((await create({ replicationFactor })).errorCode, INVALID_REPLICATION_FACTOR)
  }
})

test('a replication factor above the number of brokers is INVALID_REPLICATION_FACTOR', async () => {
  const refused = await create({ name: newName(), replicationFactor: 3 })
  equal(refused.errorCode, INVALID_REPLICATION_FACTOR)
  equal(await exists(refused.name), false)
})

test('with replication.factor.clamp it is lowered', { skip: oursOnly }, async () => {
  await using broker = await startBroker({ config: { 'replication.factor.clamp': true } })
  using clamped = await WireClient.connect(broker.port)
  const topics = [{ name: 'clamped', ...plain, replicationFactor: 3 }]
  const answer = await clamped.send(CreateTopics, 7, { topics, timeoutMs: 10_000 })
  deepEqual([answer.topics[0]!.errorCode, answer.topics[0]!.replicationFactor], [0, 1])
})

test('configs that are unknown or out of bounds are INVALID_CONFIG with what would be right', async () => {
  const refused = async (name: string, value: string | null) => {
    const answer = await create({ configs: [{ name, value }] })
    equal(answer.errorCode, INVALID_CONFIG, `${name}=${value}`)
    equal(await exists(answer.name), false)
    return answer.errorMessage ?? ''
  }
  match(await refused('retention.mss', '1'), oursOnly ? /retention\.mss/ : /retention\.ms\b(?!s)/)
  match(await refused('retention.ms', 'soon'), /retention\.ms/)
  match(await refused('retention.ms', '-2'), /-2/)
  match(await refused('cleanup.policy', 'shred'), /shred/)
  match(await refused('min.insync.replicas', '0'), /min\.insync\.replicas/)
  await refused('retention.ms', null)
})

test('configs are kept, and told back', async () => {
  const configs = [{ name: 'retention.ms', value: '12345' }]
  const created = await create({ configs })
  const told = created.configs!.find(({ name }) => name === 'retention.ms')
  deepEqual([told?.value, told?.configSource], ['12345', 1])
})

test('validateOnly answers as if, and makes nothing', async () => {
  const name = newName()
  const valid = await create({ name, numPartitions: 4 }, 7, true)
  deepEqual([valid.errorCode, valid.numPartitions], [0, 4])
  // Kafka tells the id of a topic that will never be.
  if (!oursOnly) equal(valid.topicId, ZERO_UUID)
  equal(await exists(name), false)
  equal((await create({ name, numPartitions: 0 }, 7, true)).errorCode, INVALID_PARTITIONS)
})

for (let version = 1; version <= 6; version += 1) {
  test(`DeleteTopics version ${version} deletes by name; unknown is UNKNOWN_TOPIC_OR_PARTITION`, async () => {
    const topic = await WireTopic.create(client)
    const ask = async (name: string) => {
      const request = { topicNames: [name], topics: [{ name }], timeoutMs: 10_000 }
      const { responses } = await client.send(DeleteTopics, version, request)
      await settled()
      return [responses[0]!.name, responses[0]!.errorCode]
    }
    deepEqual(await ask(topic.name), [topic.name, 0])
    equal(await exists(topic.name), false)
    deepEqual(await ask(topic.name), [topic.name, UNKNOWN_TOPIC_OR_PARTITION])
  })
}

test('DeleteTopics by id, and a topic of the same name made again has another id and none of the records', async () => {
  const topic = await WireTopic.create(client)
  await topic.write('gone')
  const ask = async (topicId: string) => {
    const { responses } = await client.send(DeleteTopics, 6, { topics: [{ topicId }], timeoutMs: 10_000 })
    const [response] = responses
    return [response!.name, response!.topicId, response!.errorCode]
  }
  deepEqual(await ask(topic.topicId), [topic.name, topic.topicId, 0])
  deepEqual(await ask(topic.topicId), [null, topic.topicId, UNKNOWN_TOPIC_ID])
  const again = await create({ name: topic.name })
  equal(again.errorCode, 0)
  notEqual(again.topicId, topic.topicId)
  const reborn = new WireTopic(client, topic.name, again.topicId)
  if (!oursOnly) equal((await reborn.offsetOf(-1)).offset, 0)
  equal((await topic.fetch(0, { version: 13 })).errorCode, UNKNOWN_TOPIC_ID)
})

test('DeleteTopics that names a topic twice, or by name and id, is INVALID_REQUEST', async () => {
  const topic = await WireTopic.create(client)
  const ask = async (...topics: { name?: string; topicId?: string }[]) => {
    const { responses } = await client.send(DeleteTopics, 6, { topics, timeoutMs: 10_000 })
    return new Set(responses.map(({ errorCode }) => errorCode))
  }
  deepEqual(await ask({ name: topic.name, topicId: topic.topicId }), new Set([INVALID_REQUEST]))
  deepEqual(await ask({}), new Set([INVALID_REQUEST]))
  deepEqual(await ask({ name: topic.name }, { topicId: topic.topicId }), new Set([INVALID_REQUEST]))
  equal(await exists(topic.name), true)
})

test('DeleteTopics where delete.topic.enable is off', { skip: oursOnly }, async () => {
  await using broker = await startBroker({ config: { 'delete.topic.enable': false } })
  using guarded = await WireClient.connect(broker.port)
  const topic = await WireTopic.create(guarded)
  const { responses } = await guarded.send(DeleteTopics, 5, { topicNames: [topic.name], timeoutMs: 1000 })
  equal(responses[0]!.errorCode, TOPIC_DELETION_DISABLED)
  equal((await topic.offsetOf(-1)).offset, 0)
})

for (let version = 0; version <= 3; version += 1) {
  test(`CreatePartitions version ${version}: the total afterwards, which only grows`, async () => {
    const topic = await WireTopic.create(client, { partitions: 2 })
    const ask = async (
      count: number,
      {
        assignments = null,
        validateOnly = false,
      }: { assignments?: { brokerIds: number[] }[] | null; validateOnly?: boolean } = {},
      name = topic.name,
    ) => {
      const topics = [{ name, count, assignments }]
      const answer = await client.send(CreatePartitions, version, { topics, timeoutMs: 10_000, validateOnly })
      await settled()
      return answer.results[0]!.errorCode
    }
    const count = async () => {
      const { topics } = await client.send(Metadata, 12, { topics: [{ name: topic.name }] })
      return topics[0]!.partitions.length
    }
    for (const same of [2, 1, 0, -1]) equal(await ask(same), INVALID_PARTITIONS, `${same}`)
    equal(await ask(3, {}, `none-${topic.name}`), UNKNOWN_TOPIC_OR_PARTITION)
    equal(await ask(4, { assignments: [{ brokerIds: [brokerId] }] }), INVALID_REPLICA_ASSIGNMENT)
    equal(await ask(3, { assignments: [{ brokerIds: [brokerId + 1000] }] }), INVALID_REPLICA_ASSIGNMENT)
    equal(await ask(3, { validateOnly: true }), 0)
    equal(await count(), 2)
    equal(await ask(3, { assignments: [{ brokerIds: [brokerId] }] }), 0)
    equal(await ask(5), 0)
    equal(await count(), 5)
    const { errorCode } = await topic.produce({ records: [{ value: 'v', timestamp: Date.now() }] }, { partition: 4 })
    if (!oursOnly) equal(errorCode, 0)
  })
}

test('CreatePartitions that names a topic twice is INVALID_REQUEST', async () => {
  const topic = await WireTopic.create(client)
  const topics = [2, 3].map((count) => ({ name: topic.name, count, assignments: null }))
  const { results } = await client.send(CreatePartitions, 3, { topics, timeoutMs: 10_000 })
  deepEqual(new Set(results.map(({ errorCode }) => errorCode)), new Set([INVALID_REQUEST]))
})

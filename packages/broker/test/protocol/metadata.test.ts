/** Metadata (3), DescribeCluster (60), DescribeTopicPartitions (75): who is there and who leads what. */
import { deepEqual, equal, notEqual, ok } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { DescribeCluster, DescribeConfigs, DescribeTopicPartitions, Metadata, ZERO_UUID } from '@odradek/protocol'
import { oursOnly, Subject } from './subject.ts'
import { WireTopic } from './wire-topic.ts'

const UNKNOWN_TOPIC_OR_PARTITION = 3
const LEADER_NOT_AVAILABLE = 5
const INVALID_TOPIC_EXCEPTION = 17
const INVALID_REQUEST = 42
const UNKNOWN_TOPIC_ID = 100
const UNSUPPORTED_ENDPOINT_TYPE = 115
const UNASKED = -2147483648

const subject = await Subject.start()
after(() => subject.close())
const client = await subject.connect()

for (let version = 0; version <= 13; version += 1) {
  test(`version ${version} tells brokers, a listed controller, and the topic that was asked for`, async () => {
    const topic = await WireTopic.create(client, { partitions: 2 })
    const answer = await client.send(Metadata, version, { topics: [{ name: topic.name }] })
    equal(answer.errorCode, 0)
    const [broker] = answer.brokers
    deepEqual([answer.brokers.length, broker!.host, broker!.port, broker!.rack], [1, '127.0.0.1', subject.port, null])
    if (version >= 1) equal(answer.controllerId, broker!.nodeId)
    if (version >= 2) ok(answer.clusterId)
    equal(answer.topics.length, 1)
    const [told] = answer.topics
    deepEqual([told!.errorCode, told!.name, told!.isInternal], [0, topic.name, false])
    equal(told!.topicId, version >= 10 ? topic.topicId : ZERO_UUID)
    const partitions = told!.partitions.toSorted((a, b) => a.partitionIndex - b.partitionIndex)
    for (const [index, partition] of partitions.entries()) {
      deepEqual([partition.errorCode, partition.partitionIndex], [0, index])
      equal(partition.leaderId, broker!.nodeId)
      equal(partition.leaderEpoch, version >= 7 ? 0 : -1)
      deepEqual(
        [partition.replicaNodes, partition.isrNodes, partition.offlineReplicas],
        [[broker!.nodeId], [broker!.nodeId], []],
      )
    }
    deepEqual([told!.topicAuthorizedOperations, answer.clusterAuthorizedOperations], [UNASKED, UNASKED])
  })
}

test('all topics: an empty list in version 0, null after it; an empty list is none then', async () => {
  const topic = await WireTopic.create(client)
  const names = async (version: number, topics: [] | null) =>
    (await client.send(Metadata, version, { topics })).topics.map(({ name }) => name)
  ok((await names(0, [])).includes(topic.name))
  for (const version of [1, 9, 13]) {
    ok((await names(version, null)).includes(topic.name), `version ${version}`)
    deepEqual(await names(version, []), [], `version ${version}`)
  }
})

test('topics by id: found with their names, unknown ids UNKNOWN_TOPIC_ID', async () => {
  const topic = await WireTopic.create(client)
  const unknownId = Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url')
  for (const version of [12, 13]) {
    const { topics } = await client.send(Metadata, version, {
      topics: [
        { topicId: topic.topicId, name: null },
        { topicId: unknownId, name: null },
      ],
    })
    const told = topics.map(({ errorCode, name, topicId, partitions }) => [errorCode, name, topicId, partitions.length])
    deepEqual(
      told.toSorted((a, b) => Number(a[0]) - Number(b[0])),
      [
        [0, topic.name, topic.topicId, 1],
        [UNKNOWN_TOPIC_ID, null, unknownId, 0],
      ],
    )
  }
})

test('topics by id are INVALID_REQUEST before version 12', async () => {
  const topic = await WireTopic.create(client)
  for (const version of [10, 11]) {
    for (const asked of [
      { topicId: topic.topicId, name: null },
      { topicId: topic.topicId, name: topic.name },
      { topicId: ZERO_UUID, name: null },
    ]) {
      const { topics } = await client.send(Metadata, version, { topics: [asked] })
      deepEqual([topics[0]!.errorCode, topics[0]!.name], [INVALID_REQUEST, asked.name ?? ''])
    }
  }
})

test('a topic that is missing is made where client and broker allow it', async () => {
  const name = `made-${randomUUID()}`
  const ask = async (version: number, allowAutoTopicCreation: boolean) => {
    const { topics } = await client.send(Metadata, version, { topics: [{ name }], allowAutoTopicCreation })
    return topics[0]!
  }
  const refused = await ask(4, false)
  deepEqual([refused.errorCode, refused.partitions], [UNKNOWN_TOPIC_OR_PARTITION, []])
  equal((await ask(12, false)).errorCode, UNKNOWN_TOPIC_OR_PARTITION, 'asking did not make it')
  let made = await ask(4, true)
  // Kafka answers before it is made, and clients ask again.
  while (oursOnly && [UNKNOWN_TOPIC_OR_PARTITION, LEADER_NOT_AVAILABLE].includes(made.errorCode))
    made = await ask(4, true)
  deepEqual([made.errorCode, made.partitions.length], [0, 1])
  const again = await ask(12, false)
  equal(again.errorCode, 0)
  notEqual(again.topicId, ZERO_UUID)
})

test('versions before 4 always allow it', async () => {
  const name = `made-${randomUUID()}`
  const ask = async () => (await client.send(Metadata, 1, { topics: [{ name }] })).topics[0]!
  let made = await ask()
  while (oursOnly && made.errorCode !== 0) made = await ask()
  deepEqual([made.errorCode, made.partitions.length], [0, 1])
})

test('names that no topic may have are INVALID_TOPIC_EXCEPTION', async () => {
  for (const name of ['a b', 'ä', '..', 'x'.repeat(250), '%RETRY%g']) {
    const { topics } = await client.send(Metadata, 12, { topics: [{ name }], allowAutoTopicCreation: true })
    deepEqual([topics[0]!.errorCode, topics[0]!.name], [INVALID_TOPIC_EXCEPTION, name])
  }
})

test('authorized operations are told where they are asked for', async () => {
  const topic = await WireTopic.create(client)
  const asked = {
    topics: [{ name: topic.name }],
    includeTopicAuthorizedOperations: true,
    includeClusterAuthorizedOperations: true,
  }
  for (const version of [8, 10]) {
    const answer = await client.send(Metadata, version, asked)
    ok(answer.clusterAuthorizedOperations > 0)
    ok(answer.topics[0]!.topicAuthorizedOperations & (1 << 3), 'READ')
  }
  const newest = await client.send(Metadata, 13, { ...asked, includeClusterAuthorizedOperations: false })
  // READ, WRITE, CREATE, DELETE, ALTER, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS
  equal(newest.topics[0]!.topicAuthorizedOperations, 0b1101_1111_1000)
})

test('the cluster id is the same for every connection and API', async () => {
  const other = await subject.connect()
  const { clusterId } = await client.send(Metadata, 12, { topics: [] })
  equal((await other.send(Metadata, 2, { topics: [] })).clusterId, clusterId)
  equal((await other.send(DescribeCluster, 0, {})).clusterId, clusterId)
})

for (const version of [0, 1, 2]) {
  test(`DescribeCluster version ${version} tells brokers and controller`, async () => {
    const answer = await client.send(DescribeCluster, version, { includeClusterAuthorizedOperations: true })
    deepEqual([answer.errorCode, answer.errorMessage, answer.endpointType], [0, null, 1])
    equal(answer.brokers.length, 1)
    const [broker] = answer.brokers
    deepEqual([broker!.host, broker!.port, broker!.isFenced], ['127.0.0.1', subject.port, false])
    equal(answer.controllerId, broker!.brokerId)
    ok(answer.clusterAuthorizedOperations > 0)
    const unasked = await client.send(DescribeCluster, version, {})
    equal(unasked.clusterAuthorizedOperations, UNASKED)
  })
}

test('DescribeCluster of controllers is refused: a broker knows brokers', async () => {
  const { errorCode, brokers } = await client.send(DescribeCluster, 1, { endpointType: 2 })
  deepEqual(brokers, [])
  // MISMATCHED_ENDPOINT_TYPE or UNSUPPORTED_ENDPOINT_TYPE
  ok(errorCode === 114 || errorCode === UNSUPPORTED_ENDPOINT_TYPE, `${errorCode}`)
  equal((await client.send(DescribeCluster, 1, { endpointType: 9 })).errorCode, UNSUPPORTED_ENDPOINT_TYPE)
})

test('DescribeTopicPartitions goes through topics page by page', async () => {
  const made = [
    await WireTopic.create(client, { partitions: 3 }),
    await WireTopic.create(client, { partitions: 1 }),
    await WireTopic.create(client, { partitions: 4 }),
  ]
  const sizes = new Map(made.map(({ name }, at) => [name, [3, 1, 4][at]!]))
  const topics = made.map(({ name }) => ({ name }))
  const seen: [string, number][] = []
  let cursor: { topicName: string; partitionIndex: number } | null = null
  let pages = 0
  do {
    const answer: Awaited<ReturnType<typeof page>> = await page(cursor)
    const told = answer.topics.flatMap(({ name, errorCode, partitions }) => {
      equal(errorCode, 0)
      return partitions.map(({ partitionIndex }): [string, number] => [name!, partitionIndex])
    })
    ok(told.length <= 2)
    seen.push(...told)
    cursor = answer.nextCursor
    pages += 1
  } while (cursor)
  const expected = [...sizes.keys()]
    .sort()
    .flatMap((name) => Array.from({ length: sizes.get(name)! }, (_, at) => [name, at]))
  deepEqual(seen, expected)
  equal(pages, 4)

  function page(at: { topicName: string; partitionIndex: number } | null) {
    return client.send(DescribeTopicPartitions, 0, { topics, responsePartitionLimit: 2, cursor: at })
  }
})

test('DescribeTopicPartitions tells leader, replicas and permissions, and what is unknown', async () => {
  const topic = await WireTopic.create(client)
  const none = `none-${topic.name}`
  const answer = await client.send(DescribeTopicPartitions, 0, { topics: [{ name: topic.name }, { name: none }] })
  const known = answer.topics.find(({ name }) => name === topic.name)!
  equal(known.topicId, topic.topicId)
  const [partition] = known.partitions
  deepEqual([partition!.errorCode, partition!.leaderEpoch], [0, 0])
  deepEqual(partition!.replicaNodes, [partition!.leaderId])
  ok(known.topicAuthorizedOperations & (1 << 3))
  equal(answer.topics.find(({ name }) => name === none)!.errorCode, UNKNOWN_TOPIC_OR_PARTITION)
  equal(answer.nextCursor, null)
  const all = await client.send(DescribeTopicPartitions, 0, { topics: [] })
  ok(all.topics.some(({ name }) => name === topic.name))
})

test('a name that no topic can have is told as one, whoever asks for it', async () => {
  for (const name of ['b@d', '..', 'x'.repeat(250)]) {
    const named = await client.send(Metadata, 12, { topics: [{ name }], allowAutoTopicCreation: false })
    equal(named.topics[0]!.errorCode, INVALID_TOPIC_EXCEPTION, name)
    const paged = await client.send(DescribeTopicPartitions, 0, { topics: [{ name }] })
    equal(paged.topics[0]!.errorCode, INVALID_TOPIC_EXCEPTION, name)
    const resources = [{ resourceType: 2, resourceName: name, configurationKeys: null }]
    const described = await client.send(DescribeConfigs, 4, { resources })
    equal(described.results[0]!.errorCode, INVALID_TOPIC_EXCEPTION, name)
  }
})

test('DescribeTopicPartitions with a limit of nothing is refused or one', async () => {
  const topic = await WireTopic.create(client, { partitions: 2 })
  const request = { topics: [{ name: topic.name }], responsePartitionLimit: 0 }
  const { topics } = await client.send(DescribeTopicPartitions, 0, request)
  ok(topics[0]!.errorCode === INVALID_REQUEST || topics[0]!.partitions.length === 1)
})

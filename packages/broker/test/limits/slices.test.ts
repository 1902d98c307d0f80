/** Requests of which one alone would hold the loop for long: others are answered in between, and nothing else is different. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  ApiVersions,
  CreateTopics,
  DeleteGroups,
  DeleteRecords,
  DescribeConfigs,
  DescribeGroups,
  DescribeLogDirs,
  DescribeProducers,
  encodeBatch,
  Fetch,
  FindCoordinator,
  ListGroups,
  ListOffsets,
  Metadata,
  OffsetCommit,
  OffsetFetch,
  OffsetForLeaderEpoch,
  Produce,
  sliceOf,
  ZERO_UUID,
} from '@odradek/protocol'
import { createNodeHost } from '../../src/host/node/node-host.ts'
import { startBroker } from '../../src/index.ts'
import { WireTopic } from '../protocol/wire-topic.ts'
import { WireClient } from '../wire-client.ts'
import { metric } from './metric.ts'

const PARTITIONS = 200
/** So long takes what lies between two looks at the clock. */
const STEP_MS = 0.25

const host = createNodeHost()
let slowMs = 0
const clock = {
  now: () => host.clock.now(),
  monotonic() {
    slowMs += STEP_MS
    return host.clock.monotonic() + slowMs
  },
}
const broker = await startBroker({
  host: { ...host, clock },
  config: { 'admin.listener': '127.0.0.1:0', 'offsets.topic.num.partitions': 1 },
})
after(() => broker.close())
const client = await WireClient.connect(broker.port)
const other = await WireClient.connect(broker.port)
after(() => {
  client.close()
  other.close()
})
const all = Array.from({ length: PARTITIONS }, (_, index) => index)
const partitionsWith = (value: string) =>
  all.map((index) => {
    const batch = encodeBatch({ records: [{ value: `${value} ${index}`, timestamp: Date.now() }] })
    return { index, records: sliceOf(batch) }
  })

/** The answers in the order in which they came; what `sent` asks for is under way when the other client asks. */
async function orderOf(sent: Record<string, Promise<unknown>>): Promise<string[]> {
  const order: string[] = []
  const note = (name: string, answer: Promise<unknown>) => answer.then(() => order.push(name))
  // More bytes than one request has: they come to lie where those of the long one did.
  const asked = Array.from({ length: 50 }, () => other.send(ApiVersions, 0, {}))
  await Promise.all([...Object.entries(sent).map(([name, answer]) => note(name, answer)), note('other', asked[0]!)])
  await Promise.all(asked)
  return order
}

/** How many requests of the other client, one after the other, are answered before what is `sent` is. */
async function answeredBefore(sent: Promise<unknown>): Promise<number> {
  let isAnswered = false
  const answered = sent.then(() => {
    isAnswered = true
  })
  let count = 0
  for (; !isAnswered; count++) await other.send(ApiVersions, 0, {})
  await answered
  return count
}

/** Many turns are more round trips than go on while one turn is answered. */
const ROUND_TRIPS_MIN = 5

test('one Produce to many partitions is served in slices, and what its connection asks next waits for it', async () => {
  const topic = await WireTopic.create(client, { partitions: PARTITIONS })
  const request = (value: string, acks: number) => {
    const topicData = [{ name: topic.name, topicId: topic.topicId, partitionData: partitionsWith(value) }]
    return { transactionalId: null, acks, timeoutMs: 60_000, topicData }
  }
  const many = client.send(Produce, 12, request('first', 1))
  const next = topic.produce({ records: [{ value: 'next', timestamp: Date.now() }] }, { partition: PARTITIONS - 1 })
  deepEqual(await orderOf({ many, next }), ['other', 'many', 'next'])
  const { responses } = await many
  deepEqual(
    responses[0]!.partitionResponses.map(({ index, errorCode, baseOffset }) => [index, errorCode, baseOffset]),
    all.map((index) => [index, 0, 0]),
  )
  equal((await next).baseOffset, 1)
  ok((await answeredBefore(client.send(Produce, 12, request('third', 1)))) >= ROUND_TRIPS_MIN)

  // Of acks=0 there is no answer, but it is before what comes then.
  client.socket.write(client.encode(Produce, 12, request('second', 0)))
  const last = topic.produce({ records: [{ value: 'last', timestamp: Date.now() }] }, { partition: PARTITIONS - 1 })
  deepEqual(await orderOf({ last }), ['other', 'last'])
  equal((await last).baseOffset, 4)
  for (const partition of [0, 50, PARTITIONS - 2]) {
    const read = await topic.read(0, { partition })
    deepEqual(
      read.map(({ value }) => value),
      [`first ${partition}`, `third ${partition}`, `second ${partition}`],
    )
  }
  equal(await metric(broker, 'odradek_request_memory_bytes{use="backlog"}'), 0)
})

test('one DeleteRecords of many partitions is served in slices, and what its connection asks next waits for it', async () => {
  const topic = await WireTopic.create(client, { partitions: PARTITIONS })
  const topicData = [{ name: topic.name, topicId: topic.topicId, partitionData: partitionsWith('gone') }]
  await client.send(Produce, 12, { transactionalId: null, acks: -1, timeoutMs: 60_000, topicData })
  const partitions = all.map((partitionIndex) => ({ partitionIndex, offset: -1 }))
  const many = client.send(DeleteRecords, 2, { topics: [{ name: topic.name, partitions }], timeoutMs: 60_000 })
  const earliest = [{ partitionIndex: PARTITIONS - 1, currentLeaderEpoch: -1, timestamp: -2 }]
  const next = client.send(ListOffsets, 7, { isolationLevel: 0, topics: [{ name: topic.name, partitions: earliest }] })
  deepEqual(await orderOf({ many, next }), ['other', 'many', 'next'])
  const { topics } = await many
  deepEqual(
    topics[0]!.partitions.map(({ partitionIndex, errorCode, lowWatermark }) => [
      partitionIndex,
      errorCode,
      lowWatermark,
    ]),
    all.map((index) => [index, 0, 1]),
  )
  equal((await next).topics[0]!.partitions[0]!.offset, 1)
})

/** More than a fetch looks at in one go. */
const FETCHED = 300

test('one Fetch of very many partitions looks at them in slices, also while it waits for records', async () => {
  const topic = await WireTopic.create(client, { partitions: FETCHED })
  const indexes = Array.from({ length: FETCHED }, (_, index) => index)
  const write = (partition: number, value: string) =>
    topic.produce({ records: [{ value, timestamp: Date.now() }] }, { partition, acks: -1 })
  for (const index of indexes) await write(index, `first ${index}`)
  const fetch = (from: WireClient, fetchOffset: number, { minBytes = 1, maxWaitMs = 60_000 } = {}) => {
    const partitions = indexes.map((partition) => ({ partition, fetchOffset, partitionMaxBytes: 1e6 }))
    const topics = [{ topic: topic.name, topicId: topic.topicId, partitions }]
    return from.send(Fetch, 12, { maxWaitMs, minBytes, maxBytes: 1e9, sessionEpoch: -1, topics })
  }
  type Answer = Awaited<ReturnType<typeof fetch>>
  const sizes = ({ responses }: Answer) =>
    responses[0]!.partitions.map(({ records }) => (records === null ? 0 : records.end - records.start))

  const asked = fetch(client, 0)
  ok((await answeredBefore(asked)) >= ROUND_TRIPS_MIN)
  equal(sizes(await asked).filter((size) => size > 0).length, FETCHED)
  const none = fetch(client, 1, { maxWaitMs: 0 })
  ok((await answeredBefore(none)) >= ROUND_TRIPS_MIN)
  deepEqual(new Set(sizes(await none)), new Set([0]))

  // What is deleted after it was looked at is not told as if it were there.
  const overtaken = fetch(client, 0)
  const partitions = [{ partitionIndex: 0, offset: -1 }]
  const deleted = other.send(DeleteRecords, 2, { topics: [{ name: topic.name, partitions }], timeoutMs: 60_000 })
  const codes = (await overtaken).responses[0]!.partitions.map(({ errorCode }) => errorCode)
  deepEqual([codes[0], new Set(codes.slice(1))], [1, new Set([0])])
  equal((await deleted).topics[0]!.partitions[0]!.errorCode, 0)

  // What comes while it looks again is not missed.
  const one = sizes(await fetch(client, 0, { maxWaitMs: 0 })).at(-1)!
  const waiting = fetch(client, 1, { minBytes: 2 * one })
  await parked(1)
  const writer = await WireClient.connect(broker.port)
  const batch = {
    index: 0,
    records: sliceOf(encodeBatch({ records: [{ value: 'news again', timestamp: Date.now() }] })),
  }
  for (const index of [0, FETCHED - 1]) {
    const topicData = [{ name: topic.name, topicId: topic.topicId, partitionData: [{ ...batch, index }] }]
    await writer.send(Produce, 12, { transactionalId: null, acks: -1, timeoutMs: 60_000, topicData })
  }
  const told = sizes(await waiting)
  deepEqual([told[0]! > 0, told.at(-1)! > 0, new Set(told.slice(1, -1))], [true, true, new Set([0])])

  // Who leaves while it looks again leaves no wait behind.
  const leaving = await WireClient.connect(broker.port)
  const left = fetch(leaving, 1, { minBytes: 1e6 }).catch(() => 'left')
  await parked(1)
  await write(3, 'more')
  leaving.socket.resetAndDestroy()
  equal(await left, 'left')
  await parked(0)
  writer.close()
})

/** Resolves when so many fetches wait. */
async function parked(count: number): Promise<void> {
  while ((await metric(broker, 'odradek_fetches_parked')) !== count) await other.send(ApiVersions, 0, {})
}

const MANY = 200
const many = Array.from({ length: MANY }, (_, at) => at)
const topicNames = many.map((at) => `sliced-${at}`)
const groupIds = many.map((at) => `sliced-group-${at}`)

/** Asks for what `ask` sends; when it was answered, another client had been before it. */
async function askedInSlices<T>(ask: () => Promise<T>): Promise<T> {
  const asked = ask()
  deepEqual(await orderOf({ asked }), ['other', 'asked'])
  return await asked
}

before(async () => {
  const configs = [{ name: 'retention.ms', value: '7200000' }]
  const topics = topicNames.map((name) => ({ name, numPartitions: 2, replicationFactor: 1, assignments: [], configs }))
  const made = await client.send(CreateTopics, 7, { topics, timeoutMs: 60_000, validateOnly: false })
  deepEqual(new Set(made.topics.map(({ errorCode }) => errorCode)), new Set([0]))
})

test('Metadata names many topics in slices', async () => {
  const asked = [...topicNames, topicNames[0]!, 'sliced-nowhere']
  const topics = asked.map((name) => ({ name, topicId: ZERO_UUID }))
  const named = await askedInSlices(() => client.send(Metadata, 12, { topics, allowAutoTopicCreation: false }))
  deepEqual(
    named.topics.map(({ name, errorCode, partitions }) => [name, errorCode, partitions.length]),
    [...topicNames.map((name) => [name, 0, 2]), ['sliced-nowhere', 3, 0]],
  )
  const byId = named.topics.slice(0, MANY).map(({ topicId }) => ({ name: null, topicId }))
  const found = await askedInSlices(() => client.send(Metadata, 12, { topics: byId, allowAutoTopicCreation: false }))
  deepEqual(
    found.topics.map(({ name }) => name),
    topicNames,
  )
  const all = await askedInSlices(() => client.send(Metadata, 12, { topics: null, allowAutoTopicCreation: false }))
  equal(all.topics.filter(({ name }) => name!.startsWith('sliced-')).length, MANY)
})

test('DescribeConfigs, DescribeLogDirs, DescribeProducers and OffsetForLeaderEpoch tell of many topics in slices', async () => {
  const resources = topicNames.map((resourceName) => ({ resourceType: 2, resourceName, configurationKeys: null }))
  const described = await askedInSlices(() => client.send(DescribeConfigs, 4, { resources }))
  deepEqual(
    described.results.map(({ resourceName, configs }) => [
      resourceName,
      configs!.find(({ name }) => name === 'retention.ms')!.value,
    ]),
    topicNames.map((name) => [name, '7200000']),
  )
  const indexes = topicNames.map((topic) => ({ topic, partitions: [1, 0, 7] }))
  const sizes = await askedInSlices(() => client.send(DescribeLogDirs, 4, { topics: indexes }))
  deepEqual(
    sizes.results[0]!.topics.map(({ name, partitions }) => [name, partitions.map((one) => one.partitionIndex)]),
    topicNames.map((name) => [name, [1, 0]]),
  )
  const producers = await askedInSlices(() =>
    client.send(DescribeProducers, 0, { topics: topicNames.map((name) => ({ name, partitionIndexes: [0, 1, 1, 7] })) }),
  )
  deepEqual(
    producers.topics.map(({ name, partitions }) => [name, partitions.map((one) => one.errorCode)]),
    topicNames.map((name) => [name, [0, 0, 3]]),
  )
  const partitions = [0, 7].map((partition) => ({ partition, currentLeaderEpoch: -1, leaderEpoch: 0 }))
  const ends = await askedInSlices(() =>
    client.send(OffsetForLeaderEpoch, 4, {
      replicaId: -1,
      topics: topicNames.map((topic) => ({ topic, partitions })),
    }),
  )
  deepEqual(
    ends.topics.map(({ topic, partitions }) => [topic, partitions.map((one) => one.errorCode)]),
    topicNames.map((topic) => [topic, [0, 3]]),
  )
})

test('what is asked of many groups is asked in slices', async () => {
  const ask = { key: '', keyType: 0, coordinatorKeys: groupIds }
  // The first of them makes the topic of committed offsets.
  await client.send(FindCoordinator, 4, ask)
  const found = await askedInSlices(() => client.send(FindCoordinator, 4, ask))
  deepEqual(
    found.coordinators.map(({ key, errorCode, port }) => [key, errorCode, port]),
    groupIds.map((key) => [key, 0, broker.port]),
  )
  const partitions = [{ partitionIndex: 1, committedOffset: 5, committedLeaderEpoch: -1, committedMetadata: '' }]
  const committed = await Promise.all(
    groupIds.map((groupId) =>
      client.send(OffsetCommit, 8, {
        groupId,
        generationIdOrMemberEpoch: -1,
        memberId: '',
        groupInstanceId: null,
        topics: [{ name: topicNames[0]!, partitions }],
      }),
    ),
  )
  deepEqual(new Set(committed.map(({ topics }) => topics[0]!.partitions[0]!.errorCode)), new Set([0]))
  const groups = [...groupIds, groupIds[3]!].map((groupId) => ({ groupId, memberId: null, topics: null }))
  const offsets = await askedInSlices(() => client.send(OffsetFetch, 9, { groups, requireStable: false }))
  deepEqual(
    offsets.groups.map(({ groupId, topics }) => [groupId, topics[0]!.partitions[0]!.committedOffset]),
    groupIds.map((groupId) => [groupId, 5]),
  )
  const described = await askedInSlices(() => client.send(DescribeGroups, 5, { groups: groupIds }))
  deepEqual(
    described.groups.map(({ groupId, groupState }) => [groupId, groupState]),
    groupIds.map((groupId) => [groupId, 'Empty']),
  )
  const deleted = await askedInSlices(() =>
    client.send(DeleteGroups, 2, { groupsNames: [...groupIds, 'sliced-nobody'] }),
  )
  deepEqual(
    deleted.results.map(({ groupId, errorCode }) => [groupId, errorCode]),
    [...groupIds.map((groupId) => [groupId, 0]), ['sliced-nobody', 69]],
  )
  const listed = await client.send(ListGroups, 5, {})
  deepEqual(
    listed.groups.filter(({ groupId }) => groupId.startsWith('sliced-group-')),
    [],
  )
})

test('what a group commits of very many partitions is committed in slices, in its order', async () => {
  const groupId = 'sliced-commits'
  const count = 10_000
  const [first, second] = topicNames as [string, string]
  const commits = Array.from({ length: count }, (_, at) => ({ partitionIndex: at % 3, committedOffset: at }))
  const partitions = commits.map((commit) => ({ ...commit, committedLeaderEpoch: -1, committedMetadata: '' }))
  const request = { groupId, generationIdOrMemberEpoch: -1, memberId: '', groupInstanceId: null }
  const topics = [
    { name: first, partitions },
    { name: 'sliced-nowhere', partitions: partitions.slice(0, 1) },
    { name: second, partitions: partitions.slice(0, 2) },
  ]
  const committed = await askedInSlices(() => client.send(OffsetCommit, 8, { ...request, topics }))
  // Of three partitions there are two.
  deepEqual(
    committed.topics.map(({ name, partitions }) => [name, partitions.map(({ errorCode }) => errorCode)]),
    [
      [first, commits.map(({ partitionIndex }) => (partitionIndex < 2 ? 0 : 3))],
      ['sliced-nowhere', [3]],
      [second, [0, 0]],
    ],
  )
  const group = { groupId, memberId: null, topics: null }
  const { groups } = await client.send(OffsetFetch, 9, { groups: [group], requireStable: false })
  deepEqual(
    groups[0]!.topics.map(({ name, partitions }) => [name, partitions.map((one) => one.committedOffset)]),
    [
      [first, [count - 1, count - 3]],
      [second, [0, 1]],
    ],
  )
})

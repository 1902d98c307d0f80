/** Every limit of docs/operations.md, reached over a real broker. Those of storage and groups are at the end. */
import { deepEqual, equal, match, notEqual, ok, rejects } from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import {
  ApiVersions,
  DescribeConfigs,
  DescribeGroups,
  DescribeProducers,
  encodeBatch,
  Fetch,
  FindCoordinator,
  JoinGroup,
  Metadata,
  OffsetFetch,
  Produce,
  ZERO_UUID,
} from '@odradek/protocol'
import { type Broker, startBroker } from '../../src/index.ts'
import { LogLines } from '../log-lines.ts'
import { WireTopic } from '../protocol/wire-topic.ts'
import { WireClient } from '../wire-client.ts'
import { metric } from './metric.ts'

interface Subject extends AsyncDisposable {
  readonly broker: Broker
  readonly lines: LogLines
  connect(): Promise<WireClient>
  /** The value of a metric now. */
  metric(sample: string): Promise<number>
}

async function subject(config: Record<string, string | number>): Promise<Subject> {
  const lines = new LogLines()
  const broker = await startBroker({
    logger: lines.logger,
    config: { 'admin.listener': '127.0.0.1:0', 'offsets.topic.num.partitions': 1, ...config },
  })
  const clients: WireClient[] = []
  return {
    broker,
    lines,
    async connect() {
      const client = await WireClient.connect(broker.port)
      clients.push(client)
      return client
    },
    metric: (sample) => metric(broker, sample),
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.close()
      await broker.close()
    },
  }
}

/** Asks again and again, with pauses that leave the processor to the broker, for what is told by no event. */
async function until(isSo: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + 60_000
  while (!(await isSo())) {
    ok(performance.now() < deadline, `waited 60 s for ${what}`)
    await pause(10)
  }
}

const MIB = 1024 * 1024
const record = (bytes: number) => ({ value: Buffer.alloc(bytes, 7), timestamp: Date.now() })

for (const key of ['max.connections', 'max.connections.per.ip'] as const) {
  test(`${key}: one more is closed as it comes, with a line; when one goes, another may come`, async () => {
    await using of = await subject({ [key]: 3 })
    const clients = [await of.connect(), await of.connect(), await of.connect()]
    for (const client of clients) equal((await client.send(ApiVersions, 0, {})).errorCode, 0)
    const refused = await of.connect()
    await refused.ended()
    match(
      of.lines.about(refused.socket.localPort ?? 0)[0]?.msg ?? of.lines.all.at(-1)!.msg,
      new RegExp(`${key} allows 3`),
    )
    equal(await of.metric('odradek_connections'), 3)
    for (const client of clients) equal((await client.send(ApiVersions, 0, {})).errorCode, 0)
    clients[0]!.close()
    await until(async () => (await of.metric('odradek_connections')) === 2, 'a connection to be gone')
    equal((await (await of.connect()).send(ApiVersions, 0, {})).errorCode, 0)
  })
}

test('socket.request.max.bytes: a longer request closes its connection', async () => {
  await using of = await subject({ 'socket.request.max.bytes': 1000 })
  const client = await of.connect()
  const length = Buffer.alloc(4)
  length.writeInt32BE(1001)
  client.socket.write(length)
  await client.ended()
  match(of.lines.all.at(-1)!.msg, /socket\.request\.max\.bytes allows 1 to 1000/)
})

test('request.elements.max: a request whose arrays have more closes its connection, with one line that says so', async () => {
  await using of = await subject({ 'request.elements.max': 20_000 })
  const topics = (count: number) => Array.from({ length: count }, (_, at) => ({ topicId: ZERO_UUID, name: `t${at}` }))
  const client = await of.connect()
  const flags = { allowAutoTopicCreation: false, includeTopicAuthorizedOperations: false }
  const request = (count: number) => ({ topics: topics(count), ...flags })
  for (let at = 0; at < 2; at++) equal((await client.send(Metadata, 12, request(20_000))).topics.length, 20_000)
  // Two arrays together, in each of which there may be as many.
  const partitions = Array.from({ length: 14_000 }, (_, index) => ({ index, records: null }))
  const topic = { name: 't', topicId: ZERO_UUID, partitionData: partitions }
  const produce = (topicData: (typeof topic)[]) => ({ transactionalId: null, acks: 1, timeoutMs: 1000, topicData })
  equal((await client.send(Produce, 9, produce([topic]))).responses[0]!.partitionResponses.length, 14_000)
  client.socket.write(client.encode(Produce, 9, produce([topic, topic])))
  await client.ended()
  match(of.lines.all.at(-1)!.msg, /arrays of 28002 elements; request\.elements\.max allows 20000/)
})

test('what one request names again and again is in its answer once', async () => {
  await using of = await subject({})
  const client = await of.connect()
  const topic = await WireTopic.create(client)
  equal(await topic.write('one'), 0)
  const twice = <T>(one: T, other: T) => [one, other, one, one, other]
  const byName = (name: string) => ({ name, topicId: ZERO_UUID })
  const flags = { allowAutoTopicCreation: false, includeTopicAuthorizedOperations: false }
  const metadata = await client.send(Metadata, 12, { topics: twice(byName(topic.name), byName('none')), ...flags })
  deepEqual(
    metadata.topics.map(({ name }) => name),
    [topic.name, 'none'],
  )
  // By id: what stands beside it as a name is not looked at.
  const byId = (name: string | null, { topicId } = topic) => ({ name, topicId })
  const topics = [...['a', null, 'b', topic.name].map((name) => byId(name)), byName('none'), byName(topic.name)]
  const found = await client.send(Metadata, 12, { topics, ...flags })
  deepEqual(
    found.topics.map(({ name }) => name),
    [topic.name, 'none', topic.name],
  )
  const resource = (resourceType: number, resourceName: string) => ({
    resourceType,
    resourceName,
    configurationKeys: null,
  })
  const configs = await client.send(DescribeConfigs, 4, {
    resources: twice(resource(2, topic.name), resource(32, topic.name)),
    includeSynonyms: false,
    includeDocumentation: true,
  })
  deepEqual(
    configs.results.map(({ resourceType }) => resourceType),
    [2, 32],
  )
  const groups = twice('g', 'h')
  const described = await client.send(DescribeGroups, 5, { groups, includeAuthorizedOperations: false })
  deepEqual(
    described.groups.map(({ groupId }) => groupId),
    ['g', 'h'],
  )
  const partitions = (partitionIndexes: number[]) => ({ name: topic.name, partitionIndexes })
  const producers = await client.send(DescribeProducers, 0, { topics: [partitions([0, 0, 1]), partitions([1, 2])] })
  deepEqual(
    producers.topics.map(({ partitions }) => partitions.map(({ partitionIndex }) => partitionIndex)),
    [[0, 1], [2]],
  )
  // Makes the topic of the offsets; until that is led nobody has groups.
  const coordinated = async () => {
    const { coordinators } = await client.send(FindCoordinator, 4, { keyType: 0, coordinatorKeys: ['g', 'h'] })
    const { groups } = await client.send(OffsetFetch, 8, {
      groups: [{ groupId: 'g', topics: null }],
      requireStable: false,
    })
    return coordinators.every(({ errorCode }) => errorCode === 0) && groups[0]!.errorCode === 0
  }
  await until(coordinated, 'the topic of offsets to be led')
  const ofGroup = (groupId: string) => ({ groupId, topics: [partitions([0, 0, 1]), partitions([1, 2])] })
  const offsets = await client.send(OffsetFetch, 8, { groups: twice(ofGroup('g'), ofGroup('h')), requireStable: false })
  deepEqual(
    offsets.groups.map(({ groupId, topics }) => [groupId, topics.flatMap(({ partitions }) => partitions.length)]),
    [
      ['g', [2, 1]],
      ['h', [2, 1]],
    ],
  )
  const one = await client.send(OffsetFetch, 7, { groupId: 'g', topics: [partitions([0, 0])], requireStable: false })
  equal(one.topics[0]!.partitions.length, 1)
})

test('connection.queued.max.bytes: requests of a client that does not read wait, and are all answered when it does', async () => {
  await using of = await subject({ 'connection.queued.max.bytes': 100_000, 'fetch.max.bytes': MIB })
  const client = await of.connect()
  const topic = await WireTopic.create(client)
  equal((await topic.produce({ records: [record(MIB - 1000)] })).errorCode, 0)
  client.socket.pause()
  const requests = 60
  const answers = Array.from({ length: requests }, () => {
    client.socket.write(client.encode(Fetch, 12, topic.fetchRequest(0)))
    return client.expect(Fetch, 12)
  })
  const other = await of.connect()
  // What the kernel buffers is not ours: the rest has not even been read from the log.
  let served = -1
  for (let now = 0; now !== served || now === 0; ) {
    served = now
    for (let at = 0; at < 50; at += 1) await other.send(ApiVersions, 0, {})
    now = await of.metric('odradek_requests_total{api="Fetch"}')
  }
  ok(served < requests, `${served} were served`)
  client.socket.resume()
  for (const answer of answers) equal((await answer).responses[0]!.partitions[0]!.errorCode, 0)
})

test('connection.requests.max: later requests wait until earlier ones are answered', async () => {
  await using of = await subject({ 'connection.requests.max': 2, 'flush.mode': 'sync' })
  const client = await of.connect()
  const topic = await WireTopic.create(client)
  const frames: Buffer[] = []
  const answers = Array.from({ length: 50 }, () => {
    frames.push(client.encode(Produce, 9, topic.produceRequest({ records: [record(10)] })))
    return client.expect(Produce, 9)
  })
  client.socket.write(Buffer.concat(frames))
  for (const [at, answer] of (await Promise.all(answers)).entries()) {
    equal(answer.responses[0]!.partitionResponses[0]!.baseOffset, at)
  }
  // They could not share syncs: at most two were under way.
  ok((await of.metric('odradek_flush_duration_seconds_count')) >= 25)
})

test('memory.request.bytes.max: requests in pieces wait for memory, none for ever, others are served', async () => {
  await using of = await subject({ 'memory.request.bytes.max': 2 * MIB })
  const other = await of.connect()
  const topic = await WireTopic.create(other)
  const clients = await Promise.all(Array.from({ length: 20 }, () => of.connect()))
  const frames = clients.map((client) => {
    const frame = client.encode(Produce, 9, topic.produceRequest({ records: [record(MIB - 1000)] }, { acks: 1 }))
    return { client, frame, answer: client.expect(Produce, 9) }
  })
  // Half of each: 10 MiB where 2 MiB may be.
  for (const { client, frame } of frames) client.socket.write(frame.subarray(0, frame.length / 2))
  while ((await of.metric('odradek_request_memory_waiting')) < 10) await other.send(ApiVersions, 0, {})
  ok((await of.metric('odradek_request_memory_bytes{use="frame"}')) <= 4 * MIB)
  equal(await topic.write('in one piece'), 0)
  for (const { client, frame } of frames) client.socket.write(frame.subarray(frame.length / 2))
  for (const { answer } of frames) equal((await answer).responses[0]!.partitionResponses[0]!.errorCode, 0)
  equal(await of.metric('odradek_request_memory_waiting'), 0)
  equal(await of.metric('odradek_request_memory_bytes{use="frame"}'), 0)
  equal(await of.metric('odradek_request_memory_bytes{use="backlog"}'), 0)
})

async function untilParked(of: Subject, count: number): Promise<void> {
  const deadline = performance.now() + 60_000
  for (;;) {
    const parked = await of.metric('odradek_fetches_parked')
    if (parked === count) return
    ok(performance.now() < deadline, `${parked} fetches wait, not ${count}`)
  }
}

test('fetch.parked.max: one more fetch is answered at once with nothing; one whose connection breaks leaves its place', async () => {
  await using of = await subject({ 'fetch.parked.max': 1 })
  const [waiting, next] = [await of.connect(), await of.connect()]
  const topic = await WireTopic.create(waiting)
  const parked = topic.fetch(0, { maxWaitMs: 600_000 })
  await untilParked(of, 1)
  const same = new WireTopic(next, topic.name, topic.topicId)
  equal((await same.read(0, { maxWaitMs: 600_000 })).length, 0)
  match(of.lines.all.at(-1)!.msg, /fetch\.parked\.max allows 1/)
  await same.write('news')
  notEqual((await parked).records, null)
  equal(await of.metric('odradek_fetches_parked'), 0)
  const abandoned = topic.fetch(1, { maxWaitMs: 600_000 })
  await untilParked(of, 1)
  waiting.socket.resetAndDestroy()
  await rejects(abandoned)
  await untilParked(of, 0)
})

test('max.incremental.fetch.session.cache.slots: one more client gets no session', async () => {
  await using of = await subject({ 'max.incremental.fetch.session.cache.slots': 1 })
  const client = await of.connect()
  const topic = await WireTopic.create(client)
  const open = () => client.send(Fetch, 12, { ...topic.fetchRequest(0), sessionId: 0, sessionEpoch: 0 })
  notEqual((await open()).sessionId, 0)
  equal((await open()).sessionId, 0)
  equal(await of.metric('odradek_fetch_sessions'), 1)
})

test('log.open.files.max: no more segment files are open, and all are read and written', async () => {
  await using of = await subject({ 'log.open.files.max': 4 })
  const client = await of.connect()
  const topics = await Promise.all(Array.from({ length: 12 }, () => WireTopic.create(client)))
  for (const topic of topics) await topic.write('one')
  for (const topic of topics) equal((await topic.read(0)).length, 1)
  for (const topic of topics) equal(await topic.write('two'), 1)
  // Files with bytes that are not flushed may be beyond the limit for a while.
  while ((await of.metric('odradek_segment_files_open')) > 4) for (const topic of topics) await topic.read(0)
})

test('producer.ids.max: the producer that wrote longest ago is forgotten', async () => {
  await using of = await subject({ 'producer.ids.max': 2 })
  const client = await of.connect()
  const topic = await WireTopic.create(client)
  const start = Date.now()
  const produce = (producerId: number, baseSequence: number, timestamp: number) =>
    topic.produce(encodeBatch({ producerId, producerEpoch: 0, baseSequence, records: [{ value: 'v', timestamp }] }))
  for (const id of [1, 2, 3]) equal((await produce(id, 0, start + id)).errorCode, 0)
  equal((await produce(3, 5, start + 4)).errorCode, 45, 'a gap of one that is known')
  equal((await produce(1, 5, start + 4)).errorCode, 0, 'one that was forgotten may begin anywhere')
})

test('group.max.size: one more member is refused', async () => {
  await using of = await subject({ 'group.max.size': 1 })
  const join = async (memberId: string) => {
    const client = await of.connect()
    const protocols = [{ name: 'range', metadata: Buffer.alloc(0) }]
    const timeouts = { sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000 }
    return client.send(JoinGroup, 2, { groupId: 'g', memberId, protocolType: 'consumer', protocols, ...timeouts })
  }
  const finder = await of.connect()
  const isFound = async () => (await finder.send(FindCoordinator, 3, { key: 'g', keyType: 0 })).errorCode === 0
  await until(isFound, 'the topic of offsets')
  let answer = await join('')
  while (answer.errorCode === 14 || answer.errorCode === 15 || answer.errorCode === 16) answer = await join('')
  equal(answer.errorCode, 0)
  equal((await join('')).errorCode, 81)
  await of.lines.said('A member was refused: group.max.size allows 1')
  equal(await of.metric('odradek_groups'), 1)
})

test('warnings about clients are limited per second, and counted', async () => {
  await using of = await subject({ 'log.client.warnings.max': 2 })
  const sockets: Socket[] = []
  after(() => sockets.map((socket) => socket.destroy()))
  for (let at = 0; at < 30; at += 1) {
    const socket = connect(of.broker.port, '127.0.0.1')
    sockets.push(socket)
    socket.on('error', () => {})
    socket.write(Buffer.alloc(8))
    await once(socket.resume(), 'close')
  }
  equal(await of.metric('odradek_client_warnings_total{kind="request"}'), 30)
  ok(of.lines.all.filter(({ msg }) => msg.startsWith('Closed a connection')).length < 30)
})

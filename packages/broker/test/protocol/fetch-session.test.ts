/** Fetch (1) in sessions (KIP-227): opened, incremental, forgotten, closed, refused. */
import { deepEqual, equal, notEqual } from 'node:assert/strict'
import { after, test } from 'node:test'
import { Fetch, type RequestInput, type ResponseOutput } from '@odradek/protocol'
import { readRecords } from '../protocol-cross-check/read-records.ts'
import { oursOnly, Subject } from './subject.ts'
import { WireTopic } from './wire-topic.ts'

const FETCH_SESSION_ID_NOT_FOUND = 70
const INVALID_FETCH_SESSION_EPOCH = 71

const subject = await Subject.start({ 'max.incremental.fetch.session.cache.slots': 100 })
after(() => subject.close())
const client = await subject.connect()

/** A client's side of one session. */
class Session {
  readonly topic: WireTopic
  readonly version: number
  id = 0
  epoch = 0

  constructor(topic: WireTopic, version: number) {
    this.topic = topic
    this.version = version
  }

  async fetch(
    offsets: Readonly<Record<number, number>>,
    more: Partial<RequestInput<typeof Fetch>> = {},
  ): Promise<ResponseOutput<typeof Fetch>> {
    const { name: topic, topicId } = this.topic
    const partitions = Object.entries(offsets).map(([partition, fetchOffset]) => ({
      partition: Number(partition),
      fetchOffset,
      partitionMaxBytes: 1 << 20,
    }))
    const answer = await client.send(Fetch, this.version, {
      maxWaitMs: 0,
      minBytes: 1,
      sessionId: this.id,
      sessionEpoch: this.epoch,
      topics: partitions.length > 0 ? [{ topic, topicId, partitions }] : [],
      ...more,
    })
    if (answer.errorCode === 0) {
      this.id = answer.sessionId
      this.epoch += 1
    }
    return answer
  }

  forget(...partitions: number[]): Partial<RequestInput<typeof Fetch>> {
    const { name: topic, topicId } = this.topic
    return { forgottenTopicsData: [{ topic, topicId, partitions }] }
  }
}

/** Partition and number of records of each partition in an answer. */
function found(answer: ResponseOutput<typeof Fetch>): [partition: number, records: number][] {
  return answer.responses
    .flatMap(({ partitions }) => partitions)
    .map(({ partitionIndex, errorCode, records }): [number, number] => {
      equal(errorCode, 0)
      return [partitionIndex, readRecords(records).length]
    })
    .sort(([a], [b]) => a - b)
}

for (const version of [7, 12, 13, 18]) {
  test(`version ${version}: an open session tells of all partitions first, then only of those with news`, async () => {
    const topic = await WireTopic.create(client, { partitions: 3 })
    const value = { records: [{ value: 'v', timestamp: Date.now() }] }
    await topic.produce(value, { partition: 1 })
    const session = new Session(topic, version)
    deepEqual(found(await session.fetch({ 0: 0, 1: 0, 2: 0 })), [
      [0, 0],
      [1, 1],
      [2, 0],
    ])
    notEqual(session.id, 0)
    deepEqual(found(await session.fetch({ 1: 1 })), [], 'nothing new')
    await topic.produce(value, { partition: 2 })
    deepEqual(found(await session.fetch({})), [[2, 1]], 'only what has news')
    deepEqual(found(await session.fetch({})), [[2, 1]], 'the offset did not move, so it is told again')
    deepEqual(found(await session.fetch({ 2: 1 })), [])
    await topic.produce(value, { partition: 0 })
    await topic.produce(value, { partition: 1 })
    const both = [
      [0, 1],
      [1, 1],
    ]
    deepEqual(found(await session.fetch({})), both)
  })
}

test('partitions are added, moved and forgotten; what is forgotten goes first', async () => {
  const topic = await WireTopic.create(client, { partitions: 2 })
  const value = { records: [{ value: 'v', timestamp: Date.now() }] }
  const session = new Session(topic, 12)
  deepEqual(found(await session.fetch({ 0: 0 })), [[0, 0]])
  await topic.produce(value, { partition: 1 })
  deepEqual(found(await session.fetch({ 1: 0 })), [[1, 1]], 'a new one is told of')
  await topic.produce(value, { partition: 0 })
  deepEqual(found(await session.fetch({}, session.forget(0))), [[1, 1]], 'the forgotten one is not')
  deepEqual(found(await session.fetch({ 0: 0 }, session.forget(0, 1))), [[0, 1]], 'forgotten and added again')
  deepEqual(found(await session.fetch({ 0: 1 })), [])
})

test('a session that has nothing left to fetch is over', async () => {
  const topic = await WireTopic.create(client, { partitions: 1 })
  const session = new Session(topic, 13)
  await session.fetch({ 0: 0 })
  const { id } = session
  notEqual(id, 0)
  const last = await session.fetch({}, session.forget(0))
  equal(last.errorCode, 0)
  equal(last.sessionId, 0)
  session.id = id
  equal((await session.fetch({})).errorCode, FETCH_SESSION_ID_NOT_FOUND)
})

test('a long poll in a session wakes on what comes', async () => {
  const topic = await WireTopic.create(client, { partitions: 2 })
  const session = new Session(topic, 12)
  await session.fetch({ 0: 0, 1: 0 })
  const waiting = session.fetch({}, { maxWaitMs: 60_000 })
  const other = new WireTopic(await subject.connect(), topic.name, topic.topicId)
  await other.produce({ records: [{ value: 'v', timestamp: Date.now() }] }, { partition: 1 })
  deepEqual(found(await waiting), [[1, 1]])
})

test('an unknown session is FETCH_SESSION_ID_NOT_FOUND', async () => {
  const topic = await WireTopic.create(client)
  const session = new Session(topic, 12)
  session.id = 12345
  session.epoch = 1
  const answer = await session.fetch({ 0: 0 })
  deepEqual([answer.errorCode, answer.sessionId, answer.responses], [FETCH_SESSION_ID_NOT_FOUND, 0, []])
})

test('an epoch that is not the next one is INVALID_FETCH_SESSION_EPOCH, and the session goes on', async () => {
  const topic = await WireTopic.create(client)
  const session = new Session(topic, 12)
  await session.fetch({ 0: 0 })
  for (const epoch of [2, 5]) {
    const answer = await session.fetch({}, { sessionEpoch: epoch })
    deepEqual([answer.errorCode, answer.responses], [INVALID_FETCH_SESSION_EPOCH, []], `${epoch}`)
  }
  await topic.write('v')
  deepEqual(found(await session.fetch({})), [[0, 1]])
})

test('a closed session is gone; the closing fetch is served without one', async () => {
  const topic = await WireTopic.create(client)
  await topic.write('v')
  const session = new Session(topic, 12)
  await session.fetch({ 0: 0 })
  const { id } = session
  const closing = await session.fetch({ 0: 0 }, { sessionEpoch: -1 })
  deepEqual([closing.errorCode, closing.sessionId], [0, 0])
  deepEqual(found(closing), [[0, 1]])
  const after = await session.fetch({}, { sessionId: id, sessionEpoch: 1 })
  equal(after.errorCode, FETCH_SESSION_ID_NOT_FOUND)
})

test('a session that is opened anew takes the place of the old one', async () => {
  const topic = await WireTopic.create(client)
  const session = new Session(topic, 12)
  await session.fetch({ 0: 0 })
  const { id } = session
  const again = await session.fetch({ 0: 0 }, { sessionId: id, sessionEpoch: 0 })
  equal(again.errorCode, 0)
  notEqual(again.sessionId, id)
  equal((await session.fetch({}, { sessionId: id, sessionEpoch: 1 })).errorCode, FETCH_SESSION_ID_NOT_FOUND)
})

test('without a session every fetch tells of all its partitions', async () => {
  const topic = await WireTopic.create(client, { partitions: 2 })
  const session = new Session(topic, 12)
  for (let round = 0; round < 2; round += 1) {
    const answer = await session.fetch({ 0: 0, 1: 0 }, { sessionId: 0, sessionEpoch: -1 })
    equal(answer.sessionId, 0)
    equal(found(answer).length, 2)
  }
})

test('a partition that gave records goes behind the others, so that none starves', async () => {
  const topic = await WireTopic.create(client, { partitions: 2 })
  const value = { records: [{ value: 'x'.repeat(500), timestamp: Date.now() }] }
  const session = new Session(topic, 12)
  await session.fetch({ 0: 0, 1: 0 })
  for (const partition of [0, 1]) for (let n = 0; n < 3; n += 1) await topic.produce(value, { partition })
  const turns: number[] = []
  const offsets: Record<number, number> = {}
  for (let round = 0; round < 4; round += 1) {
    const given = found(await session.fetch(offsets, { maxBytes: 1 })).filter(([, records]) => records > 0)
    for (const [partition, records] of given) {
      turns.push(partition)
      offsets[partition] = (offsets[partition] ?? 0) + records
    }
  }
  deepEqual(turns.slice(0, 4), [0, 1, 0, 1])
})

test('when all places are taken by live clients a fetch is served without a session', { skip: oursOnly }, async () => {
  const topic = await WireTopic.create(client)
  await topic.write('v')
  for (let index = 0; index < 100; index += 1) await new Session(topic, 12).fetch({ 0: 0 })
  const refused = new Session(topic, 12)
  const answer = await refused.fetch({ 0: 0 })
  deepEqual([answer.errorCode, answer.sessionId], [0, 0])
  deepEqual(found(answer), [[0, 1]])
})

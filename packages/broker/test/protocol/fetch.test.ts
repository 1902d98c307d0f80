/** Fetch (1) without sessions: which records, how many bytes, how long it waits, which errors. */
import { deepEqual, equal, notEqual, ok } from 'node:assert/strict'
import { after, test } from 'node:test'
import { CreatePartitions, DeleteRecords, DeleteTopics, encodeBatch, Fetch, Metadata } from '@odradek/protocol'
import { readRecords } from '../protocol-cross-check/read-records.ts'
import { oursOnly, Subject } from './subject.ts'
import { WireTopic } from './wire-topic.ts'

const OFFSET_OUT_OF_RANGE = 1
const UNKNOWN_TOPIC_OR_PARTITION = 3
const FENCED_LEADER_EPOCH = 74
const UNKNOWN_LEADER_EPOCH = 75
const UNKNOWN_TOPIC_ID = 100
/** Longer than any test may take. */
const LONG_MS = 60_000

const subject = await Subject.start()
after(() => subject.close())
const client = await subject.connect()
const other = await subject.connect()
/** The same topic over the second connection. */
const over = (topic: WireTopic) => new WireTopic(other, topic.name, topic.topicId)

for (let version = 4; version <= 18; version += 1) {
  test(`version ${version} reads what was written, with real watermarks`, async () => {
    const topic = await WireTopic.create(client)
    await topic.write('a', 'b')
    await topic.write('c')
    const answer = await topic.fetch(1, { version })
    equal(answer.errorCode, 0)
    deepEqual([answer.highWatermark, answer.lastStableOffset, answer.preferredReadReplica], [3, 3, -1])
    equal(answer.logStartOffset, version >= 5 ? 0 : -1)
    deepEqual(
      readRecords(answer.records).map(({ offset, value }) => [offset, value]),
      [
        [0, 'a'],
        [1, 'b'],
        [2, 'c'],
      ],
      'the batch that holds the offset comes whole',
    )
    const nothing = await topic.fetch(3, { version })
    equal(nothing.records === null, false, 'records are never null')
    deepEqual([nothing.errorCode, readRecords(nothing.records)], [0, []])
  })
}

test('aborted transactions are null for who reads uncommitted records, a list for who reads committed ones', async () => {
  const topic = await WireTopic.create(client)
  await topic.write('a')
  equal((await topic.fetch(0, { isolationLevel: 0 })).abortedTransactions, null)
  const committed = await topic.fetch(0, { isolationLevel: 1 })
  deepEqual(committed.abortedTransactions, [])
  equal(readRecords(committed.records).length, 1)
})

test('an offset outside the log is OFFSET_OUT_OF_RANGE, its end is not', async () => {
  const topic = await WireTopic.create(client)
  await topic.write('a')
  await topic.write('b')
  const partitions = [{ partitionIndex: 0, offset: 1 }]
  await client.send(DeleteRecords, 2, { topics: [{ name: topic.name, partitions }], timeoutMs: 1000 })
  for (const offset of [0, 3, 1000]) equal((await topic.fetch(offset)).errorCode, OFFSET_OUT_OF_RANGE, `${offset}`)
  for (const offset of [1, 2]) equal((await topic.fetch(offset)).errorCode, 0, `${offset}`)
  equal((await topic.fetch(1)).logStartOffset, 1)
})

test('what does not exist is UNKNOWN_TOPIC_OR_PARTITION, by id UNKNOWN_TOPIC_ID', async () => {
  const topic = await WireTopic.create(client)
  const none = new WireTopic(client, `none-${topic.name}`, 'AAAAAAAAAAAAAAAAAAAAAQ')
  const absent = await topic.fetch(0, { partition: 4 })
  deepEqual([absent.errorCode, absent.highWatermark], [UNKNOWN_TOPIC_OR_PARTITION, -1])
  equal((await topic.fetch(0, { partition: 4, version: 13 })).errorCode, UNKNOWN_TOPIC_OR_PARTITION)
  equal((await none.fetch(0)).errorCode, UNKNOWN_TOPIC_OR_PARTITION)
  equal((await none.fetch(0, { version: 13 })).errorCode, UNKNOWN_TOPIC_ID)
})

test('the leader epoch that a client believes in is checked, -1 is not', async () => {
  const topic = await WireTopic.create(client)
  await topic.write('a')
  const { topics } = await client.send(Metadata, 12, { topics: [{ name: topic.name }] })
  const { leaderEpoch } = topics[0]!.partitions[0]!
  for (const version of [9, 12, 18]) {
    equal((await topic.fetch(0, { version, currentLeaderEpoch: -1 })).errorCode, 0)
    equal((await topic.fetch(0, { version, currentLeaderEpoch: leaderEpoch })).errorCode, 0)
    const newer = await topic.fetch(0, { version, currentLeaderEpoch: leaderEpoch + 1 })
    equal(newer.errorCode, UNKNOWN_LEADER_EPOCH)
    if (leaderEpoch === 0) continue
    equal((await topic.fetch(0, { version, currentLeaderEpoch: leaderEpoch - 1 })).errorCode, FENCED_LEADER_EPOCH)
  }
})

// KIP-110. Kafka gave that up in 4.x, when it gave up converting records for old clients.
test('zstd is given to every version: old clients that asked before Fetch 10 can read it too', async () => {
  const topic = await WireTopic.create(client)
  const records = [{ value: 'v', timestamp: Date.now() }]
  await topic.produce({ records, codec: 'zstd' })
  for (const version of [4, 9, 10, 18]) equal((await topic.read(0, { version })).length, 1)
})

test('the first batch comes whole, however few bytes are asked for, and no second one', async () => {
  const topic = await WireTopic.create(client)
  const batch = { records: [{ value: 'x'.repeat(5000), timestamp: Date.now() }] }
  await topic.produce(batch)
  await topic.produce(batch)
  const size = encodeBatch(batch).length
  for (const limit of [{ partitionMaxBytes: 1 }, { maxBytes: 1 }, { maxBytes: 0, partitionMaxBytes: 0 }]) {
    equal((await topic.read(0, limit)).length, 1)
  }
  equal((await topic.read(0, { partitionMaxBytes: size * 2 })).length, 2)
})

test('a partition after the first gets only what is left of the bytes', async () => {
  const topic = await WireTopic.create(client, { partitions: 3 })
  const batch = { records: [{ value: 'x'.repeat(1000), timestamp: Date.now() }] }
  for (const partition of [0, 1, 2]) await topic.produce(batch, { partition })
  const size = encodeBatch(batch).length
  const request = topic.fetchRequest(0, { maxBytes: size + 10 })
  const partitions = [2, 0, 1].map((partition) => ({ partition, fetchOffset: 0, partitionMaxBytes: 1 << 20 }))
  const { responses } = await client.send(Fetch, 12, { ...request, topics: [{ topic: topic.name, partitions }] })
  const sizes = responses[0]!.partitions.map(({ partitionIndex, records }) => [
    partitionIndex,
    records!.end - records!.start,
  ])
  equal(sizes[0]![0], 2, 'in the order that was asked')
  equal(sizes[0]![1], size)
  ok(sizes.slice(1).every(([, bytes]) => bytes! <= 10))
})

test('a fetch waits, and is answered when records come', async () => {
  const topic = await WireTopic.create(client)
  const waiting = topic.fetch(0, { maxWaitMs: LONG_MS })
  await over(topic).write('awaited')
  deepEqual(
    readRecords((await waiting).records).map(({ value }) => value),
    ['awaited'],
  )
})

test('a fetch that waits for more bytes is answered when there are as many', async () => {
  const topic = await WireTopic.create(client)
  const value = 'x'.repeat(1000)
  await topic.write(value)
  let answered = false
  const waiting = topic.fetch(0, { maxWaitMs: LONG_MS, minBytes: 5000 }).finally(() => {
    answered = true
  })
  await over(topic).write(value)
  equal(answered, false)
  await over(topic).write(value)
  equal(readRecords((await waiting).records).length, 3)
})

test('a fetch is answered with what there is when its time is over', async () => {
  const topic = await WireTopic.create(client)
  await topic.write('little')
  equal((await topic.read(0, { maxWaitMs: 30, minBytes: 1 << 20 })).length, 1)
  equal((await topic.read(1, { maxWaitMs: 30 })).length, 0)
})

test('a fetch with minBytes 0 does not wait', async () => {
  const topic = await WireTopic.create(client)
  equal((await topic.read(0, { maxWaitMs: LONG_MS, minBytes: 0 })).length, 0)
})

test('a fetch of nothing does not wait', async () => {
  const { responses } = await client.send(Fetch, 12, { maxWaitMs: LONG_MS, minBytes: 1, topics: [] })
  deepEqual(responses, [])
})

test('an error of one partition answers the fetch at once', async () => {
  const topic = await WireTopic.create(client, { partitions: 2 })
  const request = topic.fetchRequest(0, { maxWaitMs: LONG_MS })
  const partitions = [0, 1].map((partition) => ({ partition, fetchOffset: partition * 7, partitionMaxBytes: 1000 }))
  const { responses } = await client.send(Fetch, 12, { ...request, topics: [{ topic: topic.name, partitions }] })
  deepEqual(
    responses[0]!.partitions.map(({ errorCode }) => errorCode),
    [0, OFFSET_OUT_OF_RANGE],
  )
})

test('a fetch that waits on a topic hears of its deletion', { skip: oursOnly }, async () => {
  const topic = await WireTopic.create(client)
  const waiting = topic.fetch(0, { maxWaitMs: LONG_MS })
  await other.send(DeleteTopics, 1, { topicNames: [topic.name], timeoutMs: 1000 })
  equal((await waiting).errorCode, UNKNOWN_TOPIC_OR_PARTITION)
})

test('a partition that is added is read from at once', { skip: oursOnly }, async () => {
  const topic = await WireTopic.create(client)
  const request = { topics: [{ name: topic.name, count: 2, assignments: null }], timeoutMs: 1000 }
  await client.send(CreatePartitions, 3, request)
  await topic.produce({ records: [{ value: 'v', timestamp: Date.now() }] }, { partition: 1 })
  notEqual((await topic.fetch(0, { partition: 1 })).records, null)
  equal((await topic.read(0, { partition: 1 })).length, 1)
})

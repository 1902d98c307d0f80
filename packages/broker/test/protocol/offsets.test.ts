/** ListOffsets (2), OffsetForLeaderEpoch (23), DeleteRecords (21): where things are in a log. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { after, test } from 'node:test'
import { DeleteRecords, ListOffsets, OffsetForLeaderEpoch, Produce } from '@odradek/protocol'
import { oursOnly, Subject } from './subject.ts'
import { WireTopic } from './wire-topic.ts'

const OFFSET_OUT_OF_RANGE = 1
const UNKNOWN_TOPIC_OR_PARTITION = 3
const UNSUPPORTED_VERSION = 35
const POLICY_VIOLATION = 44
const UNKNOWN_LEADER_EPOCH = 75
const LATEST = -1
const EARLIEST = -2
const MAX_TIMESTAMP = -3
const EARLIEST_LOCAL = -4
const LATEST_TIERED = -5
const EARLIEST_PENDING_UPLOAD = -6

const subject = await Subject.start()
after(() => subject.close())
const client = await subject.connect()

/** A topic with batches of records at these times after `start`. */
async function timed(start: number, batches: readonly (readonly number[])[], codec: 'none' | 'gzip' = 'none') {
  const topic = await WireTopic.create(client)
  for (const offsets of batches) {
    const records = offsets.map((offset) => ({ value: `${offset}`, timestamp: start + offset }))
    equal((await topic.produce({ records, codec })).errorCode, 0)
  }
  return topic
}

async function deleteBelow(topic: WireTopic, offset: number, partitionIndex = 0) {
  const topics = [{ name: topic.name, partitions: [{ partitionIndex, offset }] }]
  const answer = await client.send(DeleteRecords, 2, { topics, timeoutMs: 5000 })
  const { errorCode, lowWatermark } = answer.topics[0]!.partitions[0]!
  return [errorCode, lowWatermark]
}

for (let version = 1; version <= 11; version += 1) {
  test(`version ${version} tells latest and earliest`, async () => {
    const topic = await timed(Date.now(), [[0, 1], [2]])
    await deleteBelow(topic, 1)
    for (const isolationLevel of [0, 1]) {
      const latest = await topic.offsetOf(LATEST, { version, isolationLevel })
      deepEqual([latest.errorCode, latest.offset, latest.timestamp], [0, 3, -1])
      const earliest = await topic.offsetOf(EARLIEST, { version, isolationLevel })
      deepEqual([earliest.errorCode, earliest.offset, earliest.timestamp], [0, 1, -1])
      equal(latest.leaderEpoch, version >= 4 ? 0 : -1)
    }
  })
}

test('an empty log: latest and earliest are 0, nothing has a time', async () => {
  const topic = await WireTopic.create(client)
  for (const time of [LATEST, EARLIEST, EARLIEST_LOCAL]) equal((await topic.offsetOf(time)).offset, 0, `${time}`)
  for (const time of [MAX_TIMESTAMP, LATEST_TIERED, 0, Date.now()]) {
    const { errorCode, offset, timestamp, leaderEpoch } = await topic.offsetOf(time)
    deepEqual([errorCode, offset, timestamp, leaderEpoch], [0, -1, -1, -1], `${time}`)
  }
})

test('the greatest timestamp is that of its record, also inside a batch and not at the end', async () => {
  const start = Date.now()
  for (const codec of ['none', 'gzip'] as const) {
    const topic = await timed(start, [[0, 1], [5, 9, 7], [2]], codec)
    const { errorCode, offset, timestamp } = await topic.offsetOf(MAX_TIMESTAMP)
    deepEqual([errorCode, offset, timestamp], [0, 3, start + 9])
  }
})

test('special times of tiered logs: local is earliest, tiered and pending there is nothing', async () => {
  const topic = await timed(Date.now(), [[0], [1]])
  await deleteBelow(topic, 1)
  equal((await topic.offsetOf(EARLIEST_LOCAL)).offset, 1)
  equal((await topic.offsetOf(LATEST_TIERED)).offset, -1)
  const pending = await topic.offsetOf(EARLIEST_PENDING_UPLOAD)
  deepEqual([pending.errorCode, pending.offset], [0, -1])
})

test('a special time that does not exist, or not yet in that version, is UNSUPPORTED_VERSION', async () => {
  const topic = await timed(Date.now(), [[0]])
  for (const time of [-7, -100]) equal((await topic.offsetOf(time)).errorCode, UNSUPPORTED_VERSION, `${time}`)
  for (const [time, version] of [
    [MAX_TIMESTAMP, 6],
    [EARLIEST_LOCAL, 7],
    [LATEST_TIERED, 8],
    [EARLIEST_PENDING_UPLOAD, 10],
  ] as const) {
    const answer = await topic.offsetOf(time, { version })
    deepEqual([answer.errorCode, answer.offset], [UNSUPPORTED_VERSION, -1], `${time} in version ${version}`)
  }
})

for (const codec of ['none', 'gzip'] as const) {
  test(`by time: the first record that is not older, inside batches too (${codec})`, async () => {
    const start = Date.now() - 1000
    const topic = await timed(start, [[10, 20, 30], [40, 35, 50], [60]], codec)
    const expected = [
      [0, 0, 10],
      [10, 0, 10],
      [11, 1, 20],
      [30, 2, 30],
      [31, 3, 40],
      [40, 3, 40],
      [41, 5, 50],
      [51, 6, 60],
      [60, 6, 60],
    ] as const
    for (const [time, offset, at] of expected) {
      const found = await topic.offsetOf(start + time)
      deepEqual([found.errorCode, found.offset, found.timestamp - start], [0, offset, at], `at ${time}`)
    }
    const { offset, timestamp, leaderEpoch } = await topic.offsetOf(start + 61)
    deepEqual([offset, timestamp, leaderEpoch], [-1, -1, -1])
  })
}

test('by time finds nothing below the log start', async () => {
  const start = Date.now() - 1000
  const topic = await timed(start, [[10, 20, 30]])
  await deleteBelow(topic, 2)
  const found = await topic.offsetOf(start)
  deepEqual([found.offset, found.timestamp - start], [2, 30])
})

test('the leader epoch is checked, absent partitions are unknown', async () => {
  const topic = await timed(Date.now(), [[0]])
  equal((await topic.offsetOf(LATEST, { currentLeaderEpoch: 0 })).errorCode, 0)
  equal((await topic.offsetOf(LATEST, { currentLeaderEpoch: 1 })).errorCode, UNKNOWN_LEADER_EPOCH)
  const { topics } = await client.send(ListOffsets, 4, {
    topics: [
      { name: topic.name, partitions: [{ partitionIndex: 3, timestamp: LATEST }] },
      { name: `none-${topic.name}`, partitions: [{ partitionIndex: 0, timestamp: LATEST }] },
    ],
  })
  for (const { partitions } of topics) {
    deepEqual([partitions[0]!.errorCode, partitions[0]!.offset], [UNKNOWN_TOPIC_OR_PARTITION, -1])
  }
})

for (const version of [2, 3, 4]) {
  test(`OffsetForLeaderEpoch version ${version} tells where an epoch ends`, async () => {
    const topic = await timed(Date.now(), [[0, 1, 2]])
    const ask = async (leaderEpoch: number, currentLeaderEpoch = -1, partition = 0) => {
      const topics = [{ topic: topic.name, partitions: [{ partition, leaderEpoch, currentLeaderEpoch }] }]
      const answer = await client.send(OffsetForLeaderEpoch, version, { replicaId: -1, topics })
      const told = answer.topics[0]!.partitions[0]!
      return [told.errorCode, told.leaderEpoch, told.endOffset]
    }
    deepEqual(await ask(0), [0, 0, 3], 'the epoch that goes on ends where the log does')
    deepEqual(await ask(0, 0), [0, 0, 3])
    deepEqual(await ask(5), [0, -1, -1], 'an epoch that is still to come is unknown')
    deepEqual(await ask(0, 1), [UNKNOWN_LEADER_EPOCH, -1, -1])
    deepEqual(await ask(0, -1, 6), [UNKNOWN_TOPIC_OR_PARTITION, -1, -1])
  })
}

for (const version of [0, 1, 2]) {
  test(`DeleteRecords version ${version} raises the log start, -1 to the high watermark`, async () => {
    const topic = await timed(Date.now(), [[0, 1, 2], [3]])
    const ask = async (offset: number) => {
      const topics = [{ name: topic.name, partitions: [{ partitionIndex: 0, offset }] }]
      const answer = await client.send(DeleteRecords, version, { topics, timeoutMs: 5000 })
      const { errorCode, lowWatermark } = answer.topics[0]!.partitions[0]!
      return [errorCode, lowWatermark]
    }
    deepEqual(await ask(2), [0, 2])
    equal((await topic.offsetOf(EARLIEST)).offset, 2)
    equal((await topic.fetch(1)).errorCode, OFFSET_OUT_OF_RANGE)
    ok((await topic.read(2)).some(({ offset }) => offset === 2))
    deepEqual(await ask(1), [0, 2], 'what is deleted already stays so')
    deepEqual(await ask(5), [OFFSET_OUT_OF_RANGE, -1])
    deepEqual(await ask(-2), [OFFSET_OUT_OF_RANGE, -1])
    deepEqual(await ask(-1), [0, 4])
    equal((await topic.offsetOf(LATEST)).offset, 4)
    equal((await topic.read(4)).length, 0)
  })
}

test('DeleteRecords where there is no partition, and where nothing may be deleted', async () => {
  const topic = await WireTopic.create(client)
  deepEqual(await deleteBelow(topic, 0, 4), [UNKNOWN_TOPIC_OR_PARTITION, -1])
  const compacted = await WireTopic.create(client, { configs: { 'cleanup.policy': 'compact' } })
  await compacted.write('a', 'b')
  deepEqual(await deleteBelow(compacted, 1), [POLICY_VIOLATION, -1])
  equal((await compacted.offsetOf(EARLIEST)).offset, 0)
})

test('read-only requests see what the same connection produced before, in the same packet too', {
  skip: oursOnly,
}, async () => {
  const topic = await WireTopic.create(client)
  const records = [{ value: 'v', timestamp: Date.now() }]
  const produce = client.encode(Produce, 9, topic.produceRequest({ records }, { acks: 0 }))
  const partitions = [{ partitionIndex: 0, timestamp: LATEST }]
  const list = client.encode(ListOffsets, 1, { topics: [{ name: topic.name, partitions }] })
  const answer = client.expect(ListOffsets, 1)
  client.socket.write(Buffer.concat([produce, list]))
  equal((await answer).topics[0]!.partitions[0]!.offset, 1)
})

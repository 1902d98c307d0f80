/** Produce (0): what is taken and what is refused, with which code. */
import { deepEqual, equal, match, notEqual, ok } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import {
  COUNT,
  CRC,
  encodeBatch,
  FindCoordinator,
  LAST_OFFSET_DELTA,
  MAGIC,
  Produce,
  patchBatchCrc,
  sliceOf,
  viewOf,
} from '@odradek/protocol'
import { oursOnly, Subject } from './subject.ts'
import { type Batch, WireTopic } from './wire-topic.ts'

const CORRUPT_MESSAGE = 2
const UNKNOWN_TOPIC_OR_PARTITION = 3
const MESSAGE_TOO_LARGE = 10
const INVALID_REQUIRED_ACKS = 21
const INVALID_TIMESTAMP = 32
const UNSUPPORTED_COMPRESSION_TYPE = 76
const INVALID_RECORD = 87
const UNKNOWN_TOPIC_ID = 100

const subject = await Subject.start()
after(() => subject.close())
const client = await subject.connect()
const topic = await WireTopic.create(client, { partitions: 2 })
const now = () => Date.now()
const one = (): Batch => ({ records: [{ key: 'k', value: 'v', timestamp: now() }] })

/** A batch with some of its bytes changed, and its CRC made right again. */
function changed(batch: Batch, change: (view: DataView) => void): Buffer {
  const bytes = encodeBatch(batch)
  const view = viewOf(bytes)
  change(view)
  patchBatchCrc(bytes, view, 0)
  return bytes
}

for (let version = 3; version <= 13; version += 1) {
  test(`version ${version} appends and tells the offset`, async () => {
    const to = await WireTopic.create(client)
    const first = await to.produce({ records: [one().records[0]!, one().records[0]!] }, { version })
    const second = await to.produce(one(), { version })
    const { errorCode, baseOffset, logAppendTimeMs, logStartOffset, recordErrors, errorMessage } = second
    deepEqual([first.errorCode, first.baseOffset], [0, 0])
    deepEqual([errorCode, baseOffset, logAppendTimeMs], [0, 2, -1])
    equal(logStartOffset, version >= 5 ? 0 : -1)
    deepEqual([recordErrors, errorMessage], [[], null])
    equal((await to.read(0)).length, 3)
  })
}

for (const acks of [0, 1, -1]) {
  test(`acks=${acks} appends`, async () => {
    const to = await WireTopic.create(client)
    if (acks === 0) client.socket.write(client.encode(Produce, 9, to.produceRequest(one(), { acks })))
    else equal((await to.produce(one(), { acks })).errorCode, 0)
    equal((await to.read(0)).length, 1)
  })
}

for (const acks of [2, -2, 32767]) {
  test(`acks=${acks} is INVALID_REQUIRED_ACKS and appends nothing`, async () => {
    const to = await WireTopic.create(client)
    const answer = await to.produce(one(), { acks })
    deepEqual([answer.errorCode, answer.baseOffset], [INVALID_REQUIRED_ACKS, -1])
    equal((await to.offsetOf(-1)).offset, 0)
  })
}

test('the partitions of one request are answered one by one: what can be appended is', async () => {
  const good = { index: 0, records: sliceOf(encodeBatch(one())) }
  const absent = { index: 9, records: sliceOf(encodeBatch(one())) }
  const { responses } = await client.send(Produce, 12, {
    acks: -1,
    timeoutMs: 1000,
    topicData: [
      { name: `none-${topic.name}`, partitionData: [good] },
      { name: topic.name, partitionData: [good, absent] },
    ],
  })
  const codes = responses.flatMap(({ name, partitionResponses }) =>
    partitionResponses.map(({ index, errorCode }) => [name, index, errorCode]),
  )
  codes.sort()
  deepEqual(codes, [
    [`none-${topic.name}`, 0, UNKNOWN_TOPIC_OR_PARTITION],
    [topic.name, 0, 0],
    [topic.name, 9, UNKNOWN_TOPIC_OR_PARTITION],
  ])
})

test('an unknown topic id is UNKNOWN_TOPIC_ID, an unknown partition of a known one UNKNOWN_TOPIC_OR_PARTITION', async () => {
  const unknownId = Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url')
  const unknown = new WireTopic(client, topic.name, unknownId)
  equal((await unknown.produce(one(), { version: 13 })).errorCode, UNKNOWN_TOPIC_ID)
  equal((await topic.produce(one(), { version: 13, partition: 9 })).errorCode, UNKNOWN_TOPIC_OR_PARTITION)
})

test('a batch whose CRC is wrong is CORRUPT_MESSAGE', async () => {
  const bytes = encodeBatch(one())
  bytes[CRC]! ^= 1
  equal((await topic.produce(bytes)).errorCode, CORRUPT_MESSAGE)
})

test('a batch that claims more bytes than were sent is CORRUPT_MESSAGE', async () => {
  const bytes = encodeBatch(one())
  bytes.writeInt32BE(bytes.readInt32BE(8) + 1, 8)
  const answer = await topic.produce(bytes).catch((error: Error) => error)
  // Kafka finds no batch at all in it.
  if (oursOnly) return
  equal((answer as { errorCode: number }).errorCode, CORRUPT_MESSAGE)
})

test('a batch of magic 0 or 1 is INVALID_RECORD', { skip: oursOnly }, async () => {
  for (const magic of [0, 1, 3]) {
    const answer = await topic.produce(changed(one(), (view) => view.setInt8(MAGIC, magic)))
    equal(answer.errorCode, INVALID_RECORD)
  }
})

test('two batches for one partition are INVALID_RECORD', async () => {
  const answer = await topic.produce(Buffer.concat([encodeBatch(one()), encodeBatch(one())]))
  equal(answer.errorCode, INVALID_RECORD)
})

test('no batch for a partition is INVALID_RECORD', { skip: oursOnly }, async () => {
  equal((await topic.produce(Buffer.alloc(0))).errorCode, INVALID_RECORD)
})

test('a count that is not that of the records is INVALID_RECORD', async () => {
  const two = { records: [...one().records, ...one().records] }
  for (const [count, lastOffsetDelta] of [
    [2, 0],
    [1, 1],
    [3, 2],
  ] as const) {
    const bytes = changed(two, (view) => {
      view.setInt32(COUNT, count)
      view.setInt32(LAST_OFFSET_DELTA, lastOffsetDelta)
    })
    equal((await topic.produce(bytes)).errorCode, INVALID_RECORD, `${count} records, last delta ${lastOffsetDelta}`)
  }
})

test('an empty batch is INVALID_RECORD', async () => {
  const answer = await topic.produce({ records: [], lastOffsetDelta: 0 })
  equal(answer.errorCode, INVALID_RECORD)
})

test('control records from a client are INVALID_RECORD', async () => {
  equal((await topic.produce({ ...one(), control: true })).errorCode, INVALID_RECORD)
})

test('a producer id without a sequence is INVALID_RECORD', async () => {
  const answer = await topic.produce({ ...one(), producerId: 7, producerEpoch: 0, baseSequence: -1 })
  equal(answer.errorCode, INVALID_RECORD)
})

test('an unknown codec is refused', async () => {
  const bytes = changed(one(), (view) => view.setInt16(21, 5))
  const answer = await topic.produce(bytes).catch((error: Error) => error)
  if (!oursOnly) equal((answer as { errorCode: number }).errorCode, UNSUPPORTED_COMPRESSION_TYPE)
})

test('zstd needs version 7: before it is UNSUPPORTED_COMPRESSION_TYPE', async () => {
  const to = await WireTopic.create(client)
  equal((await to.produce({ ...one(), codec: 'zstd' }, { version: 6 })).errorCode, UNSUPPORTED_COMPRESSION_TYPE)
  equal((await to.produce({ ...one(), codec: 'zstd' }, { version: 7 })).errorCode, 0)
})

for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
  test(`a batch compressed with ${codec} is stored as it was sent`, async () => {
    const to = await WireTopic.create(client)
    const records = Array.from({ length: 50 }, (_, at) => ({ key: `${at}`, value: 'x'.repeat(100), timestamp: now() }))
    equal((await to.produce({ records, codec })).errorCode, 0)
    const read = await to.read(0)
    deepEqual(
      read.map(({ key, codec: by }) => [key, by]),
      records.map(({ key }) => [key, codec]),
    )
  })
}

test('more than max.message.bytes is MESSAGE_TOO_LARGE', async () => {
  const to = await WireTopic.create(client, { configs: { 'max.message.bytes': '1000' } })
  const sized = (bytes: number): Batch => ({ records: [{ value: Buffer.alloc(bytes), timestamp: now() }] })
  const overhead = encodeBatch(sized(900)).length - 900
  equal((await to.produce(sized(1000 - overhead))).errorCode, 0)
  equal((await to.produce(sized(1001 - overhead))).errorCode, MESSAGE_TOO_LARGE)
  equal((await to.produce(sized(2000))).errorCode, MESSAGE_TOO_LARGE)
  equal((await to.offsetOf(-1)).offset, 1)
})

test('a timestamp too far from now is INVALID_TIMESTAMP and names the record', async () => {
  const to = await WireTopic.create(client, {
    configs: { 'message.timestamp.before.max.ms': '60000', 'message.timestamp.after.max.ms': '60000' },
  })
  const at = (offset: number) => ({ value: 'v', timestamp: now() + offset })
  for (const offset of [-120_000, 120_000]) {
    const answer = await to.produce({ records: [at(0), at(offset), at(0)] })
    equal(answer.errorCode, INVALID_TIMESTAMP)
    deepEqual(
      answer.recordErrors.map(({ batchIndex }) => batchIndex),
      [1],
    )
    match(answer.recordErrors[0]!.batchIndexErrorMessage ?? '', /timestamp/i)
    notEqual(answer.errorMessage, null)
  }
  equal((await to.produce({ records: [at(-30_000), at(30_000)] })).errorCode, 0)
  equal((await to.read(0)).length, 2, 'nothing of a refused batch is appended')
})

test('with LogAppendTime every record has the time that the answer tells', async () => {
  const to = await WireTopic.create(client, { configs: { 'message.timestamp.type': 'LogAppendTime' } })
  const before = now()
  const answer = await to.produce({
    records: [
      { value: 'a', timestamp: 1 },
      { value: 'b', timestamp: 2 },
    ],
  })
  equal(answer.errorCode, 0)
  ok(answer.logAppendTimeMs >= before && answer.logAppendTimeMs <= now())
  const read = await to.read(0)
  deepEqual(
    read.map(({ timestamp }) => timestamp),
    [answer.logAppendTimeMs, answer.logAppendTimeMs],
  )
})

test('a compacted topic refuses records without key and names them', async () => {
  const to = await WireTopic.create(client, { configs: { 'cleanup.policy': 'compact' } })
  const timestamp = now()
  for (const codec of ['none', 'gzip'] as const) {
    const records = [
      { key: 'k', value: '1', timestamp },
      { value: '2', timestamp },
      { value: '3', timestamp },
      { key: 'k', value: '4', timestamp },
    ]
    const answer = await to.produce({ records, codec })
    equal(answer.errorCode, INVALID_RECORD)
    // librdkafka and the Java client tell their users of each record whether it is to be mended or sent again.
    deepEqual(
      answer.recordErrors.map(({ batchIndex }) => batchIndex),
      [1, 2],
    )
  }
  equal((await to.produce(one())).errorCode, 0)
  equal((await to.offsetOf(-1)).offset, 1)
})

test('a request with very many records to blame has no answer of many times its size: of each batch the first is named', {
  skip: oursOnly,
}, async () => {
  const compacted = { 'cleanup.policy': 'compact' }
  const waiting = { 'message.type': 'DELAY' }
  const timestamp = now()
  const keyless = { value: 'v', timestamp }
  const untimely = { ...keyless, key: 'k', headers: [{ key: 'DELAY', value: 'soon' }] }
  // Beside the loop are opened those that inflate to more.
  const large = { key: 'k', value: Buffer.alloc(1 << 20), timestamp }
  for (const [configs, record, beside] of [
    [compacted, keyless, []],
    [compacted, keyless, [large]],
    [waiting, untimely, []],
  ] as const) {
    const to = await WireTopic.create(client, { configs })
    const records = sliceOf(encodeBatch({ codec: 'zstd', records: [...Array(600).fill(record), ...beside] }))
    const { topicData, ...request } = to.produceRequest(one())
    const partitionData = Array.from({ length: 5 }, () => ({ index: 0, records }))
    const answer = await client.send(Produce, 12, { ...request, topicData: [{ ...topicData[0]!, partitionData }] })
    const { partitionResponses } = answer.responses[0]!
    ok(partitionResponses.every(({ errorCode }) => errorCode === INVALID_RECORD))
    // Those beside the loop are done in any order.
    const counts = partitionResponses.map(({ recordErrors }) => recordErrors.length).sort((a, b) => b - a)
    deepEqual(counts, [600, 400, 1, 1, 1])
    ok(partitionResponses.every(({ recordErrors }) => recordErrors[0]!.batchIndex === 0))
  }
})

test("producer ids that are the broker's own are not used by clients, and lift no bound", {
  skip: oursOnly,
}, async () => {
  const own = { producerId: 2 ** 52 + 7, producerEpoch: 0, baseSequence: 0 }
  const large: Batch = { ...own, records: [{ key: 'k', value: Buffer.alloc(2000), timestamp: now() }] }
  for (const configs of [{ 'max.message.bytes': '1000' }, { 'cleanup.policy': 'compact' }]) {
    const to = await WireTopic.create(client, { configs })
    const answer = await to.produce({ ...one(), ...own })
    equal(answer.errorCode, INVALID_RECORD)
    match(answer.errorMessage ?? '', /own/)
    // Dead letters of other brokers come under such ids, and to topics for them only.
    const refusal = 'max.message.bytes' in configs ? MESSAGE_TOO_LARGE : INVALID_RECORD
    equal((await to.produce(large)).errorCode, refusal)
    equal((await to.produce({ ...own, records: [{ value: 'v', timestamp: now() }] })).errorCode, INVALID_RECORD)
    equal((await to.offsetOf(-1)).offset, 0)
  }
})

test('internal topics are not written by clients', async () => {
  await client.send(FindCoordinator, 0, { key: 'makes the topic of offsets' })
  const offsets = new WireTopic(client, '__consumer_offsets', topic.topicId)
  notEqual((await offsets.produce(one())).errorCode, 0)
})

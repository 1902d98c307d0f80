/** Batches that inflate to so much that they are opened beside the loop: everything as with others, and in its order. */
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { ApiVersions, type CodecName, codecNamed, encodeBatch, errors, Produce } from '@odradek/protocol'
import { startBroker } from '../src/index.ts'
import { LogLines } from './log-lines.ts'
import { WireTopic } from './protocol/wire-topic.ts'
import { WireClient } from './wire-client.ts'
import { withPayload } from './with-payload.ts'

const MIB = 1024 * 1024
const CODECS = ['gzip', 'snappy', 'lz4', 'zstd'] as const

const log = new LogLines()
const broker = await startBroker({ logger: log.logger, config: { 'message.max.bytes': 2 * MIB } })
const client = await WireClient.connect(broker.port)
test.after(async () => {
  client.close()
  await broker.close()
  deepEqual(log.errors, [])
})

/** One record of so many MiB, all alike. */
function large(codec: CodecName, mebibytes: number, value = 1): Buffer {
  return encodeBatch({
    codec,
    records: [{ key: 'k', value: Buffer.alloc(mebibytes * MIB, value), timestamp: Date.now() }],
  })
}

for (const codec of CODECS) {
  test(`${codec}: a large batch is taken by a topic that opens batches, and read as it was`, async () => {
    const topic = await WireTopic.create(client, { configs: { 'record.validation': 'deep' } })
    const answer = await topic.produce(large(codec, 8))
    deepEqual([answer.errorCode, answer.errorMessage, answer.baseOffset], [0, null, 0])
    const [record] = await topic.read(0, { partitionMaxBytes: 16 * MIB })
    deepEqual([record?.key, record?.value?.length, record?.codec], ['k', 8 * MIB, codec])
  })

  test(`${codec}: large rubbish is refused as small rubbish is`, async () => {
    const topic = await WireTopic.create(client, { configs: { 'cleanup.policy': 'compact' } })
    const answer = await topic.produce(withPayload(codec, codecNamed(codec).compress(Buffer.alloc(4 * MIB, 0xff))))
    equal(answer.errorCode, errors.INVALID_RECORD.code)
    match(answer.errorMessage ?? '', /Record 0/)
    equal(answer.recordErrors.length, 1)
  })
}

test('what inflates to more than a batch may is too large', async () => {
  const topic = await WireTopic.create(client, { configs: { 'record.validation': 'deep' } })
  const zeros = Buffer.alloc(MIB)
  const repeated = (piece: Buffer) => Buffer.concat(Array.from({ length: 65 }, () => piece))
  equal((await topic.produce(withPayload('zstd', repeated(zstdCompressSync(zeros))))).errorCode, 10)
  const lying = withPayload('gzip', Buffer.concat([repeated(gzipSync(zeros)), gzipSync(Buffer.alloc(10))]))
  equal((await topic.produce(lying)).errorCode, 10, 'also where its last bytes say that it is small')
})

test('a large batch is stored in the codec of its topic, where it is not too large then', async () => {
  const zstd = await WireTopic.create(client, { configs: { 'compression.type': 'zstd' } })
  equal((await zstd.produce(large('gzip', 4))).errorCode, 0)
  const [record] = await zstd.read(0, { partitionMaxBytes: 16 * MIB })
  deepEqual([record?.value?.length, record?.codec], [4 * MIB, 'zstd'])
  const plain = await WireTopic.create(client, { configs: { 'compression.type': 'uncompressed' } })
  const refused = await plain.produce(large('gzip', 4))
  equal(refused.errorCode, errors.MESSAGE_TOO_LARGE.code)
  match(refused.errorMessage ?? '', /as its topic stores it; max\.message\.bytes/)
  equal((await plain.produce(large('zstd', 1))).errorCode, 0)
})

test('what a connection asks behind a large batch comes behind it; others do not wait', async () => {
  const topic = await WireTopic.create(client, { partitions: 2, configs: { 'record.validation': 'deep' } })
  const frames: Buffer[] = []
  const answers: Promise<number>[] = []
  const order: string[] = []
  const send = (name: string, batch: Buffer, acks: number) => {
    const request = topic.produceRequest(batch, { acks })
    frames.push(client.encode(Produce, 12, request))
    if (acks === 0) return
    const answer = client.expect(Produce, 12).then(({ responses }) => {
      order.push(name)
      return responses[0]!.partitionResponses[0]!.baseOffset
    })
    answers.push(answer)
  }
  const small = encodeBatch({ records: [{ value: 'small', timestamp: Date.now() }] })
  send('large', large('zstd', 30), -1)
  send('small', small, -1)
  send('large, not acknowledged', large('gzip', 8, 2), 0)
  send('last', small, 1)
  const other = await WireClient.connect(broker.port)
  client.socket.write(Buffer.concat(frames))
  await other.send(ApiVersions, 0, {})
  order.push('other')
  other.close()
  deepEqual(await Promise.all(answers), [0, 1, 3])
  deepEqual(order, ['other', 'large', 'small', 'last'])
})

test('a request with a large batch and a small one is answered as a whole', async () => {
  const topic = await WireTopic.create(client, { partitions: 2, configs: { 'record.validation': 'deep' } })
  const partitionOf = (batch: Buffer, partition: number) =>
    topic.produceRequest(batch, { partition }).topicData[0]!.partitionData[0]!
  const small = encodeBatch({ records: [{ value: 'small', timestamp: Date.now() }] })
  const { name, topicId } = topic
  const request = { acks: -1, timeoutMs: 10_000 }
  const partitionData = [partitionOf(small, 1), partitionOf(large('lz4', 4), 0)]
  const { responses } = await client.send(Produce, 12, { ...request, topicData: [{ name, topicId, partitionData }] })
  deepEqual(
    responses[0]!.partitionResponses.map(({ index, errorCode, baseOffset }) => [index, errorCode, baseOffset]),
    [
      [1, 0, 0],
      [0, 0, 0],
    ],
  )
})

for (const codec of CODECS) {
  test(`${codec}: a time is found in large batches, in the one that has it and in the record that has it`, async () => {
    const topic = await WireTopic.create(client)
    const start = Date.now() - 1_000_000
    const batch = (from: number) =>
      encodeBatch({
        codec,
        records: [0, 10, 20].map((after) => ({ value: Buffer.alloc(MIB, 1), timestamp: start + from + after })),
      })
    for (const from of [0, 100, 200]) equal((await topic.produce(batch(from))).errorCode, 0)
    const found = async (timestamp: number) => {
      const { errorCode, offset, timestamp: at, leaderEpoch } = await topic.offsetOf(timestamp)
      return [errorCode, offset, at < 0 ? at : at - start, leaderEpoch]
    }
    deepEqual(await found(start + 15), [0, 2, 20, 0])
    deepEqual(await found(start + 21), [0, 3, 100, 0])
    deepEqual(await found(start + 210), [0, 7, 210, 0])
    deepEqual(await found(start + 221), [0, -1, -1, -1])
    deepEqual(await found(-3), [0, 8, 220, 0])
  })
}

test('large rubbish is an error to who searches it by time, and so are batches that tell of times they do not have', async () => {
  const topic = await WireTopic.create(client)
  equal((await topic.produce(withPayload('gzip', gzipSync(Buffer.alloc(4 * MIB, 0xff))))).errorCode, 0)
  equal((await topic.offsetOf(1)).errorCode, errors.CORRUPT_MESSAGE.code)
  equal((await topic.offsetOf(-3)).errorCode, errors.CORRUPT_MESSAGE.code)
  const liars = await WireTopic.create(client)
  const now = Date.now()
  const liar = encodeBatch({
    codec: 'zstd',
    maxTimestamp: now,
    records: [{ value: Buffer.alloc(MIB), timestamp: now - 1000 }],
  })
  for (let count = 0; count < 20; count += 1) equal((await liars.produce(liar)).errorCode, 0)
  equal((await liars.offsetOf(now)).errorCode, errors.CORRUPT_MESSAGE.code)
  equal((await liars.offsetOf(now - 1000)).offset, 0)
})

test('a client that goes while its large batch is opened leaves nothing behind, and its batch is there', async () => {
  const topic = await WireTopic.create(client, { configs: { 'record.validation': 'deep' } })
  const going = await WireClient.connect(broker.port)
  await new Promise<void>((sent) =>
    going.socket.write(going.encode(Produce, 12, topic.produceRequest(large('zstd', 20), { acks: 0 })), () => sent()),
  )
  going.socket.end()
  await going.ended()
  while ((await topic.offsetOf(-1)).offset === 0);
  ok((await topic.produce(large('zstd', 1))).baseOffset === 1)
})

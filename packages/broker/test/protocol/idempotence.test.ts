/** InitProducerId (22), and what Produce makes of producer ids, epochs and sequences. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { after, test } from 'node:test'
import { DeleteRecords, DescribeProducers, InitProducerId, Produce } from '@odradek/protocol'
import { oursOnly, Subject } from './subject.ts'
import { WireTopic } from './wire-topic.ts'

const OUT_OF_ORDER_SEQUENCE_NUMBER = 45
const INVALID_PRODUCER_EPOCH = 47
const INVALID_TXN_STATE = 48
const SEQUENCE_MAX = 0x7fffffff

const subject = await Subject.start()
after(() => subject.close())
const client = await subject.connect()

/** An idempotent producer of one partition: gives the code and base offset of each batch. */
class Producer {
  readonly topic: WireTopic
  readonly producerId: number

  private constructor(topic: WireTopic, producerId: number) {
    this.topic = topic
    this.producerId = producerId
  }

  static async start(topic?: WireTopic): Promise<Producer> {
    const { errorCode, producerId, producerEpoch } = await client.send(InitProducerId, 4, {
      transactionTimeoutMs: 1000,
    })
    deepEqual([errorCode, producerEpoch], [0, 0])
    return new Producer(topic ?? (await WireTopic.create(client)), producerId)
  }

  async send(baseSequence: number, { count = 1, producerEpoch = 0 } = {}): Promise<[code: number, offset: number]> {
    const timestamp = Date.now()
    const records = Array.from({ length: count }, (_, at) => ({ value: `${baseSequence}+${at}`, timestamp }))
    const { producerId } = this
    const answer = await this.topic.produce({ records, producerId, producerEpoch, baseSequence })
    return [answer.errorCode, answer.baseOffset]
  }
}

for (let version = 0; version <= 5; version += 1) {
  test(`InitProducerId version ${version} gives every producer an id of its own, at epoch 0`, async () => {
    const ids = new Set<number>()
    for (let index = 0; index < 5; index += 1) {
      const answer = await client.send(InitProducerId, version, { transactionTimeoutMs: 60_000 })
      deepEqual([answer.errorCode, answer.producerEpoch], [0, 0])
      ok(answer.producerId >= 0)
      ids.add(answer.producerId)
    }
    equal(ids.size, 5)
  })
}

test('a transactional id is not answered as if transactions were served', { skip: oursOnly }, async () => {
  const request = { transactionalId: 'transactional', transactionTimeoutMs: 60_000 }
  const answer = await client.send(InitProducerId, 4, request)
  ok(answer.errorCode !== 0)
  equal(answer.producerId, -1)
  const empty = await client.send(InitProducerId, 4, { ...request, transactionalId: '' })
  equal(empty.errorCode, 42)
})

// Kafka asks its coordinator, which knows more names for it.
test('a transactional batch without a transaction is INVALID_TXN_STATE, and holds up nobody', {
  skip: oursOnly,
}, async () => {
  const { topic, producerId } = await Producer.start()
  const records = [{ value: 'never committed', timestamp: Date.now() }]
  const batch = { records, transactional: true, producerId, producerEpoch: 0, baseSequence: 0 }
  const request = { ...topic.produceRequest(batch), transactionalId: 'transactional' }
  const { responses } = await client.send(Produce, 11, request)
  equal(responses[0]!.partitionResponses[0]!.errorCode, INVALID_TXN_STATE)
  await topic.write('plain')
  const read = await topic.read(0, { isolationLevel: 1 })
  deepEqual(
    read.map(({ value }) => value),
    ['plain'],
  )
})

test('each of the last five batches, sent again, is answered with its first offset and appended once', async () => {
  const producer = await Producer.start()
  for (let batch = 0; batch < 6; batch += 1) deepEqual(await producer.send(batch * 2, { count: 2 }), [0, batch * 2])
  for (let batch = 1; batch < 6; batch += 1) deepEqual(await producer.send(batch * 2, { count: 2 }), [0, batch * 2])
  equal((await producer.topic.read(0)).length, 12)
  deepEqual(await producer.send(12), [0, 12], 'the sequence goes on')
})

test('a duplicate older than the last five is out of order', async () => {
  const producer = await Producer.start()
  for (let batch = 0; batch < 6; batch += 1) await producer.send(batch)
  const [code] = await producer.send(0)
  // Kafka knows two names for it; both stop the producer.
  ok(code === OUT_OF_ORDER_SEQUENCE_NUMBER || code === 46, `${code}`)
  equal((await producer.topic.read(0)).length, 6)
})

test('a gap in the sequence is OUT_OF_ORDER_SEQUENCE_NUMBER', async () => {
  const producer = await Producer.start()
  deepEqual(await producer.send(0, { count: 3 }), [0, 0])
  for (const sequence of [4, 2, 1, 100]) {
    deepEqual(await producer.send(sequence), [OUT_OF_ORDER_SEQUENCE_NUMBER, -1], `${sequence}`)
  }
  deepEqual(await producer.send(3), [0, 3])
})

test('part of a batch that is there is no duplicate of it', async () => {
  const producer = await Producer.start()
  deepEqual(await producer.send(0, { count: 3 }), [0, 0])
  equal((await producer.send(0, { count: 2 }))[0], OUT_OF_ORDER_SEQUENCE_NUMBER)
  equal((await producer.send(0, { count: 4 }))[0], OUT_OF_ORDER_SEQUENCE_NUMBER)
})

test('an older epoch is INVALID_PRODUCER_EPOCH', async () => {
  const producer = await Producer.start()
  deepEqual(await producer.send(0, { producerEpoch: 3 }), [0, 0])
  equal((await producer.send(1, { producerEpoch: 2 }))[0], INVALID_PRODUCER_EPOCH)
  equal((await producer.send(0, { producerEpoch: 2 }))[0], INVALID_PRODUCER_EPOCH)
  deepEqual(await producer.send(1, { producerEpoch: 3 }), [0, 1])
})

test('a new epoch must start at 0', async () => {
  const producer = await Producer.start()
  deepEqual(await producer.send(0, { count: 2 }), [0, 0])
  equal((await producer.send(2, { producerEpoch: 1 }))[0], OUT_OF_ORDER_SEQUENCE_NUMBER)
  deepEqual(await producer.send(0, { producerEpoch: 1 }), [0, 2])
  deepEqual(await producer.send(1, { producerEpoch: 1 }), [0, 3])
})

test('after the last sequence comes 0, also inside a batch', async () => {
  const producer = await Producer.start()
  deepEqual(await producer.send(SEQUENCE_MAX - 2, { count: 2 }), [0, 0])
  deepEqual(await producer.send(SEQUENCE_MAX, { count: 3 }), [0, 2])
  deepEqual(await producer.send(SEQUENCE_MAX, { count: 3 }), [0, 2], 'a duplicate that wraps')
  deepEqual(await producer.send(2), [0, 5])
  const exact = await Producer.start()
  deepEqual(await exact.send(SEQUENCE_MAX), [0, 0])
  deepEqual(await exact.send(0), [0, 1])
})

test('a producer that the partition does not know may begin with any sequence', async () => {
  const producer = await Producer.start()
  deepEqual(await producer.send(1234), [0, 0])
  deepEqual(await producer.send(1235), [0, 1])
})

test('sequences belong to a producer and a partition', async () => {
  const topic = await WireTopic.create(client, { partitions: 2 })
  const one = await Producer.start(topic)
  const other = await Producer.start(topic)
  deepEqual(await one.send(0), [0, 0])
  deepEqual(await other.send(0), [0, 1])
  const batch = { producerId: one.producerId, producerEpoch: 0, baseSequence: 0 }
  const elsewhere = await topic.produce(
    { ...batch, records: [{ value: 'v', timestamp: Date.now() }] },
    { partition: 1 },
  )
  deepEqual([elsewhere.errorCode, elsewhere.baseOffset], [0, 0])
})

test('DescribeProducers tells what the partition remembers of each producer', async () => {
  const producer = await Producer.start()
  await producer.send(0, { count: 3, producerEpoch: 2 })
  const { topics } = await client.send(DescribeProducers, 0, {
    topics: [
      { name: producer.topic.name, partitionIndexes: [0, 8] },
      { name: `none-${producer.topic.name}`, partitionIndexes: [0] },
    ],
  })
  const found = topics.flatMap(({ partitions }) => partitions)
  deepEqual(found.map(({ partitionIndex, errorCode }) => [partitionIndex, errorCode]).sort(), [
    [0, 0],
    [0, 3],
    [8, 3],
  ])
  const { activeProducers } = found.find(({ errorCode }) => errorCode === 0)!
  equal(activeProducers.length, 1)
  const { lastTimestamp, coordinatorEpoch, ...told } = activeProducers[0]!
  deepEqual(told, { producerId: producer.producerId, producerEpoch: 2, lastSequence: 2, currentTxnStartOffset: -1 })
  ok(lastTimestamp > 0)
  ok(coordinatorEpoch <= 0)
})

test('DeleteRecords does not make a live producer start again', async () => {
  const producer = await Producer.start()
  await producer.send(0, { count: 2 })
  const partitions = [{ partitionIndex: 0, offset: 2 }]
  await client.send(DeleteRecords, 2, { topics: [{ name: producer.topic.name, partitions }], timeoutMs: 1000 })
  deepEqual(await producer.send(2), [0, 2])
})

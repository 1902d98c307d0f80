/** What clients see of a disk that is slow: who waits for it, for how long, and who does not. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { after, test } from 'node:test'
import { DescribeLogDirs, errors, IncrementalAlterConfigs, ListOffsets } from '@odradek/protocol'
import { startBroker } from '../../src/index.ts'
import { WireTopic } from '../protocol/wire-topic.ts'
import { WireClient } from '../wire-client.ts'
import { HeldDisk } from './held-disk.ts'

const RECORD = { records: [{ value: 'v', timestamp: Date.now() }] }
const TOPIC = 2
const BROKER = 4

const disk = new HeldDisk()
const broker = await startBroker({ host: disk.host, config: { 'flush.timeout.ms': 10_000 } })
const client = await WireClient.connect(broker.port)
after(async () => {
  disk.release()
  client.close()
  await broker.close()
})

async function alter(resourceType: number, resourceName: string, name: string, value: string): Promise<void> {
  const configs = [{ name, configOperation: 0, value }]
  const resources = [{ resourceType, resourceName, configs }]
  const { responses } = await client.send(IncrementalAlterConfigs, 1, { resources, validateOnly: false })
  deepEqual([responses[0]!.errorCode, responses[0]!.errorMessage], [0, null])
}

async function endOf({ name }: WireTopic): Promise<number> {
  const topics = [{ name, partitions: [{ partitionIndex: 0, timestamp: -1 }] }]
  const answer = await client.send(ListOffsets, 7, { topics })
  return answer.topics[0]!.partitions[0]!.offset
}

/** Bytes in its log, also of what is not shown yet. */
async function sizeOf({ name }: WireTopic): Promise<number> {
  const { results } = await client.send(DescribeLogDirs, 4, { topics: [{ topic: name, partitions: [0] }] })
  return results[0]!.topics[0]!.partitions[0]!.partitionSize
}

/** A topic whose names and first record are durable. */
async function settledTopic(configs: Record<string, string>): Promise<WireTopic> {
  const topic = await WireTopic.create(client, { configs: { ...configs, 'flush.mode': 'sync' } })
  equal((await topic.produce(RECORD)).errorCode, 0)
  if (configs['flush.mode'] !== 'sync') await alter(TOPIC, topic.name, 'flush.mode', configs['flush.mode'] ?? 'async')
  return topic
}

/** A connection of its own: answers come in order. */
async function sendBeside<T>(topic: WireTopic, run: (beside: WireTopic) => Promise<T>): Promise<T> {
  const other = await WireClient.connect(broker.port)
  try {
    return await run(new WireTopic(other, topic.name, topic.topicId))
  } finally {
    other.close()
  }
}

test('past flush.timeout.ms the client is told so, and the record stays', async () => {
  const topic = await settledTopic({ 'flush.mode': 'sync' })
  await alter(BROKER, '1', 'flush.timeout.ms', '50')
  disk.hold(new RegExp(topic.name))
  for (const acks of [-1, 1]) {
    const answer = await topic.produce(RECORD, { acks })
    deepEqual([answer.errorCode, answer.baseOffset], [errors.REQUEST_TIMED_OUT.code, -1])
  }
  equal(await endOf(topic), 1, 'nobody sees what a power failure could take')
  disk.release()
  await alter(BROKER, '1', 'flush.timeout.ms', '10000')
  equal((await topic.produce(RECORD)).baseOffset, 3)
  equal(await endOf(topic), 4)
})

test('flush.mode and flush.messages change while the broker runs, for a topic and for all', async () => {
  const topic = await settledTopic({})
  disk.hold(new RegExp(topic.name))
  equal((await topic.produce(RECORD)).errorCode, 0, 'async: nobody waits')
  const changes = [
    [TOPIC, topic.name, 'flush.mode', 'sync', 'async'],
    [TOPIC, topic.name, 'flush.messages', '1', '1000'],
  ] as const
  for (const [type, name, key, on, off] of changes) {
    await alter(type, name, key, on)
    let isAnswered = false
    const before = await sizeOf(topic)
    const waiting = sendBeside(topic, (beside) => beside.produce(RECORD)).then((answer) => {
      isAnswered = true
      return answer
    })
    while ((await sizeOf(topic)) === before);
    equal(isAnswered, false, `${key} ${on}`)
    await alter(type, name, key, off)
    equal((await waiting).errorCode, 0, 'what was held back is there')
  }
  disk.release()
  // For all topics that do not say it themselves.
  const other = await WireTopic.create(client)
  equal((await other.produce(RECORD)).errorCode, 0)
  await alter(BROKER, '', 'log.flush.interval.messages', '1')
  await alter(BROKER, '1', 'flush.timeout.ms', '50')
  equal((await other.produce(RECORD)).errorCode, 0)
  disk.hold(new RegExp(other.name))
  equal((await other.produce(RECORD)).errorCode, errors.REQUEST_TIMED_OUT.code)
  disk.release()
  await alter(BROKER, '', 'log.flush.interval.messages', '9223372036854775807')
  await alter(BROKER, '1', 'flush.timeout.ms', '10000')
})

test('a very slow file keeps nobody waiting but those who wait for it', async () => {
  const slow = await settledTopic({ 'flush.mode': 'sync' })
  const others = await Promise.all(Array.from({ length: 5 }, () => settledTopic({ 'flush.mode': 'sync' })))
  disk.hold(new RegExp(slow.name))
  const waiting = sendBeside(slow, (beside) => beside.produce(RECORD))
  for (let round = 0; round < 20; round++) {
    const answers = await Promise.all(
      others.map((topic) => sendBeside(topic, (beside) => beside.produce({ records: [{ value: `${round}` }] }))),
    )
    ok(answers.every(({ errorCode }) => errorCode === 0))
  }
  for (const topic of others) equal(await endOf(topic), 21)
  equal(await endOf(slow), 1)
  disk.release()
  equal((await waiting).errorCode, 0)
})

test('flush.ms flushes sooner than flush.interval.ms', async () => {
  await alter(BROKER, '1', 'flush.interval.ms', '3600000')
  const topic = await settledTopic({ 'flush.ms': '1' })
  disk.hold(new RegExp(topic.name))
  equal((await topic.produce(RECORD)).errorCode, 0)
  while (disk.held.length === 0) await endOf(topic)
  disk.release()
  await alter(BROKER, '1', 'flush.interval.ms', '500')
})

/** Requests of which one alone would hold the loop for long: others are answered in between, and nothing else is different. */
import { deepEqual, equal } from 'node:assert/strict'
import { after, test } from 'node:test'
import { ApiVersions, DeleteRecords, encodeBatch, ListOffsets, Produce, sliceOf } from '@odradek/protocol'
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

  // Of acks=0 there is no answer, but it is before what comes then.
  client.socket.write(client.encode(Produce, 12, request('second', 0)))
  const last = topic.produce({ records: [{ value: 'last', timestamp: Date.now() }] }, { partition: PARTITIONS - 1 })
  deepEqual(await orderOf({ last }), ['other', 'last'])
  equal((await last).baseOffset, 3)
  for (const partition of [0, 50, PARTITIONS - 2]) {
    const read = await topic.read(0, { partition })
    deepEqual(
      read.map(({ value }) => value),
      [`first ${partition}`, `second ${partition}`],
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

/** How requests and answers share a connection: order, splits, half-close, acks=0. */
import { deepEqual, equal, rejects } from 'node:assert/strict'
import { after, test } from 'node:test'
import { ApiVersions, Fetch, Heartbeat, ListOffsets, Metadata, Produce } from '@odradek/protocol'
import { Subject } from './subject.ts'
import { WireTopic } from './wire-topic.ts'

const NAMED = { clientSoftwareName: 'wire-client', clientSoftwareVersion: '1.0' }

const subject = await Subject.start()
after(() => subject.close())

test('requests sent in one go are answered in their order', async () => {
  const client = await subject.connect()
  const topic = await WireTopic.create(client)
  const frames: Buffer[] = []
  const offsets: Promise<number>[] = []
  for (let index = 0; index < 200; index += 1) {
    frames.push(
      client.encode(Produce, 9, topic.produceRequest({ records: [{ value: `${index}`, timestamp: Date.now() }] })),
    )
    offsets.push(client.expect(Produce, 9).then(({ responses }) => responses[0]!.partitionResponses[0]!.baseOffset))
    frames.push(client.encode(ApiVersions, 0, {}))
    offsets.push(client.expect(ApiVersions, 0).then(() => -1))
  }
  client.socket.write(Buffer.concat(frames))
  deepEqual(
    await Promise.all(offsets),
    Array.from({ length: 400 }, (_, at) => (at % 2 === 0 ? at / 2 : -1)),
  )
})

test('what is asked behind a fetch that waits is answered behind it', async () => {
  const client = await subject.connect()
  const other = await subject.connect()
  const topic = await WireTopic.create(client)
  const order: string[] = []
  const fetchFrame = client.encode(Fetch, 12, topic.fetchRequest(0, { maxWaitMs: 20_000 }))
  const fetched = client.expect(Fetch, 12).then(() => order.push('fetch'))
  const produceFrame = client.encode(
    Produce,
    9,
    topic.produceRequest({ records: [{ value: 'behind', timestamp: Date.now() }] }),
  )
  const produced = client.expect(Produce, 9).then(() => order.push('produce'))
  const listed = client.encode(ListOffsets, 1, { topics: [] })
  const list = client.expect(ListOffsets, 1).then(() => order.push('list'))
  client.socket.write(Buffer.concat([fetchFrame, produceFrame, listed]))
  await new WireTopic(other, topic.name, topic.topicId).write('wakes the fetch')
  await Promise.all([fetched, produced, list])
  deepEqual(order, ['fetch', 'produce', 'list'])
  equal((await topic.read(0)).length, 2)
})

test('a client that closes its half of the connection gets its answers', async () => {
  const client = await subject.connect()
  const topic = await WireTopic.create(client)
  const produce = client.encode(
    Produce,
    9,
    topic.produceRequest({ records: [{ value: 'last', timestamp: Date.now() }] }),
  )
  const produced = client.expect(Produce, 9)
  const metadata = client.encode(Metadata, 1, { topics: [] })
  const told = client.expect(Metadata, 1)
  client.socket.end(Buffer.concat([produce, metadata]))
  equal((await produced).responses[0]!.partitionResponses[0]!.errorCode, 0)
  equal((await told).brokers.length, 1)
  await client.ended()
})

test('Produce with acks=0 is not answered', async () => {
  const client = await subject.connect()
  const topic = await WireTopic.create(client)
  const batch = { records: [{ value: 'unheard', timestamp: Date.now() }] }
  const frame = client.encode(Produce, 9, topic.produceRequest(batch, { acks: 0 }))
  const next = client.encode(ApiVersions, 0, {})
  const answered = client.expect(ApiVersions, 0)
  client.socket.write(Buffer.concat([frame, next]))
  equal((await answered).errorCode, 0)
  deepEqual(
    (await topic.read(0)).map(({ value }) => value),
    ['unheard'],
  )
})

test('Produce with acks=0 that fails closes the connection', async () => {
  const client = await subject.connect()
  const topic = await WireTopic.create(client)
  const request = topic.produceRequest(
    { records: [{ value: 'lost', timestamp: Date.now() }] },
    { acks: 0, partition: 7 },
  )
  client.socket.write(client.encode(Produce, 9, request))
  const answer = client.expect(Produce, 9)
  await rejects(answer, /closed/)
})

test('a request split at any byte is the same request', async () => {
  const client = await subject.connect()
  const topic = await WireTopic.create(client)
  const batch = { records: [{ key: 'k', value: 'split', timestamp: Date.now() }] }
  const length = client.encode(Produce, 9, topic.produceRequest(batch)).length
  for (let at = 1; at < length; at += 1) {
    const frame = client.encode(Produce, 9, topic.produceRequest(batch))
    const answer = client.expect(Produce, 9)
    // The second part is sent when the first has left, so that the broker sees them apart.
    await new Promise((left) => client.socket.write(frame.subarray(0, at), left))
    client.socket.write(frame.subarray(at))
    equal((await answer).responses[0]!.partitionResponses[0]!.baseOffset, at - 1)
  }
})

test('a request that comes byte by byte is the same request', async () => {
  const client = await subject.connect()
  const frame = client.encode(ApiVersions, 3, NAMED)
  const answer = client.expect(ApiVersions, 3)
  for (const byte of frame) await new Promise((left) => client.socket.write(Buffer.from([byte]), left))
  equal((await answer).errorCode, 0)
})

test('unknown tagged fields are skipped, in the header and in the body', async () => {
  const client = await subject.connect()
  const frame = client.encode(ApiVersions, 3, NAMED)
  const headerTags = 4 + 2 + 2 + 4 + 2 + 'wire-client'.length
  equal(frame[headerTags], 0)
  equal(frame.at(-1), 0)
  // One tag each: number 99, three bytes.
  const tags = Buffer.from([1, 99, 3, 1, 2, 3])
  const tagged = Buffer.concat([frame.subarray(0, headerTags), tags, frame.subarray(headerTags + 1, -1), tags])
  tagged.writeInt32BE(tagged.length - 4)
  const answer = client.expect(ApiVersions, 3)
  client.socket.write(tagged)
  equal((await answer).errorCode, 0)
})

test('a request without client id is served', async () => {
  const client = await subject.connect()
  const frame = client.encode(Heartbeat, 4, { groupId: 'none', generationId: 1, memberId: 'm' })
  const start = 4 + 2 + 2 + 4
  const anonymous = Buffer.concat([frame.subarray(0, start), Buffer.from([0xff, 0xff]), frame.subarray(start + 2 + 11)])
  anonymous.writeInt32BE(anonymous.length - 4)
  const answer = client.expect(Heartbeat, 4)
  client.socket.write(anonymous)
  equal((await answer).throttleTimeMs, 0)
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { startBroker } from '@odradek/broker'
import { api, CreateTopics, int32, ListOffsets, Metadata } from '@odradek/protocol'
import { Cluster } from './cluster.ts'
import { UnreachableError, UnsupportedError } from './cluster-errors.ts'
import { topicPlaces } from './cluster-metadata.ts'
import { describeLogDirectories } from './log-sizes.ts'
import { LATEST, listOffsets, offsetOf } from './partition-offsets.ts'

test('a cluster tells its brokers, topics, offsets and sizes', async () => {
  await using broker = await startBroker()
  await using cluster = new Cluster({ bootstrap: [broker.address] })
  const topics = [{ name: 'orders', numPartitions: 3, replicationFactor: 1, assignments: [], configs: [] }]
  await cluster.request(CreateTopics, { topics }, 'controller')
  const metadata = await cluster.metadata(0)
  assert.deepEqual(
    metadata.brokers.map(({ nodeId, port }) => ({ nodeId, port })),
    [{ nodeId: 1, port: broker.port }],
  )
  const orders = metadata.topics.get('orders')
  assert.deepEqual(
    orders?.partitions.map(({ partition, leader }) => [partition, leader]),
    [
      [0, 1],
      [1, 1],
      [2, 1],
    ],
  )
  const ends = await listOffsets(cluster, [{ topic: orders!, partitions: [1, 2] }], LATEST)
  assert.equal(offsetOf(ends, 'orders', 1), 0)
  assert.equal(offsetOf(ends, 'orders', 0), null, 'not asked for')
  const { directories, missing } = await describeLogDirectories(cluster, metadata.brokers)
  assert.deepEqual(missing, [])
  assert.equal(directories[0]?.path, broker.dataDir)
  assert.equal(directories[0]?.replicas.filter(({ topic }) => topic === 'orders').length, 3)
})

test('a topic that is not there is an error that says so, and is not created by asking', async () => {
  await using broker = await startBroker()
  await using cluster = new Cluster({ bootstrap: [broker.address] })
  await assert.rejects(topicPlaces(cluster, '%DLQ%a/b 订单'), { name: 'KafkaError' })
  await assert.rejects(topicPlaces(cluster, 'nothing'), { errorName: 'UNKNOWN_TOPIC_OR_PARTITION', code: 3 })
  assert.equal((await cluster.metadata(0)).topics.has('nothing'), false)
})

test('requests at once share one connection and get their own answers', async () => {
  await using broker = await startBroker()
  await using cluster = new Cluster({ bootstrap: [broker.address] })
  const answers = await Promise.all(Array.from({ length: 200 }, () => cluster.request(Metadata, { topics: [] })))
  assert.equal(new Set(answers.map(({ clusterId }) => clusterId)).size, 1)
})

test('an API that the cluster lacks is an UnsupportedError', async () => {
  await using broker = await startBroker()
  await using cluster = new Cluster({ bootstrap: [broker.address] })
  const Unknown = api({
    key: 999,
    name: 'Unknown',
    versions: [0, 0],
    flexible: 0,
    request: { a: int32() },
    response: {},
  })
  await assert.rejects(cluster.request(Unknown, { a: 1 }), UnsupportedError)
  await assert.rejects(cluster.request(ListOffsets, { topics: [] }, 'any', { atLeast: 99 }), UnsupportedError)
  assert.equal(await cluster.serves(Unknown), false)
  assert.equal(await cluster.serves(Metadata), true)
})

test('a broker that is away makes an UnreachableError, and is found again when it is back', async () => {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  await using cluster = new Cluster({ bootstrap: [`127.0.0.1:${port}`] })
  await assert.rejects(cluster.metadata(), (error: Error) => {
    assert.ok(error instanceof UnreachableError)
    assert.match(error.message, /ECONNREFUSED/)
    return true
  })
  await using _broker = await startBroker({ port })
  assert.equal((await cluster.metadata()).brokers.length, 1)
})

test('a broker that goes away while it is asked fails the request, not the process', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.resetAndDestroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  await using cluster = new Cluster({ bootstrap: [`127.0.0.1:${(server.address() as AddressInfo).port}`] })
  await assert.rejects(cluster.metadata(), UnreachableError)
  server.close()
})

test('a broker that takes connections but never answers costs its timeout, then is said to be unreachable', async () => {
  const server = createServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await using cluster = new Cluster({ bootstrap: [`127.0.0.1:${port}`], requestTimeoutMs: 100 })
  await assert.rejects(cluster.metadata(), { name: 'UnreachableError', message: /timed out/ })
  server.close()
})

test('a broker that answers with nonsense fails the request, not the process', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (frame: Buffer) => {
      const answer = Buffer.alloc(14, 0x7f)
      answer.writeInt32BE(10, 0)
      frame.copy(answer, 4, 8, 12)
      socket.write(answer)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await using cluster = new Cluster({ bootstrap: [`127.0.0.1:${port}`], requestTimeoutMs: 1000 })
  await assert.rejects(cluster.metadata(), UnreachableError)
  server.close()
})

test('connections close when nothing was asked for a while, and open again', async () => {
  await using broker = await startBroker()
  const sockets: Socket[] = []
  const proxy = createServer((socket) => {
    sockets.push(socket)
    const onward = connect(broker.port, '127.0.0.1')
    socket.on('error', () => {})
    onward.on('error', () => {})
    socket.pipe(onward).pipe(socket)
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const { port } = proxy.address() as AddressInfo
  await using cluster = new Cluster({ bootstrap: [`127.0.0.1:${port}`], idleMs: 20 })
  await cluster.request(Metadata, { topics: [] })
  await once(sockets[0]!, 'close')
  const { clusterId } = await cluster.request(Metadata, { topics: [] })
  assert.equal(typeof clusterId, 'string')
  assert.equal(sockets.length, 2)
  await once(sockets[1]!, 'close')
  proxy.close()
})

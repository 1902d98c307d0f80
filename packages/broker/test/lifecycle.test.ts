/** Starting and stopping: who may, where it listens, what it says, and what a stop lets finish. */
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  ApiVersions,
  CreateTopics,
  DescribeCluster,
  Fetch,
  FindCoordinator,
  Metadata,
  Produce,
} from '@odradek/protocol'
import { StartError, startBroker } from '../src/index.ts'
import { HeldDisk } from './disks/held-disk.ts'
import { WireTopic } from './protocol/wire-topic.ts'
import { WireClient } from './wire-client.ts'

/** A directory that is gone at the end of its scope. */
async function temporaryDirectory() {
  const path = await mkdtemp(join(tmpdir(), 'odradek-lifecycle-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** Fails unless starting fails with a StartError like `why`. */
async function assertRefused(options: Parameters<typeof startBroker>[0], why: RegExp): Promise<void> {
  await rejects(startBroker(options), (error: Error) => {
    ok(error instanceof StartError, `${error.name}: ${error.message}`)
    match(error.message, why)
    return true
  })
}

test('a second broker on the same directory is refused, in the same process and in another', async () => {
  await using directory = await temporaryDirectory()
  await using broker = await startBroker({ dataDir: directory.path })
  await assertRefused({ dataDir: directory.path }, /in use/)

  const script = `
    import { startBroker } from ${JSON.stringify(join(import.meta.dirname, '../src/index.ts'))}
    await startBroker({ dataDir: process.argv[1] }).then(
      () => console.log('started'),
      (error) => console.log(error.name + ': ' + error.message),
    )
    process.exit()`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script, directory.path])
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk
  })
  await once(child, 'close')
  match(said, /^StartError: .*in use/)

  using client = await WireClient.connect(broker.port)
  equal((await client.send(ApiVersions, 0, {})).errorCode, 0, 'the first one goes on')
})

test('the data directory may be given as a setting, and then it stays', async () => {
  for (const key of ['log.dir', 'log.dirs']) {
    await using directory = await temporaryDirectory()
    const broker = await startBroker({ config: { [key]: directory.path } })
    equal(broker.dataDir, directory.path)
    await broker.close()
    ok(await stat(join(directory.path, 'meta.properties')))
  }
})

test('a data directory without its metadata is refused, and its logs stay where they are', async () => {
  await using directory = await temporaryDirectory()
  const broker = await startBroker({ dataDir: directory.path })
  await broker.close()
  await mkdir(join(directory.path, 'orders-0'))
  await rm(join(directory.path, 'metadata'), { recursive: true })
  await assertRefused({ dataDir: directory.path }, /journal .* is missing/)
  ok(await stat(join(directory.path, 'orders-0')))
})

test('a directory is free again after a close, and after a start that failed', async () => {
  await using directory = await temporaryDirectory()
  const first = await startBroker({ dataDir: directory.path })
  const { port } = first
  await first.close()
  await using other = await startBroker({ port })
  await assertRefused({ dataDir: directory.path, port: other.port }, /in use/)
  const again = await startBroker({ dataDir: directory.path })
  await again.close()
})

test('a port that is in use is named', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  await assertRefused({ port }, new RegExp(`127\\.0\\.0\\.1:${port} is in use`))
  const listeners = `A://127.0.0.1:0,B://127.0.0.1:${port}`
  await assertRefused({ config: { listeners } }, new RegExp(`127\\.0\\.0\\.1:${port} is in use`))
  await assertRefused(
    { config: { 'admin.listener': `127.0.0.1:${port}` } },
    new RegExp(`127\\.0\\.0\\.1:${port} is in use`),
  )
  server.close()
})

test('a directory that cannot be used is named, with what to do', async () => {
  for (const dataDir of [[], '', ['']]) await assertRefused({ dataDir }, /dataDir must name at least one directory/)
  await assertRefused(
    { dataDir: '/proc/odradek' },
    /^The data directory \/proc\/odradek cannot be used: .* log\.dirs\.$/,
  )
})

test('a disk that fails is named, though the error of the system names no file', async () => {
  await using directory = await temporaryDirectory()
  await (await startBroker({ dataDir: directory.path })).close()
  const disk = new HeldDisk()
  disk.fail(/./)
  await assertRefused(
    { dataDir: directory.path, host: disk.host },
    new RegExp(`^The disk of ${directory.path} fails: EIO: .*log\\.dirs\\.$`),
  )
})

test('a bad configuration is refused with all that is wrong, and what would be right', async () => {
  await assertRefused({ config: { 'log.retention.mss': 1 } }, /log\.retention\.mss.*log\.retention\.ms\b/)
  await assertRefused({ config: { 'num.partitions': 0 } }, /num\.partitions must be at least 1, not 0/)
  await assertRefused({ config: { 'flush.mode': 'maybe' } }, /flush\.mode must be one of async, sync/)
  await assertRefused({ config: { listeners: 'nonsense' } }, /listeners must be NAME:\/\/host:port/)
  await assertRefused(
    { config: { 'num.partitions': 0, 'node.id': -1 } },
    /num\.partitions[\s\S]*node\.id|node\.id[\s\S]*num\.partitions/,
  )
  await assertRefused({ config: { listeners: 'A://192.0.2.1:0' } }, /192\.0\.2\.1 is no address of this machine/)
})

test('every listener tells its own addresses: the advertised ones, or where it is bound', async () => {
  await using broker = await startBroker({
    config: {
      listeners: 'INSIDE://127.0.0.1:0,OUTSIDE://127.0.0.1:0,PLAIN://127.0.0.1:0',
      'advertised.listeners': 'INSIDE://broker.inside:19092,OUTSIDE://broker.example:0',
    },
  })
  const expected = new Map([
    ['INSIDE', ['broker.inside', 19092]],
    ['OUTSIDE', ['broker.example', broker.listeners[1]!.port]],
    ['PLAIN', ['127.0.0.1', broker.listeners[2]!.port]],
  ])
  for (const { name, port } of broker.listeners) {
    using client = await WireClient.connect(port)
    const told = [
      (await client.send(Metadata, 12, { topics: [] })).brokers,
      (await client.send(DescribeCluster, 0, {})).brokers,
    ]
    for (const brokers of told)
      deepEqual(
        brokers.map((each) => [each.host, each.port]),
        [expected.get(name)],
        name,
      )
    const found = await client.send(FindCoordinator, 0, { key: 'group' })
    deepEqual([found.host, found.port], expected.get(name), name)
  }
})

test('a silent connection is closed after connections.max.idle.ms; one that waits for an answer is not', async () => {
  await using broker = await startBroker({ config: { 'connections.max.idle.ms': 100 } })
  using silent = await WireClient.connect(broker.port)
  using waiting = await WireClient.connect(broker.port)
  const topic = await WireTopic.create(waiting)
  const fetched = topic.fetch(0, { maxWaitMs: 60_000 })
  await silent.ended()
  using writer = await WireClient.connect(broker.port)
  await new WireTopic(writer, topic.name, topic.topicId).write('at last')
  equal((await fetched).errorCode, 0)
})

test('the admin listener tells the health, and takes what is no HTTP without harm', async () => {
  await using broker = await startBroker({ config: { 'admin.listener': '127.0.0.1:0' } })
  const [host, port] = broker.adminAddress!.split(':') as [string, string]
  const get = async (path: string, method = 'GET') => {
    const request = httpRequest({ host, port, path, method }).end()
    const [response] = (await once(request, 'response')) as [import('node:http').IncomingMessage]
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk as Buffer)
    return { status: response.statusCode, text: Buffer.concat(chunks).toString() }
  }
  const health = await get('/health')
  equal(health.status, 200)
  const { status, clusterId, listeners } = JSON.parse(health.text) as Record<string, unknown>
  equal(status, 'ok')
  ok(clusterId)
  deepEqual(listeners, [`PLAINTEXT://127.0.0.1:${broker.port}`])
  deepEqual([(await get('/nothing')).status, (await get('/health', 'POST')).status], [404, 405])
  for (const path of ['//', '///', '//[', '/%', '/health?a=%']) ok((await get(path)).status, path)
  equal((await get('/health')).status, 200)
})

test('a stop answers what was asked', async () => {
  await using directory = await temporaryDirectory()
  for (const mode of ['async', 'sync']) {
    const broker = await startBroker({ dataDir: directory.path, config: { 'flush.mode': mode } })
    using client = await WireClient.connect(broker.port)
    const topic = await WireTopic.create(client)
    const frames: Buffer[] = []
    const answers: Promise<number>[] = []
    // All of it is in one packet: when the first is answered, the others have been read.
    frames.push(client.encode(ApiVersions, 0, {}))
    const first = client.expect(ApiVersions, 0)
    for (let index = 0; index < 20; index += 1) {
      frames.push(client.encode(Produce, 9, topic.produceRequest({ records: [{ value: 'v', timestamp: Date.now() }] })))
      answers.push(client.expect(Produce, 9).then((answer) => answer.responses[0]!.partitionResponses[0]!.errorCode))
    }
    const wanted = { numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
    frames.push(client.encode(CreateTopics, 7, { topics: [{ name: `late-${mode}`, ...wanted }], timeoutMs: 1000 }))
    answers.push(client.expect(CreateTopics, 7).then(({ topics }) => topics[0]!.errorCode))
    client.socket.write(Buffer.concat(frames))
    await first
    const closed = broker.close()
    deepEqual(
      await Promise.all(answers),
      Array.from({ length: 21 }, () => 0),
    )
    await closed
    await client.ended()
  }
})

test('a stop waits for a topic that is being made', async () => {
  for (let round = 0; round < 5; round += 1) {
    const broker = await startBroker()
    using client = await WireClient.connect(broker.port)
    const wanted = { numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
    const first = client.encode(ApiVersions, 0, {})
    const read = client.expect(ApiVersions, 0)
    const second = client.encode(CreateTopics, 7, { topics: [{ name: 'late', ...wanted }], timeoutMs: 1000 })
    const created = client.expect(CreateTopics, 7)
    client.socket.write(Buffer.concat([first, second]))
    await read
    const closed = broker.close()
    equal((await created).topics[0]!.errorCode, 0)
    await closed
  }
})

test('a stop answers long polls at once, and does not wait for clients that say nothing', async () => {
  const broker = await startBroker()
  using polling = await WireClient.connect(broker.port)
  using _silent = await WireClient.connect(broker.port)
  const topic = await WireTopic.create(polling)
  polling.socket.write(polling.encode(Fetch, 12, topic.fetchRequest(0, { maxWaitMs: 60_000 })))
  const other = await WireClient.connect(broker.port)
  await other.send(ApiVersions, 0, {})
  const polled = polling.expect(Fetch, 12)
  await broker.close()
  deepEqual((await polled).responses[0]?.partitions[0]?.errorCode, 0)
  await polling.ended()
  await rejects(WireClient.connect(broker.port), /ECONNREFUSED/)
  await broker.close()
})

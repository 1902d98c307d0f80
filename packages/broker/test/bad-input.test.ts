/**
 * What is not the protocol ends in the protocol's own error, or in a closed connection and one line of log that says why.
 * Never in a crash, and never in a disturbance of others: one of them works all the time.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import {
  AlterConfigs,
  ApiVersions,
  CreatePartitions,
  CreateTopics,
  DeleteTopics,
  DescribeConfigs,
  encodeBatch,
  Fetch,
  FindCoordinator,
  IncrementalAlterConfigs,
  Metadata,
  Produce,
  patchBatchCrc,
  RECORDS,
  viewOf,
  Writer,
  writeRequestHeader,
} from '@odradek/protocol'
import { startBroker } from '../src/index.ts'
import { HostileScene } from './hostile-scene.ts'
import { LogLines } from './log-lines.ts'
import { WireTopic } from './protocol/wire-topic.ts'
import { WireClient } from './wire-client.ts'

const REQUEST_BYTES_MAX = 1_000_000

const open = () => HostileScene.open({ 'socket.request.max.bytes': REQUEST_BYTES_MAX })

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function framed(...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([int32(body.length), body])
}

function header(apiKey: number, apiVersion: number, flexible = false): Buffer {
  const writer = new Writer()
  writeRequestHeader(writer, { apiKey, apiVersion, correlationId: 1, clientId: 'bad' }, flexible)
  return Buffer.from(writer.buffer.subarray(0, writer.length))
}

for (const length of [0, -1, -2147483648, REQUEST_BYTES_MAX + 1, 0x7fffffff]) {
  test(`a length of ${length}`, async () => {
    await using scene = await open()
    await scene.assertRefused(
      Buffer.concat([int32(length), Buffer.alloc(20)]),
      new RegExp(`request of ${length} bytes`),
    )
  })
}

test('another protocol', async () => {
  await using scene = await open()
  await scene.assertRefused(Buffer.from('GET / HTTP/1.1\r\nHost: broker\r\n\r\n'), /bytes was announced.*HTTP/)
  await scene.assertRefused(Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]), /bytes was announced.*TLS/)
})

test('a frame too short for a header', async () => {
  await using scene = await open()
  for (const bytes of [1, 2, 3, 7, 9]) await scene.assertRefused(framed(Buffer.alloc(bytes)), /could not be read/)
})

test('a client id that is longer than its frame', async () => {
  await using scene = await open()
  await scene.assertRefused(framed(Buffer.from([0, 18, 0, 0, 0, 0, 0, 1, 0x7f, 0xff, 65])), /could not be read/)
})

for (const [apiKey, apiVersion] of [
  [4, 0],
  [17, 1],
  [999, 0],
  [-1, 0],
  [32767, 32767],
] as const) {
  test(`API key ${apiKey} that is not served`, async () => {
    await using scene = await open()
    await scene.assertRefused(framed(header(apiKey, apiVersion)), new RegExp(`API key ${apiKey} is not served`))
  })
}

test('a version that is not served', async () => {
  await using scene = await open()
  await scene.assertRefused(framed(header(Produce.key, 2)), /Produce has versions 3 to 13, not 2/)
  await scene.assertRefused(framed(header(Metadata.key, 14, true)), /Metadata has versions 0 to 13, not 14/)
  await scene.assertRefused(framed(header(Metadata.key, -1)), /Metadata has versions 0 to 13, not -1/)
})

test('a body that ends too soon', async () => {
  await using scene = await open()
  await scene.assertRefused(framed(header(Metadata.key, 1), Buffer.from([0, 0])), /could not be read/)
})

test('counts that lie', async () => {
  await using scene = await open()
  for (const count of [1, 1000, 0x7fffffff, -2]) {
    await scene.assertRefused(framed(header(Metadata.key, 1), int32(count)), /could not be read/)
  }
  // A compact count of 2^32 - 2, and one whose varint does not end.
  for (const varint of [
    [0xff, 0xff, 0xff, 0xff, 0x0f],
    [0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  ]) {
    await scene.assertRefused(framed(header(Metadata.key, 9, true), Buffer.from(varint)), /could not be read/)
  }
})

test('strings and records whose lengths lie', async () => {
  await using scene = await open()
  const name = Buffer.from([0x7f, 0xff, 65, 65])
  await scene.assertRefused(framed(header(Metadata.key, 1), int32(1), name), /could not be read/)
  const request = [Buffer.from([0xff, 0xff, 0, 1]), int32(1000), int32(1), Buffer.from([0, 1, 65]), int32(1), int32(0)]
  for (const length of [0x7fffffff, 100, -2]) {
    await scene.assertRefused(framed(header(Produce.key, 3), ...request, int32(length)), /could not be read/)
  }
})

test('tags whose number of bytes lies', async () => {
  await using scene = await open()
  const tags = Buffer.from([1, 0, 0xff, 0xff, 0xff, 0xff, 0x0f])
  await scene.assertRefused(framed(header(ApiVersions.key, 3), tags), /could not be read/)
})

test('a client that ends inside a request: a part of the length, a part of the body', async () => {
  await using scene = await open()
  for (const bytes of [int32(100).subarray(0, 2), int32(100), Buffer.concat([int32(100), Buffer.alloc(50)])]) {
    await scene.assertRefused(bytes, new RegExp(`inside a request, of which ${bytes.length} bytes`), { end: true })
  }
})

test('a client that is gone in the middle of a request', async () => {
  await using scene = await open()
  for (const goes of ['destroy', 'resetAndDestroy'] as const) {
    const { socket, port } = await scene.connect()
    await new Promise((left) => socket.write(Buffer.concat([int32(5000), Buffer.alloc(100)]), left))
    await scene.bystander.check()
    socket[goes]()
    while (scene.log.about(port).length === 0) await scene.bystander.check()
    await scene.bystander.check()
    equal(scene.log.about(port).length, 1)
    match(scene.log.about(port)[0]!.msg, /inside a request/)
  }
})

test('a request that stops coming is given up after connections.max.idle.ms', async () => {
  const lines = new LogLines()
  await using impatient = await startBroker({ logger: lines.logger, config: { 'connections.max.idle.ms': 100 } })
  const socket = connect(impatient.port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  const { localPort } = socket
  const closed = once(socket, 'close')
  socket.write(Buffer.concat([int32(5000), Buffer.alloc(100)]))
  await closed
  deepEqual(
    lines.about(localPort!).map(({ msg }) => msg),
    ['Closed a connection: a request stopped after 104 bytes for connections.max.idle.ms'],
  )
})

test('a request that trickles in is served, and holds up nobody', async () => {
  await using scene = await open()
  const { socket, port } = await scene.connect()
  const said = once(socket, 'data') as Promise<[Buffer]>
  for (const byte of framed(header(ApiVersions.key, 0))) {
    await new Promise((left) => socket.write(Buffer.from([byte]), left))
    await scene.bystander.check()
  }
  const [answer] = await said
  equal(answer.readInt32BE(4), 1)
  deepEqual(scene.log.about(port), [])
  socket.destroy()
})

test('what was asked before the rubbish is answered by the protocol, or not at all', async () => {
  await using scene = await open()
  const good = framed(header(ApiVersions.key, 0))
  const { said, lines } = await scene.sendUntilClosed(Buffer.concat([good, int32(-5)]))
  ok(said.length === 0 || said.readInt32BE(4) === 1)
  equal(lines.length, 1)
})

test('random bytes of any length', async () => {
  await using scene = await open()
  let state = 12345
  const next = () => {
    state = (state * 1103515245 + 12345) & 0x7fffffff
    return state >>> 8
  }
  for (let round = 0; round < 50; round += 1) {
    const bytes = Buffer.from(Array.from({ length: 1 + (next() % 300) }, () => next() & 255))
    // A length that can be, so that the body is looked at.
    if (round % 2 === 0) int32(Math.max(bytes.length - 4, 1)).copy(bytes)
    const { lines } = await scene.sendUntilClosed(bytes, { end: true })
    ok(lines.length <= 1, lines.join(' | '))
  }
})

/** What Produce says to each of these batches; the connection must go on. */
async function produceEach(
  scene: HostileScene,
  batches: readonly Buffer[],
  configs: Readonly<Record<string, string>> = {},
) {
  using client = await WireClient.connect(scene.broker.port)
  const topic = await WireTopic.create(client, { configs })
  const codes: number[] = []
  for (const batch of batches) {
    const request = topic.produceRequest(batch)
    const answer = await client.send(Produce, 9, request)
    codes.push(answer.responses[0]!.partitionResponses[0]!.errorCode)
  }
  equal((await topic.offsetOf(-1)).offset, codes.filter((code) => code === 0).length)
  await topic.write('goes on')
  return codes
}

function sound(codec: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd' = 'none'): Buffer {
  return encodeBatch({ codec, records: [{ key: 'k', value: 'v'.repeat(50), timestamp: Date.now() }] })
}

test('batches with a byte changed, without their CRC and with it', async () => {
  await using scene = await open()
  const batches: Buffer[] = []
  for (let at = 0; at < sound().length; at += 1) {
    const changed = sound()
    changed[at]! ^= 0x55
    batches.push(changed)
    const summed = Buffer.from(changed)
    if (summed.readInt32BE(8) === sound().length - 12) patchBatchCrc(summed, viewOf(summed), 0)
    batches.push(summed)
  }
  const codes = await produceEach(scene, batches)
  ok(new Set(codes).has(2))
  ok(
    codes.every((code) => [0, 2, 10, 32, 35, 45, 47, 48, 76, 87].includes(code)),
    [...new Set(codes)].join(),
  )
})

test('batches whose length lies', async () => {
  await using scene = await open()
  const lengths = [0, -1, 1, 48, 49, 0x7fffffff, -2147483648]
  const codes = await produceEach(
    scene,
    lengths.map((length) => {
      const batch = sound()
      batch.writeInt32BE(length, 8)
      return batch
    }),
  )
  ok(
    codes.every((code) => code === 2 || code === 87),
    codes.join(),
  )
})

test('compressed rubbish: refused where records are opened, an error to who searches it by time', async () => {
  await using scene = await open()
  const rubbish = (['gzip', 'snappy', 'lz4', 'zstd'] as const).map((codec) => {
    const batch = sound(codec)
    batch.fill(0xa5, RECORDS + 4)
    patchBatchCrc(batch, viewOf(batch), 0)
    return batch
  })
  const codes = await produceEach(scene, rubbish, { 'cleanup.policy': 'compact' })
  deepEqual(codes, [87, 87, 87, 87])
  for (const batch of rubbish) {
    using client = await WireClient.connect(scene.broker.port)
    const topic = await WireTopic.create(client)
    equal((await topic.produce(batch)).errorCode, 0)
    equal((await topic.offsetOf(1)).errorCode, 2)
    equal((await topic.offsetOf(-3)).errorCode, 2)
    equal(await topic.write('goes on'), 1)
    equal((await topic.read(1)).length, 1)
  }
})

test('decompression bombs', async () => {
  await using scene = await open()
  const records = [{ key: 'k', value: Buffer.alloc(140 * 1024 * 1024), timestamp: Date.now() }]
  const bombs = (['gzip', 'zstd'] as const).map((codec) => encodeBatch({ codec, level: 1, records }))
  ok(bombs.every(({ length }) => length < REQUEST_BYTES_MAX))
  deepEqual(await produceEach(scene, bombs, { 'cleanup.policy': 'compact' }), [10, 10])
  // Claims to inflate to 2^32 - 1 bytes.
  const claim = sound('snappy')
  Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f]).copy(claim, RECORDS)
  patchBatchCrc(claim, viewOf(claim), 0)
  const [code] = await produceEach(scene, [claim], { 'cleanup.policy': 'compact' })
  ok(code === 10 || code === 87)
})

test('a client that never reads its answers holds up nobody', async () => {
  await using scene = await open()
  using client = await WireClient.connect(scene.broker.port)
  const topic = await WireTopic.create(client)
  await topic.produce({ records: [{ value: Buffer.alloc(500_000), timestamp: Date.now() }] })
  using lazy = await WireClient.connect(scene.broker.port)
  lazy.socket.pause()
  for (let round = 0; round < 200; round += 1) lazy.socket.write(lazy.encode(Fetch, 12, topic.fetchRequest(0)))
  for (let round = 0; round < 5; round += 1) await scene.bystander.check()
})

test('names as long as a request can hold', async () => {
  await using scene = await open()
  using client = await WireClient.connect(scene.broker.port)
  const name = 'x'.repeat(32_767)
  const resources = [2, 4, 32, 99].map((resourceType) => ({ resourceType, resourceName: name }))
  const described = await client.send(DescribeConfigs, 1, { resources })
  ok(described.results.slice(0, 2).every(({ errorCode }) => errorCode !== 0))
  const config = { name, value: name, configOperation: 0 }
  const topic = await WireTopic.create(client)
  const known = { resourceType: 2, resourceName: topic.name }
  for (const key of [name, 'retention.ms', 'cleanup.policy']) {
    const altered = { ...known, configs: [{ ...config, name: key }] }
    const { responses } = await client.send(IncrementalAlterConfigs, 0, { resources: [altered] })
    equal(responses[0]!.errorCode, 40)
    equal((await client.send(AlterConfigs, 0, { resources: [altered] })).responses[0]!.errorCode, 40)
  }
  const absent = resources.map((resource) => ({ ...resource, configs: [] }))
  await client.send(IncrementalAlterConfigs, 0, { resources: absent })
  const wanted = { numPartitions: 1, replicationFactor: 1, assignments: [] }
  const topics = [
    { name, ...wanted, configs: [] },
    { name: 'short', ...wanted, configs: [config] },
  ]
  const created = await client.send(CreateTopics, 4, { topics, timeoutMs: 1000 })
  deepEqual(
    created.topics.map(({ errorCode }) => errorCode),
    [17, 40],
  )
  equal(
    (await client.send(CreateTopics, 4, { topics: [topics[0]!, topics[0]!], timeoutMs: 1000 })).topics[0]!.errorCode,
    42,
  )
  await client.send(DeleteTopics, 5, { topicNames: [name, name], timeoutMs: 1000 })
  const growing = { name, count: 2, assignments: null }
  await client.send(CreatePartitions, 1, { topics: [growing, growing], timeoutMs: 1000 })
  await client.send(Metadata, 1, { topics: [{ name }] })
  await client.send(FindCoordinator, 1, { key: name })
})

test('many connections that send nothing, or half a length', async () => {
  await using scene = await open()
  const idle = await Promise.all(Array.from({ length: 100 }, () => scene.connect()))
  for (const { socket } of idle) socket.write(Buffer.from([0, 0]))
  for (let round = 0; round < 5; round += 1) await scene.bystander.check()
  for (const { socket } of idle) socket.destroy()
})

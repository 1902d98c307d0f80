/** The reference server stores what it acknowledges, byte for byte, however the network cuts it up. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { BatchCursor, encodeBatch, Produce, type Slice, sliceOf, verifyBatchCrc } from '@odradek/protocol'
import { ControlClient, encodeRequest, PRODUCE_VERSION } from '../src/load/control-client.ts'
import { ProduceAnswers } from '../src/load/produce-answers.ts'
import { ServerProcess } from '../src/server-process.ts'

const TOPIC = 'reference-test'
/** From one record of a few bytes to more than the shared receive buffer holds, below and above what is staged. */
const SIZES = [10, 3000, 9000, 700_000, 50, 1, 300_000, 16_384, 8_000, 8_200]

function batchOf(bytes: number, seed: number): Slice {
  const records = [
    { key: `key-${seed}`, value: Buffer.alloc(bytes, seed), timestamp: 1000 + seed },
    { value: null, timestamp: 1000 + seed },
  ]
  return sliceOf(encodeBatch({ records }))
}

test('batches of every size arrive in the file in order, with their offsets, on one connection and several partitions', async () => {
  await using server = await ServerProcess.reference()
  const client = await ControlClient.connect(server.host, server.port)
  await client.checkVersions()
  await client.createTopic(TOPIC, 2)
  const batches = [...SIZES, ...SIZES, ...SIZES].map((bytes, index) => batchOf(bytes, index))
  const frames = batches.map((batch, index) =>
    encodeRequest(Produce, PRODUCE_VERSION, index, {
      acks: 1,
      timeoutMs: 1000,
      topicData: [{ name: TOPIC, partitionData: [{ index: index % 2, records: batch }] }],
    }),
  )
  const offsets: number[] = []
  const answers = new ProduceAnswers(TOPIC, {
    partitionOf: (request) => request % 2,
    answered: (_, __, baseOffset) => offsets.push(baseOffset),
  })
  for (const _ of frames) answers.expectOne()
  const socket = net.connect({ host: server.host, port: server.port, noDelay: true })
  const done = Promise.withResolvers<void>()
  socket.on('data', (chunk: Buffer) => {
    answers.push(chunk, chunk.length)
    if (answers.count === frames.length) done.resolve()
  })
  socket.on('error', done.reject)
  // Pieces that begin and end anywhere, in the length of a frame too.
  const all = Buffer.concat(frames)
  let size = 1
  for (let at = 0; at < all.length; at += size) {
    size = (size * 7 + 3) % 65_521
    socket.write(all.subarray(at, at + size))
    if (at % 5 === 0) await new Promise(setImmediate)
  }
  await done.promise

  assert.deepEqual(
    offsets,
    batches.map((_, index) => Math.floor(index / 2) * 2),
  )
  assert.deepEqual(await client.endOffsets(TOPIC, 2), [batches.length, batches.length])
  const files = readdirSync(server.directory)
    .filter((name) => name.endsWith('.log'))
    .sort()
  assert.equal(files.length, 2)
  for (const [partition, name] of files.entries()) {
    const sent = batches.filter((_, index) => index % 2 === partition)
    const cursor = new BatchCursor(sliceOf(readFileSync(join(server.directory, name))))
    for (const [index, batch] of sent.entries()) {
      assert.ok(cursor.next())
      assert.equal(cursor.header.baseOffset, index * 2)
      const stored = cursor.slice()
      assert.ok(verifyBatchCrc(stored.buffer, stored.view, stored.start))
      // All but the base offset, which is the server's.
      const after = (slice: Slice) => slice.buffer.subarray(slice.start + 8, slice.end)
      assert.ok(after(stored).equals(after(batch)))
    }
    assert.equal(cursor.next(), false)
  }
  socket.destroy()
  client.close()
})

test('a batch whose CRC is wrong ends the connection and is not stored', async () => {
  await using server = await ServerProcess.reference()
  const client = await ControlClient.connect(server.host, server.port)
  await client.createTopic(TOPIC, 1)
  const other = await ControlClient.connect(server.host, server.port)
  const batch = batchOf(100, 1)
  batch.buffer[batch.end - 10]! ^= 1
  await assert.rejects(other.produce(TOPIC, 0, batch), /closed the connection/)
  assert.deepEqual(await client.endOffsets(TOPIC, 1), [0])
  client.close()
  other.close()
})

for (const native of ['on', 'off']) {
  test(`records are fetched as they were produced, native addon ${native}`, async () => {
    if (native === 'off') process.env.ODRADEK_NATIVE = 'off'
    await using server = await ServerProcess.reference()
    delete process.env.ODRADEK_NATIVE
    const client = await ControlClient.connect(server.host, server.port)
    await client.createTopic(TOPIC, 1)
    const batch = batchOf(50_000, 1)
    for (let count = 0; count < 40; count++) await client.produce(TOPIC, 0, batch)
    for (const bytes of [60_000, 200_000, 4_000_000]) {
      const cursor = await client.batches(TOPIC, 0, 10, bytes)
      let count = 0
      for (; cursor.next(); count++) {
        assert.equal(cursor.header.baseOffset, 10 + count * 2)
        const { buffer, view } = cursor.slice()
        assert.ok(verifyBatchCrc(buffer, view, cursor.start))
      }
      assert.equal(count, Math.min(35, Math.floor(bytes / (batch.end - batch.start))))
    }
    client.close()
  })
}

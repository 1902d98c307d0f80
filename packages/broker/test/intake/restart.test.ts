/** What waits is there after a restart, in the middle of a delivery too. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { InitProducerId } from '@odradek/protocol'
import { startBroker } from '../../src/index.ts'
import { verifyLog } from '../../src/log-tools.ts'
import { WireTopic } from '../protocol/wire-topic.ts'
import { WireClient } from '../wire-client.ts'
import { batch, headerOf, readUntil, timed } from './timed-topic.ts'

for (const flushMode of ['async', 'sync']) {
  test(`with flush.mode=${flushMode}, each record once, at its time`, async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'odradek-intake-'))
    try {
      let topic: WireTopic
      const born = Date.now()
      {
        await using broker = await startBroker({ dataDir })
        using client = await WireClient.connect(broker.port)
        topic = await WireTopic.create(client, { configs: { 'message.type': 'DELAY', 'flush.mode': flushMode } })
        const records = Array.from({ length: 100 }, (_, index) =>
          timed(String(index), 'TIMER_DELIVER_MS', born + 300 + index * 5, born),
        )
        for (let at = 0; at < 100; at += 10) {
          assert.equal((await topic.produce(batch(records.slice(at, at + 10)))).baseOffset >= at, true)
        }
        await readUntil(topic, 10)
      }
      {
        await using broker = await startBroker({ dataDir })
        using client = await WireClient.connect(broker.port)
        topic = new WireTopic(client, topic.name, topic.topicId)
        const records = await readUntil(topic, 100)
        assert.deepEqual(
          records.map(({ value }) => value),
          Array.from({ length: 100 }, (_, index) => String(index)),
        )
        assert.deepEqual(
          records.map(({ offset }) => offset),
          records.map((_, index) => index),
        )
        for (const record of records) assert.equal(headerOf(record, 'BORN_TIMESTAMP'), String(born))
        assert.equal((await topic.produce(batch([timed('more', 'TIMER_DELAY_MS', 1)]))).errorCode, 0)
        assert.equal((await readUntil(topic, 101)).at(-1)!.value, 'more')
      }
    } finally {
      await rm(dataDir, { recursive: true, force: true })
    }
  })
}

test('an idempotent producer goes on after a restart, and what it sends again counts once', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'odradek-intake-'))
  try {
    let topic: WireTopic
    let producerId = -1
    const send = (sequence: number) =>
      topic.produce(
        batch([timed(String(sequence), 'TIMER_DELAY_MS', 5)], { producerId, producerEpoch: 0, baseSequence: sequence }),
      )
    {
      await using broker = await startBroker({ dataDir })
      using client = await WireClient.connect(broker.port)
      const ids = await client.send(InitProducerId, 4, {
        transactionalId: null,
        transactionTimeoutMs: 0,
        producerId: -1,
        producerEpoch: -1,
      })
      producerId = ids.producerId
      topic = await WireTopic.create(client, { configs: { 'message.type': 'DELAY' } })
      for (const sequence of [0, 1, 2]) assert.equal((await send(sequence)).errorCode, 0)
      await readUntil(topic, 3)
    }
    await using broker = await startBroker({ dataDir })
    using client = await WireClient.connect(broker.port)
    topic = new WireTopic(client, topic.name, topic.topicId)
    assert.equal((await send(2)).errorCode, 0)
    assert.equal((await send(3)).errorCode, 0)
    assert.equal((await send(5)).errorCode, 45)
    assert.deepEqual(
      (await readUntil(topic, 4)).map(({ value }) => value),
      ['0', '1', '2', '3'],
    )
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
})

test('the files of an intake are found well, and a start goes by the index', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'odradek-intake-'))
  try {
    let topic: WireTopic
    {
      await using broker = await startBroker({ dataDir })
      using client = await WireClient.connect(broker.port)
      topic = await WireTopic.create(client, { configs: { 'message.type': 'DELAY' } })
      const records = Array.from({ length: 50 }, (_, at) => timed(String(at), 'TIMER_DELAY_SEC', 3600))
      for (let at = 0; at < 100; at++) assert.equal((await topic.produce(batch(records))).errorCode, 0)
      assert.equal((await topic.produce(batch([timed('soon', 'TIMER_DELAY_MS', 1)]))).errorCode, 0)
      await readUntil(topic, 1)
    }
    const directory = join(dataDir, `__intake.${topic.topicId}-0`)
    assert.deepEqual(verifyLog(directory, { deep: true }).findings, [])
    assert.ok((await stat(join(directory, 'intake.index'))).size > 5_000 * 17)
    await using broker = await startBroker({ dataDir, config: { 'admin.listener': '127.0.0.1:0' } })
    const response = await fetch(`http://${broker.adminAddress}/v1/delayed?topic=${topic.name}&limit=1`)
    const { waiting, records } = (await response.json()) as { waiting: number; records: unknown[] }
    assert.deepEqual([waiting, records.length], [5_000, 1])
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
})

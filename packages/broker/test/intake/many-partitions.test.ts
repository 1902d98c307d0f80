/** What a partition costs in which nothing waits. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startBroker } from '../../src/index.ts'
import { WireTopic } from '../protocol/wire-topic.ts'
import { WireClient } from '../wire-client.ts'
import { batch, readUntil, timed } from './timed-topic.ts'

const PARTITIONS = 1_000
const BUFFER_BYTES_EACH_MAX = 8 * 1024

test('a thousand partitions in which nothing waits hold no buffers, and work', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'odradek-intake-'))
  try {
    await using broker = await startBroker({ dataDir })
    using client = await WireClient.connect(broker.port)
    const before = process.memoryUsage().arrayBuffers
    const topic = await WireTopic.create(client, { partitions: PARTITIONS, configs: { 'message.type': 'DELAY' } })
    const each = (process.memoryUsage().arrayBuffers - before) / PARTITIONS
    assert.equal(each < BUFFER_BYTES_EACH_MAX, true, `${Math.round(each)} bytes of buffers for each partition`)
    assert.equal((await topic.produce(batch([timed('soon', 'TIMER_DELAY_MS', 1)]))).errorCode, 0)
    assert.equal((await readUntil(topic, 1)).at(-1)!.value, 'soon')
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
})

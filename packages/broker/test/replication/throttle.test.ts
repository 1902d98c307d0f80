/** How fast a replica that comes is copied, where it is held up by its leader, by its follower, or not at all. In simulated time. */
import { ok } from 'node:assert/strict'
import { test } from 'node:test'
import { parseBrokerConfig, resolveBrokerConfig } from '@odradek/config'
import { BatchHeader, RecordBatchBuilder, readBatchHeader, sliceOf } from '@odradek/protocol'
import { pino } from 'pino'
import { BrokerCore } from '../../src/broker-core.ts'
import { createSimHost, type SimHost, SimWorld } from '../../src/host/sim/index.ts'
import { EmbeddedStore } from '../../src/metadata/embedded-store.ts'
import type { MetadataStore } from '../../src/metadata/store.ts'

const BATCHES = 30
const BATCH_BYTES = 100_000
const RATE = 100_000
const FETCH_BYTES = 1 << 20

async function start(host: SimHost, id: number, store: MetadataStore): Promise<BrokerCore> {
  const { texts } = parseBrokerConfig({
    'node.id': String(id),
    listeners: `PLAINTEXT://${host.network.address}:9092`,
    'admin.listener': '',
    'leader.replication.throttled.rate': String(RATE),
    'follower.replication.throttled.rate': String(RATE),
  })
  const config = resolveBrokerConfig({ static: texts })
  const logger = pino({ level: 'silent' })
  const core = await BrokerCore.open({ host, dataDirs: ['/data'], config, texts, logger, store })
  await core.listen()
  return core
}

/** Milliseconds until broker 2 has all that broker 1 has of a topic with these configs, and is in sync. */
async function copied(configs: Readonly<Record<string, string>>): Promise<number> {
  const world = new SimWorld(1)
  const hosts = [1, 2, 3].map((id) => createSimHost(world, { name: `${id}`, address: `10.0.0.${id}` }))
  const [near, far, other] = hosts as [SimHost, SimHost, SimHost]
  const { disk, clock, timers } = other
  disk.makeDirectory('/store')
  const store = EmbeddedStore.open({ disk, clock, timers, directory: '/store' })
  const [leader] = await world.complete(Promise.all([start(near, 1, store), start(far, 2, store)]))
  const topic = {
    name: 't',
    numPartitions: -1,
    replicationFactor: -1,
    assignments: [{ partitionIndex: 0, brokerIds: [1] }],
    configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
  }
  const controller = leader!.metadata
  await world.complete(controller.createTopics([topic]))
  const partition = leader!.partitions.get('t', 0)!
  for (let i = 0; i < BATCHES; i++) {
    const batch = new RecordBatchBuilder()
    batch.append({ value: Buffer.alloc(BATCH_BYTES, 7), timestamp: clock.now() })
    const slice = sliceOf(batch.build())
    const header = new BatchHeader()
    readBatchHeader(slice.view, slice.start, header)
    partition.append(slice, header)
  }
  await world.runFor(10)
  const since = world.time
  await world.complete(controller.replicas.reassign(new Map([['t', [{ index: 0, replicas: [1, 2] }]]])))
  await world.runUntil(() => controller.image.topics.get('t')!.partitions[0]!.isr.includes(2))
  return world.time - since
}

test('a replica that comes is held up where its topic says so, by the leader and by the follower', async () => {
  // The last answer is not waited for.
  const held = (1000 * (BATCHES * BATCH_BYTES - FETCH_BYTES)) / RATE
  const free = await copied({})
  ok(free < held / 10, `${free} ms without`)
  const others = await copied({
    'leader.replication.throttled.replicas': '0:2',
    'follower.replication.throttled.replicas': '0:1',
  })
  ok(others < held / 10, `${others} ms where others are named`)
  for (const side of ['leader', 'follower'] as const) {
    const name = side === 'leader' ? '0:1' : '0:2'
    for (const list of [name, '*']) {
      const tookMs = await copied({ [`${side}.replication.throttled.replicas`]: list })
      ok(tookMs >= held && tookMs < 2 * held, `${tookMs} ms where the ${side} holds up, ${held} ms at least`)
    }
  }
})

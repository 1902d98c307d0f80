/** A broker on a disk of 64 MiB that it is made to fill: it never does, says why it refuses, and goes on when there is room. */
import { deepEqual, equal, match, notEqual, ok } from 'node:assert/strict'
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { FindCoordinator, InitProducerId, OffsetCommit } from '@odradek/protocol'
import { usedPercent } from '../../src/cleanup/disk-state.ts'
import { type Broker, startBroker } from '../../src/index.ts'
import { WireTopic } from '../protocol/wire-topic.ts'
import { WireClient } from '../wire-client.ts'
import { boundsOf, flood, readFlood } from './flood.ts'
import { hostOn, type SmallDisk, smallDisk } from './small-disk.ts'
import { until } from './until.ts'

const MIB = 1024 * 1024
const DISK_BYTES = 64 * MIB
const NOT_ENOUGH_REPLICAS = 19
const COORDINATOR_NOT_AVAILABLE = 15
const COORDINATOR_LOAD_IN_PROGRESS = 14
const TIMEOUT_MS = 250_000

/** A broker on a small disk. */
function start(disk: SmallDisk, name: string, config: Readonly<Record<string, string | number>> = {}): Promise<Broker> {
  return startBroker({
    dataDir: join(disk.path, name),
    host: hostOn(disk.path, disk.bytesMax),
    config: {
      'offsets.topic.num.partitions': 1,
      'log.segment.bytes': MIB,
      'disk.check.interval.ms': 100,
      'admin.listener': '127.0.0.1:0',
      ...config,
    },
  })
}

/** Makes the disk that full, by a file that is not the broker's. */
function fillTo(disk: SmallDisk, percent: number, name = 'other'): void {
  const { usedBytes, freeBytes } = disk.space()
  const bytes = Math.ceil(((usedBytes + freeBytes) / 100) * percent) - usedBytes
  const file = openSync(join(disk.path, name), 'w')
  for (let left = bytes; left > 0; left -= MIB) writeSync(file, Buffer.alloc(Math.min(left, MIB), 1))
  closeSync(file)
}

/** What the admin listener tells, as far as it is looked at here. */
interface Told {
  readonly status?: string
  readonly problems?: readonly string[]
  readonly disks: readonly { state: string; isExhausted: boolean; usedPercent: number; forcibleBytes: number }[]
  readonly deleted: { readonly forced: { readonly bytes: number } }
}

async function json(broker: Broker, path: string): Promise<Told> {
  const response = await fetch(`http://${broker.adminAddress}${path}`)
  return (await response.json()) as Told
}

describe('a small disk', { timeout: TIMEOUT_MS }, () => {
  it('never fills: the oldest segments go, from the topic that has most', async () => {
    using disk = smallDisk(DISK_BYTES)
    await using broker = await start(disk, 'data')
    using client = await WireClient.connect(broker.port)
    const small = await WireTopic.create(client)
    const compacted = await WireTopic.create(client, {
      configs: { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '1', 'segment.bytes': `${MIB}` },
    })
    const large = await WireTopic.create(client, { partitions: 2 })
    for (let index = 0; index < 60; index++) {
      const record = { key: `${index}`, value: 'k'.repeat(80_000), timestamp: Date.now() - 10_000_000 }
      equal((await compacted.produce({ records: [record] })).errorCode, 0)
    }
    await flood({ topic: small, partition: 0, bytes: 5 * MIB, batchBytes: 100_000 })
    let most = 0
    let refused = 0
    const answered = (errorCode: number, errorMessage: string | null) => {
      most = Math.max(most, usedPercent(disk.space()))
      if (errorCode !== NOT_ENOUGH_REPLICAS) return
      refused++
      match(errorMessage ?? '', /^The broker's disk is \d+\.\d % full, and takes no records above 90 %/)
    }
    const written = await Promise.all(
      [0, 1].map(async (partition) => {
        using own = await WireClient.connect(broker.port)
        const topic = new WireTopic(own, large.name, large.topicId)
        return await flood({ topic, partition, bytes: 50 * MIB, batchBytes: 100_000, answered })
      }),
    )
    ok(most > 80 && most <= 92, `${most} % were used, ${refused} batches refused`)
    await until(
      'the disk is forced down to 85 %',
      async () => ({ ...(await json(broker, '/v1/disks')), percent: usedPercent(disk.space()) }),
      ({ percent }) => percent <= 85.5,
    )
    for (const partition of [0, 1]) {
      const { start, end } = await boundsOf(large, partition)
      equal(end, written[partition])
      ok(start > 0 && start < end, `partition ${partition} begins at ${start} of ${end}`)
      equal(await readFlood(large, partition), end - start)
    }
    deepEqual((await boundsOf(small, 0)).start, 0, 'a topic that holds less keeps what it has')
    deepEqual((await boundsOf(compacted, 0)).start, 0, 'a compacted one does too')
    const { deleted } = await json(broker, '/v1/cleanup/plan')
    ok(deleted.forced.bytes > 40 * MIB)
  })

  it('refuses clients above one threshold, commits above another, and takes both again when there is room', async () => {
    using disk = smallDisk(DISK_BYTES)
    await using broker = await start(disk, 'data')
    using client = await WireClient.connect(broker.port)
    const topic = await WireTopic.create(client)
    const produce = async () => {
      const { errorCode, errorMessage } = await topic.produce({ records: [{ value: 'x', timestamp: Date.now() }] })
      return { errorCode, errorMessage }
    }
    await until(
      'the coordinator is there',
      () => client.send(FindCoordinator, 0, { key: 'g' }),
      ({ errorCode }) => errorCode === 0,
    )
    const commit = async () => {
      const partitions = [
        { partitionIndex: 0, committedOffset: 1, committedLeaderEpoch: 0, committedMetadata: '' as string | null },
      ]
      const answer = await client.send(OffsetCommit, 8, {
        groupId: 'g',
        generationIdOrMemberEpoch: -1,
        memberId: '',
        groupInstanceId: null,
        topics: [{ name: topic.name, partitions }],
      })
      return answer.topics[0]!.partitions[0]!.errorCode
    }
    equal((await produce()).errorCode, 0)
    equal(await until('it has loaded', commit, (errorCode) => errorCode !== COORDINATOR_LOAD_IN_PROGRESS), 0)

    fillTo(disk, 91)
    let count = 1
    const refusal = await until('records are refused', produce, ({ errorCode }) => {
      if (errorCode === 0) count++
      return errorCode !== 0
    })
    equal(refusal.errorCode, NOT_ENOUGH_REPLICAS)
    match(
      refusal.errorMessage ?? '',
      /^The broker's disk is 91\.\d % full, and takes no records above 90 %\. Try again/,
    )
    equal(await commit(), 0, 'offsets are committed on')
    equal((await client.send(InitProducerId, 2, { transactionalId: null, transactionTimeoutMs: 1000 })).errorCode, 0)
    const health = await json(broker, '/health')
    equal(health.status, 'degraded')
    match(String(health.problems), /is 91\.\d % full: records of clients are refused/)

    fillTo(disk, 96, 'more')
    await until(
      'the disk is full',
      () => json(broker, '/v1/disks'),
      ({ disks }) => disks[0]!.state === 'full',
    )
    notEqual(await commit(), 0)
    ok([COORDINATOR_NOT_AVAILABLE, COORDINATOR_LOAD_IN_PROGRESS].includes(await commit()))
    equal((await produce()).errorCode, NOT_ENOUGH_REPLICAS)

    rmSync(join(disk.path, 'more'))
    rmSync(join(disk.path, 'other'))
    equal((await produce()).errorCode, 0, 'at the next try')
    equal(await until('commits are taken again', commit, (errorCode) => errorCode === 0), 0)
    equal((await json(broker, '/health')).status, 'ok')
    deepEqual(await boundsOf(topic, 0), { start: 0, end: count + 1 })
  })

  it('is cleaned by one broker at a time, and not more than is needed', async () => {
    using disk = smallDisk(DISK_BYTES)
    const brokers = await Promise.all(['one', 'two', 'three'].map((name) => start(disk, name)))
    try {
      let least = 100
      let isForced = false
      const floods = brokers.map(async (broker) => {
        using client = await WireClient.connect(broker.port)
        const topic = await WireTopic.create(client, { configs: { 'segment.bytes': `${MIB / 2}` } })
        const answered = () => {
          const percent = usedPercent(disk.space())
          isForced ||= percent > 85
          if (isForced) least = Math.min(least, percent)
        }
        const bytes = 35 * MIB
        const count = await flood({ topic, partition: 0, bytes, batchBytes: 100_000, answered })
        const { start, end } = await boundsOf(topic, 0)
        deepEqual([end, start > 0], [count, true])
      })
      await Promise.all(floods)
      ok(least > 78, `down to ${least} %`)
    } finally {
      for (const broker of brokers) await broker.close()
    }
  })

  it('gives up no record that is not acknowledged by all, and no active segment', async () => {
    using disk = smallDisk(DISK_BYTES)
    await using broker = await start(disk, 'data', { 'log.segment.bytes': 100 * MIB })
    using client = await WireClient.connect(broker.port)
    const topic = await WireTopic.create(client)
    let isRefused = false
    const written = flood({
      topic,
      partition: 0,
      bytes: 70 * MIB,
      batchBytes: 500_000,
      answered: (errorCode) => {
        isRefused ||= errorCode !== 0
      },
    })
    written.catch(() => {})
    const { disks } = await until(
      'nothing is left that may go',
      () => json(broker, '/v1/disks'),
      (answer) => answer.disks[0]!.isExhausted && isRefused,
    )
    const [told] = disks
    ok(told!.usedPercent > 85 && told!.usedPercent < 92, `${told!.usedPercent} %`)
    equal(told!.forcibleBytes, 0)
    equal((await boundsOf(topic, 0)).start, 0)
    client.close()
    await written.catch(() => {})
  })
})

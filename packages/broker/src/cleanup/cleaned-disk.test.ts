/** Making room on a simulated disk: with several brokers on it, with slow readers of the room, and with crashes at every call. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resolveBrokerConfig, resolveTopicConfig } from '@odradek/config'
import type { DiskSpace } from '../host/disk.ts'
import { createSimHost, SimCrash, type SimHost } from '../host/sim/index.ts'
import type { Log } from '../storage/log.ts'
import { LogDirectory } from '../storage/log-directory.ts'
import { appendRecords, quiet, readAll } from '../storage/testing/log-kit.ts'
import { verifyLog } from '../storage/verify.ts'
import type { CleanedPartition } from './cleaned-disk.ts'
import { Cleanup } from './cleanup.ts'
import { usedPercent } from './disk-state.ts'

const KIB = 1024
const CAPACITY_BYTES = 10_000 * KIB
const TOPIC_IDS = ['AAAAAAAAQACAAAAAAAAAAQ', 'AAAAAAAAQACAAAAAAAAAAg', 'AAAAAAAAQACAAAAAAAAAAw']

/** One broker, as far as cleanup needs it: its logs, each of one partition. */
class Store {
  readonly directory: LogDirectory
  readonly logs: Log[] = []
  readonly cleanup: Cleanup
  readonly partitions: CleanedPartition[] = []

  constructor(host: SimHost, path: string, settings: Record<string, string> = {}) {
    const config = resolveBrokerConfig({
      static: { 'disk.check.interval.ms': '10000', 'log.retention.check.interval.ms': '300000', ...settings },
    })
    this.directory = LogDirectory.open({ host, path, nodeId: 1, config, logger: quiet })
    this.directory.setClusterId('c')
    this.cleanup = new Cleanup({
      host,
      logger: quiet,
      config: () => config,
      directories: [this.directory],
      partitions: () => this.partitions,
      directoryOf: () => this.directory,
      isInternal: (topic) => topic.startsWith('__'),
      shortened: () => {},
      damaged: (_, { problem }) => assert.fail(problem),
      failed: (_, error) => {
        throw error
      },
    })
  }

  open(topic: string, config: Record<string, string> = {}): Log {
    const settings = { 'segment.bytes': '200000', 'file.delete.delay.ms': '60000', 'retention.ms': '-1', ...config }
    const id = TOPIC_IDS[this.logs.length]!
    const log = this.directory.openLog(topic, 0, id, resolveTopicConfig(settings))
    this.logs.push(log)
    this.partitions.push({
      topic,
      index: 0,
      log,
      offlineCode: 0,
      get lastStableOffset() {
        return log.endOffset
      },
    })
    return log
  }
}

/** Appends batches of 50,000 bytes, or as many as that says, a second apart. */
function fill(log: Log, batches: number, bytes = 50_000): void {
  for (let at = 0; at < batches; at++) {
    const { endOffset } = log
    appendRecords(log, [{ key: `${endOffset}`, value: 'x'.repeat(bytes - 100), timestamp: 1000 * endOffset }])
  }
  log.write()
}

const percentOf = (host: SimHost) => usedPercent(host.disk.space('/'))

describe('a disk that fills', () => {
  it('is brought below the threshold, by the oldest of the topic that has most; files are unlinked at once', async () => {
    const host = createSimHost(1, { disk: { capacityBytes: CAPACITY_BYTES } })
    const store = new Store(host, '/data')
    const [internal, compacted, large] = [
      store.open('__internal'),
      store.open('compacted', { 'cleanup.policy': 'compact' }),
      store.open('large'),
    ]
    fill(internal, 40)
    fill(compacted, 40)
    fill(large, 85)
    store.cleanup.checkDisks()
    assert.ok(percentOf(host) > 85, `${percentOf(host)} %`)
    const [disk] = store.cleanup.disks
    assert.ok(store.cleanup.forcibleBytes(disk!) > 1_000_000)
    await host.world.runFor(2000)
    assert.ok(percentOf(host) <= 85 && percentOf(host) > 80, `${percentOf(host)} %`)
    assert.deepEqual([internal.startOffset, compacted.startOffset], [0, 0])
    assert.ok(large.startOffset > 0)
    assert.equal(store.directory.deletedFiles.bytes, 0)
    assert.ok(!host.disk.list(large.directory).some(({ name }) => name.endsWith('.deleted')))
    assert.equal(readAll(large)[0]!.offset, large.startOffset)
    const { totals, newest } = store.cleanup.history
    assert.equal(
      totals.forced.segments,
      newest.reduce((sum, { segments }) => sum + segments, 0),
    )
    await store.cleanup.close()
  })

  it('first gets the room of what is deleted already', async () => {
    const host = createSimHost(2, { disk: { capacityBytes: CAPACITY_BYTES } })
    const store = new Store(host, '/data')
    const log = store.open('t')
    fill(log, 180)
    log.deleteSegments(log.segments().slice(0, 20))
    const { startOffset } = log
    assert.ok(store.directory.deletedFiles.bytes > 3_000_000)
    store.cleanup.checkDisks()
    await host.world.runFor(2000)
    assert.ok(percentOf(host) < 60)
    assert.equal(log.startOffset, startOffset, 'nothing else had to go')
    await store.cleanup.close()
  })

  it('gives up when nothing may go, says so, and goes on when something may', async () => {
    const host = createSimHost(3, { disk: { capacityBytes: CAPACITY_BYTES } })
    const store = new Store(host, '/data')
    const log = store.open('t', { 'segment.bytes': '9500000' })
    fill(log, 178)
    const [disk] = store.cleanup.disks
    store.cleanup.start()
    await host.world.runFor(100)
    assert.equal(disk!.gauge.state, 'forcing')
    assert.ok(disk!.isExhausted)
    assert.equal(log.startOffset, 0)
    log.roll()
    fill(log, 1)
    await host.world.runFor(11_000)
    assert.equal(disk!.isExhausted, false)
    assert.ok(percentOf(host) < 10)
    await store.cleanup.close()
  })

  it('is cleaned by one of the brokers that share it, and not twice', async () => {
    const host = createSimHost(4, { disk: { capacityBytes: CAPACITY_BYTES } })
    const stores = ['/a', '/b', '/c'].map((path) => new Store(host, path))
    for (const store of stores) fill(store.open('t'), 60)
    let least = 100
    const { space } = host.disk
    host.disk.space = function (this: typeof host.disk, path: string): DiskSpace {
      const told = space.call(this, path)
      least = Math.min(least, usedPercent(told))
      return told
    }
    for (const store of stores) store.cleanup.start()
    await host.world.runFor(25_000)
    assert.ok(percentOf(host) <= 85, `${percentOf(host)} %`)
    assert.ok(least > 80, `down to ${least} %`)
    for (const store of stores) await store.cleanup.close()
  })

  it('waits for a lock that another holds', async () => {
    const host = createSimHost(5, { disk: { capacityBytes: CAPACITY_BYTES } })
    const store = new Store(host, '/data')
    const log = store.open('t')
    fill(log, 180)
    const lock = host.disk.lock(host.disk.volume().lockPath)
    store.cleanup.checkDisks()
    await host.world.runFor(3000)
    assert.equal(log.startOffset, 0)
    lock!.release()
    await host.world.runFor(3000)
    assert.ok(log.startOffset > 0)
    await store.cleanup.close()
  })

  it('waits for a file system that gives back later, and does not delete more in the meantime', async () => {
    for (const laterMs of [0, 3000]) {
      const host = createSimHost(6, { disk: { capacityBytes: CAPACITY_BYTES } })
      const { space } = host.disk
      // What was used so long ago is still told.
      const told: { at: number; space: DiskSpace }[] = []
      host.disk.space = function (this: typeof host.disk, path: string): DiskSpace {
        told.push({ at: host.world.time, space: space.call(this, path) })
        return told.findLast(({ at }) => at <= host.world.time - laterMs)?.space ?? told[0]!.space
      }
      host.disk.volume = () => ({ id: 'slow', lockPath: '/.lock', freesLater: true })
      const store = new Store(host, '/data')
      const log = store.open('t')
      fill(log, 172)
      store.cleanup.start()
      await host.world.runFor(60_000)
      assert.ok(usedPercent(space.call(host.disk, '/')) > 79, `${laterMs} ms later: too much was deleted`)
      assert.ok(usedPercent(space.call(host.disk, '/')) <= 85, `${laterMs} ms later`)
      await store.cleanup.close()
    }
  })

  it('above the first threshold loses what is over at each look, with an idle active segment', async () => {
    const host = createSimHost(7, { disk: { capacityBytes: CAPACITY_BYTES } })
    const store = new Store(host, '/data', { 'cleanup.profile': 'rocketmq', 'delete.when.timezone': 'UTC' })
    const log = store.open('t', { 'retention.ms': '1000' })
    const other = store.open('other')
    fill(log, 20)
    fill(other, 100)
    store.cleanup.start()
    await host.world.runFor(21_000)
    assert.equal(log.startOffset, 0, 'it is not the hour, and there is room')
    fill(other, 36)
    assert.ok(percentOf(host) > 75 && percentOf(host) < 85)
    await host.world.runFor(10_000)
    const active = log.segments().at(-1)!.baseOffset
    assert.ok(active > 10)
    assert.equal(log.startOffset, active, 'the closed ones')
    await host.world.runFor(10_000)
    assert.equal(log.startOffset, log.endOffset, 'then the active one, which nothing was written to')
    assert.equal(other.startOffset, 0)
    await store.cleanup.close()
  })
})

describe('making room when the machine loses power', () => {
  it('leaves logs that end where they did, at every call', async () => {
    const settings = { 'disk.expire.above.percent': '60', 'disk.force.above.percent': '60' }
    let crashes = 0
    for (let call = 0; ; call++) {
      const where = `call ${call}`
      const host = createSimHost(700 + call, { disk: { capacityBytes: 800 * KIB } })
      const store = new Store(host, '/data', settings)
      const log = store.open('t', { 'segment.bytes': '40000' })
      fill(log, 44, 12_000)
      log.flushNow()
      assert.ok(percentOf(host) > 86, `${percentOf(host)} %`)
      const records = readAll(log)
      host.disk.crashAt(host.disk.calls + 1 + call)
      try {
        store.cleanup.checkDisks()
      } catch (error) {
        assert.ok(error instanceof SimCrash, where)
      }
      await host.world.runFor(3000)
      const crashed = !host.alive
      if (crashed) crashes++
      const next = host.reboot()
      const again = new Store(next, '/data', settings)
      const reopened = again.open('t', { 'segment.bytes': '40000' })
      assert.equal(reopened.failed, null, where)
      assert.equal(reopened.endOffset, 44, where)
      const left = readAll(reopened)
      assert.deepEqual(left, records.slice(records.length - left.length), where)
      assert.equal(left[0]!.offset, reopened.startOffset, where)
      const { findings } = verifyLog(next.disk, reopened.directory, { deep: true })
      assert.deepEqual(
        findings.filter(({ severity }) => severity === 'error'),
        [],
        where,
      )
      again.cleanup.checkDisks()
      await next.world.runFor(3000)
      assert.ok(percentOf(next) <= 60, where)
      await again.cleanup.close()
      if (!crashed) break
    }
    assert.ok(crashes > 60, `${crashes} crashes`)
  })
})

/**
 * What is called durable outlives a power failure, however the life before ended. Each story is told to many seeds, as what
 * a power failure takes is the seed's choice.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resolveBrokerConfig, resolveTopicConfig } from '@odradek/config'
import { encodeBatch } from '@odradek/protocol'
import { createSimHost, type SimHost } from '../host/sim/index.ts'
import type { Log } from './log.ts'
import { LogDirectory } from './log-directory.ts'
import { append, quiet, readAll, TOPIC_ID } from './testing/log-kit.ts'

const SEEDS = Array.from({ length: 40 }, (_, at) => at + 1)
const PRODUCER = 5

function openDirectory(host: SimHost): LogDirectory {
  const directory = LogDirectory.open({ host, path: '/data', nodeId: 1, config: resolveBrokerConfig(), logger: quiet })
  directory.setClusterId('c')
  return directory
}

function openLog(directory: LogDirectory, settings: Record<string, string> = {}): Log {
  return directory.openLog('t', 0, TOPIC_ID, resolveTopicConfig(settings))
}

/** Appends `count` batches of one record, in the producer's sequence. */
function appendBatches(log: Log, count: number): void {
  for (let at = 0; at < count; at++) {
    const records = [{ value: `record ${log.endOffset}`, timestamp: 1000 }]
    const sequenced = { producerId: PRODUCER, producerEpoch: 0, baseSequence: log.endOffset }
    assert.equal(append(log, encodeBatch({ records, ...sequenced })).errorCode, 0)
  }
  log.write()
}

function flush(host: SimHost, log: Log): Promise<Error | null> {
  const flushed = Promise.withResolvers<Error | null>()
  log.flush(flushed.resolve)
  return host.world.complete(flushed.promise)
}

function lastSequence(log: Log): number | undefined {
  return [...log.producers()].find(({ producerId }) => producerId === PRODUCER)?.lastSequence
}

describe('what a log calls durable', () => {
  it('is on the disk, also where an earlier sync failed and the process was killed', async () => {
    for (const seed of SEEDS) {
      const host = createSimHost(seed)
      const log = openLog(openDirectory(host))
      appendBatches(log, 3)
      assert.equal(await flush(host, log), null)
      appendBatches(log, 3)
      host.disk.failNext('sync', 'EIO')
      assert.notEqual(await flush(host, log), null)
      assert.equal(log.flushedOffset, 3)
      host.crash('process')

      const next = host.reboot()
      const found = openLog(openDirectory(next))
      assert.equal(found.endOffset, 6, 'the page cache has it all')
      assert.equal(await flush(next, found), null)
      assert.equal(found.flushedOffset, 6)
      const last = next.reboot()
      const after = openLog(openDirectory(last))
      assert.equal(after.endOffset, 6, `seed ${seed}`)
      assert.deepEqual(
        readAll(after).map(({ value }) => value?.toString()),
        [0, 1, 2, 3, 4, 5].map((at) => `record ${at}`),
      )
    }
  })

  it('is on the disk when a stop calls itself clean, with syncs under way', async () => {
    for (const seed of SEEDS) {
      const host = createSimHost(seed)
      const directory = openDirectory(host)
      const log = openLog(directory, { 'segment.bytes': '1024' })
      appendBatches(log, 20)
      log.flush(() => {})
      await host.world.complete(directory.flush())
      directory.close()
      const next = openDirectory(host.reboot())
      assert.ok(next.wasClean)
      const found = openLog(next)
      assert.equal(found.endOffset, 20)
      assert.equal(readAll(found).length, 20, `seed ${seed}`)
    }
  })

  it('has indexes, also in a segment that ends where the recovery point is', async () => {
    for (const seed of SEEDS) {
      const host = createSimHost(seed)
      const directory = openDirectory(host)
      const log = openLog(directory, { 'index.interval.bytes': '100' })
      appendBatches(log, 20)
      assert.equal(await flush(host, log), null)
      await host.world.complete(directory.flush())
      // Its indexes are written now, and flushed with the next batch: which never comes.
      log.roll()
      directory.checkpoint()
      await host.world.settle()
      host.crash('process')

      const next = host.reboot()
      const opened = openDirectory(next)
      const found = openLog(opened, { 'index.interval.bytes': '100' })
      appendBatches(found, 1)
      assert.equal(await flush(next, found), null)
      await next.world.complete(opened.flush())
      opened.close()
      const last = next.reboot()
      const index = last.disk.readFile('/data/t-0/00000000000000000000.index')
      const times = last.disk.readFile('/data/t-0/00000000000000000000.timeindex')
      assert.ok(index !== null && index.length > 0 && index.length % 8 === 0, `seed ${seed}`)
      assert.ok(times !== null && times.length > 0 && times.length % 12 === 0, `seed ${seed}`)
    }
  })

  it('includes the producers of segments that retention let go', async () => {
    for (const seed of SEEDS) {
      const host = createSimHost(seed)
      const log = openLog(openDirectory(host))
      appendBatches(log, 10)
      assert.equal(await flush(host, log), null)
      log.deleteSegments([...log.segments()])
      assert.equal(log.startOffset, 10)
      const found = openLog(openDirectory(host.reboot()))
      // Deleted or not: whoever continues the sequence is known.
      assert.equal(found.endOffset, 10, `seed ${seed}`)
      assert.equal(lastSequence(found), 9, `seed ${seed}`)
    }
  })

  it('includes them where recovery found their snapshot damaged', async () => {
    const host = createSimHost(1)
    const directory = openDirectory(host)
    const log = openLog(directory)
    appendBatches(log, 10)
    log.roll()
    assert.equal(await flush(host, log), null)
    host.disk.replaceFile('/data/t-0/00000000000000000010.snapshot', 'damaged')
    host.crash('process')
    const next = host.reboot()
    const found = openLog(openDirectory(next))
    found.deleteSegments(found.segments().slice(0, -1))
    const after = openLog(openDirectory(next.reboot()))
    assert.equal(after.endOffset, 10)
    assert.equal(lastSequence(after), 9)
  })

  it('is found under its name, also where the life that made the log ended before it named it', async () => {
    for (const seed of SEEDS) {
      const host = createSimHost(seed)
      openDirectory(host)
      host.disk.makeDirectory('/data/t-0')
      host.crash('process')
      const next = host.reboot()
      const log = openLog(openDirectory(next))
      appendBatches(log, 3)
      assert.equal(await flush(next, log), null)
      assert.equal(openLog(openDirectory(next.reboot())).endOffset, 3, `seed ${seed}`)
    }
  })

  it('has its topic id, also where a crash left the directory without', () => {
    for (const metadata of ['', 'version: 0\ntopic_i']) {
      const host = createSimHost(1)
      openDirectory(host)
      host.disk.makeDirectory('/data/t-0')
      host.disk.syncDirectory('/data')
      if (metadata !== '') host.disk.replaceFile('/data/t-0/partition.metadata', metadata)
      host.crash('process')
      const next = host.reboot()
      openLog(openDirectory(next))
      const last = next.reboot()
      assert.match(last.disk.readFile('/data/t-0/partition.metadata')!.toString(), new RegExp(`topic_id: ${TOPIC_ID}`))
    }
  })

  it('has its topic id, also where a sync of that failed before a kill: the system takes it for written then', async () => {
    const host = createSimHost(1)
    const log = openLog(openDirectory(host))
    appendBatches(log, 3)
    host.disk.failNext('sync', 'EIO', 1, 'partition.metadata')
    assert.notEqual(await flush(host, log), null)
    host.crash('process')
    const next = host.reboot()
    openLog(openDirectory(next))
    next.crash('power')
    const last = next.reboot()
    assert.match(last.disk.readFile('/data/t-0/partition.metadata')!.toString(), new RegExp(`topic_id: ${TOPIC_ID}`))
  })

  it('is found under its name, also where the start that made the directory was killed half way', () => {
    for (const seed of SEEDS) {
      const host = createSimHost(seed)
      host.disk.makeDirectory('/data')
      host.crash('process')
      const next = host.reboot()
      openDirectory(next)
      const last = next.reboot()
      assert.ok(last.disk.exists('/data/meta.properties'), `seed ${seed}`)
    }
  })
})

describe('retries after a restart', () => {
  for (const isClean of [true, false]) {
    it(`are known for any of the last five batches, after ${isClean ? 'a clean stop' : 'a kill'}`, () => {
      const host = createSimHost(1)
      const directory = openDirectory(host)
      const log = openLog(directory, { 'segment.bytes': '1024' })
      appendBatches(log, 20)
      // All of them are in segments before the active one.
      log.roll()
      if (isClean) directory.close()
      host.crash('process')
      const found = openLog(openDirectory(host.reboot()))
      for (const sequence of [15, 16, 17, 18, 19]) {
        const records = [{ value: 'again', timestamp: 1000 }]
        const sequenced = { producerId: PRODUCER, producerEpoch: 0, baseSequence: sequence }
        const { duplicate, baseOffset } = append(found, encodeBatch({ records, ...sequenced }))
        assert.deepEqual([duplicate, baseOffset], [true, sequence])
      }
    })
  }
})

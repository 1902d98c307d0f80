import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resolveBrokerConfig, resolveTopicConfig } from '@odradek/config'
import { errors } from '@odradek/protocol'
import type { Disk, DiskFile } from '../host/disk.ts'
import { createNodeHost } from '../host/node/node-host.ts'
import { createSimHost } from '../host/sim/index.ts'
import type { Log } from './log.ts'
import { LogDirectory } from './log-directory.ts'
import {
  append,
  appendMarker,
  appendRecords,
  nodeBench,
  quiet,
  readAll,
  sampleBatch,
  TOPIC_ID,
} from './testing/log-kit.ts'

const HOST = createNodeHost()
const CONFIG = resolveTopicConfig({ 'segment.bytes': '1500', 'index.interval.bytes': '200' })

function openDirectory(
  path: string,
  host: Pick<typeof HOST, 'disk' | 'clock' | 'timers' | 'offload' | 'random'> = HOST,
) {
  const directory = LogDirectory.open({ host, path, nodeId: 1, config: resolveBrokerConfig(), logger: quiet })
  directory.setClusterId('c')
  return directory
}

function openLogs(directory: LogDirectory, count: number): Log[] {
  return Array.from({ length: count }, (_, partition) => directory.openLog('t', partition, TOPIC_ID, CONFIG))
}

function fill(log: Log): void {
  for (let index = 1; index <= 20; index++) append(log, sampleBatch(index), index < 10 ? 1 : 2)
  log.write()
}

/** The same with two transactions that are aborted, in a segment with offset 31 between them. */
function fillAborting(log: Log): void {
  for (let index = 1; index <= 20; index++) {
    append(log, sampleBatch(index), index < 10 ? 1 : 2)
    if (index !== 8 && index !== 11) continue
    const producer = { producerId: 2, producerEpoch: 0 }
    appendRecords(log, [{ value: 'aborted' }], { ...producer, transactional: true }, index < 10 ? 1 : 2)
    const marker = { ...producer, committed: false, coordinatorEpoch: 0, timestamp: 1000 }
    appendMarker(log, marker, index < 10 ? 1 : 2)
  }
  log.write()
}

function ended(begin: (done: (error: Error | null) => void) => void): Promise<Error | null> {
  return new Promise((resolve) => begin(resolve))
}

/** A disk that tells of every sync that the loop waits for. */
function watched(disk: Disk, waited: (path: string) => void): Disk {
  const watch = <T extends object>(target: T, calls: Record<string, (...args: never[]) => unknown>): T =>
    new Proxy(target, {
      get: (_, name: string) => {
        const value = calls[name] ?? Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  return watch(disk, {
    open: (path: string, mode: 'read' | 'write' | 'create') => {
      const file: DiskFile = disk.open(path, mode)
      const syncNow = () => {
        waited(path)
        file.syncNow()
      }
      return watch(file, { syncNow })
    },
    syncDirectory: (path: string) => {
      waited(path)
      disk.syncDirectory(path)
    },
    replaceFile: (path: string, contents: string) => {
      waited(path)
      disk.replaceFile(path, contents)
    },
  })
}

describe('cuts that the loop does not wait for', () => {
  for (const count of [1, 20]) {
    it(`are durable when they are done, of ${count} logs at once, and no sync holds the loop`, async () => {
      using bench = nodeBench()
      const waits: string[] = []
      const host = { ...HOST, disk: watched(HOST.disk, (path) => waits.push(path)) }
      let directory = openDirectory(bench.directory, host)
      const logs = openLogs(directory, count)
      for (const log of logs) fill(log)
      await directory.flush()
      directory.checkpointNow()
      const kept = logs.map((log) => readAll(log).filter(({ offset }) => offset < 31))
      waits.length = 0
      const cuts = logs.map((log) => ended((done) => log.truncateLater(31, done)))
      assert.ok(logs.every((log) => log.isCutting && log.endOffset > 31 && log.recoveryPoint <= 31))
      assert.deepEqual(await Promise.all(cuts), Array(count).fill(null))
      assert.deepEqual(waits, [])
      for (const [at, log] of logs.entries()) {
        assert.deepEqual([log.isCutting, log.flushedOffset], [false, log.endOffset])
        assert.deepEqual(readAll(log), kept[at]!.slice(0, log.endOffset))
        assert.equal(appendRecords(log, [{ value: 'new' }], {}, 9).baseOffset, log.endOffset - 1)
      }
      const { endOffset } = logs[0]!
      directory.release()
      directory = openDirectory(bench.directory)
      for (const log of openLogs(directory, count)) {
        assert.ok(log.endOffset === endOffset || log.endOffset === endOffset - 1, `${log.endOffset}, ${endOffset}`)
        assert.ok(log.epochs.every(({ startOffset }) => startOffset < endOffset))
      }
      directory.close()
    })
  }

  it('leave logs empty, where all of them goes, that begin where they were told to', async () => {
    using bench = nodeBench()
    let directory = openDirectory(bench.directory)
    const logs = openLogs(directory, 3)
    for (const log of logs) fill(log)
    await directory.flush()
    const cuts = logs.map((log, at) => ended((done) => log.truncateFullyLater(1000 + at, done)))
    assert.deepEqual(await Promise.all(cuts), [null, null, null])
    directory.release()
    directory = openDirectory(bench.directory)
    for (const [at, log] of openLogs(directory, 3).entries())
      assert.deepEqual([log.startOffset, log.endOffset, log.epochs.length], [1000 + at, 1000 + at, 0])
    directory.close()
  })

  it('are done with before the log is changed in any other way, and flushes wait for them', async () => {
    using bench = nodeBench()
    const directory = openDirectory(bench.directory)
    const changes: ((log: Log) => void)[] = [
      (log) => appendRecords(log, [{ value: 'x' }], {}, 9),
      (log) => log.roll(),
      (log) => log.truncateTo(5),
      (log) => void log.truncateLater(6, () => {}),
      (log) => log.advanceStartOffset(3),
      (log) => log.deleteSegments(log.segments().slice(0, 1)),
      (log) => log.flushNow(),
      (log) => log.replaceSegments(log.segments().slice(0, 1), () => {}),
    ]
    const logs = openLogs(directory, changes.length)
    for (const [at, change] of changes.entries()) {
      const log = logs[at]!
      fill(log)
      const told: string[] = []
      log.truncateLater(31, (error) => told.push(`cut ${error}`))
      log.flush((error) => told.push(`flushed ${error}`))
      change(log)
      assert.equal(told[0], 'cut null', `${change}`)
      assert.ok(log.endOffset <= 32, `${change}`)
    }
    const last = logs[0]!
    last.truncateLater(8, () => {})
    assert.equal(await ended((done) => last.flush(done)), null)
    assert.ok(last.endOffset <= 8 && last.flushedOffset === last.endOffset)
    directory.close()
  })

  it('come to nothing when the log is closed or deleted, which waits for no disk', async () => {
    using bench = nodeBench()
    const directory = openDirectory(bench.directory)
    const [kept, deleted] = openLogs(directory, 2) as [Log, Log]
    for (const log of [kept, deleted]) fill(log)
    const { endOffset } = kept
    const cuts = [kept, deleted].map((log) => ended((done) => log.truncateLater(31, done)))
    directory.deleteLogs([deleted])
    directory.close()
    for (const error of await Promise.all(cuts)) assert.match(`${error}`, /is closed/)
    const again = openDirectory(bench.directory)
    assert.equal(openLogs(again, 1)[0]!.endOffset, endOffset)
    again.close()
  })

  for (const [call, code] of [
    ['sync', 'EIO'],
    ['sync', 'ENOSPC'],
    ['syncDirectory', 'EIO'],
    ['syncDirectory', 'ENOSPC'],
    ['write', 'EIO'],
    ['write', 'ENOSPC'],
  ] as const) {
    it(`tell of ${code} where a ${call} fails, which is final but for a write without room`, async () => {
      const host = createSimHost(7, {})
      const directory = openDirectory('/data', host)
      const [log] = openLogs(directory, 1) as [Log]
      fill(log)
      await host.world.complete(directory.flush())
      directory.checkpointNow()
      const { endOffset } = log
      let told: Error | null | undefined
      host.disk.failNext(call, code, 1, call === 'sync' ? '.log' : '')
      log.truncateLater(31, (error) => {
        told = error
      })
      await host.world.settle()
      assert.match(`${told}`, new RegExp(code))
      assert.equal(log.isCutting, false)
      const isUndone = call === 'write' && code === 'ENOSPC'
      assert.equal(log.failed === null, isUndone)
      // Of a log that failed the replica tells.
      assert.equal(directory.offline === null, call === 'sync' || isUndone)
      assert.equal(directory.lacksRoom, isUndone)
      if (!isUndone) return
      assert.equal(log.endOffset, endOffset)
      log.truncateLater(31, (error) => {
        told = error
      })
      await host.world.settle()
      assert.equal(told, null)
      assert.ok(log.endOffset <= 31)
    })
  }

  it('come to nothing where the disk has no room and somebody appends meanwhile, who is refused once', async () => {
    const host = createSimHost(7)
    const directory = openDirectory('/data', host)
    const [log] = openLogs(directory, 1) as [Log]
    fill(log)
    await host.world.complete(directory.flush())
    directory.checkpointNow()
    const { endOffset } = log
    let told: Error | null | undefined
    log.truncateLater(31, (error) => {
      told = error
    })
    host.disk.failNext('write', 'ENOSPC')
    assert.equal(append(log, sampleBatch(1), 3).errorCode, errors.NOT_ENOUGH_REPLICAS.code)
    assert.match(`${told}`, /ENOSPC/)
    assert.deepEqual([log.failed, directory.offline, log.isCutting, log.endOffset], [null, null, false, endOffset])
    await host.world.runFor(1500)
    assert.equal(append(log, sampleBatch(1), 3).baseOffset, endOffset)
  })

  it('leave a log as it was where its files were closed, and none of them can be opened', async () => {
    for (const isLater of [false, true]) {
      const host = createSimHost(7)
      const directory = openDirectory('/data', host)
      const [log] = openLogs(directory, 1) as [Log]
      fill(log)
      await host.world.complete(directory.flush())
      const { endOffset } = log
      for (const segment of log.segments()) segment.release()
      host.disk.failNext('open', 'EMFILE', 1000)
      assert.throws(() => (isLater ? log.truncateLater(31, () => {}) : log.truncateTo(31)), { code: 'EMFILE' })
      assert.ok(host.disk.forgetFailures() < 1000)
      assert.deepEqual([log.failed, log.endOffset, log.undone], [null, endOffset, 0])
      assert.deepEqual([directory.lacksRoom, directory.lacksFiles], [false, true], 'the disk has room')
      log.truncateTo(31)
      assert.ok(log.endOffset <= 31)
      await host.world.runFor(1500)
      assert.equal(append(log, sampleBatch(1), 3).errorCode, 0)
      directory.close()
    }
  })

  it('leave a log as it was, or cut, where too many files are open, and whoever begins to lead it can append', async () => {
    const failures = new Set<string>()
    const met = new Set<string>()
    // Of a segment's file a second try is made, once others are closed.
    const wants = [
      ['open', '', 1],
      ['open', '.log', 2],
      ['open', '.txnindex', 1],
      ['open', 'leader-epoch', 1],
      ['list', '', 1],
    ] as const
    for (const [kind, name, count] of wants) {
      for (const [offset, isWhole, isLater] of [
        [31, false, false],
        [31, false, true],
        [5, true, true],
      ] as const) {
        const scene = `${kind} ${name} ${isWhole} ${isLater}`
        const host = createSimHost(7)
        const first = openDirectory('/data', host)
        fillAborting(openLogs(first, 1)[0]!)
        first.close()
        // Nothing of it is open, or known, but what a start reads.
        const directory = openDirectory('/data', host)
        const [log] = openLogs(directory, 1) as [Log]
        const { endOffset } = log
        const before = readAll(log)
        for (const segment of log.segments()) segment.release()
        let told: Error | null | undefined
        const hear = (error: Error | null) => {
          told = error
        }
        host.disk.failNext(kind, 'EMFILE', count, name)
        try {
          if (isWhole) log.truncateFullyLater(offset, hear)
          else if (isLater) log.truncateLater(offset, hear)
          else log.truncateTo(offset)
          if (isLater) await host.world.runUntil(() => told !== undefined)
        } catch (error) {
          told = error as Error
        }
        if (host.disk.forgetFailures() === 0) met.add(`${kind} ${name}`)
        if (told) failures.add(`${isWhole} ${isLater}`)
        assert.deepEqual([log.failed, directory.offline, log.isCutting], [null, null, false], scene)
        const isCut = log.endOffset < endOffset
        assert.ok(isCut || told, scene)
        // It is refused for a moment, not for good.
        await host.world.runFor(1500)
        const { endOffset: at } = log
        assert.equal(appendRecords(log, [{ value: 'next' }]).baseOffset, at, scene)
        log.write()
        const kept = isWhole && isCut ? [] : before.filter((record) => record.offset < at)
        const values = [...kept.map(({ value }) => value), 'next']
        assert.deepEqual(
          readAll(log).map(({ value }) => value),
          values,
          scene,
        )
        const flushed = Promise.withResolvers<Error | null>()
        log.flush(flushed.resolve)
        assert.equal(await host.world.complete(flushed.promise), null, scene)
        host.crash('power')
        const again = openLogs(openDirectory('/data', host.reboot()), 1)[0]!
        assert.deepEqual(
          readAll(again).map(({ value }) => value),
          values,
          scene,
        )
      }
    }
    assert.equal(failures.size, 3, 'each was in the way of some')
    assert.equal(met.size, wants.length, `only ${[...met]} came about`)
  })

  for (const death of ['process', 'power'] as const) {
    it(`of all of a log, which found no room to begin it anew: the next flush does, before a ${death} end`, async () => {
      const { host, directory, log } = await emptiedWithoutRoom(1)
      const flushed = await host.world.complete(ended((done) => log.flush(done)))
      assert.deepEqual([flushed, log.flushedOffset, log.recoveryPoint], [null, 1000, 1000])
      host.disk.crashAtNext('rename', 'log-start-offset', death)
      assert.throws(() => directory.checkpointNow())
      const [again] = openLogs(openDirectory('/data', host.reboot()), 1) as [Log]
      assert.deepEqual([again.failed, again.startOffset, again.endOffset], [null, 1000, 1000])
    })
  }

  it('of all of a log, which find no room for long: no start takes it for damaged, and it begins where that is noted', async () => {
    for (const isNoted of [false, true]) {
      const { host, directory, log } = await emptiedWithoutRoom(2)
      assert.equal(await host.world.complete(ended((done) => log.flush(done))), null)
      // Nobody is held up by it, but what a start trusts says nothing of it.
      assert.deepEqual([log.flushedOffset, log.recoveryPoint], [1000, 0])
      if (!isNoted) host.disk.crashAtNext('rename', 'log-start-offset', 'process')
      try {
        directory.checkpointNow()
        host.crash('power')
      } catch (error) {
        assert.equal(isNoted, false, `${error}`)
      }
      const [again] = openLogs(openDirectory('/data', host.reboot()), 1) as [Log]
      assert.equal(again.failed, null)
      if (isNoted) assert.deepEqual([again.startOffset, again.endOffset], [1000, 1000])
      assert.equal(appendRecords(again, [{ value: 'next' }]).baseOffset, again.startOffset)
    }
  })
})

/** A log that was to begin anew at 1000, while the disk has so often no room for a segment. */
async function emptiedWithoutRoom(times: number) {
  const host = createSimHost(7)
  const directory = openDirectory('/data', host)
  const [log] = openLogs(directory, 1) as [Log]
  fill(log)
  await host.world.complete(directory.flush())
  directory.checkpointNow()
  host.disk.failNext('open', 'ENOSPC', times, '1000.log')
  const error = await host.world.complete(ended((done) => log.truncateFullyLater(1000, done)))
  assert.match(`${error}`, /ENOSPC/)
  assert.deepEqual([log.failed, directory.offline, log.startOffset, log.endOffset], [null, null, 1000, 1000])
  return { host, directory, log }
}

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resolveBrokerConfig, resolveTopicConfig } from '@odradek/config'
import { pino } from 'pino'
import { createSimHost, type SimHost } from '../host/sim/index.ts'
import { LogDirectories } from './log-directories.ts'
import { appendRecords, quiet, TOPIC_ID } from './testing/log-kit.ts'

const PATHS = ['/a', '/b', '/c']
const config = resolveTopicConfig()

function openAll(host: SimHost, paths: readonly string[] = PATHS): LogDirectories {
  const directories = LogDirectories.open({ host, paths, nodeId: 1, config: resolveBrokerConfig(), logger: quiet })
  directories.setClusterId('c')
  return directories
}

function fill(directories: LogDirectories, topic: string, count: number) {
  return Array.from({ length: count }, (_, index) => {
    const log = directories.openLog(topic, index, TOPIC_ID, config)
    if (log.failed === null) {
      appendRecords(log, [{ value: `${topic} ${index}` }])
      log.write()
    }
    return log
  })
}

/** The machine after its broker was killed. */
function createAfterCrash(host: SimHost): SimHost {
  host.crash('process')
  return host.reboot()
}

describe('several log directories', () => {
  it('get new logs where the fewest are, and find them there again', () => {
    const host = createSimHost(1)
    const directories = openAll(host)
    const logs = fill(directories, 't', 7)
    assert.deepEqual(
      [...directories].map(({ logCount }) => logCount),
      [3, 2, 2],
    )
    const places = logs.map((log) => directories.directoryOf(log)!.path)
    directories.started({ has: () => true })
    directories.close(new Map())
    const again = openAll(host)
    const found = logs.map((_, index) => again.openLog('t', index, TOPIC_ID, config))
    assert.deepEqual(
      found.map((log) => again.directoryOf(log)!.path),
      places,
    )
    assert.ok(found.every(({ endOffset }) => endOffset === 1))
  })

  it('stay in use where a full disk has no room to begin a log again under a name that was used', async () => {
    for (const [code, times] of [
      ['ENOSPC', 1],
      ['EMFILE', 2],
    ] as const) {
      const host = createSimHost(3)
      const directories = openAll(host, ['/a'])
      const [log, other] = fill(directories, 't', 2)
      log!.flushNow()
      directories.started({ has: () => true })
      for (const directory of directories) directory.checkpointNow()
      directories.deleteLogs([log!])
      // What the checkpoints say of the one before is to be taken back first.
      host.disk.failNext('open', code, times, 'checkpoint')
      const again = directories.openLog('t', 0, TOPIC_ID, config)
      assert.equal((again.failed as NodeJS.ErrnoException | null)?.code, code)
      assert.deepEqual([directories.offline, other!.failed], [[], null])
      const { lacksRoom, lacksFiles } = directories.first
      assert.deepEqual([lacksRoom, lacksFiles], code === 'ENOSPC' ? [true, false] : [false, true])
      await host.world.runFor(1500)
      assert.equal(appendRecords(other!, [{ value: 'on' }]).errorCode, 0)
      directories.deleteLogs([again])
      assert.equal(appendRecords(directories.openLog('t', 0, TOPIC_ID, config), [{ value: 'anew' }]).baseOffset, 0)
      directories.close(new Map())
    }
  })

  it('begin a log all the same where too many files are open for a moment, or another disk has room', () => {
    for (const code of ['EMFILE', 'ENOSPC']) {
      const host = createSimHost(3)
      const directories = openAll(host, ['/a', '/b'])
      const [log] = fill(directories, 't', 4)
      log!.flushNow()
      directories.started({ has: () => true })
      for (const directory of directories) directory.checkpointNow()
      directories.deleteLogs([log!])
      host.disk.failNext('open', code, 1, 'checkpoint')
      const again = directories.openLog('t', 0, TOPIC_ID, config)
      assert.equal(host.disk.forgetFailures(), 0)
      assert.deepEqual([again.failed, directories.offline], [null, []])
      assert.equal(directories.directoryOf(again)!.path, code === 'EMFILE' ? '/a' : '/b')
      assert.equal(appendRecords(again, [{ value: 'anew' }]).baseOffset, 0)
      directories.close(new Map())
    }
  })

  it('begin a log later that could not be when it came, and say so once', async () => {
    for (const code of ['EMFILE', 'ENOSPC']) {
      const host = createSimHost(3)
      const lines: string[] = []
      const logger = pino({}, { write: (line) => void lines.push(JSON.parse(line).msg) })
      const directories = LogDirectories.open({ host, paths: ['/a'], nodeId: 1, config: resolveBrokerConfig(), logger })
      directories.setClusterId('c')
      const [other] = fill(directories, 'other', 1)
      directories.started({ has: () => true })
      // Where too many files are open it is tried twice.
      host.disk.failNext('exists', code, 2, 't-0')
      const standIn = directories.openLog('t', 0, TOPIC_ID, config)
      assert.deepEqual([directories.isUnbegun(standIn), [...directories.unbegun]], [true, [standIn]])
      await host.world.runFor(1500)
      host.disk.forgetFailures()
      host.disk.failNext('exists', code, 2, 't-0')
      assert.equal(directories.beginAgain(standIn), false)
      assert.equal(appendRecords(other!, [{ value: 'not refused for that' }]).errorCode, 0)
      host.disk.forgetFailures()
      assert.equal(directories.beginAgain(standIn), true)
      assert.deepEqual([...directories.unbegun], [])
      const log = directories.openLog('t', 0, TOPIC_ID, config)
      assert.equal(appendRecords(log, [{ value: 'late' }]).baseOffset, 0)
      assert.equal(lines.filter((line) => line.startsWith('A partition could not be begun')).length, 1)
      assert.equal(lines.filter((line) => line === 'A partition that could not be begun is.').length, 1)
      directories.close(new Map())
    }
  })

  it('are named once each', () => {
    const host = createSimHost(1)
    assert.throws(() => openAll(host, ['/a', '/b', '/a']), /log\.dirs names \/a twice/)
    assert.ok(!host.disk.exists('/a'))
  })

  it('go offline one by one; the others go on', () => {
    const host = createSimHost(2)
    const directories = openAll(host)
    const logs = fill(directories, 't', 3)
    directories.started({ has: () => true })
    const heard: string[] = []
    directories.onOffline(({ path }) => heard.push(path))
    const second = [...directories][1]!
    second.fail(new Error('EIO'))
    second.fail(new Error('EIO again'))
    assert.deepEqual(heard, ['/b'])
    assert.deepEqual(
      directories.offline.map(({ path, error }) => [path, error.message]),
      [['/b', 'EIO']],
    )
    assert.equal(logs[1]!.failed?.message, 'EIO')
    assert.equal(appendRecords(logs[0]!, [{ value: 'on' }]).errorCode, 0)
    assert.ok(directories.isAnyOnline)
    // What was deleted in it is not touched, and a deletion that fails takes its own directory with it.
    directories.deleteLogs([logs[1]!])
    assert.ok(host.disk.exists('/b/t-1'))
    host.disk.failNext('rename', 'EIO')
    directories.deleteLogs([logs[2]!])
    assert.deepEqual(heard, ['/b', '/c'])
    // New logs go to those that are left.
    for (const log of fill(directories, 'u', 4)) assert.equal(directories.directoryOf(log)!.path, '/a')
    for (const directory of directories) directory.fail(new Error('EIO'))
    assert.ok(!directories.isAnyOnline)
  })

  it('that cannot be read at start are offline: what is only there is not begun anew, what comes later is', () => {
    const host = createSimHost(3)
    const directories = openAll(host)
    fill(directories, 't', 6)
    directories.started({ has: () => true })
    directories.close(new Map())
    // The first takes its files; then the second fails.
    const makeDirectory = host.disk.makeDirectory.bind(host.disk)
    host.disk.makeDirectory = (path) => {
      if (path === '/b') throw Object.assign(new Error('EIO'), { code: 'EIO' })
      makeDirectory(path)
    }
    const again = openAll(host)
    const logs = fill(again, 't', 6)
    assert.deepEqual(
      logs.map(({ failed }) => failed?.message),
      [undefined, 'EIO', undefined, undefined, 'EIO', undefined],
    )
    assert.deepEqual(
      again.offline.map(({ path }) => path),
      ['/b'],
    )
    again.started({ has: () => true })
    assert.ok(fill(again, 'new', 3).every(({ failed }) => failed === null))
    again.deleteLogs([logs[1]!])
    again.close(new Map())
    host.disk.makeDirectory = makeDirectory
    const whole = openAll(host)
    assert.ok(fill(whole, 't', 6).every(({ endOffset, failed }) => failed === null && endOffset >= 2))
  })

  it('whose disk is not mounted are not taken for new', () => {
    const host = createSimHost(5)
    const before = openAll(host)
    fill(before, 't', 6)
    before.close(new Map())
    host.disk.rename('/b', '/elsewhere')
    host.disk.makeDirectory('/b')
    const failures = (directories: LogDirectories) => fill(directories, 't', 6).map(({ failed }) => failed !== null)
    for (let starts = 0; starts < 2; starts++) {
      const without = openAll(host)
      assert.deepEqual(failures(without), [false, true, false, false, true, false])
      assert.match(without.offline[0]!.error.message, /^\/b has no meta.properties, .* mounted\?.*\/a\/log-direct/)
      assert.deepEqual(host.disk.list('/b'), [], 'nothing is made where the disk will be')
      without.close(new Map())
    }
    host.disk.rename('/b', '/unmounted')
    host.disk.rename('/elsewhere', '/b')
    const mounted = openAll(host)
    assert.ok(fill(mounted, 't', 6).every(({ failed, endOffset }) => failed === null && endOffset >= 2))
    mounted.close(new Map())
    // Its disk is gone for good: a start without it, or without the entry, says that this is known.
    host.disk.rename('/b', '/broken')
    openAll(host, ['/a', '/c']).close(new Map())
    const anew = openAll(host)
    assert.deepEqual([anew.offline, failures(anew).includes(true)], [[], false])
    anew.close(new Map())
  })

  it('open what is there before anybody asks, with pauses, and give it out once it is asked for', async () => {
    const host = createSimHost(6)
    const before = openAll(host)
    fill(before, 't', 6)
    const next = createAfterCrash(host)
    const directories = openAll(next)
    const opened: number[] = []
    const wanted = Array.from({ length: 9 }, (_, partition) => ({ topic: 't', partition, topicId: TOPIC_ID, config }))
    await directories.openFound(wanted, async () => {
      opened.push([...directories].reduce((sum, { recovery }) => sum + recovery.opened, 0))
    })
    assert.deepEqual(opened, [1, 2, 3, 4, 5, 6])
    const found = directories.openLog('t', 0, TOPIC_ID, resolveTopicConfig({ 'flush.mode': 'sync' }))
    assert.deepEqual([found.endOffset, found.isFlushSynchronous], [1, true])
    assert.equal([...directories.logs].filter((log) => log === found).length, 1)
    directories.started({ has: () => true })
    assert.deepEqual([...directories.logs], [found], 'nobody asked for the others')
    assert.equal(directories.openLog('t', 5, TOPIC_ID, config).endOffset, 1)
    directories.close(new Map())
  })

  it('give a topic that was made again while logs are opened ahead nothing of the one before it', async () => {
    const host = createSimHost(6)
    for (const log of fill(openAll(host, ['/a']), 't', 3)) log.flushNow()
    const next = createAfterCrash(host)
    const directories = openAll(next, ['/a'])
    const wanted = Array.from({ length: 3 }, (_, partition) => ({ topic: 't', partition, topicId: TOPIC_ID, config }))
    const otherId = 'BBBBBBBBQBCBBBBBBBBBBQ'
    let made = false
    await directories.openFound(wanted, async () => {
      if (made) return
      made = true
      // Of the first the log is open already.
      for (const partition of [0, 2]) {
        const log = directories.openLog('t', partition, otherId, config)
        assert.deepEqual([log.failed, log.endOffset], [null, 0])
        appendRecords(log, [{ value: 'other' }, { value: 'other' }])
      }
    })
    directories.started({ has: (topicId) => topicId === otherId })
    const names = next.disk.list('/a').flatMap(({ name }) => (name.startsWith('t-') ? [name.slice(0, 3)] : []))
    assert.deepEqual(names.sort(), ['t-0', 't-0', 't-1', 't-2', 't-2'])
    directories.close(new Map())
    const again = openAll(next, ['/a'])
    for (const partition of [0, 2]) assert.equal(again.openLog('t', partition, otherId, config).endOffset, 2)
    again.close(new Map())
  })

  it('recover many logs with one sync for all, and nothing they found is lost after it', async () => {
    for (const seed of [10, 11, 12, 13, 14]) {
      const host = createSimHost(seed)
      fill(openAll(host, ['/a']), 't', 64)
      const next = createAfterCrash(host)
      const directories = openAll(next, ['/a'])
      // One of a log, or of its directory, would fail.
      next.disk.failNext('sync', 'EIO', 1, '/a/t-')
      next.disk.failNext('syncDirectory', 'EIO', 1, '/a/t-')
      const wanted = Array.from({ length: 64 }, (_, partition) => ({
        topic: 't',
        partition,
        topicId: TOPIC_ID,
        config,
      }))
      await next.world.complete(directories.openFound(wanted, async () => {}))
      assert.deepEqual(directories.offline, [])
      next.crash('power')
      const last = openAll(next.reboot(), ['/a'])
      const ends = wanted.map(({ partition }) => last.openLog('t', partition, TOPIC_ID, config).endOffset)
      assert.deepEqual(ends, Array(64).fill(1), `seed ${seed}`)
    }
  })

  it('go offline where that sync fails', async () => {
    const host = createSimHost(15)
    fill(openAll(host, ['/a']), 't', 64)
    const next = createAfterCrash(host)
    const directories = openAll(next, ['/a'])
    next.disk.failNext('sync', 'EIO', 1, '/a')
    const wanted = Array.from({ length: 64 }, (_, partition) => ({ topic: 't', partition, topicId: TOPIC_ID, config }))
    await assert.rejects(next.world.complete(directories.openFound(wanted, async () => {})), { code: 'EIO' })
  })

  it('go offline one by one in a start: where its sync cannot be begun, or fails, or where it is offline by then', async () => {
    for (const kind of ['begin', 'sync', 'offline'] as const) {
      const host = createSimHost(16)
      const paths = ['/a', '/b']
      fill(openAll(host, paths), 't', 128)
      const next = createAfterCrash(host)
      const directories = openAll(next, paths)
      const [, second] = [...directories]
      const openFileSystemSync = next.disk.openFileSystemSync.bind(next.disk)
      next.disk.openFileSystemSync = (path) => {
        if (kind === 'begin' && path === '/b') throw Object.assign(new Error('EIO'), { code: 'EIO' })
        const sync = openFileSystemSync(path)
        if (kind === 'offline' && path === '/b') sync.sync = () => new Promise(() => {})
        return sync
      }
      if (kind === 'sync') next.disk.failNext('sync', 'EIO', 1, '/b')
      const wanted = Array.from({ length: 128 }, (_, partition) => ({
        topic: 't',
        partition,
        topicId: TOPIC_ID,
        config,
      }))
      await next.world.complete(
        directories.openFound(wanted, async () => {
          if (kind === 'offline') second!.fail(new Error('EIO'))
        }),
      )
      assert.deepEqual(
        directories.offline.map(({ path, error }) => [path, error.message.slice(0, 3)]),
        [['/b', 'EIO']],
        kind,
      )
      for (const { partition } of wanted) {
        const { failed, endOffset } = directories.openLog('t', partition, TOPIC_ID, config)
        assert.deepEqual(
          [failed === null, partition % 2 === 1 || endOffset],
          [partition % 2 === 0, partition % 2 === 1 || 1],
        )
      }
    }
  })

  it('that are synced as a whole do not bring back what a log had that was being emptied', async () => {
    for (let seed = 20; seed < 40; seed++) {
      const host = createSimHost(seed)
      const before = openAll(host, ['/a'])
      for (const log of fill(before, 't', 64)) log.flushNow()
      // Killed once the files of one were removed, and not durably.
      for (const { name } of host.disk.list('/a/t-0')) if (!name.startsWith('p')) host.disk.remove(`/a/t-0/${name}`)
      const next = createAfterCrash(host)
      const directories = openAll(next, ['/a'])
      const opened = Promise.withResolvers<void>()
      const wanted = [{ topic: 't', partition: 0, topicId: TOPIC_ID, config }]
      // The power fails before the sync that all share, but after another log had the recovery points written.
      const never = directories.openFound(wanted, async () => {
        ;[...directories][0]!.checkpointNow()
        opened.resolve()
        await new Promise(() => {})
      })
      never.catch(() => {})
      await next.world.complete(opened.promise)
      next.crash('power')
      const last = openAll(next.reboot(), ['/a']).openLog('t', 0, TOPIC_ID, config)
      assert.deepEqual([last.failed, last.endOffset], [null, 0], `seed ${seed}`)
    }
  })

  it('keep their order: the one with the metadata is first', () => {
    const host = createSimHost(4)
    openAll(host, ['/a']).close(new Map())
    assert.throws(() => openAll(host, ['/z', '/a']), /\/a has been in use, \/z is new: .* Put that first again/)
    assert.equal(openAll(host, ['/a', '/z']).clusterId, 'c')
  })
})

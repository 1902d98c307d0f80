import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resolveBrokerConfig, resolveTopicConfig } from '@odradek/config'
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
    directories.deleteLog(logs[1]!)
    assert.ok(host.disk.exists('/b/t-1'))
    host.disk.failNext('rename', 'EIO')
    directories.deleteLog(logs[2]!)
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
    again.deleteLog(logs[1]!)
    again.close(new Map())
    host.disk.makeDirectory = makeDirectory
    const whole = openAll(host)
    assert.ok(fill(whole, 't', 6).every(({ endOffset, failed }) => failed === null && endOffset >= 2))
  })

  it('keep their order: the one with the metadata is first', () => {
    const host = createSimHost(4)
    openAll(host, ['/a']).close(new Map())
    assert.throws(() => openAll(host, ['/z', '/a']), /\/a has been in use, \/z is new: .* Put that first again/)
    assert.equal(openAll(host, ['/a', '/z']).clusterId, 'c')
  })
})

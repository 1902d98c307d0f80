/** Damage that somebody comes upon by reading: nothing of the log is served from then on, also by later lives. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resolveBrokerConfig, resolveTopicConfig } from '@odradek/config'
import { errors } from '@odradek/protocol'
import { createSimHost, type SimHost } from '../host/sim/index.ts'
import { DamagedLogError } from './damage.ts'
import type { Log } from './log.ts'
import { LogDirectory } from './log-directory.ts'
import { appendRecords, quiet, readAll, TOPIC_ID } from './testing/log-kit.ts'

const config = resolveTopicConfig({ 'segment.bytes': '4000', 'index.interval.bytes': '100000' })
const BAD_MAGIC_BIT = 3

function openIt(host: SimHost) {
  const heard: Log[] = []
  const failed: Error[] = []
  const directory = LogDirectory.open({
    host,
    path: '/data',
    nodeId: 1,
    config: resolveBrokerConfig(),
    logger: quiet,
    damaged: (log) => heard.push(log),
    failed: (_, error) => failed.push(error),
  })
  directory.setClusterId('c')
  const [log, other] = [0, 1].map((partition) => directory.openLog('t', partition, TOPIC_ID, config))
  return { directory, log: log!, other: other!, heard, failed }
}

function fill(log: Log): void {
  for (let at = 0; at < 40; at++) appendRecords(log, [{ value: 'x'.repeat(500), timestamp: 1 }])
  log.flushNow()
}

/** Opens the directory, fills its logs, lets a bit of a closed segment of the first change. */
function decayed() {
  const host = createSimHost(1)
  const first = openIt(host)
  fill(first.log)
  fill(first.other)
  const segment = first.log.segments()[2]!
  // The magic byte of its second batch.
  const { position } = first.log.read(segment.baseOffset + 1, 1, 40, true).range!
  host.disk.decay(segment.path('.log'), position + 16, BAD_MAGIC_BIT)
  return { ...first, host, offset: segment.baseOffset + 2 }
}

const UNREADABLE = errors.KAFKA_STORAGE_ERROR.code

describe('a read that comes upon damage', () => {
  it('takes the log offline, says so once, and notes it for later lives', () => {
    const { host, directory, log, other, heard, offset } = decayed()
    assert.equal(log.read(offset, 1000, 40, true).errorCode, UNREADABLE)
    assert.equal(log.read(0, 1000, 40, true).errorCode, UNREADABLE, 'nor what is whole')
    assert.deepEqual(heard, [log])
    assert.ok(log.failed instanceof DamagedLogError)
    assert.match(log.failed.message, /offset \d+.*magic 10/)
    assert.equal(readAll(other).length, 40)
    assert.equal(directory.offline, null)
    directory.close()
    host.crash('power')
    const life = host.reboot()
    const next = openIt(life)
    assert.equal(next.log.read(0, 1000, 40, true).errorCode, UNREADABLE)
    const files = life.disk.list(log.directory).filter(({ name }) => name.endsWith('.log'))
    const bytes = files.reduce((sum, { name }) => sum + life.disk.fileSize(`${log.directory}/${name}`), 0)
    assert.ok(files.length > 3 && bytes >= 40 * 500)
    assert.equal(next.log.sizeInBytes, bytes, 'what is not served takes its room')
    assert.equal(readAll(next.other).length, 40)
  })

  it('notes nothing where the disk merely could not read: the next life may', () => {
    const host = createSimHost(2)
    const { directory, log, heard } = openIt(host)
    fill(log)
    host.disk.failNext('read', 'EIO')
    assert.equal(log.read(20, 1000, 40, true).errorCode, UNREADABLE)
    assert.deepEqual([heard, directory.offline], [[log], null], 'others are to lead it')
    host.crash('process')
    assert.equal(readAll(openIt(host.reboot()).log).length, 40)
  })

  it('takes the directory with it where its disk does not even take a note', () => {
    const { host, directory, log, heard, failed, offset } = decayed()
    host.disk.failNext('write', 'EIO')
    assert.equal(log.read(offset, 1000, 40, true).errorCode, UNREADABLE)
    assert.deepEqual([heard, failed.length, directory.offline === failed[0]], [[log], 1, true])
  })

  it('leaves the directory alone where it is merely full', () => {
    const { host, directory, log, offset } = decayed()
    host.disk.failNext('write', 'ENOSPC')
    assert.equal(log.read(offset, 1000, 40, true).errorCode, UNREADABLE)
    assert.equal(directory.offline, null)
    assert.ok(log.failed instanceof DamagedLogError)
  })
})

describe('files that change while the broker is stopped cleanly', () => {
  /** Stopped cleanly, with a closed segment amid others that `change` is done to. */
  function changed(change: (host: SimHost, path: string) => void) {
    const host = createSimHost(3)
    const first = openIt(host)
    fill(first.log)
    fill(first.other)
    const { baseOffset } = first.log.segments()[2]!
    const path = first.log.segments()[2]!.path('.log')
    first.directory.close()
    change(host, path)
    return { ...openIt(host), host, baseOffset, path }
  }

  it('does not pass over what follows in a segment that ends in the midst of a batch', () => {
    const { log, other, heard, baseOffset } = changed((host, path) => {
      const file = host.disk.open(path, 'write')
      file.truncate(file.size() - 5)
      file.close()
    })
    const before = log.read(baseOffset, 100_000, 40, true)
    assert.equal(before.errorCode, 0)
    // What is left of its last batch is sent with them, as any other end of an answer: clients pass over it.
    const next = baseOffset + Math.floor(log.readBatches(before.range!).length / batchBytes(other))
    assert.ok(next > baseOffset && next < 40, `whole batches up to ${next}`)
    assert.equal(log.read(next, 100_000, 40, true).errorCode, UNREADABLE)
    assert.ok(log.failed instanceof DamagedLogError)
    assert.match(log.failed.message, /does not end within them/)
    assert.deepEqual(heard, [log])
    assert.equal(readAll(other).length, 40)
  })

  it('does not pass over a segment that is gone while its index is there', () => {
    const { log, other, path } = changed((host, path) => host.disk.remove(path))
    assert.ok(log.failed instanceof DamagedLogError)
    assert.ok(log.failed.message.startsWith(`${path}: it is missing`), log.failed.message)
    assert.equal(log.read(0, 1000, 40, true).errorCode, UNREADABLE)
    assert.equal(readAll(other).length, 40)
  })

  /** All files of the newest segment are gone but the snapshot that tells where the log ended. */
  const withoutNewest = () =>
    changed((host, path) => {
      const directory = path.slice(0, path.lastIndexOf('/'))
      const names = host.disk.list(directory).map(({ name }) => name)
      const newest = names.findLast((name) => name.endsWith('.log'))!.slice(0, -4)
      assert.ok(Number(newest) < 40)
      for (const name of names) if (name.startsWith(newest)) host.disk.remove(`${directory}/${name}`)
    })

  it('does not have readers wait for what the newest segment held that is gone, and its index with it', () => {
    const { log, other, heard } = withoutNewest()
    assert.equal(log.read(39, 100_000, 40, true).errorCode, UNREADABLE)
    assert.ok(log.failed instanceof DamagedLogError)
    assert.match(log.failed.message, /it is the last, and ends before offset \d+; the log ended at 40/)
    assert.deepEqual(heard, [log])
    assert.equal(readAll(other).length, 40)
  })

  it('does not append behind what is gone, and notes that it is for later lives', () => {
    const { directory, log, other, heard, host } = withoutNewest()
    assert.throws(
      () => appendRecords(log, [{ value: 'x', timestamp: 1 }]),
      /it is the last, and ends before offset \d+/,
    )
    assert.ok(log.failed instanceof DamagedLogError)
    assert.deepEqual(heard, [log])
    assert.equal(readAll(other).length, 40)
    directory.close()
    assert.ok(openIt(host).log.failed instanceof DamagedLogError)
  })
})

/** Of each of its batches: they are alike. */
function batchBytes(log: Log): number {
  return log.readBatches(log.read(0, 1, 40, true).range!).length
}

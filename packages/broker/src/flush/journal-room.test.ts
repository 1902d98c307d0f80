/** The journal where the disk has no room: logs do without it, and nothing that was acknowledged is lost to that. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSimHost } from '../host/sim/index.ts'
import type { Log } from '../storage/log.ts'
import { appendRecords, readAll } from '../storage/testing/log-kit.ts'
import { openBench, openRecycling } from './testing/journal-bench.ts'

describe('several logs in sync mode, with no room for their journal,', () => {
  it('give back the room of journal files that only wait where the disk is full', async () => {
    const { host, directory, logs } = await openRecycling(13)
    const { journalBytes } = directory
    host.disk.leaveFree(0)
    appendRecords(logs[0]!, [{ value: 'x'.repeat(200_000) }])
    logs[0]!.endTurn()
    assert.equal(logs[0]!.undone, 1)
    await host.world.runFor(10)
    assert.equal(host.disk.list('/data/journal').length, 1)
    assert.ok(directory.journalBytes < journalBytes)
    assert.equal(directory.offline, null)
  })

  it('flush themselves past journal.bytes.max, and where the disk has no room for a journal', async () => {
    const host = createSimHost(5)
    const { directory, writeAll, logs } = openBench(host, { settings: { 'journal.bytes.max': '3000' } })
    await writeAll(20)
    assert.ok(directory.journalBytes <= 3000)
    assert.ok(directory.tally.journalSyncs >= 1)
    for (const log of logs) assert.equal(log.flushedOffset, 20)
    const full = createSimHost(6)
    const other = openBench(full)
    await other.writeAll()
    const write = full.disk.write.bind(full.disk)
    full.disk.write = (file, path, ...rest) => {
      if (path.endsWith('.journal')) throw Object.assign(new Error('no room'), { code: 'ENOSPC' })
      write(file, path, ...rest)
    }
    await other.writeAll(3)
    assert.equal(other.failed.length, 0)
    assert.equal(other.directory.tally.journalSyncs, 0)
    for (const log of other.logs) assert.equal(log.recoveryPoint, 4)
  })

  it('keep the journal below journal.bytes.max where a round is larger than one of its files is to be', async () => {
    const bytesMax = 20_000
    const host = createSimHost(5)
    const { directory, logs, write, writeAll } = openBench(host, { settings: { 'journal.bytes.max': `${bytesMax}` } })
    await writeAll()
    let most = 0
    for (let round = 0; round < 40; round++) {
      for (const log of logs) write(log, 'x'.repeat(round % 8 === 0 ? 600 : 10))
      await host.world.runUntil(() => {
        most = Math.max(most, directory.journalBytes)
        return logs.every((log) => log.flushedOffset === log.endOffset)
      })
    }
    assert.ok(directory.tally.journalSyncs > 10)
    assert.ok(most > bytesMax / 2 && most <= bytesMax, `${most} of ${bytesMax} bytes`)
  })

  it('flush themselves where a quota leaves no room for a journal, or for more of it', async () => {
    for (const rounds of [1, 4]) {
      const host = createSimHost(6)
      const { directory, writeAll, logs, failed } = openBench(host)
      await writeAll(rounds)
      const { journalSyncs } = directory.tally
      assert.equal(journalSyncs, rounds - 1)
      host.disk.failNext('write', 'EDQUOT', 1, '.journal')
      await writeAll(2)
      assert.deepEqual([directory.offline, failed], [null, []])
      assert.equal(directory.tally.journalSyncs, journalSyncs)
      for (const log of logs) assert.deepEqual([log.failed, log.recoveryPoint], [null, rounds + 2])
      // And try it again after a while.
      await host.world.runFor(10_000)
      await writeAll(2)
      assert.ok(directory.tally.journalSyncs > journalSyncs)
    }
  })

  it('leave nothing in the journal of a round that it had no room for', async () => {
    const host = createSimHost(6)
    const { directory, writeAll } = openBench(host)
    await writeAll(4)
    const write = host.disk.write.bind(host.disk)
    host.disk.write = (file, path, buffer, start, end, position) => {
      if (!path.endsWith('.journal')) {
        write(file, path, buffer, start, end, position)
        return
      }
      write(file, path, buffer, start, end - 1, position)
      throw Object.assign(new Error('no room'), { code: 'ENOSPC' })
    }
    await writeAll()
    assert.equal(directory.offline, null)
    const { name } = host.disk.list('/data/journal')[0]!
    assert.equal(host.disk.fileSize(`/data/journal/${name}`), directory.journalBytes)
  })

  it('give the journal nothing that the end of the turn could still undo for want of room', async () => {
    for (const isFullBefore of [true, false]) {
      const host = createSimHost(8)
      const { logs, write, writeAll, failed } = openBench(host)
      const [log, beside, other, another] = logs as [Log, Log, Log, Log]
      await writeAll()
      const flushed = (...some: Log[]) =>
        host.world.runUntil(() => some.every(({ flushedOffset, endOffset }) => flushedOffset === endOffset))
      // So that what is reserved for what is kept ends soon.
      write(log, 'x'.repeat(64_500))
      await flushed(log)
      for (const bytes of [1, 30_000, 30_000]) {
        write(log, 'x'.repeat(bytes))
        write(beside)
        await flushed(log, beside)
      }
      assert.equal(log.writtenOffset, 2, 'the journal alone has the others')
      write(other)
      write(another)
      await host.world.runFor(0.01)
      write(log)
      write(beside)
      await host.world.runFor(0.01)
      // In the next turn, which has not ended when the round in flight does.
      for (let at = 0; at < 2; at++) appendRecords(log, [{ value: 'y'.repeat(30_000) }])
      assert.equal(log.endOffset, 8)
      if (isFullBefore) host.disk.leaveFree(0)
      await flushed(other, another)
      host.disk.leaveFree(0)
      log.endTurn()
      await flushed(beside)
      assert.deepEqual(failed, [])
      assert.equal(log.undone, isFullBefore ? 1 : 0)
      assert.equal(log.endOffset, isFullBefore ? 6 : 8)
      assert.equal(log.flushedOffset, log.endOffset)
      const before = readAll(log)
      host.crash('power')
      assert.deepEqual(readAll(openBench(host.reboot()).logs[0]!), before)
    }
  })

  it('find what the journal alone has there again, and later where the start has no room for it', async () => {
    const host = createSimHost(9)
    const { logs, write, writeAll } = openBench(host)
    await writeAll()
    for (let at = 0; at < 20; at++) {
      for (const log of logs) write(log, 'x'.repeat(1000))
      await host.world.runUntil(() => logs.every((log) => log.flushedOffset === log.endOffset))
    }
    host.crash('process')
    const full = host.reboot()
    // What was reserved for it is given back by the start, and others take that.
    const writeFile = full.disk.write.bind(full.disk)
    full.disk.write = (file, path, buffer, start, end, position) => {
      if (path.endsWith('.log') && position + end - start > file.size)
        throw Object.assign(new Error('no room'), { code: 'ENOSPC' })
      writeFile(file, path, buffer, start, end, position)
    }
    assert.throws(() => openBench(full), /is full/)
    const again = openBench(full.reboot())
    for (const log of again.logs) assert.equal(readAll(log).length, 21)
  })

  it('keep the room of what is kept where the disk has none for more', async () => {
    const host = createSimHost(10)
    const { directory, logs, write, writeAll, failed } = openBench(host)
    const [log, beside] = logs as [Log, Log]
    await writeAll()
    const flushed = () => host.world.runUntil(() => log.flushedOffset === log.endOffset)
    // No room far ahead, so that what is reserved for what is kept ends soon.
    directory.mayReserve = (bytes) => bytes < 1_000_000
    const size = 17 * 65_536 - 900
    while (log.sizeInBytes < size - 100) {
      write(log, 'x'.repeat(Math.min(60_000, size - log.sizeInBytes - 100)))
      await flushed()
    }
    for (const bytes of [1, 30_000, 30_000]) {
      write(log, 'x'.repeat(bytes))
      write(beside)
      await flushed()
    }
    const { endOffset } = log
    assert.equal(log.writtenOffset, endOffset - 3)
    directory.mayReserve = () => true
    host.disk.leaveFree(0)
    // What is given back others have at once.
    const truncate = host.disk.truncate.bind(host.disk)
    host.disk.truncate = (...call) => {
      truncate(...call)
      host.disk.leaveFree(0)
    }
    for (let at = 0; at < 2; at++) appendRecords(log, [{ value: 'y'.repeat(30_000) }])
    log.endTurn()
    assert.equal(log.undone, 1)
    assert.equal(log.failed, null)
    assert.deepEqual(failed, [])
    assert.equal(readAll(log).length, endOffset)
  })
})

/** Sync mode with several logs: what is acknowledged is durable in the journal, or in the log, whatever the machine does. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSimHost } from '../host/sim/index.ts'
import type { Log } from '../storage/log.ts'
import { readAll } from '../storage/testing/log-kit.ts'
import { openBench } from './testing/journal-bench.ts'

describe('several logs in sync mode', () => {
  it('flush their own files at first, then share the sync of a journal', async () => {
    const host = createSimHost(1)
    const { directory, writeAll, logs } = openBench(host)
    await writeAll()
    assert.equal(directory.tally.journalSyncs, 0, 'the names of new files are not durable')
    const { syncs } = directory.tally
    await writeAll(20)
    assert.equal(directory.tally.journalSyncs, 20)
    assert.ok(directory.tally.syncs - syncs < 30, `${directory.tally.syncs - syncs} syncs`)
    for (const log of logs) {
      assert.equal(log.flushedOffset, 21)
      assert.equal(log.recoveryPoint, 1, 'not in its own file yet')
    }
    assert.ok(directory.journalBytes > 1000)
  })

  it('keep what the journal has out of their files until a reader comes, and a kill loses none of it', async () => {
    const host = createSimHost(5)
    const { logs, writeAll } = openBench(host)
    await writeAll()
    const fileBytes = (log: Log) => host.disk.fileSize(`/data/t-${log.partition}/00000000000000000000.log`)
    const before = logs.map(fileBytes)
    await writeAll(20)
    assert.deepEqual(logs.map(fileBytes), before)
    for (const log of logs) assert.equal(log.writtenOffset, 1)
    const [read] = logs
    assert.equal(readAll(read!).length, 21)
    assert.equal(read!.writtenOffset, 21)
    assert.equal(fileBytes(read!), read!.sizeInBytes)
    host.crash('process')
    const again = openBench(host.reboot())
    for (const log of again.logs) assert.equal(readAll(log).length, 21)
  })

  it('are told of one round when the next has its way to the disk', async () => {
    const host = createSimHost(8)
    const { write, writeAll, logs, toldWhileWriting } = openBench(host)
    await writeAll()
    const { journal } = logs[0]!
    for (const log of logs) write(log)
    await host.world.runUntil(() => journal!.isWriting)
    for (const log of logs) write(log)
    toldWhileWriting.length = 0
    await host.world.runUntil(() => toldWhileWriting.length === 2 * logs.length)
    assert.deepEqual(toldWhileWriting, [...logs.map(() => true), ...logs.map(() => false)])
    for (const log of logs) assert.equal(log.flushedOffset, 3)
  })

  it('flush their own file where only one is dirty, large, or has a new segment', async () => {
    const host = createSimHost(2)
    const { directory, write, writeAll, logs } = openBench(host)
    await writeAll()
    for (let at = 0; at < 5; at++) {
      write(logs[0]!)
      await host.world.runUntil(() => logs[0]!.flushedOffset === logs[0]!.endOffset)
    }
    assert.equal(directory.tally.journalSyncs, 0)
    logs[1]!.roll()
    write(logs[1]!)
    write(logs[2]!, 'x'.repeat(100_000))
    write(logs[3]!)
    write(logs[4]!)
    await host.world.runUntil(() => logs.every((log) => log.flushedOffset === log.endOffset))
    assert.equal(directory.tally.journalSyncs, 1)
    assert.deepEqual(
      logs.slice(0, 5).map((log) => log.endOffset - log.recoveryPoint),
      [0, 0, 0, 1, 1],
    )
  })

  it('are durable in the journal alone: a power failure takes their files, not what was told', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const host = createSimHost(seed)
      // Small enough for files to come and go.
      const settings: Record<string, string> = seed % 2 === 0 ? { 'journal.bytes.max': '8000' } : {}
      const { told, logs, write, writeAll } = openBench(host, { settings })
      await writeAll(1 + (seed % 12))
      for (const log of logs.slice(seed % 7)) write(log, 'last')
      await host.world.runFor((seed % 10) / 5)
      const durable = logs.map((log) => told.get(log) ?? 0)
      const before = logs.map((log) => readAll(log))
      host.crash('power')
      const next = host.reboot()
      const again = openBench(next)
      for (const [at, log] of again.logs.entries()) {
        assert.equal(log.failed, null)
        assert.ok(log.endOffset >= durable[at]!, `seed ${seed}: ${log.endOffset} of ${durable[at]}`)
        const found = readAll(log)
        assert.deepEqual(found, before[at]!.slice(0, found.length), `seed ${seed}`)
      }
      // And on: what was replayed is flushed, the old journal goes.
      await again.writeAll(2)
      assert.equal(again.failed.length, 0)
    }
  })

  it('do not wait for one whose file is very slow, nor does who reads it', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const host = createSimHost(seed)
      const { logs, write, writeAll } = openBench(host)
      await writeAll()
      const [slow, ...others] = logs
      host.disk.slowDown('/data/t-0/00000000000000000000.log', 60_000)
      // Too large for the journal: its own file it is, for seconds to come.
      write(slow!, 'x'.repeat(100_000))
      const begunAt = host.world.time
      for (let round = 0; round < 50; round++) {
        for (const log of others) write(log)
        await host.world.runUntil(() => others.every((log) => log.flushedOffset === log.endOffset))
        write(slow!)
        assert.equal(readAll(slow!, 0, 1).length, 1)
      }
      assert.ok(host.world.time - begunAt < 3000, `${host.world.time - begunAt} ms`)
      assert.equal(slow!.flushedOffset, 1)
      await host.world.runUntil(() => slow!.flushedOffset === slow!.endOffset)
    }
  })

  it('share one round of the journal where a flush that fails at once looks at all that wait', async () => {
    const host = createSimHost(3)
    const { directory, logs, failed, write, writeAll } = openBench(host)
    await writeAll(3)
    const { journalSyncs } = directory.tally
    const error = new Error('no range of it, and no flush')
    Object.assign(logs[4]!, { journalRange: () => null, flush: (done: (error: Error) => void) => done(error) })
    const others = logs.filter((log) => log !== logs[4])
    for (const log of logs) write(log)
    await host.world.runUntil(() => others.every((log) => log.flushedOffset === log.endOffset))
    assert.deepEqual(failed, [error])
    assert.equal(directory.tally.journalSyncs - journalSyncs, 1)
  })

  it('are all lost to use when the journal fails, at once and for good', async () => {
    const host = createSimHost(7)
    const { directory, write, writeAll, logs, told } = openBench(host)
    await writeAll(2)
    host.disk.failNext('sync', 'EIO')
    for (const log of logs) write(log)
    await host.world.runFor(50)
    assert.equal((directory.offline as NodeJS.ErrnoException | null)?.code, 'EIO')
    for (const log of logs) {
      assert.equal(told.get(log), 2)
      assert.notEqual(log.failed, null)
    }
    const { syncs } = directory.tally
    await host.world.runFor(30_000)
    assert.equal(directory.tally.syncs, syncs, 'nothing is tried again')
  })

  it('are lost to use too when the place of a journal cannot be made durable', async () => {
    for (const code of ['EIO', 'ENOSPC']) {
      const host = createSimHost(7)
      const { directory, write, writeAll, logs, failed } = openBench(host)
      await writeAll()
      host.disk.failNext('syncDirectory', code)
      for (const log of logs) write(log)
      await host.world.runUntil(() => failed.length > 0 || logs.every((log) => log.flushedOffset === log.endOffset))
      assert.equal((directory.offline as NodeJS.ErrnoException | null)?.code, code)
      for (const log of logs) assert.notEqual(log.failed, null)
    }
  })
})

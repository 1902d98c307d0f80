/** Logs that the journal holds are cut, emptied and deleted: no crash gives them back what went. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSimHost } from '../host/sim/index.ts'
import type { Log } from '../storage/log.ts'
import { appendRecords, readAll, TOPIC_ID } from '../storage/testing/log-kit.ts'
import { journalNames, openBench, sync } from './testing/journal-bench.ts'

describe('several logs in sync mode, cut and deleted,', () => {
  it('that are cut do not get back what the journal had of them', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const host = createSimHost(seed)
      const { logs, write, writeAll } = openBench(host)
      await writeAll(6)
      logs[0]!.truncateTo(3)
      logs[1]!.truncateFullyAndStartAt(2)
      logs[2]!.truncateTo(4)
      write(logs[2]!, 'anew')
      write(logs[1]!, 'anew')
      if (seed % 2 === 0) await writeAll()
      const ends = logs.map((log) => log.flushedOffset)
      const contents = logs.slice(0, 3).map((log) => readAll(log))
      host.crash('power')
      const { logs: found } = openBench(host.reboot())
      for (const [at, log] of found.entries()) {
        assert.ok(log.endOffset >= ends[at]!, `seed ${seed}, log ${at}: ${log.endOffset} of ${ends[at]}`)
        const records = readAll(log)
        if (at < 3) assert.deepEqual(records, contents[at]!.slice(0, records.length), `seed ${seed}, log ${at}`)
      }
    }
  })

  it('keep in the journal what came after a cut that was overtaken by another, whose sync ends later', async () => {
    for (const death of ['power', 'process'] as const) {
      for (let seed = 1; seed <= 3; seed++) {
        const host = createSimHost(seed)
        const { logs, write, writeAll, told } = openBench(host, { settings: { 'journal.bytes.max': '40000' } })
        await writeAll(4)
        const [log, other, ...others] = logs as [Log, Log, ...Log[]]
        const flushed = (some: readonly Log[]) =>
          host.world.runUntil(() => some.every((one) => one.flushedOffset === one.endOffset))
        const path = `/data/journal/${journalNames(host).at(-1)}`
        host.disk.slowDown(path, 2000)
        log.truncateLater(2, () => {})
        await host.world.runFor(1)
        // That waits for nobody, and has the cut done with first.
        log.advanceStartOffset(1)
        assert.equal(log.isCutting, false)
        write(log)
        await flushed([log])
        write(log)
        write(other)
        await flushed([log, other])
        const { endOffset, recoveryPoint } = log
        assert.ok(told.get(log) === endOffset && recoveryPoint < endOffset, 'the journal alone has the last')
        host.disk.slowDown(path, 2)
        await host.world.runFor(2500)
        // As many as let the file go, if nothing in it is of use any more.
        for (let round = 0; round < 14; round++) {
          for (const one of others) write(one)
          await flushed(others)
        }
        host.crash(death)
        assert.equal(openBench(host.reboot()).logs[0]!.endOffset, endOffset, `${death}, seed ${seed}`)
      }
    }
  })

  it('never begin below the start that was noted, wherever a start that has to begin them anew is ended', async () => {
    let calls = 1
    for (let isEnded = true; isEnded; calls++) {
      const host = createSimHost(14)
      const { directory, logs, writeAll } = openBench(host, { logCount: 3 })
      await writeAll(6)
      // The start is noted among what is not durable yet, and goes with the power.
      const [log] = logs
      appendRecords(log!, [{ value: 'a' }, { value: 'b' }])
      log!.endTurn()
      log!.advanceStartOffset(log!.endOffset)
      directory.checkpointNow()
      const noted = log!.startOffset
      host.crash('power')
      const next = host.reboot()
      next.disk.crashAt(next.disk.calls + calls, 'process')
      try {
        openBench(next, { logCount: 3 })
      } catch {
        // It is as if the process had been killed there.
      }
      isEnded = !next.alive
      if (!isEnded) next.crash('process')
      const { startOffset, endOffset } = openBench(next.reboot(), { logCount: 3 }).logs[0]!
      assert.ok(startOffset >= noted, `ended at call ${calls} it begins at ${startOffset}, not ${noted}`)
      assert.ok(endOffset >= startOffset)
    }
    assert.ok(calls > 50, `${calls} calls`)
  })

  it('are lost to use where the journal cannot be told durably that one is cut, for want of room too', async () => {
    for (const code of ['EIO', 'ENOSPC', 'EDQUOT']) {
      const host = createSimHost(7)
      const { directory, writeAll, logs } = openBench(host)
      await writeAll(6)
      host.disk.failNext('sync', code, 1, '.journal')
      assert.throws(() => logs[0]!.truncateTo(3), { code })
      assert.equal((directory.offline as NodeJS.ErrnoException | null)?.code, code)
      for (const log of logs) assert.notEqual(log.failed, null)
    }
  })

  it('that are deleted share one sync and stay so, also when logs of the same topic are begun in their place', async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const host = createSimHost(seed)
      const { directory, logs, writeAll } = openBench(host)
      await writeAll(4)
      const deleted = logs.slice(0, 6)
      const { syncs } = directory.tally
      directory.deleteLogs(deleted)
      assert.equal(directory.tally.syncs - syncs, 1)
      for (const { partition } of deleted) {
        const anew = directory.openLog('t', partition, TOPIC_ID, sync)
        appendRecords(anew, [{ value: 'anew' }])
        const flushed = Promise.withResolvers<Error | null>()
        anew.flush(flushed.resolve)
        assert.equal(await host.world.complete(flushed.promise), null)
      }
      host.crash('power')
      const { logs: found } = openBench(host.reboot())
      for (const [at, log] of found.entries()) {
        assert.equal(log.endOffset, at < 6 ? 1 : 4, `seed ${seed}, log ${at}`)
        if (at < 6) assert.equal(readAll(log)[0]!.value, 'anew')
      }
    }
  })

  it('that are deleted on a full disk leave those that are begun in their place nothing, though the journal is not told', async () => {
    for (const death of ['power', 'process'] as const) {
      for (const isBegunAnew of [true, false]) {
        const host = createSimHost(isBegunAnew ? 3 : 4)
        const { directory, logs, write, writeAll, failed } = openBench(host)
        await writeAll(6)
        const deleted = logs.slice(0, 6)
        const others = logs.slice(6)
        // Of some the journal has the very first record: that would follow on the end of an empty log.
        for (const log of deleted.slice(0, 3)) log.truncateFullyAndStartAt(0)
        await host.world.complete(directory.flush())
        await writeAll()
        assert.deepEqual([logs[0]!.endOffset, logs[0]!.recoveryPoint], [1, 0])
        const { journalSyncs, syncs } = directory.tally
        host.disk.failNext('write', 'ENOSPC', 1, '.journal')
        directory.deleteLogs(deleted)
        assert.deepEqual([directory.offline, directory.tally.syncs - syncs], [null, 0])
        const anew = isBegunAnew
          ? deleted.map(({ partition }) => directory.openLog('t', partition, TOPIC_ID, sync))
          : []
        for (const log of anew) {
          assert.equal(log.endOffset, 0)
          appendRecords(log, [{ value: 'anew' }])
          log.endTurn()
        }
        await host.world.complete(directory.flush())
        await host.world.runUntil(() => host.disk.list('/data').every(({ name }) => !name.endsWith('-delete')))
        // It goes on with the others, and holds on to no file for those that are gone.
        for (const log of others) write(log, 'on')
        await host.world.runUntil(() => others.every((log) => log.flushedOffset === log.endOffset))
        assert.ok(directory.tally.journalSyncs > journalSyncs)
        assert.deepEqual(failed, [])
        host.crash(death)
        const { logs: found } = openBench(host.reboot())
        for (const [at, log] of found.entries()) {
          assert.equal(log.endOffset, at < 6 ? anew.length / 6 : 8, `${death}, log ${at}`)
          if (at < anew.length) assert.equal(readAll(log)[0]!.value, 'anew')
        }
      }
    }
  })

  it('are closed, and where they were, where the journal cannot be told durably that they are deleted', async () => {
    const host = createSimHost(7)
    const { directory, writeAll, logs } = openBench(host)
    await writeAll(4)
    host.disk.failNext('sync', 'EIO', 1, '.journal')
    directory.deleteLogs(logs.slice(0, 6))
    assert.equal((directory.offline as NodeJS.ErrnoException | null)?.code, 'EIO')
    for (const log of logs) {
      assert.notEqual(log.failed, null)
      assert.ok(host.disk.exists(log.directory))
      assert.equal(log.directory, `/data/t-${log.partition}`)
    }
  })
})

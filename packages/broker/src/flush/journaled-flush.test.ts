/** Sync mode with several logs: what is acknowledged is durable in the journal, or in the log, whatever the machine does. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resolveBrokerConfig, resolveTopicConfig } from '@odradek/config'
import { crc32c } from '@odradek/protocol'
import { createSimHost, type SimHost } from '../host/sim/index.ts'
import { Turn } from '../host/turn.ts'
import type { Log } from '../storage/log.ts'
import { LogDirectory } from '../storage/log-directory.ts'
import { appendRecords, quiet, readAll, TOPIC_ID } from '../storage/testing/log-kit.ts'
import { FlushSchedule } from './flush-schedule.ts'

const sync = resolveTopicConfig({ 'flush.mode': 'sync' })

function openBench(host: SimHost, { logCount = 10, settings = {} as Record<string, string> } = {}) {
  const directory = LogDirectory.open({
    host,
    path: '/data',
    nodeId: 1,
    config: resolveBrokerConfig({ static: settings }),
    logger: quiet,
  })
  directory.setClusterId('c')
  const failed: Error[] = []
  /** Per log, the offset up to which it was told to be durable. */
  const told = new Map<Log, number>()
  const schedule = new FlushSchedule({
    clock: host.clock,
    timers: host.timers,
    turn: new Turn(host.timers),
    intervalMs: () => 500,
    dirtyBytesMax: () => 1_000_000,
    flushed: (log) => told.set(log, log.flushedOffset),
    failed: (_, error) => failed.push(error),
  })
  const logs = Array.from({ length: logCount }, (_, index) => directory.openLog('t', index, TOPIC_ID, sync))
  directory.started({ has: () => true })
  const write = (log: Log, value = 'v') => {
    appendRecords(log, [{ value: `${value} ${log.partition} ${log.endOffset}` }])
    log.endTurn()
    schedule.dirtied(log)
  }
  /** Writes to all, `rounds` times, and waits until all is durable. */
  const writeAll = async (rounds = 1) => {
    for (let round = 0; round < rounds; round++) {
      for (const log of logs) write(log)
      await host.world.runUntil(() => failed.length > 0 || logs.every((log) => log.flushedOffset === log.endOffset))
    }
  }
  return { directory, schedule, logs, failed, told, write, writeAll }
}

/** The files of the journal, without those that wait to be used again. */
function journalNames(host: SimHost): string[] {
  return host.disk
    .list('/data/journal')
    .map(({ name }) => name)
    .filter((name) => name.endsWith('.journal'))
}

/** A journal whose files are used again after seven rounds or so: all but the newest are done with. */
async function openRecycling(seed: number) {
  const host = createSimHost(seed)
  const bench = openBench(host, { settings: { 'journal.bytes.max': '40000' } })
  await bench.writeAll(30)
  // What the journal has is flushed within ten seconds.
  await host.world.runFor(30_000)
  return { host, ...bench }
}

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

  it('let the journal go when their own files have what it holds', async () => {
    const host = createSimHost(4)
    const settings = { 'journal.bytes.max': '67108864' }
    const { directory, write, writeAll, logs, schedule } = openBench(host, { settings })
    await writeAll(3)
    assert.ok(directory.journalBytes > 0)
    await host.world.runFor(30_000)
    for (const log of logs) assert.equal(log.recoveryPoint, 3, 'flushed later, without anybody asking')
    // After a quarter of what all may have the next file is begun, and the first goes.
    const value = 'x'.repeat(60_000)
    const files = () => journalNames(host).length
    const seen = new Set<number>()
    for (let round = 0; round < 80; round++) {
      for (const log of logs) write(log, value)
      await host.world.runUntil(() => logs.every((log) => log.flushedOffset === log.endOffset))
      seen.add(files())
    }
    await host.world.runFor(30_000)
    assert.ok(seen.has(2), [...seen].join())
    assert.equal(files(), 1)
    const spares = host.disk.list('/data/journal').length - 1
    assert.ok(spares === 1 || spares === 2, `${spares} wait to be used again`)
    assert.ok(directory.journalBytes <= 67_108_864)
    schedule.close()
    await host.world.complete(directory.flush())
    directory.close()
    assert.deepEqual(host.disk.list('/data/journal'), [], 'a clean stop leaves nothing')
  })

  it('write to journal files that were done with again, which grow no more', async () => {
    const { host, directory, logs, writeAll } = await openRecycling(11)
    assert.ok(host.disk.list('/data/journal').some(({ name }) => name.endsWith('.spare')))
    const made: string[] = []
    const grown: string[] = []
    const open = host.disk.open.bind(host.disk)
    host.disk.open = (path, mode) => {
      if (mode === 'create' && path.endsWith('.journal')) made.push(path)
      return open(path, mode)
    }
    const write = host.disk.write.bind(host.disk)
    host.disk.write = (file, path, buffer, start, end, position) => {
      if (path.endsWith('.journal') && position + end - start > file.size) grown.push(path)
      write(file, path, buffer, start, end, position)
    }
    const before = journalNames(host)
    await writeAll(12)
    assert.notDeepEqual(journalNames(host), before)
    assert.deepEqual([made, grown], [[], []])
    assert.ok(directory.journalBytes <= 40_000)
    host.crash('power')
    const again = openBench(host.reboot())
    for (const [at, log] of again.logs.entries()) assert.equal(readAll(log).length, logs[at]!.endOffset)
  })

  it('take nothing for theirs that an earlier use left in a journal file, wherever the machine stops', async () => {
    // What a record of an earlier use is replayed as is no longer in the log: it was cut when no journal held it.
    for (const death of ['process', 'power'] as const) {
      for (let seed = 1; seed <= 12; seed++) {
        const { host, logs, write } = await openRecycling(seed)
        const cut = logs.slice(0, 7)
        const others = logs.slice(7)
        for (const [at, log] of cut.entries()) log.truncateTo(3 * at + 5)
        const before = cut.map((log) => readAll(log))
        const write_ = host.disk.write.bind(host.disk)
        let isBegun = false
        host.disk.write = (file, path, buffer, start, end, position) => {
          write_(file, path, buffer, start, end, position)
          if (isBegun || !path.endsWith('.journal') || position > 0) return
          // The head of one that is used again: what follows is the first round.
          isBegun = true
          if (seed % 2 === 0) host.disk.crashAtNext('write', '.journal', death)
          // Its name is durable long before its head is.
          else host.disk.slowDown(path, 60_000)
        }
        for (let round = 0; !isBegun; round++) {
          assert.ok(round < 100, 'the journal begins no other file')
          for (const log of others) write(log)
          await host.world.runUntil(
            () => !host.alive || isBegun || others.every((log) => log.flushedOffset === log.endOffset),
          )
        }
        if (host.alive) await host.world.runFor(1000)
        host.crash(death)
        const again = openBench(host.reboot())
        for (const [at, log] of again.logs.slice(0, 7).entries())
          assert.deepEqual(readAll(log), before[at], `seed ${seed}, ${death}, log ${at}`)
      }
    }
  })

  it('are told of what the journal of an earlier version has', async () => {
    const host = createSimHost(12)
    const { logs, writeAll } = openBench(host)
    await writeAll(6)
    const before = logs.map((log) => readAll(log))
    host.crash('power')
    const next = host.reboot()
    const path = `/data/journal/${journalNames(next)[0]}`
    next.disk.replaceFile(path, inEarlierFormat(next.disk.readFile(path)!))
    const again = openBench(next)
    for (const [at, log] of again.logs.entries()) assert.deepEqual(readAll(log), before[at])
    // It is not used again: what it begins with would be believed.
    await again.writeAll(2)
    await next.world.runFor(30_000)
    assert.deepEqual(next.disk.list('/data/journal').length, 1)
    assert.equal(next.disk.exists(path), false)
  })

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

  it('hold on to nothing of a journal file that went, however long they are idle', async () => {
    const host = createSimHost(4)
    const settings = { 'journal.bytes.max': '67108864' }
    const { write, writeAll, logs } = openBench(host, { settings })
    const { journalSlot } = logs[0]!
    const hold = journalSlot.hold.bind(journalSlot)
    let held: Parameters<typeof hold>[0] | undefined
    journalSlot.hold = (...call) => {
      held ??= call[0]
      hold(...call)
    }
    await writeAll(3)
    assert.equal(held!.size, logs.length)
    // All but the first go on, until the first file of the journal is not needed any more.
    const [, ...others] = logs
    const oldest = host.disk.list('/data/journal')[0]!.name
    for (let round = 0; round < 80; round++) {
      for (const log of others) write(log, 'x'.repeat(60_000))
      await host.world.runUntil(() => others.every((log) => log.flushedOffset === log.endOffset))
    }
    await host.world.runFor(30_000)
    assert.ok(host.disk.list('/data/journal').every(({ name }) => name !== oldest))
    assert.equal(held!.size, 0)
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

/** A journal's file as brokers wrote it before files were used again: a shorter head, no salt. */
function inEarlierFormat(bytes: Buffer): Buffer {
  const parts = [Buffer.concat([Buffer.from('ODRJRNL1'), Buffer.alloc(8)])]
  for (let at = 32; bytes.readUInt32BE(at) > 0; ) {
    const entry = Buffer.from(bytes.subarray(at, at + 8 + bytes.readUInt32BE(at)))
    entry.writeUInt32BE(0, 36)
    entry.writeUInt32BE(crc32c(entry, 8, entry.length), 4)
    parts.push(entry)
    at += entry.length
  }
  assert.ok(parts.length > 1)
  return Buffer.concat(parts)
}

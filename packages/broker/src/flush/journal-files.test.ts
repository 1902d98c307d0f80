/** The files of the journal: when they go, and that nothing is taken for theirs which an earlier use left in them. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { crc32c } from '@odradek/protocol'
import { createSimHost } from '../host/sim/index.ts'
import { readAll } from '../storage/testing/log-kit.ts'
import { journalNames, openBench, openRecycling } from './testing/journal-bench.ts'

describe('several logs in sync mode, and the files of their journal,', () => {
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

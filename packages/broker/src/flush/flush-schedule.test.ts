import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resolveBrokerConfig, resolveTopicConfig } from '@odradek/config'
import { createSimHost, type SimHost } from '../host/sim/index.ts'
import { Turn } from '../host/turn.ts'
import type { Log } from '../storage/log.ts'
import { LogDirectory } from '../storage/log-directory.ts'
import { appendRecords, quiet, TOPIC_ID } from '../storage/testing/log-kit.ts'
import { FlushSchedule } from './flush-schedule.ts'

const DIRTY_BYTES = 100_000

function bench(host: SimHost, overrides: Record<string, string> = {}, turn = new Turn(host.timers)) {
  const config = resolveTopicConfig(overrides)
  const directory = LogDirectory.open({ host, path: '/data', nodeId: 1, config: resolveBrokerConfig(), logger: quiet })
  const flushed: { log: Log; at: number; offset: number }[] = []
  const failed: { log: Log; error: Error }[] = []
  const schedule = new FlushSchedule({
    clock: host.clock,
    timers: host.timers,
    turn,
    intervalMs: () => 500,
    dirtyBytesMax: () => DIRTY_BYTES,
    flushed: (log) => flushed.push({ log, at: host.world.time, offset: log.flushedOffset }),
    failed: (log, error) => failed.push({ log, error }),
  })
  const logs = Array.from({ length: 40 }, (_, index) => directory.openLog('t', index, TOPIC_ID, config))
  const write = (log: Log, bytes = 10) => {
    appendRecords(log, [{ value: Buffer.alloc(bytes) }])
    log.write()
    schedule.dirtied(log)
  }
  return { schedule, flushed, failed, logs, write }
}

describe('the flush schedule', () => {
  it('flushes a log in async mode once, half a second after it became dirty', async () => {
    const host = createSimHost(1)
    const { logs, flushed, write } = bench(host)
    for (let at = 0; at < 5; at++) {
      write(logs[0]!)
      await host.world.runFor(80)
    }
    assert.equal(flushed.length, 0)
    await host.world.runFor(600)
    assert.deepEqual(
      flushed.map(({ offset }) => offset),
      [5],
    )
    assert.ok(flushed[0]!.at >= 500 && flushed[0]!.at < 600)
    await host.world.runFor(2000)
    assert.equal(flushed.length, 1, 'nothing is dirty')
    write(logs[0]!)
    await host.world.runFor(600)
    assert.deepEqual(
      flushed.map(({ offset }) => offset),
      [5, 6],
    )
  })

  it('flushes a log once that came in again after a flush that began in the same turn', async () => {
    const host = createSimHost(9)
    const ends: (() => void)[] = []
    const timers = Object.create(host.timers, { endOfTurn: { value: (end: () => void) => ends.push(end) } })
    const { logs, flushed, write } = bench(host, { 'flush.mode': 'sync' }, new Turn(timers))
    const [log, other] = logs as [Log, Log]
    const isFlushed = (one: Log) => host.world.runUntil(() => one.flushedOffset === one.endOffset)
    write(other)
    ends.pop()!()
    // The end of the other's flush begins that of this one, before the turn in which it came in has ended.
    write(log)
    await isFlushed(log)
    write(log)
    ends.pop()!()
    await isFlushed(log)
    assert.deepEqual(
      flushed.map(({ log: { partition }, offset }) => [partition, offset]),
      [
        [1, 1],
        [0, 1],
        [0, 2],
      ],
    )
  })

  it('sends what came on its way at flush.dirty.bytes, and flushes a log at once when it has four times as many', async () => {
    const host = createSimHost(2)
    const { logs, flushed, write } = bench(host)
    const log = logs[0]!
    write(log, 90_000)
    await host.world.runFor(100)
    assert.deepEqual(writebacks(host), [])
    for (let at = 0; at < 2; at++) {
      write(log, 90_000)
      await host.world.runFor(50)
    }
    assert.equal(flushed.length, 0)
    assert.equal(log.flushedOffset, 0, 'nothing is durable for being on its way')
    write(log, 90_000)
    await host.world.runFor(50)
    assert.equal(writebacks(host).length, 2)
    const [first, second] = writebacks(host).map((range) => range.split('+').map(Number))
    assert.equal(first![0], 0)
    assert.equal(second![0], first![1], 'each byte once')
    assert.equal(second![0]! + second![1]!, log.sizeInBytes)
    write(log, 90_000)
    await host.world.runFor(100)
    assert.deepEqual(
      flushed.map(({ offset }) => offset),
      [5],
    )
    for (let at = 0; at < 2; at++) write(log, 90_000)
    await host.world.runFor(100)
    assert.equal(writebacks(host).length, 3, 'it begins anew with a flush')
  })

  it('tells of what cannot be written on its way, once', async () => {
    const host = createSimHost(7)
    const { logs, flushed, failed, write } = bench(host)
    host.disk.failNext('writeback', 'EIO')
    write(logs[0]!, 150_000)
    await host.world.runFor(2000)
    assert.deepEqual(
      failed.map(({ log, error }) => [log.partition, (error as NodeJS.ErrnoException).code]),
      [[0, 'EIO']],
    )
    assert.equal(logs[0]!.failed, failed[0]!.error)
    assert.equal(flushed.length, 0)
  })

  it('flushes at flush.dirty.bytes where the system cannot send a range on its way', async () => {
    const host = createSimHost(8)
    const { logs, flushed, write } = bench(host)
    const log = logs[0]!
    write(log, 60_000)
    Object.assign(log.segments()[0]!.file, { startWriteback: () => false })
    write(log, 60_000)
    await host.world.runFor(100)
    assert.deepEqual(
      flushed.map(({ offset }) => offset),
      [2],
    )
  })

  it('flushes every dirty log, few at a time', async () => {
    const host = createSimHost(3)
    const { logs, flushed, write } = bench(host)
    for (const log of logs) write(log)
    await host.world.runFor(1000)
    assert.equal(new Set(flushed.map(({ log }) => log)).size, logs.length)
  })

  it('flushes a log in sync mode in the turn, and shares a sync between turns', async () => {
    const host = createSimHost(4)
    const { logs, flushed, write } = bench(host, { 'flush.mode': 'sync' })
    const log = logs[0]!
    for (let at = 0; at < 20; at++) {
      write(log)
      await host.world.runFor(0.05)
    }
    await host.world.runFor(100)
    assert.equal(flushed.at(-1)!.offset, 20)
    assert.ok(flushed.length < 20, `${flushed.length} flushes`)
    assert.ok(flushed[0]!.at < 30, 'the first does not wait for an interval')
  })

  it('tells of a failed sync, once, and never tries it again', async () => {
    for (const mode of ['async', 'sync']) {
      const host = createSimHost(5)
      const { logs, flushed, failed, write } = bench(host, { 'flush.mode': mode })
      const log = logs[0]!
      host.disk.failNext('sync', 'EIO')
      write(log)
      await host.world.runFor(1000)
      assert.equal(flushed.length, 0)
      assert.equal(failed.length, 1)
      assert.equal((failed[0]!.error as NodeJS.ErrnoException).code, 'EIO')
      assert.equal(log.failed, failed[0]!.error)
      assert.equal(log.flushedOffset, 0)
      schedulesNothing(log)
      await host.world.runFor(1000)
      assert.equal(flushed.length, 0)
    }
  })

  it('stops when it is closed', async () => {
    const host = createSimHost(6)
    const { logs, flushed, write, schedule } = bench(host)
    write(logs[0]!)
    schedule.close()
    write(logs[1]!)
    await host.world.runFor(2000)
    assert.equal(flushed.length, 0)
  })
})

function schedulesNothing(log: Log): void {
  let told: Error | null = null
  log.flush((error) => {
    told = error
  })
  assert.equal(told, log.failed)
}

/** The ranges that were sent on their way to the device. */
function writebacks(host: SimHost): string[] {
  return host.world.trace.lines().flatMap((line) => / writeback \S+ (\d+\+\d+)$/.exec(line)?.[1] ?? [])
}

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type BrokerConfig, resolveBrokerConfig, resolveTopicConfig } from '@odradek/config'
import { encodeBatch } from '@odradek/protocol'
import type { Clock } from '../host/clock.ts'
import type { Offload } from '../host/offload.ts'
import { createSimHost, type SimHost } from '../host/sim/index.ts'
import { OffsetCheckpoint } from './checkpoint.ts'
import type { Damage } from './damage.ts'
import type { Log } from './log.ts'
import { LogDirectory } from './log-directory.ts'
import { Scrub } from './scrub.ts'
import type { ScrubArgs } from './scrub-job.ts'
import { appendRecords, quiet, readAll, TOPIC_ID } from './testing/log-kit.ts'

const HOUR_MS = 3_600_000
const RATE = 10_000
const config: BrokerConfig = {
  ...resolveBrokerConfig(),
  'scrub.interval.hours': 24,
  'scrub.io.max.bytes.per.second': RATE,
}

/** A directory with logs of several closed segments, and a scrub of it that notes what it finds. */
function machine(host: SimHost, offload: Offload = host.offload, clock: Clock = host.clock) {
  const directory = LogDirectory.open({ host, path: '/data', nodeId: 1, config, logger: quiet })
  directory.setClusterId('c')
  const topicConfig = resolveTopicConfig({ 'segment.bytes': '4000', 'file.delete.delay.ms': '0' })
  const open = (partition: number) => directory.openLog('t', partition, TOPIC_ID, topicConfig)
  const found: { log: Log; damage: Damage }[] = []
  const scrub = new Scrub({
    clock,
    timers: host.timers,
    offload,
    disk: host.disk,
    logger: quiet,
    config: () => config,
    logs: () => directory.logs,
    damaged(log, damage) {
      directory.damaged(log, damage)
      found.push({ log, damage })
    },
  })
  return { directory, open, scrub, found }
}

function fill(log: Log): Log {
  if (log.endOffset === 0)
    for (let at = 0; at < 40; at++) appendRecords(log, [{ value: 'x'.repeat(500), timestamp: 1 }])
  log.flushNow()
  return log
}

/** Lets what is due be read, and an interval pass. */
async function pass(host: SimHost, scrub: Scrub, ms = 25 * HOUR_MS): Promise<void> {
  host.clock.step(ms)
  scrub.check()
  await host.world.complete(scrub.idle())
}

describe('scrubbing', () => {
  it('reads every closed segment once in an interval, no faster than it may', async () => {
    const host = createSimHost(1)
    const { open, scrub } = machine(host)
    const logs = [fill(open(0)), fill(open(1))]
    const closed = logs.flatMap((log) => log.segments().slice(0, -1))
    const bytes = closed.reduce((sum, { size }) => sum + size, 0)
    await pass(host, scrub, 0)
    assert.equal(scrub.readBytes, 0, 'their turn comes an interval after they were first seen')
    const before = host.world.time
    await pass(host, scrub)
    assert.deepEqual([scrub.readBytes, scrub.segments, scrub.found], [bytes, closed.length, 0])
    assert.ok(host.world.time - before >= (bytes / RATE) * 1000, `${host.world.time - before} ms for ${bytes} bytes`)
    assert.equal(scrub.state, null)
    await pass(host, scrub, HOUR_MS)
    assert.equal(scrub.readBytes, bytes, 'not again before an interval has passed')
    await pass(host, scrub)
    assert.equal(scrub.readBytes, 2 * bytes)
  })

  it('goes on after a restart where it was', async () => {
    const host = createSimHost(1)
    const first = machine(host)
    fill(first.open(0))
    await pass(host, first.scrub, 0)
    first.directory.close()
    const next = host.reboot()
    const { open, scrub } = machine(next)
    fill(open(0))
    await pass(next, scrub)
    assert.ok(scrub.readBytes > 0, 'the log was seen by the life before')
    assert.ok(scrub.lastMs(open(0))! > 24 * HOUR_MS)
  })

  it('does not wait for the time of a clock that was ahead', async () => {
    const host = createSimHost(1)
    const { open, scrub } = machine(host)
    fill(open(0))
    const ahead = new OffsetCheckpoint()
    ahead.set('t', 0, Math.floor(host.clock.now() / 1000) + 10 * 365 * 24 * 3_600)
    host.disk.replaceFile('/data/scrub-checkpoint', ahead.toString())
    await pass(host, scrub, 0)
    assert.equal(scrub.lastMs(open(0)), Math.floor(host.clock.now() / 1000) * 1000)
    await pass(host, scrub)
    assert.ok(scrub.readBytes > 0)
  })

  it('finds a flipped bit wherever it is; the log is served no more, also after a restart', async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const host = createSimHost(seed)
      const { directory, open, scrub, found } = machine(host)
      const [log, other] = [fill(open(0)), fill(open(1))]
      await pass(host, scrub, 0)
      const segments = log.segments().slice(0, -1)
      const segment = segments[host.random.below(segments.length)]!
      // Leader epochs (bytes 12 to 15 of a batch) are not under the CRC; here all batches have the same size.
      const size = segment.size / 7
      let position = host.random.below(segment.size)
      while (position % size >= 12 && position % size < 16) position = host.random.below(segment.size)
      host.disk.decay(segment.path('.log'), position, host.random.below(8))
      await pass(host, scrub)
      assert.deepEqual(
        found.map(({ log: { partition }, damage: { file } }) => [partition, file]),
        [[0, segment.path('.log').slice(-24)]],
        `seed ${seed}`,
      )
      assert.ok(found[0]!.damage.position <= position)
      assert.equal(log.read(0, 1000, log.endOffset, true).errorCode, 56)
      assert.equal(readAll(other).length, 40)
      directory.close()
      const next = host.reboot()
      const after = machine(next)
      assert.ok(after.directory.wasClean, 'damage that is noted does not make a stop unclean')
      assert.equal(after.open(0).read(0, 1000, 40, true).errorCode, 56)
      assert.equal(readAll(after.open(1)).length, 40)
      await pass(next, after.scrub)
      assert.equal(after.found.length, 0, 'what is known is not found again')
    }
  })

  it('takes nothing for damage that was cut, let go of or replaced meanwhile', async () => {
    const host = createSimHost(3)
    const { open, scrub, found } = machine(host)
    const log = fill(open(0))
    await pass(host, scrub, 0)
    host.clock.step(25 * HOUR_MS)
    scrub.check()
    await host.world.runFor(100)
    log.deleteSegments(log.segments().slice(0, 2))
    await host.world.runFor(700)
    log.truncateTo(log.segments()[2]!.baseOffset + 1)
    await host.world.complete(scrub.idle())
    assert.deepEqual([found, log.failed], [[], null])
  })

  it('takes nothing for damage that is about to replace what it began to read', async () => {
    const host = createSimHost(6)
    const swapped = Promise.withResolvers<void>()
    let begun = false
    const offload: Offload = {
      run: async (job, args) => {
        // The thread is busy with something else.
        if ((args as ScrubArgs).position > 0) {
          begun = true
          await swapped.promise
        }
        return host.offload.run(job, args)
      },
      close: () => host.offload.close(),
    }
    const { directory, scrub, found } = machine(host, offload)
    const log = directory.openLog('t', 0, TOPIC_ID, resolveTopicConfig({ 'segment.bytes': '40000' }))
    fill(log)
    log.roll()
    log.flushNow()
    await pass(host, scrub, 0)
    host.clock.step(25 * HOUR_MS)
    scrub.check()
    await host.world.runUntil(() => begun)
    const path = log.segments()[0]!.path('.log')
    const file = host.disk.open(`${path}.cleaned`, 'create')
    const cleaned = encodeBatch({ records: [{ value: 'y'.repeat(15_000), timestamp: 1 }] })
    file.write(cleaned, 0, cleaned.length, 0)
    file.close()
    let isReplaced = false
    log.replaceSegments(log.segments().slice(0, 1), () => {
      isReplaced = true
    })
    await host.world.runUntil(() => host.disk.exists(`${path}.deleted`))
    host.disk.slowDown('/data/t-0', HOUR_MS)
    await host.world.runUntil(() => host.disk.exists(path))
    swapped.resolve()
    await host.world.runFor(60_000)
    assert.equal(isReplaced, false)
    assert.deepEqual([found, log.failed], [[], null])
    await host.world.complete(scrub.idle())
  })

  it('reports what cannot be read, when it cannot be read twice', async () => {
    for (const [failures, damaged] of [
      [1, 0],
      [2, 1],
    ] as const) {
      const host = createSimHost(4)
      const { open, scrub, found } = machine(host)
      fill(open(0))
      await pass(host, scrub, 0)
      host.disk.failNext('read', 'EIO', failures)
      await pass(host, scrub)
      assert.equal(found.length, damaged)
      if (damaged > 0) assert.match(found[0]!.damage.problem, /EIO/)
    }
  })

  it('does what is asked for at once, whenever a log was read, and tells what came of it', async () => {
    const host = createSimHost(7)
    const { open, scrub, found } = machine(host)
    const logs = [0, 1, 2, 3].map((partition) => fill(open(partition)))
    const [good, bad, failed, gone] = logs as [Log, Log, Log, Log]
    const segment = bad.segments()[1]!
    host.disk.decay(segment.path('.log'), 100, 3)
    failed.fail(new Error('Its disk failed.'))
    gone.close(false)
    const asked = scrub.ask(logs)!
    assert.equal(asked.endedMs, null)
    assert.equal(scrub.ask(logs), null, 'one at a time')
    await host.world.complete(scrub.idle())
    const closed = good.segments().slice(0, -1)
    const readBytes = closed.reduce((sum, { size }) => sum + size, bad.segments()[0]!.size)
    assert.ok(asked.endedMs !== null && asked.endedMs >= asked.askedMs)
    assert.deepEqual([asked.logs, asked.done, asked.segments], [4, 4, closed.length + 1])
    // And the bytes before the damage, which were read twice.
    assert.ok(asked.readBytes >= readBytes && asked.readBytes < readBytes + 2 * segment.size, `${asked.readBytes}`)
    assert.deepEqual(
      asked.damaged.map(({ partition, directory, file }) => [partition, directory, file]),
      [[1, '/data/t-1', segment.path('.log').slice(-24)]],
    )
    assert.equal(found.length, 1)
    assert.deepEqual(asked.unread, [{ topic: 't', partition: 2, directory: '/data/t-2', problem: 'Its disk failed.' }])
    const again = scrub.ask([good])!
    await host.world.complete(scrub.idle())
    assert.deepEqual([again.done, again.segments, again.damaged], [1, closed.length, []])
    assert.equal(scrub.request, again)
    assert.ok(scrub.ask([])!.endedMs !== null)
  })

  it('does what is asked for before the rest of what is due', async () => {
    const host = createSimHost(8)
    const { open, scrub } = machine(host)
    const [due, asked] = [fill(open(0)), fill(open(1))]
    await pass(host, scrub, 0)
    const seen = scrub.lastMs(due)
    host.clock.step(25 * HOUR_MS)
    scrub.check()
    await host.world.runUntil(() => scrub.state?.partition === due.partition && scrub.segments > 0)
    const request = scrub.ask([asked])!
    await host.world.runUntil(() => request.endedMs !== null)
    assert.deepEqual([request.done, request.segments], [1, asked.segments().length - 1])
    assert.equal(scrub.lastMs(due), seen, 'it is not done with')
    await host.world.complete(scrub.idle())
    assert.ok(scrub.lastMs(due)! > seen!)
  })

  it('does not hold the loop where many logs have nothing to read, and writes once that they were looked at', async () => {
    const host = createSimHost(9)
    let slices = 0
    let now = 0
    // Each look at it is a millisecond later.
    const clock = { now: () => host.clock.now(), monotonic: () => now++ }
    const { open, scrub } = machine(host, host.offload, clock)
    const logs = Array.from({ length: 60 }, (_, partition) => open(partition))
    for (const log of logs) appendRecords(log, [{ value: 'x' }])
    await pass(host, scrub, 0)
    const before = scrub.lastMs(logs[0]!)!
    let written = 0
    const { rename, replaceFile } = host.disk
    host.disk.rename = (from, to) => {
      if (to.endsWith('scrub-checkpoint')) written++
      rename.call(host.disk, from, to)
    }
    host.disk.replaceFile = (path, contents) => {
      assert.doesNotMatch(path, /scrub-checkpoint/, 'the loop waits for the disk')
      replaceFile.call(host.disk, path, contents)
    }
    const { after } = host.timers
    host.timers.after = (ms, run) => {
      slices++
      return after.call(host.timers, ms, run)
    }
    await pass(host, scrub)
    assert.ok(logs.every((log) => scrub.lastMs(log)! > before))
    assert.equal(written, 1)
    assert.ok(slices >= 10, `${slices} slices for ${logs.length} logs`)
  })

  it('ends when the broker does', async () => {
    const host = createSimHost(5)
    const { open, scrub } = machine(host)
    fill(open(0))
    await pass(host, scrub, 0)
    host.clock.step(25 * HOUR_MS)
    scrub.start()
    scrub.check()
    await host.world.runFor(20)
    await host.world.complete(scrub.close())
    const { readBytes } = scrub
    await host.world.runFor(10 * HOUR_MS)
    assert.equal(scrub.readBytes, readBytes)
  })
})

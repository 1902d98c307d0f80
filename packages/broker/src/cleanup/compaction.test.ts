import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { basename } from 'node:path'
import { describe, it } from 'node:test'
import { resolveBrokerConfig } from '@odradek/config'
import { encodeBatch, type RecordInput } from '@odradek/protocol'
import { pino } from 'pino'
import type { Job, Offload } from '../host/offload.ts'
import { dumpLog } from '../storage/dump.ts'
import type { Log } from '../storage/log.ts'
import type { Segment } from '../storage/segment.ts'
import {
  append,
  appendMarker,
  appendRecords,
  type Bench,
  nodeBench,
  openLog,
  quiet,
  readAll,
} from '../storage/testing/log-kit.ts'
import { verifyLog } from '../storage/verify.ts'
import { Compaction } from './compaction.ts'
import { type CompactionArgs, type CompactionResult, job as compactionJob } from './compaction-job.ts'
import { compactionArgs, planCompaction } from './compaction-plan.ts'

const config = {
  'cleanup.policy': 'compact',
  'segment.bytes': '600',
  'index.interval.bytes': '100',
  'min.cleanable.dirty.ratio': '0',
  'delete.retention.ms': '1000',
  'file.delete.delay.ms': '0',
}

/** Runs jobs at once. */
function offloadAtOnce(bench: Bench, before: () => void = () => {}): Offload {
  return {
    async run<Args, Result>(job: Job<Args, Result>, args: Args): Promise<Result> {
      const result = job.run(bench.disk, args)
      before()
      return result
    },
    async close() {},
  }
}

async function compactAll(bench: Bench, log: Log, limit = log.endOffset): Promise<void> {
  const compaction = new Compaction({
    clock: bench.clock,
    disk: bench.disk,
    logger: quiet,
    offload: offloadAtOnce(bench),
    config: resolveBrokerConfig,
  })
  compaction.consider(log, limit)
  await compaction.idle()
}

/** Puts what a job wrote in the place of `old`. */
function replaced(log: Log, old: readonly Segment[]): Promise<void> {
  return new Promise((resolve, reject) => {
    log.replaceSegments(old, (error) => (error === null ? resolve() : reject(error)))
  })
}

/** The newest value of each key, as a reader that starts at the beginning ends up with. */
function stateOf(log: Log): Map<string, string> {
  const state = new Map<string, string>()
  for (const { key, value } of readAll(log)) {
    if (key === null) continue
    if (value === null) state.delete(key)
    else state.set(key, value)
  }
  return state
}

function soundness(bench: Bench): unknown[] {
  return [...verifyLog(bench.disk, `${bench.directory}/t-0`, { deep: true }).findings]
}

describe('compaction', () => {
  it('keeps the newest record of each key, at its offset, in segments that follow one another', async () => {
    using bench = nodeBench()
    const log = openLog(bench, { config })
    for (let index = 0; index < 120; index++) {
      const records: RecordInput[] = [0, 1, 2].map((at) => ({
        key: `k${(index * 7 + at * 3) % 17}`,
        value: index % 9 === 0 && at === 1 ? null : `${index}-${at}`,
        timestamp: 1000 + index,
        headers: [{ key: 'h', value: Buffer.from([index]) }],
      }))
      append(log, encodeBatch({ records, codec: index % 2 === 0 ? 'gzip' : 'none' }), Math.floor(index / 50))
    }
    log.write()
    const before = readAll(log)
    const state = stateOf(log)
    const segments = log.segments().length
    const activeBase = log.segments().at(-1)!.baseOffset
    await compactAll(bench, log)
    const after = readAll(log)
    assert.ok(log.segments().length < segments / 2, `${log.segments().length} of ${segments} segments`)
    assert.deepEqual(stateOf(log), state)
    const byOffset = new Map(before.map((record) => [record.offset, record]))
    for (const record of after) assert.deepEqual(record, byOffset.get(record.offset))
    const newest = new Map(before.filter(({ offset }) => offset < activeBase).map(({ key, offset }) => [key, offset]))
    const kept = after.filter(({ offset }) => offset < activeBase)
    assert.deepEqual(
      kept.map(({ offset }) => offset),
      [...newest.values()].sort((a, b) => a - b),
    )
    assert.deepEqual(
      after.filter(({ offset }) => offset >= activeBase),
      before.filter(({ offset }) => offset >= activeBase),
    )
    for (let from = 0; from < log.endOffset; from++)
      assert.deepEqual(
        readAll(log, from),
        after.filter(({ offset }) => offset >= from),
        `from ${from}`,
      )
    log.close(true)
    assert.deepEqual(soundness(bench), [])
    const reopened = openLog(bench, { config })
    assert.deepEqual(readAll(reopened), after)
    reopened.close(false)
    const recovered = openLog(bench, { config, clean: false })
    assert.deepEqual(readAll(recovered), after)
    assert.deepEqual(
      recovered.epochs.map(({ epoch }) => epoch),
      [0, 1, 2],
    )
  })

  it('keeps tombstones until their time has come', async () => {
    using bench = nodeBench()
    const log = openLog(bench, { config })
    appendRecords(log, [
      { key: 'a', value: '1' },
      { key: 'b', value: '1' },
    ])
    appendRecords(log, [
      { key: 'a', value: null, timestamp: 5 },
      { key: 'c', value: '1', timestamp: 9 },
    ])
    log.roll()
    const tombstones = () => readAll(log).filter(({ value }) => value === null).length
    await compactAll(bench, log)
    assert.deepEqual(
      readAll(log).map(({ offset, timestamp }) => [offset, timestamp]),
      [
        [1, -1],
        [2, 5],
        [3, 9],
      ],
    )
    const horizons = [...dumpLog(bench.disk, log.directory)].flatMap((entry) =>
      entry.kind === 'batch' ? [entry.deleteHorizon] : [],
    )
    assert.deepEqual(horizons, [-1, bench.clock.time + 1000])
    for (const [passed, left] of [
      [999, 1],
      [1, 0],
    ] as const) {
      bench.clock.time += passed
      appendRecords(log, [{ key: 'd', value: String(passed) }])
      log.roll()
      await compactAll(bench, log)
      assert.equal(tombstones(), left)
      assert.equal(stateOf(log).get('c'), '1')
    }
    assert.deepEqual(readAll(log)[1], { offset: 3, timestamp: 9, key: 'c', value: '1' })
  })

  it('keeps the last batch of each producer, empty, so that its sequence goes on', async () => {
    using bench = nodeBench()
    let log = openLog(bench, { config })
    const produce = (producerId: number, baseSequence: number, key: string) =>
      append(
        log,
        encodeBatch({ producerId, producerEpoch: 0, baseSequence, records: [{ key, value: 'x', timestamp: 1 }] }),
      )
    for (let sequence = 0; sequence < 3; sequence++) produce(1, sequence, 'a')
    for (let sequence = 0; sequence < 3; sequence++) produce(2, sequence, 'a')
    log.roll()
    await compactAll(bench, log)
    assert.deepEqual(
      readAll(log).map(({ offset }) => offset),
      [5],
    )
    const batches = [...dumpLog(bench.disk, log.directory)].filter((entry) => entry.kind === 'batch')
    assert.deepEqual(
      batches.map((entry) => entry.kind === 'batch' && [entry.lastOffset, entry.count, entry.baseSequence]),
      [
        [2, 0, 2],
        [5, 1, 2],
      ],
    )
    log.write()
    log.close(false)
    for (const name of readdirSync(`${bench.directory}/t-0`).filter((one) => one.endsWith('.snapshot')))
      bench.disk.remove(`${bench.directory}/t-0/${name}`)
    log = openLog(bench, { config, clean: false })
    assert.equal(produce(1, 2, 'a').duplicate, true)
    assert.equal(produce(1, 3, 'a').errorCode, 0)
    assert.equal(produce(2, 3, 'a').errorCode, 0)
  })

  it('takes aborted records, and never lets one supersede a committed one; markers go last', async () => {
    using bench = nodeBench()
    const log = openLog(bench, { config })
    const inTransaction = (baseSequence: number, key: string, value: string) =>
      append(
        log,
        encodeBatch({
          producerId: 1,
          producerEpoch: 0,
          baseSequence,
          transactional: true,
          records: [{ key, value, timestamp: 1 }],
        }),
      )
    const marker = { producerId: 1, producerEpoch: 0, coordinatorEpoch: 0, timestamp: 1 }
    inTransaction(0, 'a', 'committed') // 0
    appendMarker(log, { ...marker, committed: true }) // 1
    inTransaction(1, 'a', 'aborted') // 2
    inTransaction(2, 'b', 'aborted') // 3
    log.roll()
    appendMarker(log, { ...marker, committed: false }) // 4
    inTransaction(3, 'c', 'committed') // 5
    appendMarker(log, { ...marker, committed: true }) // 6
    log.roll()
    appendRecords(log, [{ key: 'd', value: 'plain' }]) // 7
    log.roll()
    const committed = () =>
      readAll(log)
        .filter(({ offset }) => ![1, 4, 6].includes(offset))
        .map(({ offset }) => offset)
    const markers = () =>
      readAll(log)
        .filter(({ offset }) => [1, 4, 6].includes(offset))
        .map(({ offset }) => offset)
    await compactAll(bench, log)
    assert.deepEqual(committed(), [0, 5, 7])
    assert.deepEqual(markers(), [1, 4, 6])
    assert.deepEqual(log.abortedTransactions(0, 8), [{ producerId: 1, firstOffset: 2 }])
    // The aborted records are gone now: their marker gets its time, and goes after it.
    appendRecords(log, [{ key: 'e', value: 'plain' }])
    log.roll()
    await compactAll(bench, log)
    assert.deepEqual(markers(), [1, 4, 6])
    bench.clock.time += 1000
    appendRecords(log, [{ key: 'e', value: 'plain' }])
    log.roll()
    await compactAll(bench, log)
    assert.deepEqual(markers(), [1, 6])
    assert.deepEqual(committed().slice(0, 3), [0, 5, 7])
    assert.deepEqual(log.abortedTransactions(0, 8), [])
    assert.deepEqual(soundness(bench), [])
  })

  it('leaves alone what is at or above the limit, young, or too little to be worth while', () => {
    using bench = nodeBench()
    const log = openLog(bench, { config })
    for (let index = 0; index < 40; index++)
      appendRecords(log, [{ key: 'k', value: 'x'.repeat(50), timestamp: bench.clock.time - 1000 + index }])
    const bases = log.segments().map(({ baseOffset }) => baseOffset)
    const upTo = (limit: number, firstDirty = 0, overrides = {}) => {
      log.configure({ ...log.config, 'min.compaction.lag.ms': 0, 'min.cleanable.dirty.ratio': 0, ...overrides })
      return planCompaction(log, firstDirty, limit, bench.clock.time)?.upTo ?? null
    }
    assert.ok(bases.length > 5)
    assert.equal(upTo(log.endOffset), bases.at(-1))
    assert.equal(upTo(bases[2]!), bases[2])
    assert.equal(upTo(bases[2]! - 1), bases[1])
    assert.equal(upTo(bases[1]! - 1), null)
    assert.equal(upTo(log.endOffset, 0, { 'min.compaction.lag.ms': 1000 - bases[3]! + 1 }), bases[3])
    assert.equal(upTo(log.endOffset, 0, { 'min.compaction.lag.ms': 5000 }), null)
    assert.equal(upTo(log.endOffset, bases.at(-1)), null, 'nothing is new')
    assert.equal(upTo(log.endOffset, bases.at(-2), { 'min.cleanable.dirty.ratio': 0.5 }), null)
    assert.equal(upTo(log.endOffset, bases[1], { 'min.cleanable.dirty.ratio': 0.5 }), bases.at(-1))
    assert.equal(upTo(log.endOffset, 0, { 'cleanup.policy': ['delete'] }), null)
  })

  it('goes in steps where there are more keys than it holds at once', async () => {
    using bench = nodeBench()
    const log = openLog(bench, { config })
    for (let index = 0; index < 60; index++) appendRecords(log, [{ key: `k${index % 40}`, value: 'x'.repeat(40) }])
    const state = stateOf(log)
    let compactedTo = 0
    let passes = 0
    for (; ; passes++) {
      const plan = planCompaction(log, compactedTo, log.endOffset, 0)
      if (plan === null) break
      const args = compactionArgs(log, plan, 0, { keyBytesMax: 0, ioBytesPerSecond: Number.MAX_VALUE })
      const result = compactionJob.run(bench.disk, args)
      assert.ok(result.compactedTo > compactedTo)
      for (const { baseOffsets } of result.groups)
        await replaced(
          log,
          plan.segments.filter(({ baseOffset }) => baseOffsets.includes(baseOffset)),
        )
      compactedTo = result.compactedTo
      assert.deepEqual(stateOf(log), state)
    }
    assert.ok(passes > 2)
    assert.equal(compactedTo, log.segments().at(-1)!.baseOffset)
    const closed = readAll(log).filter(({ offset }) => offset < compactedTo)
    assert.equal(new Set(closed.map(({ key }) => key)).size, closed.length)
  })

  it('leaves a tombstone alone until it has come as far, or what it deletes would be back', async () => {
    using bench = nodeBench()
    // In one segment: a pass ends within it.
    const log = openLog(bench, { config: { ...config, 'delete.retention.ms': '0', 'segment.bytes': '100000' } })
    for (let index = 0; index < 60; index++) {
      const isOfA = index === 20 || index === 45
      appendRecords(log, [{ key: isOfA ? 'a' : `k${index}`, value: index === 45 ? null : 'x'.repeat(40) }])
    }
    log.roll()
    let compactedTo = 0
    for (let pass = 0; pass < 10; pass++) {
      const plan = planCompaction(log, compactedTo, log.endOffset, pass)
      if (plan === null) break
      const args = compactionArgs(log, plan, pass, { keyBytesMax: 0, ioBytesPerSecond: Number.MAX_VALUE })
      const result = compactionJob.run(bench.disk, args)
      for (const { baseOffsets } of result.groups)
        await replaced(
          log,
          plan.segments.filter(({ baseOffset }) => baseOffsets.includes(baseOffset)),
        )
      compactedTo = result.compactedTo
      const ofA = readAll(log)
        .filter(({ key }) => key === 'a')
        .map(({ offset }) => offset)
      if (compactedTo <= 45) assert.deepEqual(ofA, [20, 45], `compacted to ${compactedTo}`)
      else assert.ok(!ofA.includes(20))
    }
    assert.equal(compactedTo, 60)
  })

  it('tells where a segment is damaged, changes nothing, and does not read it again', async () => {
    using bench = nodeBench()
    const log = openLog(bench, { config })
    for (let index = 0; index < 40; index++) appendRecords(log, [{ key: `k${index % 3}`, value: 'x'.repeat(50) }])
    log.write()
    const [, second] = log.segments()
    const file = bench.disk.open(second!.path('.log'), 'write')
    const position = Math.floor(second!.size / 2)
    file.write(Buffer.from([1, 2, 3]), 0, 3, position)
    file.close()
    const files = readdirSync(log.directory)
    const found: string[] = []
    let runs = 0
    const compaction = new Compaction({
      clock: bench.clock,
      disk: bench.disk,
      logger: quiet,
      offload: offloadAtOnce(bench, () => runs++),
      config: resolveBrokerConfig,
      damaged: (_, damage) => {
        assert.ok(damage.position <= position && position - damage.position < 200)
        assert.equal(damage.foundMs, bench.clock.time)
        found.push(damage.file)
      },
      failed: (_, error) => assert.fail(error),
    })
    for (let pass = 0; pass < 3; pass++) {
      compaction.consider(log, log.endOffset)
      await compaction.idle()
    }
    assert.deepEqual([found, runs, compaction.uncleanable], [[basename(second!.path('.log'))], 1, 1])
    assert.deepEqual(readdirSync(log.directory), files)
  })

  it('is not alarmed where a segment goes under its hands, and compacts what is left', async () => {
    using bench = nodeBench()
    const log = openLog(bench, { config })
    for (let index = 0; index < 40; index++) appendRecords(log, [{ key: `k${index % 3}`, value: 'x'.repeat(50) }])
    const levels: number[] = []
    const logger = pino({ level: 'info' }, { write: (line: string) => levels.push(JSON.parse(line).level) })
    let runs = 0
    const offload: Offload = {
      async run<Args, Result>(job: Job<Args, Result>, args: Args): Promise<Result> {
        runs += 1
        if (runs === 1) log.advanceStartOffset(log.segments()[2]!.baseOffset)
        return job.run(bench.disk, args)
      },
      async close() {},
    }
    const compaction = new Compaction({
      clock: bench.clock,
      disk: bench.disk,
      logger,
      offload,
      config: resolveBrokerConfig,
      failed: (_, error) => assert.fail(error),
    })
    compaction.consider(log, log.endOffset)
    await compaction.idle()
    assert.deepEqual([runs, levels, log.failed], [1, [30], null])
    for (let index = 0; index < 80; index++) appendRecords(log, [{ key: `k${index % 3}`, value: 'x'.repeat(50) }])
    compaction.consider(log, log.endOffset)
    await compaction.idle()
    assert.ok(runs > 1)
    const closed = readAll(log).filter(({ offset }) => offset < log.segments().at(-1)!.baseOffset)
    assert.equal(new Set(closed.map(({ key }) => key)).size, closed.length)
  })

  it('remembers how far it came, and drops what it made when the log changed meanwhile', async () => {
    using bench = nodeBench()
    const log = openLog(bench, { config })
    const fill = () => {
      for (let index = 0; index < 30; index++) appendRecords(log, [{ key: 'k', value: 'x'.repeat(50) }])
    }
    fill()
    const jobs: CompactionArgs[] = []
    let meanwhile = () => {}
    const offload: Offload = {
      async run<Args, Result>(job: Job<Args, Result>, args: Args): Promise<Result> {
        jobs.push(args as CompactionArgs)
        const result = job.run(bench.disk, args)
        meanwhile()
        assert.ok((result as CompactionResult).groups.length > 0)
        return result
      },
      async close() {},
    }
    const options = { clock: bench.clock, disk: bench.disk, logger: quiet, offload, config: resolveBrokerConfig }
    let compaction = new Compaction(options)
    const pass = async () => {
      compaction.consider(log, log.endOffset)
      await compaction.idle()
    }
    await pass()
    await pass()
    assert.equal(jobs.length, 1, 'nothing was new')
    const compactedTo = log.segments().at(-1)!.baseOffset
    fill()
    compaction = new Compaction(options)
    await pass()
    assert.equal(jobs.at(-1)!.firstDirtyOffset, compactedTo)
    fill()
    meanwhile = () => log.deleteSegments(log.segments().slice(0, 1))
    const before = readAll(log).length
    await pass()
    assert.ok(readAll(log).length >= before - 2)
    assert.deepEqual(
      readdirSync(log.directory).filter((name) => name.endsWith('.cleaned')),
      [],
    )
    meanwhile = () => {}
    await pass()
    assert.deepEqual([...stateOf(log).keys()], ['k'])
    fill()
    meanwhile = () => log.close(true)
    compaction.consider(log, log.endOffset)
    await compaction.close()
    assert.deepEqual(
      soundness(bench).filter((finding) => !JSON.stringify(finding).includes('left over')),
      [],
    )
  })
  it('forgets what it was to do when the log is cut, though all is as long again as it was', async () => {
    using bench = nodeBench()
    const log = openLog(bench, { config })
    const fill = (text: string) => {
      for (let index = 0; index < 30; index++) appendRecords(log, [{ key: 'k', value: text.repeat(50) }])
    }
    fill('x')
    const { endOffset } = log
    const refill = () => {
      log.truncateTo(0)
      fill('y')
      assert.equal(log.endOffset, endOffset)
    }
    const options = { clock: bench.clock, disk: bench.disk, logger: quiet, config: resolveBrokerConfig }
    const compaction = new Compaction({ ...options, offload: offloadAtOnce(bench, refill) })
    compaction.consider(log, endOffset)
    await compaction.idle()
    const texts = readAll(log).map(({ value }) => value?.[0])
    assert.deepEqual(
      texts,
      Array.from({ length: 30 }, () => 'y'),
    )
  })

  it('does not begin what was decided before a cut: the limit may be beyond what is stable by now', async () => {
    using bench = nodeBench()
    using other = nodeBench()
    const logs = [openLog(bench, { config }), openLog(other, { config })] as const
    for (const log of logs)
      for (let index = 0; index < 30; index++) appendRecords(log, [{ key: 'k', value: 'x'.repeat(50) }])
    const begun: string[] = []
    const considered = Promise.withResolvers<void>()
    const offload: Offload = {
      async run<Args, Result>(job: Job<Args, Result>, args: Args): Promise<Result> {
        begun.push((args as CompactionArgs).directory)
        await considered.promise
        logs[1].truncateTo(20)
        return job.run(bench.disk, args)
      },
      async close() {},
    }
    const { clock, disk } = bench
    const compaction = new Compaction({ clock, disk, logger: quiet, offload, config: resolveBrokerConfig })
    for (const log of logs) compaction.consider(log, log.endOffset)
    considered.resolve()
    await compaction.idle()
    assert.deepEqual(begun, [logs[0].directory])
    compaction.consider(logs[1], 20)
    await compaction.idle()
    assert.deepEqual(begun, [logs[0].directory, logs[1].directory])
  })
})

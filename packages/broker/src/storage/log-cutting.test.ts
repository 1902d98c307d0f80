import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { describe, it } from 'node:test'
import { encodeBatch, errors, sliceOf } from '@odradek/protocol'
import type { Log } from './log.ts'
import { append, appendRecords, nodeBench, openLog, readAll, sampleBatch } from './testing/log-kit.ts'
import { verifyLog } from './verify.ts'

const config = { 'segment.bytes': '1500', 'index.interval.bytes': '200', 'file.delete.delay.ms': '0' }

function fill(log: Log, batches = 40): number[] {
  const bases: number[] = []
  for (let index = 1; bases.length < batches; index++) {
    if (index % 7 === 0) continue
    const sequenced = { producerId: 3, producerEpoch: 0, baseSequence: log.endOffset }
    bases.push(append(log, sampleBatch(index, sequenced), Math.floor(index / 10)).baseOffset)
  }
  return bases
}

describe('truncating a log', () => {
  it('ends it before the batch that holds the offset, durably, and it goes on', () => {
    using reference = nodeBench()
    const whole = openLog(reference, { config })
    const bases = fill(whole)
    const records = readAll(whole)
    for (let offset = 0; offset <= whole.endOffset; offset += 3) {
      using bench = nodeBench()
      let cuts = 0
      let log = openLog(bench, { config, cut: () => cuts++ })
      fill(log)
      if (offset % 2 === 0) log.flushNow()
      log.truncateTo(offset)
      const end = offset >= records.length ? records.length : bases.findLast((base) => base <= offset)!
      const where = `to ${offset}`
      assert.equal(log.endOffset, end, where)
      assert.equal(cuts, end < records.length ? 1 : 0, where)
      assert.ok(log.flushedOffset <= end, where)
      assert.deepEqual(readAll(log), records.slice(0, end), where)
      assert.ok(
        log.epochs.every(({ startOffset }) => startOffset < end),
        where,
      )
      const [producer] = [...log.producers()]
      assert.equal(producer?.lastSequence ?? -1, end - 1, where)
      if (offset % 4 === 0) {
        log.close(false)
        log = openLog(bench, { config, clean: false, recoveryPoint: offset % 8 === 0 ? 0 : end })
        assert.equal(log.endOffset, end, `${where}, after a crash`)
      }
      const sequenced = { producerId: 3, producerEpoch: 0, baseSequence: end }
      assert.equal(append(log, sampleBatch(3, sequenced), 9).baseOffset, end, where)
      assert.equal(log.read(end, 1e6, log.endOffset, true).errorCode, 0)
      log.close(true)
      assert.deepEqual(verifyLog(bench.disk, `${bench.directory}/t-0`, { deep: true }).findings, [], where)
      log = openLog(bench, { config })
      assert.deepEqual(readAll(log).slice(0, end), records.slice(0, end), where)
      assert.deepEqual(log.epochs.at(-1), { epoch: 9, startOffset: end })
    }
  })

  it('ends it where its last batch does, when the offset lies where compaction left nothing', () => {
    for (const offset of [5, 6, 8]) {
      using bench = nodeBench()
      let log = openLog(bench)
      for (const baseOffset of [0, 2, 8, 10]) {
        const records = [{ value: `v${baseOffset}` }, { value: 'w' }]
        log.appendReplicated(sliceOf(encodeBatch({ records, baseOffset, leaderEpoch: 1 })))
      }
      log.flushNow()
      log.truncateTo(offset)
      assert.equal(log.endOffset, 4, `to ${offset}`)
      assert.equal(append(log, sampleBatch(1), 2).baseOffset, 4)
      const { endOffset } = log
      log.flushNow()
      log.close(false)
      log = openLog(bench, { clean: false, recoveryPoint: endOffset })
      assert.equal(log.endOffset, endOffset)
      log.close(true)
      assert.deepEqual(verifyLog(bench.disk, `${bench.directory}/t-0`, { deep: true }).findings, [])
    }
  })

  it('ends it where a segment ends, when the offset lies between that and one that begins far from it', () => {
    using bench = nodeBench()
    let log = openLog(bench)
    const far = 2 ** 31 + 10
    for (const baseOffset of [0, far]) {
      const records = [{ value: `v${baseOffset}` }, { value: 'w' }]
      log.appendReplicated(sliceOf(encodeBatch({ records, baseOffset, leaderEpoch: 1 })))
    }
    log.truncateTo(100)
    assert.equal(log.endOffset, 2)
    assert.equal(append(log, sampleBatch(1), 2).baseOffset, 2)
    const { endOffset } = log
    log.flushNow()
    log.close(false)
    log = openLog(bench, { clean: false, recoveryPoint: endOffset })
    assert.equal(log.endOffset, endOffset)
    log.close(true)
    assert.deepEqual(verifyLog(bench.disk, `${bench.directory}/t-0`, { deep: true }).findings, [])
  })

  it('does not count what is appended afterwards as flushed by a flush that began before', async () => {
    using bench = nodeBench()
    const log = openLog(bench, { config })
    fill(log)
    const flushed = Promise.withResolvers<Error | null>()
    log.flush(flushed.resolve)
    log.truncateTo(5)
    const end = log.endOffset
    for (let index = 0; index < 20; index++) appendRecords(log, [{ value: 'new' }], {}, 9)
    assert.equal(await flushed.promise, null)
    assert.ok(log.flushedOffset <= end, `${log.flushedOffset} is flushed`)
    const again = Promise.withResolvers<Error | null>()
    log.flush(again.resolve)
    await again.promise
    assert.equal(log.flushedOffset, log.endOffset)
  })

  it('empties it, to begin at another offset', () => {
    using bench = nodeBench()
    const log = openLog(bench, { config })
    fill(log)
    log.truncateFullyAndStartAt(1000)
    assert.deepEqual([log.startOffset, log.endOffset, log.flushedOffset, log.sizeInBytes], [1000, 1000, 1000, 0])
    assert.deepEqual([...log.producers()], [])
    assert.deepEqual(log.epochs, [])
    assert.equal(appendRecords(log, [{ value: 'a' }], {}, 4).baseOffset, 1000)
    log.close(true)
    const reopened = openLog(bench, { config })
    assert.deepEqual([reopened.startOffset, reopened.endOffset], [1000, 1001])
  })
})

describe('moving the start of a log', () => {
  it('hides records, and lets segments go that lie below as a whole', () => {
    using bench = nodeBench()
    let log = openLog(bench, { config })
    fill(log)
    log.advanceStartOffset(log.segments()[1]!.baseOffset)
    assert.equal(log.segments()[0]!.baseOffset, 0, 'what is not durable stays')
    log.flushNow()
    log.settle()
    assert.equal(log.segments()[0]!.baseOffset, log.startOffset, 'until it is')
    const records: ReturnType<typeof readAll> = []
    for (const record of readAll(log)) records[record.offset] = record
    const path = `${bench.directory}/t-0`
    for (let offset = log.startOffset + 1; offset <= log.endOffset; offset += 5) {
      log.advanceStartOffset(offset)
      assert.equal(log.startOffset, offset)
      assert.ok(log.segments()[0]!.baseOffset <= offset)
      assert.ok((log.segments()[1]?.baseOffset ?? Number.POSITIVE_INFINITY) > offset)
      assert.equal(log.read(offset - 1, 100, log.endOffset, true).errorCode, errors.OFFSET_OUT_OF_RANGE.code)
      assert.deepEqual(
        readAll(log).filter((record) => record.offset >= offset),
        records.slice(offset),
      )
      assert.deepEqual(log.offsetForTimestamp(0, log.endOffset)?.offset ?? log.endOffset, offset)
      assert.equal(log.epochs[0]!.startOffset, offset)
    }
    log.advanceStartOffset(3)
    assert.ok(log.startOffset > 3, 'never back')
    const logs = readdirSync(path).filter((name) => name.endsWith('.log'))
    assert.deepEqual(logs.length, log.segments().length)
    const { startOffset } = log
    log.close(true)
    log = openLog(bench, { config, startOffset })
    assert.deepEqual([log.startOffset, log.endOffset], [startOffset, records.length])
  })

  it('lets segments go of which nothing was asked since a start', () => {
    using bench = nodeBench()
    let log = openLog(bench, { config })
    fill(log)
    const records = readAll(log)
    log.close(true)
    log = openLog(bench, { config })
    const [first, second, third] = log.segments()
    log.deleteSegments([first!, second!])
    assert.equal(log.failed, null)
    assert.equal(log.startOffset, third!.baseOffset)
    assert.deepEqual(
      readAll(log),
      records.filter(({ offset }) => offset >= third!.baseOffset),
    )
  })

  it('keeps where the log ends when all of it is let go', () => {
    using bench = nodeBench()
    let log = openLog(bench, { config })
    fill(log)
    const { endOffset } = log
    log.deleteSegments([...log.segments()])
    assert.deepEqual([log.startOffset, log.endOffset, log.sizeInBytes], [endOffset, endOffset, 0])
    log.close(false)
    log = openLog(bench, { config, clean: false })
    assert.deepEqual([log.startOffset, log.endOffset], [endOffset, endOffset])
    assert.equal(appendRecords(log, [{ value: 'a' }]).baseOffset, endOffset)
  })
})

describe('leader epochs of a log', () => {
  it('tell where each ended', () => {
    using bench = nodeBench()
    const log = openLog(bench)
    assert.equal(log.endOffsetForEpoch(0), null)
    log.assignEpoch(2)
    assert.deepEqual(log.endOffsetForEpoch(2), { epoch: 2, endOffset: 0 })
    for (const [epoch, count] of [
      [2, 3],
      [4, 2],
      [7, 1],
    ] as const) {
      log.assignEpoch(epoch)
      for (let at = 0; at < count; at++) appendRecords(log, [{ value: 'x' }], {}, epoch)
    }
    assert.deepEqual(log.endOffsetForEpoch(1), { epoch: 1, endOffset: 0 })
    assert.deepEqual(log.endOffsetForEpoch(2), { epoch: 2, endOffset: 3 })
    assert.deepEqual(log.endOffsetForEpoch(3), { epoch: 2, endOffset: 3 })
    assert.deepEqual(log.endOffsetForEpoch(4), { epoch: 4, endOffset: 5 })
    assert.deepEqual(log.endOffsetForEpoch(7), { epoch: 7, endOffset: 6 })
    assert.equal(log.endOffsetForEpoch(8), null)
    assert.equal(log.endOffsetForEpoch(-1), null)
    log.assignEpoch(9)
    assert.equal(log.latestEpoch, 9)
    assert.deepEqual(log.endOffsetForEpoch(9), { epoch: 9, endOffset: 6 })
    assert.deepEqual(log.endOffsetForEpoch(8), { epoch: 7, endOffset: 6 })
    assert.deepEqual(log.endOffsetForEpoch(7), { epoch: 7, endOffset: 6 })
    log.flushNow()
    assert.equal(readFileSync(`${bench.directory}/t-0/leader-epoch-checkpoint`, 'utf8'), '0\n3\n2 0\n4 3\n7 5\n')
  })
})

describe('a follower', () => {
  it('appends what its leader sent, as it is', () => {
    using leading = nodeBench()
    using following = nodeBench()
    const leader = openLog(leading, { config })
    fill(leader)
    const follower = openLog(following, { config })
    while (follower.endOffset < leader.endOffset) {
      const { range } = leader.read(follower.endOffset, 5000, leader.endOffset, true)
      follower.appendReplicated(sliceOf(leader.readBatches(range!)))
    }
    assert.deepEqual(readAll(follower), readAll(leader))
    assert.deepEqual(follower.epochs, leader.epochs)
    leader.close(true)
    follower.close(true)
    for (const name of readdirSync(`${leading.directory}/t-0`)) {
      const path = `t-0/${name}`
      assert.deepEqual(
        readFileSync(`${following.directory}/${path}`),
        readFileSync(`${leading.directory}/${path}`),
        name,
      )
    }
  })

  it('refuses damaged batches and those that do not follow', () => {
    using bench = nodeBench()
    const log = openLog(bench)
    const batch = (baseOffset: number) => encodeBatch({ baseOffset, leaderEpoch: 1, records: [{ value: 'x' }] })
    log.appendReplicated(sliceOf(batch(10)))
    assert.equal(log.endOffset, 11)
    assert.throws(() => log.appendReplicated(sliceOf(batch(10))), /does not follow/)
    const flipped = batch(11)
    flipped[flipped.length - 1]! ^= 1
    assert.throws(() => log.appendReplicated(sliceOf(flipped)), /undamaged/)
    assert.throws(() => log.appendReplicated(sliceOf(batch(11).subarray(0, 40))), /undamaged/)
    assert.equal(log.endOffset, 11)
    assert.equal(log.failed, null)
    log.appendReplicated(sliceOf(Buffer.concat([batch(11), batch(12)])))
    assert.equal(log.endOffset, 13)
    log.write()
    assert.equal(statSync(log.segments()[0]!.path('.log')).size, log.sizeInBytes)
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeBatch, errors } from '@odradek/protocol'
import {
  append,
  appendRecords,
  LOG_KIT_INDEXES_BYTES_MAX,
  nodeBench,
  openLog,
  readAll,
  recordsIn,
  sampleBatch,
} from './testing/log-kit.ts'

describe('a log', () => {
  it('is empty, with nothing on disk, until its first append', () => {
    using bench = nodeBench()
    const log = openLog(bench, { startOffset: 7 })
    assert.equal(log.startOffset, 7)
    assert.equal(log.endOffset, 7)
    assert.deepEqual(bench.disk.list(bench.directory), [])
    assert.equal(log.read(7, 100, 7, true).range, null)
    assert.equal(log.read(8, 100, 9, true).errorCode, errors.OFFSET_OUT_OF_RANGE.code)
    log.close(true)
    assert.deepEqual(bench.disk.list(bench.directory), [])
  })

  it('gives offsets and epochs, and returns what was appended', () => {
    using bench = nodeBench()
    const log = openLog(bench)
    const first = appendRecords(
      log,
      [
        { key: 'a', value: '1', timestamp: 5 },
        { value: '2', timestamp: 6 },
      ],
      {},
      3,
    )
    assert.deepEqual(first, { errorCode: 0, baseOffset: 0, lastOffset: 1, logAppendTime: -1, duplicate: false })
    const second = appendRecords(log, [{ key: 'b', value: null, timestamp: 7 }], {}, 3)
    assert.equal(second.baseOffset, 2)
    assert.equal(log.endOffset, 3)
    assert.deepEqual(
      readAll(log).map(({ offset, key, value }) => [offset, key, value]),
      [
        [0, 'a', '1'],
        [1, null, '2'],
        [2, 'b', null],
      ],
    )
    assert.equal(log.latestEpoch, 3)
  })

  it('stamps batches with the time of the append where the topic says so', () => {
    using bench = nodeBench()
    const log = openLog(bench, { config: { 'message.timestamp.type': 'LogAppendTime' } })
    const result = appendRecords(log, [{ value: 'x', timestamp: 5 }])
    assert.equal(result.logAppendTime, bench.clock.time)
    assert.equal(readAll(log)[0]!.timestamp, bench.clock.time)
    assert.equal(log.maxTimestamp(1)?.timestamp, bench.clock.time)
  })

  it('reads from every offset up to every bound, whole batches and none beyond', () => {
    using bench = nodeBench()
    const log = openLog(bench, { config: { 'segment.bytes': '20000', 'index.interval.bytes': '500' } })
    const bases: number[] = []
    for (let index = 0; index < 60; index++) bases.push(append(log, sampleBatch(index)).baseOffset)
    assert.ok(log.segments().length > 3, 'the log rolled')
    const all = readAll(log)
    assert.equal(all.length, log.endOffset)
    const bounds = [...bases.slice(0, 40), log.endOffset]
    const readEverywhere = (read: typeof log) => {
      for (let from = 0; from < read.endOffset; from++) {
        for (const upTo of bounds) {
          if (upTo <= from) continue
          const { range } = read.read(from, 7000, upTo, true)
          assert.ok(range !== null, `${from} to ${upTo}`)
          const records: ReturnType<typeof readAll> = []
          const next = recordsIn(read.readBatches(range), records)
          assert.ok(next <= upTo, `${from} to ${upTo} ended at ${next}`)
          assert.equal(
            records[0]!.offset,
            bases.findLast((base) => base <= from),
            `${from} begins in its batch`,
          )
          assert.ok(next > from)
        }
      }
      assert.deepEqual(readAll(read, 0, read.endOffset, 1), all)
    }
    readEverywhere(log)
    log.close(true)
    readEverywhere(openLog(bench))
  })

  it('returns the first batch though it is too large, but only when told to', () => {
    using bench = nodeBench()
    const log = openLog(bench)
    appendRecords(log, [{ value: Buffer.alloc(10_000) }])
    appendRecords(log, [{ value: Buffer.alloc(10) }])
    assert.equal(log.read(0, 500, 2, false).range, null)
    const { range } = log.read(0, 500, 2, true)
    assert.ok(range!.length > 10_000 && range!.length < 10_200)
    assert.equal(log.read(1, 500, 2, false).range!.position, range!.length)
  })

  it('rolls by size, by age of the first batch, and by index', () => {
    using bench = nodeBench()
    const log = openLog(bench, { config: { 'segment.bytes': '2000', 'segment.ms': '1000' } })
    for (let index = 0; index < 10; index++) appendRecords(log, [{ value: Buffer.alloc(500), timestamp: 100 }])
    assert.deepEqual(
      log.segments().map((segment) => segment.baseOffset),
      [0, 3, 6, 9],
    )
    appendRecords(log, [{ value: 'a', timestamp: 1100 }])
    assert.equal(log.segments().length, 4, 'exactly segment.ms old')
    appendRecords(log, [{ value: 'a', timestamp: 1101 }])
    assert.equal(log.segments().length, 5)
    log.configure({
      ...log.config,
      'segment.bytes': 1_000_000,
      'segment.ms': 1e9,
      'segment.index.bytes': 36,
      'index.interval.bytes': 0,
    })
    const before = log.segments().length
    for (let index = 0; index < 6; index++) appendRecords(log, [{ value: 'a', timestamp: 2000 + index }])
    assert.ok(log.segments().length > before)
    log.roll()
    const rolled = log.segments().length
    log.roll()
    assert.equal(log.segments().length, rolled, 'an empty segment is not rolled')
    assert.equal(readAll(log).length, log.endOffset)
  })

  it('rolls when an offset is too far from the segment to be indexed', () => {
    using bench = nodeBench()
    const log = openLog(bench)
    appendRecords(log, [{ value: 'a' }])
    append(log, encodeBatch({ records: [{ value: 'b' }], lastOffsetDelta: 0x7fff_fffe }))
    assert.deepEqual(
      log.segments().map((segment) => segment.baseOffset),
      [0],
    )
    appendRecords(log, [{ value: 'c' }])
    assert.deepEqual(
      log.segments().map((segment) => segment.baseOffset),
      [0, 0x8000_0000],
    )
    assert.deepEqual(
      readAll(log).map(({ offset }) => offset),
      [0, 1, 0x8000_0000],
    )
  })

  it('finds every record by time, exactly', () => {
    using bench = nodeBench()
    const config = { 'segment.bytes': '5000', 'index.interval.bytes': '300' }
    const log = openLog(bench, { config })
    const times: number[] = []
    // Times that rise, fall and repeat.
    for (let index = 0; index < 80; index++) {
      const base = 1000 + Math.floor(index / 3) * 7 - (index % 5) * 20
      const records = [0, 1, 2].map((at) => ({ value: Buffer.alloc(40), timestamp: base + at * 3 }))
      appendRecords(log, records)
      times.push(...records.map(({ timestamp }) => timestamp))
    }
    const check = (checked: typeof log, upTo: number) => {
      for (let time = 900; time < 1300; time++) {
        const offset = times.findIndex((timestamp, at) => at < upTo && timestamp >= time)
        const found = checked.offsetForTimestamp(time, upTo)
        assert.equal(found?.offset ?? -1, offset, `time ${time} up to ${upTo}`)
        if (found !== null) assert.equal(found.timestamp, times[offset])
      }
      const newest = Math.max(...times.slice(0, upTo))
      const found = checked.maxTimestamp(upTo)
      assert.deepEqual([found?.offset, found?.timestamp], [times.indexOf(newest), newest], `newest up to ${upTo}`)
    }
    check(log, log.endOffset)
    check(log, 100)
    log.close(true)
    const reopened = openLog(bench, { config })
    check(reopened, reopened.endOffset)
    check(reopened, 55)
    assert.equal(reopened.maxTimestamp(0), null)
  })

  it('goes on after a clean stop as if nothing had been', () => {
    using bench = nodeBench()
    const config = { 'segment.bytes': '9000', 'index.interval.bytes': '400' }
    let log = openLog(bench, { config })
    for (let index = 0; index < 90; index++) {
      append(log, sampleBatch(index), 1 + Math.floor(index / 20))
      if (index % 13 !== 0) continue
      const { endOffset, latestEpoch, sizeInBytes } = log
      log.close(true)
      log = openLog(bench, { config })
      assert.deepEqual(
        [log.endOffset, log.flushedOffset, log.latestEpoch, log.sizeInBytes],
        [endOffset, endOffset, latestEpoch, sizeInBytes],
      )
    }
    assert.equal(readAll(log).length, log.endOffset)
    assert.deepEqual(
      log.epochs.map(({ epoch }) => epoch),
      [1, 2, 3, 4, 5],
    )
  })

  it('keeps few files open and opens them again when read', async () => {
    using bench = nodeBench()
    const { RecencyBound } = await import('./recency-bound.ts')
    const openFiles = new RecencyBound(3)
    const log = openLog(bench, { config: { 'segment.bytes': '1100' }, openFiles })
    for (let index = 0; index < 30; index++) append(log, sampleBatch(index))
    const ranges = log.segments().map((segment) => log.read(segment.baseOffset, 1e6, log.endOffset, true).range)
    log.flushNow()
    assert.equal(readAll(log).length, log.endOffset)
    assert.ok(openFiles.size <= 3, `${openFiles.size} open`)
    for (const range of ranges) assert.ok(range === null || log.readBatches(range).length === range.length)
  })

  it('keeps few indexes of closed segments in memory, also of those that it closed itself, and reads them again', () => {
    using bench = nodeBench()
    const log = openLog(bench, { config: { 'segment.bytes': '3000', 'index.interval.bytes': '100' } })
    const held = () => {
      const closed = log.segments().slice(0, -1)
      return closed.reduce((sum, { indexBytesHeld }) => sum + indexBytesHeld, 0)
    }
    let most = 0
    for (let index = 0; log.segments().length < 40; index++) {
      append(log, sampleBatch(index))
      most = Math.max(most, held())
    }
    assert.ok(most > 0 && most <= LOG_KIT_INDEXES_BYTES_MAX, `${most} bytes`)
    assert.equal(readAll(log).length, log.endOffset)
    for (const { baseOffset } of log.segments()) assert.ok(log.read(baseOffset, 1e6, log.endOffset, true).range)
    assert.ok(held() <= LOG_KIT_INDEXES_BYTES_MAX, `${held()} bytes after reading`)
  })

  it('keeps indexes of closed segments whatever those of the active one take, those that were read last', () => {
    using bench = nodeBench()
    const config = { 'segment.bytes': '20000', 'index.interval.bytes': '100' }
    const first = openLog(bench, { config })
    let next = 0
    while (first.segments().length < 40) append(first, sampleBatch(next++))
    first.close(true)
    const log = openLog(bench, { config: { 'segment.bytes': '1000000', 'index.interval.bytes': '100' } })
    const active = () => log.segments().at(-1)!.indexBytesHeld
    while (active() <= 4 * LOG_KIT_INDEXES_BYTES_MAX) append(log, sampleBatch(next++))
    log.close(true)
    const again = openLog(bench, { config: { 'segment.bytes': '1000000' } })
    append(again, sampleBatch(next++))
    const closed = again.segments().slice(0, -1)
    const read = (at: number) => assert.ok(again.read(closed[at]!.baseOffset, 1e6, again.endOffset, true).range)
    assert.ok(again.segments().at(-1)!.indexBytesHeld > LOG_KIT_INDEXES_BYTES_MAX)
    // One is read again and again, the others once.
    for (let at = 1; at < closed.length; at++) {
      read(0)
      read(at)
      assert.ok(closed[0]!.indexBytesHeld > 0 && closed[at]!.indexBytesHeld > 0, `after segment ${at}`)
    }
    assert.equal(closed[1]!.indexBytesHeld, 0, 'others were let go of')
  })

  it('lets those read on whose segment is removed or replaced, and no others', () => {
    using bench = nodeBench()
    const log = openLog(bench, { config: { 'segment.bytes': '600', 'file.delete.delay.ms': '60000' } })
    for (let index = 1; index < 20; index++) append(log, sampleBatch(index))
    const [first, second] = log.segments()
    const { range } = log.read(0, 1000, log.endOffset, true)
    const before = log.readBatches(range!)
    const unread = second!.reader
    second!.release()
    second!.retire()
    first!.retire()
    // Others take the names.
    for (const segment of [first!, second!]) bench.disk.replaceFile(segment.path('.log'), 'something else altogether')
    assert.deepEqual(log.readBatches(range!), before)
    assert.equal(first!.reader.isCached(0, 10), true)
    const bytes = Buffer.alloc(10)
    assert.equal(unread.readCached(bytes, 0, 10, 0), 0)
    assert.equal(unread.sendTo(-1, 0, 10), 0)
    assert.throws(() => unread.read(bytes, 0, 10, 0), /was removed/)
  })

  it('refuses everything after a failed write', () => {
    using bench = nodeBench()
    const log = openLog(bench)
    appendRecords(log, [{ value: 'a' }])
    log.write()
    log.segments()[0]!.file.close()
    appendRecords(log, [{ value: 'b' }])
    assert.throws(() => log.write())
    assert.ok(log.failed !== null)
    assert.equal(appendRecords(log, [{ value: 'c' }]).errorCode, errors.KAFKA_STORAGE_ERROR.code)
    assert.throws(() => log.roll())
    let told: Error | null = null
    log.flush((error) => {
      told = error
    })
    assert.equal(told, log.failed)
  })
})

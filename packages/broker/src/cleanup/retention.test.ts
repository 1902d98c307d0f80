import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Log } from '../storage/log.ts'
import { appendRecords, nodeBench, openLog, quiet, readAll } from '../storage/testing/log-kit.ts'
import { expiredSegments, Retention } from './retention.ts'

const config = { 'segment.bytes': '700', 'file.delete.delay.ms': '0', 'retention.ms': '1000' }

/** Ten segments of one batch each; the newest record of segment n is of time 100 n. */
function fill(log: Log): void {
  for (let index = 0; index < 10; index++)
    appendRecords(log, [
      { value: Buffer.alloc(600), timestamp: index * 100 - 5 },
      { value: 'x', timestamp: index * 100 },
    ])
}

describe('retention', () => {
  it('takes the segments whose newest record is too old, to the millisecond', () => {
    using bench = nodeBench()
    const log = openLog(bench, { config })
    fill(log)
    const bases = (now: number, limit = log.endOffset) =>
      expiredSegments(log, limit, now).map(({ baseOffset }) => baseOffset)
    assert.deepEqual(bases(1000), [])
    assert.deepEqual(bases(1001), [0])
    assert.deepEqual(bases(1300), [0, 2, 4])
    assert.deepEqual(bases(1301), [0, 2, 4, 6])
    assert.equal(bases(1900).length, 9)
    assert.equal(bases(1901).length, 10, 'the active one too')
    assert.deepEqual(bases(5000, 5), [0, 2], 'nothing at or above the limit')
    log.configure({ ...log.config, 'retention.ms': -1 })
    assert.deepEqual(bases(1e15), [])
    log.configure({ ...log.config, 'retention.ms': 1000, 'cleanup.policy': ['compact'] })
    assert.deepEqual(bases(5000), [])
  })

  it('takes the oldest while what is left is still enough', () => {
    using bench = nodeBench()
    const log = openLog(bench, { config })
    fill(log)
    const size = log.segments()[0]!.size
    const count = (bytes: number) => {
      log.configure({ ...log.config, 'retention.ms': -1, 'retention.bytes': bytes })
      return expiredSegments(log, log.endOffset, 0).length
    }
    assert.equal(count(-1), 0)
    assert.equal(count(10 * size), 0)
    assert.equal(count(9 * size + 1), 0)
    assert.equal(count(9 * size), 1)
    assert.equal(count(2 * size + 1), 7)
    assert.equal(count(0), 9, 'never the active one')
  })

  it('moves the start of the log, and what is left stays as it was', () => {
    using bench = nodeBench()
    let log = openLog(bench, { config })
    fill(log)
    const records = readAll(log)
    const retention = new Retention({ clock: bench.clock, logger: quiet })
    bench.clock.time = 1250
    assert.equal(retention.apply(log, log.endOffset), true)
    assert.equal(log.startOffset, 6)
    assert.deepEqual(readAll(log), records.slice(6))
    assert.equal(retention.apply(log, log.endOffset), false)
    bench.clock.time = 5000
    assert.equal(retention.apply(log, 9), true)
    assert.equal(log.startOffset, 8)
    assert.equal(retention.apply(log, log.endOffset), true)
    assert.deepEqual([log.startOffset, log.endOffset], [20, 20])
    log.close(true)
    log = openLog(bench, { config })
    assert.deepEqual([log.startOffset, log.endOffset], [20, 20])
    assert.equal(appendRecords(log, [{ value: 'x', timestamp: 5000 }]).baseOffset, 20)
  })

  it('looks only at the ends of time indexes after a restart', () => {
    using bench = nodeBench()
    let log = openLog(bench, { config })
    fill(log)
    log.close(true)
    log = openLog(bench, { config })
    assert.equal(expiredSegments(log, log.endOffset, 1450).length, 5)
  })

  it('counts segments without times from when they were first seen', () => {
    using bench = nodeBench()
    const log = openLog(bench, { config })
    appendRecords(log, [{ value: Buffer.alloc(600) }])
    log.roll()
    appendRecords(log, [{ value: 'x' }])
    assert.equal(expiredSegments(log, 2, bench.clock.time + 1000).length, 0)
    assert.equal(expiredSegments(log, 2, bench.clock.time + 1001).length, 2)
  })
})

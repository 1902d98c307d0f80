/** When a segment is closed because of its age, and what is reserved for it. */
import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { describe, it } from 'node:test'
import { native } from '@odradek/native'
import { createNodeDisk } from '../host/node/disk.ts'
import type { Log } from './log.ts'
import { appendRecords, type Bench, nodeBench, openLog } from './testing/log-kit.ts'

/** Appends a record every 10 ms; how old each segment's last record was, counted from its first. */
function ages(log: Log, records: number): number[] {
  const begun: number[] = []
  let last = -1
  for (let at = 0; at < records; at++) {
    appendRecords(log, [{ key: 'k', value: 'x', timestamp: 1_000_000 + at * 10 }])
    const { baseOffset } = log.segments().at(-1)!
    if (baseOffset !== last) begun.push(at * 10)
    last = baseOffset
  }
  return begun.slice(1).map((time, at) => time - 10 - begun[at]!)
}

function logWith(bench: Bench, config: Record<string, string>): Log {
  return openLog(bench, { config: { 'segment.bytes': '100000', ...config } })
}

describe('the age at which a segment is closed', () => {
  it('is segment.ms', () => {
    using bench = nodeBench()
    assert.deepEqual(new Set(ages(logWith(bench, { 'segment.ms': '1000' }), 1000)), new Set([1000]))
  })

  it('is shortened by up to segment.jitter.ms, differently for each segment', () => {
    using bench = nodeBench()
    const found = ages(logWith(bench, { 'segment.ms': '1000', 'segment.jitter.ms': '600' }), 3000)
    assert.ok(found.length > 30)
    assert.ok(Math.min(...found) >= 390 && Math.max(...found) <= 1000, found.join(' '))
    assert.ok(Math.min(...found) < 550 && Math.max(...found) > 850, found.join(' '))
    assert.ok(new Set(found).size > 10, 'not all at one time')
  })

  it('is never negative, however large the jitter', () => {
    using bench = nodeBench()
    const found = ages(logWith(bench, { 'segment.ms': '100', 'segment.jitter.ms': '100000' }), 300)
    assert.ok(found.every((age) => age >= 0 && age <= 100))
  })

  it('is at most max.compaction.lag.ms where the topic is compacted', () => {
    using bench = nodeBench()
    const config = { 'segment.ms': '1000', 'max.compaction.lag.ms': '300' }
    assert.deepEqual(new Set(ages(logWith(bench, { ...config, 'cleanup.policy': 'compact' }), 500)), new Set([300]))
    using other = nodeBench()
    assert.deepEqual(new Set(ages(logWith(other, config), 500)), new Set([1000]))
  })
})

describe('what is reserved for a segment', () => {
  const reservedBytes = (log: Log) => statSync(log.segments().at(-1)!.path('.log')).blocks * 512
  const canReserve = native !== null && createNodeDisk().space('/tmp').freeBytes > 0

  it('is all of it with preallocate, where the system can; and is given back', () => {
    using bench = nodeBench()
    const log = logWith(bench, { preallocate: 'true', 'segment.bytes': '3000000' })
    appendRecords(log, [{ value: 'x' }])
    log.write()
    assert.ok(log.sizeInBytes < 100)
    assert.equal(statSync(log.segments()[0]!.path('.log')).size, log.sizeInBytes)
    if (canReserve) assert.ok(reservedBytes(log) >= 3_000_000, `${reservedBytes(log)}`)
    log.roll()
    assert.equal(statSync(log.segments()[0]!.path('.log')).size < 100, true)
    if (canReserve) {
      assert.ok(statSync(log.segments()[0]!.path('.log')).blocks * 512 < 100_000, 'the closed one')
      assert.ok(reservedBytes(log) >= 3_000_000, 'the next one')
    }
    log.close(true)
  })

  it('is nothing for a small one without', () => {
    using bench = nodeBench()
    const log = logWith(bench, { 'segment.bytes': '3000000' })
    appendRecords(log, [{ value: 'x' }])
    log.write()
    assert.ok(reservedBytes(log) < 100_000)
    log.close(true)
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resolveBrokerConfig } from '@odradek/config'
import { appendRecords, nodeBench, openLog, readAll } from '../storage/testing/log-kit.ts'
import type { PlannedPartition } from './planned-log.ts'
import { planRetention, type RetentionRules, retentionRules } from './retention-plan.ts'
import { plannedPartition } from './testing/planned-logs.ts'

const everything: RetentionRules = { byTime: true, bySize: true, active: 'always' }
const config = { 'retention.ms': '1000' }

/** Ten segments of 100 bytes; the newest record of segment n is of time 100 n. */
const tenSegments = Array.from({ length: 10 }, (_, at) => [100, at * 100] as const)

/** How many segments go for each reason, in order. */
function plan(
  partition: PlannedPartition,
  now: number,
  rules = everything,
  isIdle = false,
): [string, number, number][] {
  return planRetention(partition, now, rules, () => isIdle).map(({ reason, segments, startOffset }) => [
    reason,
    segments.length,
    startOffset,
  ])
}

describe('what retention takes', () => {
  it('is what has a newest record that is too old, to the millisecond', () => {
    const partition = plannedPartition({ config, segments: tenSegments })
    assert.deepEqual(plan(partition, 1000), [])
    assert.deepEqual(plan(partition, 1001), [['time', 1, 10]])
    assert.deepEqual(plan(partition, 1300), [['time', 3, 30]])
    assert.deepEqual(plan(partition, 1301), [['time', 4, 40]])
    assert.deepEqual(plan(partition, 1900), [['time', 9, 90]])
    assert.deepEqual(plan(partition, 1901), [['time', 10, 100]], 'the active one too')
  })

  it('stops at the first that stays, also where later ones are older', () => {
    const segments = [
      [100, 0],
      [100, 5000],
      [100, 0],
      [100, 0],
    ] as const
    assert.deepEqual(plan(plannedPartition({ config, segments }), 2000), [['time', 1, 10]])
  })

  it('is nothing at or above the last stable offset', () => {
    const at = (lastStableOffset: number) =>
      plan(plannedPartition({ config, segments: tenSegments, lastStableOffset }), 5000)
    assert.deepEqual(at(29), [['time', 2, 20]])
    assert.deepEqual(at(30), [['time', 3, 30]])
    assert.deepEqual(at(9), [])
  })

  it('is nothing without a limit, or of a topic that is only compacted', () => {
    const forEver = { 'retention.ms': '-1' }
    assert.deepEqual(plan(plannedPartition({ config: forEver, segments: tenSegments }), 1e15), [])
    const compacted = { ...config, 'cleanup.policy': 'compact' }
    assert.deepEqual(plan(plannedPartition({ config: compacted, segments: tenSegments }), 1e15), [])
    const both = { ...config, 'cleanup.policy': 'compact,delete' }
    assert.deepEqual(plan(plannedPartition({ config: both, segments: tenSegments }), 1001), [['time', 1, 10]])
  })

  it('is the oldest while what is left is still enough', () => {
    const of = (bytes: number) =>
      plan(
        plannedPartition({ config: { 'retention.ms': '-1', 'retention.bytes': `${bytes}` }, segments: tenSegments }),
        0,
      )
    assert.deepEqual(of(1000), [])
    assert.deepEqual(of(901), [])
    assert.deepEqual(of(900), [['size', 1, 10]])
    assert.deepEqual(of(201), [['size', 7, 70]])
    assert.deepEqual(of(0), [['size', 9, 90]], 'never the active one')
  })

  it('names the reason of each, where time and size both take some', () => {
    const limits = { ...config, 'retention.bytes': '500' }
    assert.deepEqual(plan(plannedPartition({ config: limits, segments: tenSegments }), 1101), [
      ['time', 2, 20],
      ['size', 3, 50],
    ])
  })

  it('counts segments without times from when they were first seen', () => {
    const segments = [
      [100, -1],
      [100, -1],
    ] as const
    assert.deepEqual(plan(plannedPartition({ config, segments }), 1000), [])
    assert.deepEqual(plan(plannedPartition({ config, segments }), 1001), [['time', 2, 20]])
  })

  it('spares an active segment that is empty, or is not to go', () => {
    const segments = [
      [100, 0],
      [0, -1],
    ] as const
    assert.deepEqual(plan(plannedPartition({ config, segments }), 5000), [['time', 1, 10]])
    const two = plannedPartition({ config, segments: tenSegments.slice(0, 2) })
    assert.deepEqual(plan(two, 5000, { ...everything, active: 'never' }), [['time', 1, 10]])
    assert.deepEqual(plan(two, 5000, { ...everything, active: 'idle' }, false), [['time', 1, 10]])
    assert.deepEqual(plan(two, 5000, { ...everything, active: 'idle' }, true), [['time', 2, 20]])
  })

  it('moves the start of a log, which stays as it was otherwise, also through a restart', () => {
    using bench = nodeBench()
    const settings = { 'segment.bytes': '700', 'file.delete.delay.ms': '0', 'retention.ms': '1000' }
    let log = openLog(bench, { config: settings })
    for (let index = 0; index < 10; index++)
      appendRecords(log, [
        { value: Buffer.alloc(600), timestamp: index * 100 - 5 },
        { value: 'x', timestamp: index * 100 },
      ])
    log.write()
    const records = readAll(log)
    const apply = (now: number, lastStableOffset = log.endOffset) => {
      const partition = { topic: 't', index: 0, log, lastStableOffset }
      const deletions = planRetention(partition, now, everything, () => false)
      for (const { segments } of deletions) log.deleteSegments(segments)
      return deletions.map(({ startOffset }) => startOffset)
    }
    assert.deepEqual(apply(1250), [6])
    assert.equal(log.startOffset, 6)
    assert.deepEqual(readAll(log), records.slice(6))
    assert.deepEqual(apply(1250), [])
    log.close(true)
    // After a start only the ends of time indexes are looked at.
    log = openLog(bench, { config: settings })
    assert.deepEqual(apply(5000, 9), [8])
    assert.deepEqual(apply(5000), [20])
    assert.deepEqual([log.startOffset, log.endOffset], [20, 20])
    log.close(true)
    log = openLog(bench, { config: settings })
    assert.deepEqual([log.startOffset, log.endOffset], [20, 20])
    assert.equal(appendRecords(log, [{ value: 'x', timestamp: 5000 }]).baseOffset, 20)
    log.close(true)
  })
})

describe('when retention takes it', () => {
  const rules = (profile: string, hour: string, isRetentionCheck: boolean, isDiskTight: boolean) => {
    const broker = resolveBrokerConfig({
      static: { 'cleanup.profile': profile, 'delete.when': '04,16', 'delete.when.timezone': 'UTC' },
    })
    const { byTime, bySize, active } = retentionRules(broker, Date.parse(`2026-06-01T${hour}Z`), {
      isRetentionCheck,
      isDiskTight,
    })
    return [byTime, bySize, active]
  }

  it('is the retention check with the profile of Kafka, or any look at a tight disk', () => {
    assert.deepEqual(rules('kafka', '12:00', true, false), [true, true, 'always'])
    assert.deepEqual(rules('kafka', '12:00', false, false), [false, false, 'always'])
    assert.deepEqual(rules('kafka', '12:00', false, true), [true, true, 'always'])
    assert.deepEqual(rules('kafka', '04:00', false, false), [false, false, 'always'])
  })

  it('is the hour with the profile of RocketMQ, or any look at a tight disk; size goes as ever', () => {
    assert.deepEqual(rules('rocketmq', '12:00', true, false), [false, true, 'never'])
    assert.deepEqual(rules('rocketmq', '12:00', false, false), [false, false, 'never'])
    for (const hour of ['04:00', '04:59:59.999', '16:30'])
      assert.deepEqual(rules('rocketmq', hour, false, false), [true, false, 'never'], hour)
    for (const hour of ['03:59:59.999', '05:00']) assert.equal(rules('rocketmq', hour, false, false)[0], false, hour)
    assert.deepEqual(rules('rocketmq', '12:00', false, true), [true, true, 'idle'])
  })
})

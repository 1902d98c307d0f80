import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { forcibleBytes, planForced } from './forced-plan.ts'
import type { PlannedPartition } from './planned-log.ts'
import { plannedPartition } from './testing/planned-logs.ts'

const spareNone = () => false
const sized = (count: number, size: number, from = 0) =>
  Array.from({ length: count }, (_, at) => [size, from + at] as const)

/** `topic-partition: new start` of what goes. */
function plan(
  partitions: PlannedPartition[],
  bytes: number,
  isSpared: (topic: string) => boolean = spareNone,
): string[] {
  return planForced(partitions, bytes, isSpared)
    .map(({ partition, startOffset, reason }) => {
      assert.equal(reason, 'forced')
      return `${partition.topic}-${partition.index}: ${startOffset}`
    })
    .sort()
}

describe('forced deletion', () => {
  it('takes the oldest of all partitions of a topic, and no more than is wanted', () => {
    const partitions = [
      plannedPartition({ index: 0, segments: sized(4, 100, 10) }),
      plannedPartition({ index: 1, segments: sized(4, 100, 0) }),
    ]
    assert.deepEqual(plan(partitions, 0), [])
    assert.deepEqual(plan(partitions, 1), ['t-1: 10'])
    assert.deepEqual(plan(partitions, 100), ['t-1: 10'])
    assert.deepEqual(plan(partitions, 300), ['t-1: 30'])
    assert.deepEqual(plan(partitions, 301), ['t-0: 10', 't-1: 30'])
    assert.deepEqual(plan(partitions, 1e9), ['t-0: 30', 't-1: 30'], 'never the active ones')
    assert.equal(forcibleBytes(partitions, spareNone), 600)
  })

  it('takes from the topic that has most, until several are as large', () => {
    const partitions = [
      plannedPartition({ topic: 'old', segments: sized(4, 100, 0) }),
      plannedPartition({ topic: 'flood', segments: sized(11, 100, 1000) }),
    ]
    assert.deepEqual(plan(partitions, 500), ['flood-0: 50'], 'what is old stays while a flood fills the disk')
    assert.deepEqual(plan(partitions, 700), ['flood-0: 70'])
    assert.deepEqual(plan(partitions, 900), ['flood-0: 80', 'old-0: 10'])
  })

  it('spares what is internal, compacted, active, or not stable yet', () => {
    const partitions = [
      plannedPartition({ topic: 'internal', segments: sized(9, 100) }),
      plannedPartition({ topic: 'compacted', config: { 'cleanup.policy': 'compact' }, segments: sized(9, 100) }),
      plannedPartition({ topic: 'both', config: { 'cleanup.policy': 'compact,delete' }, segments: sized(9, 100) }),
      plannedPartition({ topic: 'one', segments: sized(1, 100) }),
      plannedPartition({ topic: 'open', segments: sized(9, 100), lastStableOffset: 25 }),
    ]
    assert.deepEqual(
      plan(partitions, 1e9, (topic) => topic === 'internal'),
      ['open-0: 20'],
    )
  })

  it('does not ask how old records may be', () => {
    const config = { 'retention.ms': '-1', 'retention.bytes': '-1' }
    assert.deepEqual(plan([plannedPartition({ config, segments: sized(3, 100) })], 200), ['t-0: 20'])
  })

  it('takes a whole segment where less is wanted, also an empty one on the way', () => {
    const segments = [
      [0, 1],
      [100, 2],
      [100, 3],
    ] as const
    assert.deepEqual(plan([plannedPartition({ segments })], 1), ['t-0: 20'])
  })
})

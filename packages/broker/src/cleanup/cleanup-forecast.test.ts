import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resolveBrokerConfig } from '@odradek/config'
import { type ForecastInput, forecastCleanup } from './cleanup-forecast.ts'
import { plannedPartition } from './testing/planned-logs.ts'

const HOUR = 3_600_000
const MINUTE = 60_000
const start = Date.parse('2026-06-01T00:00:00Z')

function forecast(
  input: Partial<ForecastInput> & Pick<ForecastInput, 'partitions'>,
  settings: Record<string, string> = {},
) {
  return forecastCleanup({
    config: resolveBrokerConfig({ static: { 'delete.when.timezone': 'UTC', ...settings } }),
    now: start,
    nextRetentionCheckAt: start + MINUTE,
    until: start + 1000 * HOUR,
    isInternal: (topic) => topic.startsWith('__'),
    isDiskTight: () => false,
    forced: [],
    ...input,
  })
}

/** Four segments of 100 bytes whose newest records are 3, 2, 1 and 0 hours old. */
const segments = [3, 2, 1, 0].map((age) => [100, start - age * HOUR] as const)
const config = { 'retention.ms': `${2 * HOUR}` }

describe('the forecast', () => {
  it('tells at which retention check segments go', () => {
    const [topic] = forecast({ partitions: [plannedPartition({ config, segments })] })
    assert.deepEqual(
      topic!.steps.map(({ at, reason, segments: count, bytes, startOffsets }) => [
        (at - start) / MINUTE,
        reason,
        count,
        bytes,
        startOffsets,
      ]),
      [
        [1, 'time', 2, 200, { 0: 20 }],
        [61, 'time', 1, 100, { 0: 30 }],
        [121, 'time', 1, 100, { 0: 40 }],
      ],
    )
    assert.deepEqual([topic!.kept, topic!.bytes, topic!.segments], [null, 400, 4])
  })

  it('puts the partitions of a topic together', () => {
    const partitions = [0, 1].map((index) => plannedPartition({ index, config, segments: segments.slice(0, 2) }))
    const [topic, ...others] = forecast({ partitions })
    assert.deepEqual(others, [])
    assert.deepEqual(topic!.steps[0]!.startOffsets, { 0: 20, 1: 20 })
    assert.deepEqual([topic!.steps[0]!.segments, topic!.steps[0]!.bytes], [4, 400])
  })

  it('tells what is too much, and ends where asked', () => {
    const limited = plannedPartition({ config: { ...config, 'retention.bytes': '100' }, segments })
    const [topic] = forecast({ partitions: [limited], until: start + HOUR })
    assert.deepEqual(
      topic!.steps.map(({ reason, startOffsets }) => [reason, startOffsets[0]]),
      [
        ['size', 30],
        ['time', 20],
      ].sort(),
    )
  })

  it('waits for the hour with the profile of RocketMQ, and spares the active segment', () => {
    const [topic] = forecast(
      { partitions: [plannedPartition({ config, segments })] },
      { 'cleanup.profile': 'rocketmq' },
    )
    assert.deepEqual(
      topic!.steps.map(({ at, segments: count }) => [(at - start) / HOUR, count]),
      [[4, 3]],
    )
  })

  it('says now where the disk is tight, and takes the active segment in its time', () => {
    const [topic] = forecast(
      { partitions: [plannedPartition({ config, segments })], isDiskTight: () => true },
      { 'cleanup.profile': 'rocketmq' },
    )
    assert.deepEqual(
      topic!.steps.map(({ at, segments: count }) => [at - start, count]),
      [
        [0, 1],
        [1, 1],
        [HOUR + 1, 1],
        [2 * HOUR + 1, 1],
      ],
    )
  })

  it('tells what a disk that is too full takes, and does not take it twice', () => {
    const partition = plannedPartition({ config, segments })
    const [topic] = forecast({ partitions: [partition], forced: [{ partitions: [partition], bytesWanted: 150 }] })
    assert.deepEqual(
      topic!.steps.map(({ at, reason, startOffsets }) => [(at - start) / MINUTE, reason, startOffsets[0]]),
      [
        [0, 'forced', 20],
        [61, 'time', 30],
        [121, 'time', 40],
      ],
    )
  })

  it('says why nothing goes', () => {
    const of = (topic: string, settings: Record<string, string>) =>
      plannedPartition({ topic, config: settings, segments: segments.slice(3) })
    const partitions = [
      of('__internal', { 'cleanup.policy': 'compact' }),
      of('compacted', { 'cleanup.policy': 'compact' }),
      of('unlimited', { 'retention.ms': '-1' }),
      of('young', { 'retention.ms': `${2000 * HOUR}` }),
    ]
    assert.deepEqual(
      forecast({ partitions }).map(({ topic, kept, steps }) => [topic, kept, steps.length]),
      [
        ['__internal', 'internal', 0],
        ['compacted', 'compacted', 0],
        ['unlimited', 'unlimited', 0],
        ['young', 'young', 0],
      ],
    )
  })

  it('says what holds what is over: a segment that grows, where the profile leaves it, or what is not decided', () => {
    const partitions = [
      plannedPartition({ topic: 'grows', config, segments: segments.slice(3) }),
      plannedPartition({ topic: 'open', config, segments, lastStableOffset: 5 }),
    ]
    const until = start + 2000 * HOUR
    const kept = (profile: string) =>
      forecast({ partitions, until }, { 'cleanup.profile': profile }).map(({ topic, kept }) => [topic, kept])
    assert.deepEqual(kept('kafka'), [
      ['grows', null],
      ['open', 'undecided'],
    ])
    assert.deepEqual(kept('rocketmq'), [
      ['grows', 'active'],
      ['open', 'undecided'],
    ])
  })

  it('stops at what is not stable yet', () => {
    const [topic] = forecast({ partitions: [plannedPartition({ config, segments, lastStableOffset: 15 })] })
    assert.deepEqual(
      topic!.steps.map(({ startOffsets }) => startOffsets[0]),
      [10],
    )
  })
})

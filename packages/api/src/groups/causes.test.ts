import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TopicPlaces } from '@odradek/client'
import type { GroupDetail, GroupPartitionRow } from '../group-detail.ts'
import { type CauseKind, type GroupFacts, judge } from './causes.ts'

type PartitionPlace = TopicPlaces['partitions'][number]

const NOW = 1_000_000_000
const member = { id: 'm-1', clientId: 'worker', host: '/10.0.0.1' }

function row(partition: number, committed: number | null, end: number, more: Partial<GroupPartitionRow> = {}) {
  const lag = committed === null ? null : end - committed
  return { topic: 'orders', partition, committed, start: 0, end, lag, metadata: '', isGone: false, member, ...more }
}

function place(partition: number, more: Partial<PartitionPlace> = {}): PartitionPlace {
  return { partition, leader: 1, leaderEpoch: 3, replicas: [1, 2, 3], isr: [1, 2, 3], offline: [], ...more }
}

/** A group that is well: one member reads two partitions, and is through with both. */
function facts(
  more: Partial<Omit<GroupFacts, 'group'>> & { group?: Partial<GroupDetail>; places?: PartitionPlace[] } = {},
): GroupFacts {
  const { group, places = [place(0), place(1)], ...rest } = more
  const partitions = group?.partitions ?? [row(0, 10, 10), row(1, 20, 20)]
  const orders = { name: 'orders', id: '', isInternal: false, errorCode: 0, partitions: places }
  return {
    nowMs: NOW,
    metadata: { clusterId: 'c', controllerId: 1, brokers: [], topics: new Map([['orders', orders]]) },
    transactions: { open: [], producers: [], reason: null },
    minimalIsr: new Map(),
    committedSinceMs: () => NOW - 1000,
    watchedMs: 60_000,
    nextRecords: new Map(),
    ...rest,
    group: {
      id: 'billing',
      state: 'Stable',
      type: 'classic',
      protocolType: 'consumer',
      assignor: 'range',
      members: [
        {
          ...member,
          instanceId: null,
          subscription: ['orders'],
          assignment: [{ topic: 'orders', partitions: [0, 1] }],
        },
      ],
      coordinator: 1,
      lag: partitions.reduce((sum, { lag }) => sum + (lag ?? 0), 0),
      lagTrend: 0,
      unconsumed: 0,
      ...group,
      partitions,
    } as GroupDetail,
  }
}

/** The causes that are found, with the partitions they name. */
function found(of: GroupFacts): [CauseKind, number[]][] {
  return judge(of).flatMap(({ kind, state, partitions }): [CauseKind, number[]][] => {
    return state === 'found' ? [[kind, partitions.map(({ partition }) => partition)]] : []
  })
}

test('a group that is through with everything is not stuck, and every cause was looked at', () => {
  const causes = judge(facts())
  assert.deepEqual(
    causes.map(({ state }) => state),
    Array(9).fill('clear'),
  )
  assert.deepEqual(new Set(causes.map(({ kind }) => kind)).size, 9)
  assert.deepEqual(
    causes.flatMap(({ remedies }) => remedies),
    [],
  )
})

test('a partition without a leader is found, whether it has lag or not', () => {
  const places = [place(0), place(1, { leader: -1, isr: [] })]
  const partitions = [row(0, 10, 10), row(1, 20, 20, { end: null, lag: null })]
  const causes = judge(facts({ places, group: { partitions } }))
  assert.equal(causes[0]?.kind, 'leaderless')
  assert.deepEqual(
    causes[0]?.partitions.map(({ topic, partition, offset }) => [topic, partition, offset]),
    [['orders', 1, 20]],
  )
  assert.deepEqual(
    causes[0]?.remedies.map(({ kind }) => kind),
    ['restoreBroker'],
  )
})

test('a transaction hangs when the producer at the last stable offset has been silent for a minute', () => {
  const partitions = [row(0, 10, 15), row(1, 20, 30)]
  const producer = { topic: 'orders', partition: 0, producerId: 7, producerEpoch: 2, transactionStart: 10 }
  const open = [{ topic: 'orders', partition: 0, lastStable: 10 }]
  const hanging = (producers: GroupFacts['transactions']['producers'], reason: string | null = null) => {
    const of = facts({ group: { partitions }, transactions: { open, producers, reason } })
    return judge(of).find(({ kind }) => kind === 'hangingTransaction')!
  }
  const one = hanging([{ ...producer, lastTimestampMs: NOW - 60_000 }])
  assert.equal(one.state, 'found')
  assert.deepEqual(one.partitions[0]?.facts, {
    producerId: 7,
    producerEpoch: 2,
    transactionStart: 10,
    openSinceMs: NOW - 60_000,
  })
  assert.equal(hanging([{ ...producer, lastTimestampMs: NOW - 59_999 }]).state, 'clear', 'it may still be at work')
  const other = { ...producer, transactionStart: 12, lastTimestampMs: NOW - 600_000 }
  assert.equal(hanging([other]).state, 'clear', 'another that began later holds nobody back')
  assert.equal(hanging([{ ...other, partition: 1, transactionStart: 10 }]).state, 'clear', 'of another partition')
  const unknown = hanging([], 'The cluster has no DescribeProducers')
  assert.deepEqual([unknown.state, unknown.reason], ['unknown', 'The cluster has no DescribeProducers'])
})

test('too few replicas in sync are held against min.insync.replicas of the topic', () => {
  const places = [place(0, { isr: [1] }), place(1, { isr: [1, 2] })]
  const of = (minimum: number) => facts({ places, minimalIsr: new Map([['orders', minimum]]) })
  assert.deepEqual(found(of(1)), [])
  assert.deepEqual(found(of(2)), [['isrBelowMinimum', [0]]])
  assert.deepEqual(found(of(3)), [['isrBelowMinimum', [0, 1]]])
  const [cause] = judge(of(2))
  assert.deepEqual(cause?.partitions[0]?.facts, { isr: 1, minimum: 2 })
})

test('no members, rebalancing, nobody subscribed, commits outside of the log', () => {
  const lagging = [row(0, 10, 15, { member: null }), row(1, 20, 20, { member: null })]
  assert.deepEqual(found(facts({ group: { state: 'Empty', members: [], partitions: lagging } })), [['noMembers', [0]]])
  const through = [row(0, 15, 15, { member: null })]
  assert.deepEqual(found(facts({ group: { state: 'Empty', members: [], partitions: through } })), [])
  for (const state of ['PreparingRebalance', 'CompletingRebalance', 'Assigning', 'Reconciling']) {
    assert.deepEqual(found(facts({ group: { state } })), [['rebalancing', []]], state)
  }
  assert.deepEqual(found(facts({ group: { partitions: lagging } })), [['unassigned', [0]]])
  const outside = [row(0, 3, 15, { start: 5, lag: 10 }), row(1, 40, 20, { lag: 0 })]
  assert.deepEqual(found(facts({ group: { partitions: outside } })), [['commitOutOfRange', [0, 1]]])
})

test('a commit that stands for half a minute names the record and the step over it', () => {
  const partitions = [row(0, 10, 15), row(1, 20, 30)]
  const standing = (sinceMs: number, watchedMs = 60_000) =>
    judge(
      facts({
        group: { partitions },
        watchedMs,
        committedSinceMs: (_, partition) => (partition === 1 ? NOW - sinceMs : NOW),
        // Offsets 20 and 21 are gone: compacted, or markers.
        nextRecords: new Map([['orders-1', 22]]),
      }),
    ).find(({ kind }) => kind === 'standingStill')!
  const cause = standing(30_000)
  assert.deepEqual(
    cause.remedies.map(({ record, shift }) => record ?? shift),
    [
      { topic: 'orders', partition: 1, offset: 22 },
      { topic: 'orders', partition: 1, by: 3 },
    ],
  )
  assert.equal(standing(29_999).state, 'clear')
  assert.equal(standing(29_999, 29_999).state, 'unknown', 'not watched for long enough to tell')
})

test('a lag that grows while commits move is more work than the members do', () => {
  const partitions = [row(0, 10, 15), row(1, 20, 30)]
  assert.deepEqual(found(facts({ group: { partitions, lagTrend: 3.5 } })), [['slowerThanProducers', []]])
  assert.deepEqual(found(facts({ group: { partitions, lagTrend: -3.5 } })), [])
  const unknown = judge(facts({ group: { partitions, lagTrend: null } })).find(({ state }) => state === 'unknown')
  assert.equal(unknown?.kind, 'slowerThanProducers')
  const early = judge(facts({ group: { partitions, lagTrend: 3.5 }, watchedMs: 29_999 }))
  const cause = early.find(({ kind }) => kind === 'slowerThanProducers')
  assert.equal(cause?.state, 'unknown', 'a commit that was seen to stand for a second may stand still')
  assert.deepEqual(cause?.remedies, [])
})

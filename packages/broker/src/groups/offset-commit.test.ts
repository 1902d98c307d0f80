import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { errors, ZERO_UUID } from '@odradek/protocol'
import { GroupBench } from '../../test/group-bench.ts'

const topicId = 'AAAAAAAAAAAAAAAAAAAAAQ'
const recreatedId = 'AAAAAAAAAAAAAAAAAAAAAg'

describe('a commit from outside', () => {
  test('makes a group that has only offsets', () => {
    const bench = new GroupBench()
    const { errorCode, records } = bench.commit('orders', 3, 42, { leaderEpoch: 5, metadata: 'note', topicId })
    assert.equal(errorCode, 0)
    assert.deepEqual(records, [
      {
        kind: 'offset',
        groupId: 'g',
        topic: 'orders',
        partition: 3,
        value: {
          offset: 42,
          leaderEpoch: 5,
          metadata: 'note',
          commitTimestamp: 1_000_000,
          expireTimestamp: -1,
          topicId,
        },
      },
    ])
    assert.equal(bench.fetch('orders', 3), 42)
    assert.equal(bench.machine.groups.get('g')!.state, 'Empty')
  })

  test('is taken while the group is empty, refused while it has members', () => {
    const bench = new GroupBench()
    bench.stableGroup(1)
    assert.equal(bench.commit('orders', 0, 1).errorCode, errors.UNKNOWN_MEMBER_ID.code)
    bench.leave('m1')
    assert.equal(bench.commit('orders', 0, 1).errorCode, 0)
  })

  test('with its own retention, as old clients send it', () => {
    const bench = new GroupBench()
    const { records } = bench.commit('orders', 0, 1, { apiVersion: 4, retentionTimeMs: 60_000 })
    assert.ok(records[0]?.kind === 'offset')
    assert.equal(records[0].value.expireTimestamp, 1_060_000)
  })
})

describe('a commit of a member', () => {
  test('in its generation is taken and extends its session', () => {
    const bench = new GroupBench()
    const { generation } = bench.stableGroup(1)
    const member = { generationIdOrMemberEpoch: generation, memberId: 'm1' }
    bench.pass(9_000)
    assert.equal(bench.commit('orders', 0, 7, member).errorCode, 0)
    bench.pass(9_000)
    assert.equal(bench.heartbeat('m1', generation), 0)
    assert.equal(bench.fetch('orders', 0), 7)
  })

  test('of another generation, of an unknown member, without a generation', () => {
    const bench = new GroupBench()
    const { generation } = bench.stableGroup(1)
    const commit = (generationIdOrMemberEpoch: number, memberId: string) =>
      bench.commit('orders', 0, 7, { generationIdOrMemberEpoch, memberId }).errorCode
    assert.equal(commit(generation - 1, 'm1'), errors.ILLEGAL_GENERATION.code)
    assert.equal(commit(generation, 'ghost'), errors.UNKNOWN_MEMBER_ID.code)
    assert.equal(commit(-1, 'm1'), errors.ILLEGAL_GENERATION.code)
    assert.equal(bench.fetch('orders', 0), -1)
  })

  test('of a group that is not known: by version', () => {
    const bench = new GroupBench()
    const member = { generationIdOrMemberEpoch: 1, memberId: 'm1' }
    const { errorCode } = bench.commit('orders', 0, 7, { ...member, apiVersion: 8 })
    assert.equal(errorCode, errors.ILLEGAL_GENERATION.code)
    assert.equal(bench.commit('orders', 0, 7, member).errorCode, errors.GROUP_ID_NOT_FOUND.code)
  })

  test('during a rebalance is taken; while assignments are awaited it is not', () => {
    const bench = new GroupBench()
    const { generation } = bench.stableGroup(2)
    const member = (of: number) => ({ generationIdOrMemberEpoch: of, memberId: 'm2' })
    bench.join('m1')
    assert.equal(bench.commit('orders', 0, 7, member(generation)).errorCode, 0)
    bench.join('m2')
    const { errorCode } = bench.commit('orders', 0, 8, member(generation + 1))
    assert.equal(errorCode, errors.REBALANCE_IN_PROGRESS.code)
    assert.equal(bench.fetch('orders', 0), 7)
  })
})

test('metadata may have its limit and no more; null is none', () => {
  const bench = new GroupBench({ offsetMetadataCharsMax: 5 })
  assert.equal(bench.commit('orders', 0, 1, { metadata: '12345' }).errorCode, 0)
  assert.equal(bench.commit('orders', 1, 1, { metadata: '123456' }).errorCode, errors.OFFSET_METADATA_TOO_LARGE.code)
  assert.equal(bench.commit('orders', 2, 1, { metadata: null }).errorCode, 0)
  assert.equal(bench.fetch('orders', 1), -1)
  assert.equal(bench.machine.offsets.get('g', 'orders', 2)!.metadata, '')
})

describe('fetching', () => {
  test('what is not committed, or of no group: offset -1 without an error', () => {
    const bench = new GroupBench()
    bench.commit('orders', 0, 1)
    const topics = [
      { name: 'orders', topicId: ZERO_UUID, partitionIndexes: [0, 1] },
      { name: 'bills', topicId: ZERO_UUID, partitionIndexes: [0] },
    ]
    const none = { committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode: 0 }
    assert.deepEqual(bench.do(bench.machine.fetchOffsets('g', topics)).response, [
      {
        name: 'orders',
        topicId: ZERO_UUID,
        partitions: [
          { ...none, partitionIndex: 0, committedOffset: 1 },
          { ...none, partitionIndex: 1 },
        ],
      },
      { name: 'bills', topicId: ZERO_UUID, partitions: [{ ...none, partitionIndex: 0 }] },
    ])
    assert.equal(bench.fetch('orders', 0, 'other'), -1)
  })

  test('all that a group has committed', () => {
    const bench = new GroupBench()
    bench.commit('orders', 0, 1)
    bench.commit('orders', 5, 2)
    bench.commit('bills', 1, 3)
    bench.commit('bills', 1, 4, { groupId: 'other' })
    const { response } = bench.do(bench.machine.fetchOffsets('g', null))
    assert.deepEqual(
      response!.map((topic) => [
        topic.name,
        topic.partitions.map((each) => [each.partitionIndex, each.committedOffset]),
      ]),
      [
        [
          'orders',
          [
            [0, 1],
            [5, 2],
          ],
        ],
        ['bills', [[1, 3]]],
      ],
    )
    assert.deepEqual(bench.do(bench.machine.fetchOffsets('nobody', null)).response, [])
  })

  test('of a topic made anew under the same name: what was read of the former one does not count', () => {
    const bench = new GroupBench()
    bench.commit('orders', 0, 9, { topicId })
    assert.equal(bench.fetch('orders', 0, 'g', topicId), 9)
    assert.equal(bench.fetch('orders', 0, 'g', recreatedId), -1)
    assert.equal(bench.fetch('orders', 0, 'g', ZERO_UUID), 9)
    bench.commit('bills', 0, 9)
    assert.equal(bench.fetch('bills', 0, 'g', recreatedId), 9, 'a commit without an id is taken for any')
  })
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { encodeSubscription, errors } from '@odradek/protocol'
import { GroupBench } from '../../test/group-bench.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

function deleteOffsets(bench: GroupBench, topic: string, partitions: number[], groupId = 'g') {
  const topics = [{ name: topic, partitions: partitions.map((partitionIndex) => ({ partitionIndex })) }]
  return bench.do(bench.machine.deleteOffsets(groupId, topics, bench.now))
}

/** Keeps members alive over days, as their heartbeats would. */
function live(bench: GroupBench, ms: number, generation: number): void {
  for (let passed = 0; passed < ms; passed += HOUR_MS) {
    bench.pass(HOUR_MS)
    bench.heartbeat('m1', generation)
  }
}

describe('OffsetDelete', () => {
  test('forgets what is committed; what is not is no error', () => {
    const bench = new GroupBench()
    bench.commit('orders', 0, 5)
    const { response, records } = deleteOffsets(bench, 'orders', [0, 1])
    assert.deepEqual(response, {
      errorCode: 0,
      topics: [
        {
          name: 'orders',
          partitions: [
            { partitionIndex: 0, errorCode: 0 },
            { partitionIndex: 1, errorCode: 0 },
          ],
        },
      ],
    })
    assert.deepEqual(records, [{ kind: 'offsetRemoved', groupId: 'g', topic: 'orders', partition: 0 }])
    assert.equal(bench.fetch('orders', 0), -1)
  })

  test('of all that it had leaves a group that never had members until the next look at what is too old', () => {
    const bench = new GroupBench()
    bench.commit('orders', 0, 5)
    bench.commit('orders', 0, 5, { groupId: 'other' })
    deleteOffsets(bench, 'orders', [0])
    deleteOffsets(bench, 'orders', [0], 'other')
    assert.equal(bench.machine.groups.get('g')!.state, 'Empty')
    assert.equal(bench.do(bench.machine.delete('g', bench.now)).response, errors.NONE.code)
    assert.deepEqual(bench.pass(600_000), [{ kind: 'groupRemoved', groupId: 'other' }])
    assert.equal(bench.machine.groups.size, 0)
  })

  test('of a group that is not known: GROUP_ID_NOT_FOUND', () => {
    const { response } = deleteOffsets(new GroupBench(), 'orders', [0])
    assert.deepEqual(response, { errorCode: errors.GROUP_ID_NOT_FOUND.code, topics: [] })
  })

  test('of a topic that its consumers read: GROUP_SUBSCRIBED_TO_TOPIC; of others they go', () => {
    const bench = new GroupBench()
    const { generation } = bench.stableGroup(2, { topics: ['orders'] })
    const member = { generationIdOrMemberEpoch: generation, memberId: 'm1' }
    bench.commit('orders', 0, 5, member)
    bench.commit('bills', 0, 6, member)
    const inUse = deleteOffsets(bench, 'orders', [0])
    assert.equal(inUse.response!.topics[0]!.partitions[0]!.errorCode, errors.GROUP_SUBSCRIBED_TO_TOPIC.code)
    assert.equal(bench.fetch('orders', 0), 5)
    assert.equal(deleteOffsets(bench, 'bills', [0]).response!.topics[0]!.partitions[0]!.errorCode, 0)
    assert.equal(bench.fetch('bills', 0), -1)
  })

  test('while members cannot be read, every topic counts as in use', () => {
    const bench = new GroupBench()
    const unreadable = [{ name: 'range', metadata: Buffer.from([0, 0, 0, 0]) }]
    bench.stableGroup(1, { protocols: unreadable })
    const { response } = deleteOffsets(bench, 'orders', [0])
    assert.equal(response!.topics[0]!.partitions[0]!.errorCode, errors.GROUP_SUBSCRIBED_TO_TOPIC.code)
  })

  test('while it has members of another kind: NON_EMPTY_GROUP', () => {
    const bench = new GroupBench()
    bench.stableGroup(1, { protocolType: 'connect' })
    assert.equal(deleteOffsets(bench, 'orders', [0]).response!.errorCode, errors.NON_EMPTY_GROUP.code)
    bench.leave('m1')
    assert.equal(deleteOffsets(bench, 'orders', [0]).response!.errorCode, 0)
  })
})

describe('DeleteGroups', () => {
  test('forgets an empty group with all it has read', () => {
    const bench = new GroupBench()
    bench.stableGroup(1)
    bench.leave('m1')
    bench.commit('orders', 0, 5)
    bench.commit('bills', 0, 6, { groupId: 'other' })
    const { response, records } = bench.do(bench.machine.delete('g', bench.now))
    assert.equal(response, 0)
    assert.deepEqual(records, [
      { kind: 'offsetRemoved', groupId: 'g', topic: 'orders', partition: 0 },
      { kind: 'groupRemoved', groupId: 'g' },
    ])
    assert.equal(bench.machine.groups.has('g'), false)
    assert.equal(bench.fetch('bills', 0, 'other'), 6)
  })

  test('does not touch one with members, and finds none that is not there', () => {
    const bench = new GroupBench()
    bench.stableGroup(1)
    assert.equal(bench.do(bench.machine.delete('g', bench.now)).response, errors.NON_EMPTY_GROUP.code)
    assert.equal(bench.do(bench.machine.delete('other', bench.now)).response, errors.GROUP_ID_NOT_FOUND.code)
    bench.commit('orders', 0, 1, { groupId: 'only-offsets' })
    assert.equal(bench.do(bench.machine.delete('only-offsets', bench.now)).response, 0)
  })
})

test('ids given out in a group that was deleted have no part in the next of that name', () => {
  const bench = new GroupBench()
  bench.join('')
  assert.equal(bench.do(bench.machine.delete('g', bench.now)).response, 0)
  bench.pass(5_000)
  bench.join('')
  bench.pass(5_000)
  assert.equal(bench.join('m1').response!.errorCode, errors.UNKNOWN_MEMBER_ID.code)
  assert.equal(bench.join('m2').response!.errorCode, 0)
})

test('offsets of deleted topics go, in all groups', () => {
  const bench = new GroupBench()
  bench.commit('orders', 0, 1)
  bench.commit('orders', 1, 1, { groupId: 'other' })
  bench.commit('bills', 0, 1)
  const { response, records } = bench.do(bench.machine.topicsDeleted(new Set(['orders', 'nothing']), bench.now))
  assert.equal(response, 2)
  assert.equal(records.length, 2)
  assert.equal(bench.fetch('orders', 0), -1)
  assert.equal(bench.fetch('orders', 1, 'other'), -1)
  assert.equal(bench.fetch('bills', 0), 1)
})

describe('with time', () => {
  test('offsets of a group that never had members go seven days after their commit, and then the group', () => {
    const bench = new GroupBench()
    bench.commit('orders', 0, 1)
    bench.pass(DAY_MS)
    bench.commit('orders', 1, 1)
    bench.pass(6 * DAY_MS - 1)
    assert.equal(bench.fetch('orders', 0), 1)
    const records = bench.pass(600_000)
    assert.deepEqual(records, [{ kind: 'offsetRemoved', groupId: 'g', topic: 'orders', partition: 0 }])
    assert.deepEqual(bench.pass(DAY_MS), [
      { kind: 'offsetRemoved', groupId: 'g', topic: 'orders', partition: 1 },
      { kind: 'groupRemoved', groupId: 'g' },
    ])
    assert.equal(bench.machine.groups.size, 0)
  })

  test('offsets of a group whose members left go seven days after that, however old they are', () => {
    const bench = new GroupBench()
    const { generation } = bench.stableGroup(1, { sessionTimeoutMs: 1_800_000, topics: ['orders', 'bills'] })
    bench.commit('orders', 0, 1, { generationIdOrMemberEpoch: generation, memberId: 'm1' })
    for (let count = 0; count < 20 * 48; count++) {
      bench.pass(1_799_000)
      assert.equal(bench.heartbeat('m1', generation), 0)
    }
    assert.equal(bench.fetch('orders', 0), 1)
    bench.leave('m1')
    bench.pass(7 * DAY_MS - 1)
    assert.equal(bench.fetch('orders', 0), 1)
    bench.pass(600_000)
    assert.equal(bench.fetch('orders', 0), -1)
    assert.equal(bench.machine.groups.size, 0)
  })

  test('a stable group of consumers loses offsets of topics it does not read, by their commit', () => {
    const bench = new GroupBench({ sessionTimeoutMaxMs: 2 * HOUR_MS })
    const { generation } = bench.stableGroup(1, { sessionTimeoutMs: 2 * HOUR_MS, topics: ['orders'] })
    const member = { generationIdOrMemberEpoch: generation, memberId: 'm1' }
    bench.commit('orders', 0, 1, member)
    bench.commit('bills', 0, 1, member)
    live(bench, 8 * DAY_MS, generation)
    assert.equal(bench.fetch('orders', 0), 1)
    assert.equal(bench.fetch('bills', 0), -1)
    assert.equal(bench.machine.groups.get('g')!.state, 'Stable')
  })

  test('members of another kind lose nothing while they are there', () => {
    const bench = new GroupBench({ sessionTimeoutMaxMs: 2 * HOUR_MS })
    const protocols = [{ name: 'x', metadata: encodeSubscription({ topics: [] }) }]
    const { generation } = bench.stableGroup(1, { protocolType: 'connect', protocols, sessionTimeoutMs: 2 * HOUR_MS })
    bench.commit('orders', 0, 1, { generationIdOrMemberEpoch: generation, memberId: 'm1' })
    live(bench, 8 * DAY_MS, generation)
    assert.equal(bench.fetch('orders', 0), 1)
  })

  test('a commit with a retention of its own goes when that is over', () => {
    const bench = new GroupBench()
    bench.commit('orders', 0, 1, { apiVersion: 4, retentionTimeMs: HOUR_MS })
    bench.commit('orders', 1, 1, { apiVersion: 4, retentionTimeMs: 30 * DAY_MS })
    bench.pass(2 * HOUR_MS)
    assert.equal(bench.fetch('orders', 0), -1)
    bench.pass(8 * DAY_MS)
    assert.equal(bench.fetch('orders', 1), 1)
  })

  test('an empty group without offsets goes at the next look, with a tombstone', () => {
    const bench = new GroupBench()
    bench.stableGroup(1)
    bench.leave('m1')
    assert.deepEqual(bench.pass(600_000), [{ kind: 'groupRemoved', groupId: 'g' }])
  })

  test('a group that somebody is about to join stays', () => {
    const bench = new GroupBench()
    bench.stableGroup(1)
    bench.leave('m1')
    bench.pass(599_000)
    bench.join('')
    assert.deepEqual(bench.pass(2_000), [])
    assert.equal(bench.join('m2').response!.errorCode, 0)
  })
})

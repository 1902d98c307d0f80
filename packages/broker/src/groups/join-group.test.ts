import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { encodeSubscription, errors } from '@odradek/protocol'
import { GroupBench } from '../../test/group-bench.ts'

const subscription = encodeSubscription({ topics: ['orders'] })

describe('a member joins', () => {
  test('and leads the first generation, which is told no record yet', () => {
    const bench = new GroupBench()
    const { response, records } = bench.enter()
    assert.deepEqual(response, {
      errorCode: 0,
      generationId: 1,
      protocolType: 'consumer',
      protocolName: 'range',
      leader: 'm1',
      memberId: 'm1',
      members: [{ memberId: 'm1', groupInstanceId: null, metadata: subscription }],
    })
    assert.deepEqual(records, [])
    assert.equal(bench.machine.groups.get('g')!.state, 'CompletingRebalance')
  })

  test('from version 4 on it is given an id first, and joins again with it', () => {
    const bench = new GroupBench()
    const first = bench.join('')
    assert.deepEqual(first.response, { errorCode: errors.MEMBER_ID_REQUIRED.code, memberId: 'm1' })
    assert.equal(bench.machine.groups.get('g')!.state, 'Empty')
    const second = bench.join('m1')
    assert.equal(second.response!.errorCode, 0)
    assert.equal(second.response!.memberId, 'm1')
    assert.equal(bench.machine.groups.get('g')!.pendingMembers.size, 0)
  })

  test('a member id that was given out is forgotten after a session timeout, and the bare group with it', () => {
    const bench = new GroupBench()
    bench.join('')
    bench.pass(9_999)
    assert.equal(bench.machine.groups.size, 1)
    assert.deepEqual(bench.pass(1), [])
    assert.equal(bench.machine.groups.size, 0)
    assert.deepEqual(bench.join('m1').response, { errorCode: errors.UNKNOWN_MEMBER_ID.code, memberId: 'm1' })
  })

  test('the ids given out are bounded', () => {
    const bench = new GroupBench({ pendingMembersMax: 2 })
    bench.join('')
    bench.join('')
    assert.deepEqual(bench.join('').response, { errorCode: errors.GROUP_MAX_SIZE_REACHED.code, memberId: '' })
    bench.join('m1')
    assert.equal(bench.join('').response!.errorCode, errors.MEMBER_ID_REQUIRED.code)
  })

  test('with an id that the group does not know: UNKNOWN_MEMBER_ID, and the id is told back', () => {
    const bench = new GroupBench()
    assert.deepEqual(bench.join('ghost').response, { errorCode: errors.UNKNOWN_MEMBER_ID.code, memberId: 'ghost' })
    bench.stableGroup(1)
    assert.deepEqual(bench.join('ghost').response, { errorCode: errors.UNKNOWN_MEMBER_ID.code, memberId: 'ghost' })
  })

  test('with a session timeout outside the bounds: INVALID_SESSION_TIMEOUT', () => {
    const bench = new GroupBench()
    for (const sessionTimeoutMs of [5_999, 1_800_001]) {
      assert.equal(bench.enter({ sessionTimeoutMs }).response!.errorCode, errors.INVALID_SESSION_TIMEOUT.code)
    }
    assert.equal(bench.enter({ sessionTimeoutMs: 6_000 }).response!.errorCode, 0)
  })

  test('without a protocol, or of no type, or with none in common: INCONSISTENT_GROUP_PROTOCOL', () => {
    const bench = new GroupBench()
    const inconsistent = errors.INCONSISTENT_GROUP_PROTOCOL.code
    assert.equal(bench.enter({ protocols: [] }).response!.errorCode, inconsistent)
    assert.equal(bench.enter({ protocolType: '' }).response!.errorCode, inconsistent)
    assert.equal(bench.machine.groups.size, 0, 'no group comes of it')
    bench.stableGroup(1)
    assert.equal(bench.enter({ protocolType: 'connect' }).response!.errorCode, inconsistent)
    const other = [{ name: 'sticky', metadata: subscription }]
    assert.equal(bench.enter({ protocols: other }).response!.errorCode, inconsistent)
    assert.equal(bench.machine.groups.get('g')!.state, 'Stable', 'the group is left alone')
  })

  test('an empty group may become one of another kind', () => {
    const bench = new GroupBench()
    bench.stableGroup(1)
    bench.leave('m1')
    assert.equal(bench.enter({ protocolType: 'connect' }).response!.protocolType, 'connect')
  })

  test('the protocol that all have and most prefer is chosen', () => {
    const bench = new GroupBench({ initialRebalanceDelayMs: 3_000 })
    const named = (...names: string[]) => ({ protocols: names.map((name) => ({ name, metadata: subscription })) })
    const joins = [
      bench.enter(named('range', 'roundrobin', 'sticky')),
      bench.enter(named('roundrobin', 'range')),
      bench.enter(named('roundrobin', 'range', 'lonely')),
    ]
    bench.pass(6_000)
    assert.deepEqual(
      joins.map((join) => join.response!.protocolName),
      ['roundrobin', 'roundrobin', 'roundrobin'],
    )
  })

  test('only the leader is told the members', () => {
    const bench = new GroupBench({ initialRebalanceDelayMs: 3_000 })
    const [first, second] = [bench.enter(), bench.enter()]
    bench.pass(6_000)
    assert.deepEqual(first.response!.members!.map((member) => member.memberId).sort(), ['m1', 'm2'])
    assert.deepEqual(second.response!.members, [])
    assert.equal(second.response!.leader, 'm1')
  })

  test('a version without rebalance timeout has its session timeout as one', () => {
    const bench = new GroupBench()
    bench.enter({ apiVersion: 0, rebalanceTimeoutMs: -1, sessionTimeoutMs: 8_000 })
    assert.equal(bench.machine.groups.get('g')!.rebalanceTimeoutMs, 8_000)
  })

  test('a client that leaves its rebalance timeout at 0 has time to sync, too', () => {
    const bench = new GroupBench()
    const joined = bench.enter({ rebalanceTimeoutMs: 0, sessionTimeoutMs: 8_000 })
    bench.pass(1_000)
    const memberId = joined.response!.memberId!
    const synced = bench.sync(memberId, joined.response!.generationId!, { [memberId]: 'one' })
    assert.equal(synced.response!.errorCode, errors.NONE.code)
  })

  test('above group.max.size: GROUP_MAX_SIZE_REACHED', () => {
    const bench = new GroupBench({ membersMax: 2 })
    const { generation } = bench.stableGroup(2)
    assert.deepEqual(bench.enter().response, { errorCode: errors.GROUP_MAX_SIZE_REACHED.code, memberId: '' })
    assert.equal(bench.heartbeat('m1', generation), 0)
  })

  test('a group above its lowered limit loses those who come last', () => {
    const bench = new GroupBench()
    const { memberIds } = bench.stableGroup(3)
    const reloaded = bench.reloaded({ membersMax: 2 })
    assert.equal(reloaded.machine.groups.get('g')!.state, 'PreparingRebalance')
    const joins = memberIds.map((memberId) => reloaded.join(memberId))
    assert.deepEqual(
      joins.map((join) => join.response?.errorCode),
      [0, 0, errors.GROUP_MAX_SIZE_REACHED.code],
    )
    assert.equal(reloaded.machine.groups.get('g')!.members.size, 2)
  })
})

describe('a member joins again', () => {
  test('unchanged, while others sync: it is told this generation once more', () => {
    const bench = new GroupBench()
    bench.enter()
    const again = bench.join('m1')
    assert.equal(again.response!.generationId, 1)
    assert.equal(again.response!.members!.length, 1)
    assert.equal(bench.machine.groups.get('g')!.state, 'CompletingRebalance')
  })

  test('unchanged, not the leader, in a stable group: told this generation, without members', () => {
    const bench = new GroupBench()
    const { generation } = bench.stableGroup(2)
    const again = bench.join('m2')
    assert.equal(again.response!.generationId, generation)
    assert.deepEqual(again.response!.members, [])
    assert.equal(bench.machine.groups.get('g')!.state, 'Stable')
  })

  test('the leader of a stable group makes it rebalance', () => {
    const bench = new GroupBench()
    const { generation } = bench.stableGroup(2)
    const leader = bench.join('m1')
    assert.equal(leader.response, null)
    assert.equal(bench.heartbeat('m2', generation), errors.REBALANCE_IN_PROGRESS.code)
    const follower = bench.join('m2')
    assert.equal(leader.response!.generationId, generation + 1)
    assert.equal(follower.response!.generationId, generation + 1)
  })

  test('with another subscription makes it rebalance, stable or while others sync', () => {
    const bench = new GroupBench()
    bench.stableGroup(2)
    assert.equal(bench.join('m2', { topics: ['bills'] }).response, null)
    bench.join('m1')
    assert.equal(bench.machine.groups.get('g')!.state, 'CompletingRebalance')
    const sync = bench.sync('m1', 3)
    assert.equal(sync.response!.errorCode, 0)
    const waiting = new GroupBench()
    waiting.enter()
    const changed = waiting.join('m1', { topics: ['bills'] })
    assert.equal(changed.response!.generationId, 2, 'alone, it has its next generation at once')
  })

  test('twice, while it waits: the former request is let go of', () => {
    const bench = new GroupBench()
    bench.stableGroup(2)
    const lost = bench.join('m1')
    const again = bench.join('m1')
    assert.deepEqual(lost.response, { errorCode: errors.REBALANCE_IN_PROGRESS.code, memberId: 'm1' })
    assert.equal(again.response, null)
    assert.equal(bench.waitingCount, 1)
    bench.join('m2')
    assert.equal(again.response!.errorCode, 0)
    assert.equal(bench.waitingCount, 0)
  })

  test('after its group has become empty: UNKNOWN_MEMBER_ID', () => {
    const bench = new GroupBench()
    bench.stableGroup(1)
    bench.leave('m1')
    assert.equal(bench.join('m1').response!.errorCode, errors.UNKNOWN_MEMBER_ID.code)
  })
})

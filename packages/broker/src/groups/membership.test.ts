import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { errors } from '@odradek/protocol'
import { GroupBench } from '../../test/group-bench.ts'

const UNKNOWN_MEMBER_ID = errors.UNKNOWN_MEMBER_ID.code

describe('a heartbeat', () => {
  test('keeps a member for another session timeout', () => {
    const bench = new GroupBench()
    const { generation } = bench.stableGroup(1)
    for (let count = 0; count < 5; count++) {
      bench.pass(9_999)
      assert.equal(bench.heartbeat('m1', generation), 0)
    }
    bench.pass(10_000)
    assert.equal(bench.heartbeat('m1', generation), UNKNOWN_MEMBER_ID)
  })

  test('is heard while others sync', () => {
    const bench = new GroupBench()
    bench.enter()
    assert.equal(bench.heartbeat('m1', 1), 0)
  })

  test('of another generation, an unknown member, an unknown group', () => {
    const bench = new GroupBench()
    const { generation } = bench.stableGroup(1)
    assert.equal(bench.heartbeat('m1', generation - 1), errors.ILLEGAL_GENERATION.code)
    assert.equal(bench.heartbeat('m1', generation + 1), errors.ILLEGAL_GENERATION.code)
    assert.equal(bench.heartbeat('ghost', generation), UNKNOWN_MEMBER_ID)
    assert.equal(bench.heartbeat('m1', generation, null, 'other'), UNKNOWN_MEMBER_ID)
  })

  test('during a rebalance says to join again, and keeps the member meanwhile', () => {
    const bench = new GroupBench()
    const { generation } = bench.stableGroup(2)
    bench.join('m1')
    bench.pass(9_999)
    assert.equal(bench.heartbeat('m2', generation), errors.REBALANCE_IN_PROGRESS.code)
    bench.pass(9_999)
    assert.equal(bench.machine.groups.get('g')!.members.has('m2'), true)
  })
})

describe('the end of a session', () => {
  test('makes the others rebalance', () => {
    const bench = new GroupBench()
    const { generation } = bench.stableGroup(2)
    bench.pass(5_000)
    bench.heartbeat('m1', generation)
    bench.pass(5_000)
    assert.equal(bench.heartbeat('m1', generation), errors.REBALANCE_IN_PROGRESS.code)
    assert.equal(bench.join('m1').response!.members!.length, 1)
  })

  test('of all members at the same time empties the group, once', () => {
    const bench = new GroupBench()
    bench.stableGroup(3)
    const records = bench.pass(10_000)
    assert.equal(records.length, 1)
    assert.equal(bench.machine.groups.get('g')!.state, 'Empty')
    assert.deepEqual(bench.pass(120_000), [])
  })

  test('begins anew after a restart of the broker, and the group goes on without a rebalance', () => {
    const bench = new GroupBench()
    const { generation } = bench.stableGroup(2)
    bench.pass(9_000)
    const reloaded = bench.reloaded()
    reloaded.pass(9_999)
    assert.equal(reloaded.heartbeat('m1', generation), 0)
    assert.equal(reloaded.heartbeat('m2', generation), 0)
    assert.equal(reloaded.sync('m2', generation).response!.assignment.toString(), 'of m2')
    assert.equal(reloaded.machine.groups.get('g')!.state, 'Stable')
    reloaded.pass(10_000)
    assert.equal(reloaded.machine.groups.get('g')!.state, 'Empty')
  })
})

describe('a member leaves', () => {
  test('the last one: the group is empty in its next generation', () => {
    const bench = new GroupBench()
    const { generation } = bench.stableGroup(1)
    const { errorCode, records } = bench.leave('m1')
    assert.equal(errorCode, 0)
    assert.equal(records.length, 1)
    assert.ok(records[0]?.kind === 'group')
    assert.equal(records[0].value.generation, generation + 1)
    assert.deepEqual(records[0].value.members, [])
    assert.equal(records[0].value.leader, null)
  })

  test('and the others rebalance', () => {
    const bench = new GroupBench()
    const { generation } = bench.stableGroup(2)
    const { errorCode, records } = bench.leave('m1')
    assert.equal(errorCode, 0)
    assert.deepEqual(records, [])
    assert.equal(bench.heartbeat('m2', generation), errors.REBALANCE_IN_PROGRESS.code)
    assert.equal(bench.join('m2').response!.leader, 'm2')
  })

  test('that is not known, or of a group that is not', () => {
    const bench = new GroupBench()
    bench.stableGroup(1)
    assert.equal(bench.leave('ghost').errorCode, UNKNOWN_MEMBER_ID)
    assert.equal(bench.leave('m1', null, 'other').errorCode, UNKNOWN_MEMBER_ID)
    assert.equal(bench.machine.groups.get('g')!.state, 'Stable')
  })

  test('that was given an id and has not joined with it', () => {
    const bench = new GroupBench()
    bench.join('')
    assert.equal(bench.leave('m1').errorCode, 0)
    assert.equal(bench.machine.groups.size, 0)
    assert.equal(bench.machine.nextDeadline() < Number.POSITIVE_INFINITY, true)
  })

  test('while it waits to join: it is told that it is not known', () => {
    const bench = new GroupBench()
    bench.stableGroup(2)
    const join = bench.join('m1')
    bench.leave('m1')
    assert.deepEqual(join.response, { errorCode: UNKNOWN_MEMBER_ID })
    assert.equal(bench.waitingCount, 0)
  })

  test('while it waits to sync: nothing of it is left waiting', () => {
    const bench = new GroupBench()
    bench.stableGroup(2)
    bench.join('m1')
    bench.join('m2')
    const sync = bench.sync('m2', 3)
    bench.leave('m2')
    assert.equal(sync.response!.errorCode, UNKNOWN_MEMBER_ID)
    assert.equal(bench.waitingCount, 0)
  })

  test('many at once, each with its own code and one rebalance', () => {
    const bench = new GroupBench()
    bench.stableGroup(3)
    const { response, records } = bench.leaveMany([
      { memberId: 'm1', groupInstanceId: null },
      { memberId: 'ghost', groupInstanceId: null },
      { memberId: '', groupInstanceId: 'nowhere' },
      { memberId: 'm3', groupInstanceId: null },
      { memberId: 'm2', groupInstanceId: null },
    ])
    assert.deepEqual(
      response!.map((member) => member.errorCode),
      [0, UNKNOWN_MEMBER_ID, UNKNOWN_MEMBER_ID, 0, 0],
    )
    assert.equal(records.length, 1)
    assert.equal(bench.machine.groups.get('g')!.state, 'Empty')
  })
})

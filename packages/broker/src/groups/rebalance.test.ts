import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { errors } from '@odradek/protocol'
import { GroupBench } from '../../test/group-bench.ts'

const REBALANCE_IN_PROGRESS = errors.REBALANCE_IN_PROGRESS.code
const UNKNOWN_MEMBER_ID = errors.UNKNOWN_MEMBER_ID.code

describe('the initial rebalance', () => {
  test('waits for its delay, so that members who start together share a generation', () => {
    const bench = new GroupBench({ initialRebalanceDelayMs: 3_000 })
    const first = bench.enter()
    bench.pass(2_999)
    assert.equal(first.response, null)
    bench.pass(1)
    assert.equal(first.response!.generationId, 1)
  })

  test('is put off again by each delay in which somebody joined, up to the rebalance timeout', () => {
    const bench = new GroupBench({ initialRebalanceDelayMs: 3_000 })
    const options = { rebalanceTimeoutMs: 8_000 }
    const joins = [bench.enter(options)]
    for (let count = 0; count < 3; count++) {
      bench.pass(2_000)
      joins.push(bench.enter(options))
    }
    bench.pass(1_999)
    assert.equal(joins[0]!.response, null, 'after 7999 ms')
    bench.pass(1)
    assert.deepEqual(
      joins.map((join) => join.response?.generationId),
      [1, 1, 1, 1],
    )
  })

  test('is not put off when nobody joined meanwhile', () => {
    const bench = new GroupBench({ initialRebalanceDelayMs: 3_000 })
    const first = bench.enter()
    bench.pass(1_000)
    const second = bench.enter()
    bench.pass(2_000)
    assert.equal(first.response, null)
    bench.pass(3_000)
    assert.equal(first.response!.generationId, 1)
    assert.equal(second.response!.generationId, 1)
  })

  test('whose members have all left ends in an empty generation', () => {
    const bench = new GroupBench({ initialRebalanceDelayMs: 3_000 })
    const join = bench.enter()
    assert.equal(bench.leave('m1').errorCode, 0)
    assert.deepEqual(join.response, { errorCode: UNKNOWN_MEMBER_ID })
    const records = bench.pass(3_000)
    assert.equal(records.length, 1)
    assert.equal(bench.machine.groups.get('g')!.state, 'Empty')
    assert.equal(bench.machine.groups.get('g')!.generation, 1)
  })
})

describe('a rebalance', () => {
  test('waits for every member and is over when the last has joined', () => {
    const bench = new GroupBench()
    const { generation } = bench.stableGroup(3)
    const joins = [bench.enter(), bench.join('m1'), bench.join('m2')]
    assert.deepEqual(
      joins.map((join) => join.response),
      [null, null, null],
    )
    assert.equal(bench.heartbeat('m3', generation), REBALANCE_IN_PROGRESS)
    joins.push(bench.join('m3'))
    assert.deepEqual(
      joins.map((join) => join.response!.generationId),
      [4, 4, 4, 4],
    )
  })

  test('waits for a member that was given an id and has not joined with it', () => {
    const bench = new GroupBench()
    bench.stableGroup(1)
    bench.join('')
    const leader = bench.join('m1')
    assert.equal(leader.response, null)
    bench.join('m2')
    assert.equal(leader.response!.members!.length, 2)
  })

  test('does not wait longer for such a member than its session timeout', () => {
    const bench = new GroupBench()
    bench.stableGroup(1)
    bench.join('', { sessionTimeoutMs: 7_000 })
    const leader = bench.join('m1', { sessionTimeoutMs: 30_000 })
    bench.pass(7_000)
    assert.equal(leader.response!.members!.length, 1)
  })

  test('leaves a slow member behind at the rebalance timeout; others lead when it was the leader', () => {
    const bench = new GroupBench()
    const options = { rebalanceTimeoutMs: 20_000, sessionTimeoutMs: 60_000 }
    const { generation } = bench.stableGroup(2, options)
    const newcomer = bench.enter(options)
    const second = bench.join('m2', options)
    bench.pass(19_999)
    assert.equal(second.response, null)
    bench.pass(1)
    assert.equal(second.response!.generationId, generation + 1)
    assert.equal(second.response!.leader, 'm2')
    assert.equal(newcomer.response!.leader, 'm2')
    assert.equal(bench.heartbeat('m1', generation + 1), UNKNOWN_MEMBER_ID)
    assert.equal(bench.join('m1', options).response!.errorCode, UNKNOWN_MEMBER_ID)
  })

  test('that nobody comes to empties the group: the record says so', () => {
    const bench = new GroupBench()
    const options = { rebalanceTimeoutMs: 20_000, sessionTimeoutMs: 60_000 }
    const { generation } = bench.stableGroup(2, options)
    bench.leave('m2')
    const records = bench.pass(20_000)
    assert.deepEqual(records, [
      {
        kind: 'group',
        groupId: 'g',
        value: {
          protocolType: 'consumer',
          generation: generation + 1,
          protocol: null,
          leader: null,
          currentStateTimestamp: 1_020_000,
          members: [],
        },
      },
    ])
    assert.equal(bench.machine.groups.get('g')!.state, 'Empty')
  })

  test('in which only static members are missing waits until one comes or their sessions end', () => {
    const bench = new GroupBench()
    const options = { groupInstanceId: 'rack-1', rebalanceTimeoutMs: 6_000, sessionTimeoutMs: 20_000 }
    bench.join('', options)
    bench.sync('m1', 1, {}, { groupInstanceId: 'rack-1' })
    bench.enter({ rebalanceTimeoutMs: 6_000 })
    bench.leave('m2')
    bench.pass(19_999)
    assert.equal(bench.machine.groups.get('g')!.state, 'PreparingRebalance')
    bench.pass(1)
    assert.equal(bench.machine.groups.get('g')!.state, 'Empty')
  })

  test('sends those who wait for their assignment back to join', () => {
    const bench = new GroupBench()
    bench.stableGroup(2)
    bench.join('m1')
    bench.join('m2')
    const sync = bench.sync('m2', 3)
    bench.enter()
    assert.equal(sync.response!.errorCode, REBALANCE_IN_PROGRESS)
    assert.equal(sync.response!.assignment.length, 0)
  })

  test('a member that left during it is not waited for', () => {
    const bench = new GroupBench()
    bench.stableGroup(3)
    const joins = [bench.join('m1'), bench.join('m2')]
    bench.leave('m3')
    assert.deepEqual(
      joins.map((join) => join.response!.members!.length),
      [2, 0],
    )
  })

  test('a member whose session ends during it is not waited for, unless it waits itself', () => {
    const bench = new GroupBench()
    bench.stableGroup(2)
    const waiting = bench.join('m1', { sessionTimeoutMs: 10_000 })
    bench.pass(10_000)
    assert.equal(waiting.response!.generationId, 3)
    assert.equal(waiting.response!.members!.length, 1)
  })

  test('a new member waits in it no longer than its own limit', () => {
    const bench = new GroupBench({ newMemberJoinTimeoutMs: 5_000 })
    bench.stableGroup(1, { rebalanceTimeoutMs: 60_000, sessionTimeoutMs: 60_000 })
    const newcomer = bench.enter()
    bench.pass(5_000)
    assert.deepEqual(newcomer.response, { errorCode: UNKNOWN_MEMBER_ID })
    assert.equal(bench.machine.groups.get('g')!.members.size, 1)
  })
})

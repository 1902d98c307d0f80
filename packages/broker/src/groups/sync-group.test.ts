import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { encodeSubscription, errors } from '@odradek/protocol'
import { GroupBench } from '../../test/group-bench.ts'

const refusal = (errorCode: number) => ({ errorCode, assignment: Buffer.alloc(0) })

/** Two members that have joined a generation and not synced. */
function joinedByTwo(): { bench: GroupBench; generation: number } {
  const bench = new GroupBench()
  bench.enter()
  bench.enter()
  bench.join('m1')
  return { bench, generation: 2 }
}

describe('members sync', () => {
  test('and wait for the leader, whose word is written down and told to all', () => {
    const { bench, generation } = joinedByTwo()
    const follower = bench.sync('m2', generation)
    assert.equal(follower.response, null)
    const leader = bench.sync('m1', generation, { m1: 'one', m2: 'two' })
    assert.deepEqual(leader.records, [
      {
        kind: 'group',
        groupId: 'g',
        value: {
          protocolType: 'consumer',
          generation: 2,
          protocol: 'range',
          leader: 'm1',
          currentStateTimestamp: 1_000_000,
          members: ['m1', 'm2'].map((memberId, index) => ({
            memberId,
            groupInstanceId: null,
            clientId: 'app',
            clientHost: '/127.0.0.1',
            rebalanceTimeout: 60_000,
            sessionTimeout: 10_000,
            subscription: encodeSubscription({ topics: ['orders'] }),
            assignment: Buffer.from(index === 0 ? 'one' : 'two'),
          })),
        },
      },
    ])
    const told = (text: string) => ({
      errorCode: 0,
      protocolType: 'consumer',
      protocolName: 'range',
      assignment: Buffer.from(text),
    })
    assert.deepEqual(leader.response, told('one'))
    assert.deepEqual(follower.response, told('two'))
    assert.equal(bench.machine.groups.get('g')!.state, 'Stable')
  })

  test('after the leader: the assignment that stands, without a record', () => {
    const { bench, generation } = joinedByTwo()
    bench.sync('m1', generation, { m2: 'two' })
    const late = bench.sync('m2', generation)
    assert.equal(late.response!.assignment.toString(), 'two')
    assert.deepEqual(late.records, [])
    const again = bench.sync('m1', generation, { m1: 'changed', m2: 'changed' })
    assert.equal(again.response!.assignment.toString(), '', 'what the leader says later does not count')
    assert.deepEqual(again.records, [])
  })

  test('during a rebalance: REBALANCE_IN_PROGRESS', () => {
    const bench = new GroupBench()
    const { generation } = bench.stableGroup(2)
    bench.enter()
    assert.deepEqual(bench.sync('m2', generation).response, refusal(errors.REBALANCE_IN_PROGRESS.code))
  })

  test('of another generation: ILLEGAL_GENERATION', () => {
    const { bench, generation } = joinedByTwo()
    for (const other of [generation - 1, generation + 1]) {
      assert.deepEqual(bench.sync('m2', other).response, refusal(errors.ILLEGAL_GENERATION.code))
    }
  })

  test('not known, or of a group that is not known or empty: UNKNOWN_MEMBER_ID', () => {
    const { bench, generation } = joinedByTwo()
    const unknown = refusal(errors.UNKNOWN_MEMBER_ID.code)
    assert.deepEqual(bench.sync('ghost', generation).response, unknown)
    assert.deepEqual(bench.sync('m1', generation, {}, { groupId: 'other' }).response, unknown)
    bench.leave('m1')
    bench.leave('m2')
    bench.pass(60_000)
    assert.deepEqual(bench.sync('m1', 3).response, unknown)
  })

  test('with another protocol than the chosen: INCONSISTENT_GROUP_PROTOCOL', () => {
    const { bench, generation } = joinedByTwo()
    const inconsistent = refusal(errors.INCONSISTENT_GROUP_PROTOCOL.code)
    assert.deepEqual(bench.sync('m2', generation, {}, { protocolType: 'connect' }).response, inconsistent)
    assert.deepEqual(bench.sync('m2', generation, {}, { protocolName: 'sticky' }).response, inconsistent)
    const right = { protocolType: 'consumer', protocolName: 'range' }
    assert.equal(bench.sync('m2', generation, {}, right).response, null)
  })

  test('twice: the former request is let go of', () => {
    const { bench, generation } = joinedByTwo()
    const lost = bench.sync('m2', generation)
    const again = bench.sync('m2', generation)
    assert.deepEqual(lost.response, refusal(errors.REBALANCE_IN_PROGRESS.code))
    bench.sync('m1', generation, { m2: 'two' })
    assert.equal(again.response!.assignment.toString(), 'two')
  })

  test('the leader is lost before it does: others rebalance at the end of its session', () => {
    const { bench, generation } = joinedByTwo()
    const follower = bench.sync('m2', generation)
    bench.pass(10_000)
    assert.deepEqual(follower.response, refusal(errors.REBALANCE_IN_PROGRESS.code))
    const again = bench.join('m2')
    assert.equal(again.response!.leader, 'm2')
    assert.equal(again.response!.generationId, generation + 1)
  })

  test('who does not, though it sends heartbeats, is out after the rebalance timeout', () => {
    const bench = new GroupBench()
    const options = { rebalanceTimeoutMs: 15_000 }
    bench.enter(options)
    bench.enter(options)
    bench.join('m1', options)
    bench.sync('m1', 2, { m1: 'one', m2: 'two' })
    for (let count = 0; count < 3; count++) {
      bench.pass(4_999)
      assert.equal(bench.heartbeat('m1', 2), 0)
      assert.equal(bench.heartbeat('m2', 2), 0)
    }
    bench.pass(3)
    assert.equal(bench.heartbeat('m2', 2), errors.UNKNOWN_MEMBER_ID.code)
    assert.equal(bench.heartbeat('m1', 2), errors.REBALANCE_IN_PROGRESS.code)
  })

  test('a session that would have ended while its member waited begins anew with the assignment', () => {
    const { bench, generation } = joinedByTwo()
    const follower = bench.sync('m2', generation)
    bench.pass(9_000)
    bench.heartbeat('m1', generation)
    bench.pass(9_000)
    assert.equal(follower.response, null)
    bench.sync('m1', generation, { m1: 'one', m2: 'two' })
    bench.pass(9_999)
    assert.equal(bench.heartbeat('m2', generation), 0)
  })
})

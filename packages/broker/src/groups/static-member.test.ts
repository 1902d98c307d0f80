import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { errors } from '@odradek/protocol'
import { GroupBench, type JoinOptions } from '../../test/group-bench.ts'

const place: JoinOptions = { groupInstanceId: 'rack-1' }

/** A stable group of one static leader (m1, rack-1) and one dynamic member (m2). */
function groupOfTwo(): { bench: GroupBench; generation: number } {
  const bench = new GroupBench()
  bench.join('', place)
  bench.enter()
  bench.join('m1', place)
  const generation = bench.machine.groups.get('g')!.generation
  bench.sync('m2', generation)
  bench.sync('m1', generation, { m1: 'of m1', m2: 'of m2' }, { groupInstanceId: 'rack-1' })
  assert.equal(bench.machine.groups.get('g')!.state, 'Stable')
  return { bench, generation }
}

describe('a static member', () => {
  test('joins at once, without being given an id first', () => {
    const bench = new GroupBench()
    const { response } = bench.join('', place)
    assert.equal(response!.errorCode, 0)
    assert.deepEqual(
      response!.members!.map(({ memberId, groupInstanceId }) => [memberId, groupInstanceId]),
      [['m1', 'rack-1']],
    )
  })

  test('that restarts takes its place again: no rebalance, its assignment kept, the new id written down', () => {
    const { bench, generation } = groupOfTwo()
    const back = bench.join('', place)
    assert.equal(back.response!.errorCode, 0)
    assert.equal(back.response!.generationId, generation)
    assert.equal(back.response!.memberId, 'm3')
    assert.equal(bench.machine.groups.get('g')!.state, 'Stable')
    const [record] = back.records
    assert.equal(back.records.length, 1)
    assert.ok(record?.kind === 'group')
    assert.deepEqual(
      record.value.members.map((member) => [member.memberId, member.groupInstanceId, member.assignment.toString()]),
      [
        ['m2', null, 'of m2'],
        ['m3', 'rack-1', 'of m1'],
      ],
    )
    const sync = bench.sync('m3', generation, {}, { groupInstanceId: 'rack-1' })
    assert.equal(sync.response!.assignment.toString(), 'of m1')
    assert.equal(bench.heartbeat('m2', generation), 0)
  })

  test('that led and restarts is told so from version 9 on, with the members and to assign nothing', () => {
    const { bench } = groupOfTwo()
    const { response } = bench.join('', { ...place, apiVersion: 9 })
    assert.equal(response!.leader, 'm3')
    assert.equal(response!.skipAssignment, true)
    assert.deepEqual(response!.members!.map((member) => member.memberId).sort(), ['m2', 'm3'])
  })

  test('that led and restarts is told the former leader before version 9, so that it does not assign', () => {
    const { bench } = groupOfTwo()
    const { response } = bench.join('', { ...place, apiVersion: 8 })
    assert.equal(response!.leader, 'm1')
    assert.deepEqual(response!.members, [])
    assert.equal(bench.machine.groups.get('g')!.leaderId, 'm3')
  })

  test('is fenced under its former id in every request', () => {
    const { bench, generation } = groupOfTwo()
    bench.join('', place)
    const fenced = errors.FENCED_INSTANCE_ID.code
    assert.equal(bench.heartbeat('m1', generation, 'rack-1'), fenced)
    assert.equal(bench.join('m1', place).response!.errorCode, fenced)
    assert.equal(bench.sync('m1', generation, {}, { groupInstanceId: 'rack-1' }).response!.errorCode, fenced)
    assert.equal(bench.leave('m1', 'rack-1').errorCode, fenced)
    const commit = { generationIdOrMemberEpoch: generation, memberId: 'm1', groupInstanceId: 'rack-1' }
    assert.equal(bench.commit('orders', 0, 5, commit).errorCode, fenced)
    assert.equal(bench.heartbeat('m1', generation), errors.UNKNOWN_MEMBER_ID.code)
    assert.equal(bench.heartbeat('m3', generation, 'rack-2'), errors.UNKNOWN_MEMBER_ID.code)
  })

  test('that restarts with another protocol makes the group rebalance', () => {
    const bench = new GroupBench()
    const both = (...names: string[]) => ({ protocols: names.map((name) => ({ name, metadata: Buffer.from(name) })) })
    bench.join('', { ...place, protocolType: 'x', ...both('a', 'b') })
    bench.sync('m1', 1, { m1: 'of m1' }, { groupInstanceId: 'rack-1' })
    const back = bench.join('', { ...place, protocolType: 'x', ...both('b', 'a') })
    assert.equal(back.response!.protocolName, 'b')
    assert.equal(back.response!.generationId, 2)
  })

  test('that restarts while its former self waits in a rebalance: the former one is fenced', () => {
    const { bench } = groupOfTwo()
    const former = bench.join('m1', place)
    assert.equal(former.response, null)
    const back = bench.join('', place)
    assert.deepEqual(former.response, { errorCode: errors.FENCED_INSTANCE_ID.code, memberId: 'm1' })
    assert.equal(back.response, null)
    bench.join('m2')
    assert.equal(back.response!.errorCode, 0)
  })

  test('that restarts while others sync makes the group rebalance, for the leader knows its former id', () => {
    const bench = new GroupBench()
    bench.join('', place)
    bench.enter()
    bench.join('m1', place)
    const sync = bench.sync('m2', 2)
    assert.equal(sync.response, null)
    const back = bench.join('', place)
    assert.equal(sync.response!.errorCode, errors.REBALANCE_IN_PROGRESS.code)
    assert.equal(back.response, null)
    bench.join('m2')
    assert.equal(back.response!.generationId, 3)
  })

  test('that does not come to a rebalance keeps its place until its session ends', () => {
    const bench = new GroupBench()
    bench.join('', { ...place, sessionTimeoutMs: 600_000 })
    const second = bench.enter()
    bench.pass(60_000)
    assert.equal(second.response!.errorCode, 0)
    assert.equal(second.response!.leader, 'm2', 'one that came leads')
    assert.deepEqual([...bench.machine.groups.get('g')!.members.keys()], ['m1', 'm2'])
  })

  test('and another, of whom only one comes late to a rebalance: it goes on with that one', () => {
    const bench = new GroupBench()
    const long = { rebalanceTimeoutMs: 20_000, sessionTimeoutMs: 600_000 }
    const [first, second] = [
      { ...long, groupInstanceId: 'rack-1' },
      { ...long, groupInstanceId: 'rack-2' },
    ]
    bench.join('', first)
    bench.join('', second)
    bench.join('m1', first)
    bench.sync('m2', 2, {}, second)
    bench.sync('m1', 2, {}, first)
    bench.enter(long)
    bench.leave('m3')
    bench.pass(30_000)
    assert.equal(bench.machine.groups.get('g')!.state, 'PreparingRebalance', 'nobody came at first')
    const late = bench.join('m2', second)
    assert.equal(late.response, null)
    bench.pass(10_000)
    assert.equal(late.response!.leader, 'm2')
    assert.deepEqual(
      late.response!.members!.map((member) => member.memberId),
      ['m1', 'm2'],
    )
  })

  test('is removed by an administrator who names its place', () => {
    const { bench, generation } = groupOfTwo()
    assert.equal(bench.leave('', 'rack-1').errorCode, 0)
    assert.equal(bench.leave('', 'rack-1').errorCode, errors.UNKNOWN_MEMBER_ID.code)
    assert.equal(bench.leave('', null).errorCode, errors.UNKNOWN_MEMBER_ID.code)
    assert.equal(bench.heartbeat('m2', generation), errors.REBALANCE_IN_PROGRESS.code)
  })

  test('comes back after a restart of the broker, too', () => {
    const { bench, generation } = groupOfTwo()
    const reloaded = bench.reloaded()
    const back = reloaded.join('', { ...place, apiVersion: 8 })
    assert.equal(back.response!.generationId, generation)
    assert.equal(reloaded.machine.groups.get('g')!.state, 'Stable')
  })
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { encodeSubscription, errors } from '@odradek/protocol'
import { GroupBench } from '../../test/group-bench.ts'
import { listFilter } from './group-views.ts'

describe('DescribeGroups', () => {
  test('a stable group with what its members want and have', () => {
    const bench = new GroupBench()
    bench.stableGroup(1)
    assert.deepEqual(bench.do(bench.machine.describe('g', 6)).response, {
      errorCode: 0,
      groupId: 'g',
      groupState: 'Stable',
      protocolType: 'consumer',
      protocolData: 'range',
      members: [
        {
          memberId: 'm1',
          groupInstanceId: null,
          clientId: 'app',
          clientHost: '/127.0.0.1',
          memberMetadata: encodeSubscription({ topics: ['orders'] }),
          memberAssignment: Buffer.from('of m1'),
        },
      ],
    })
  })

  test('a group that rebalances, without that', () => {
    const bench = new GroupBench()
    bench.stableGroup(2)
    bench.join('m1')
    const { response } = bench.do(bench.machine.describe('g', 6))
    assert.equal(response!.groupState, 'PreparingRebalance')
    assert.equal(response!.protocolData, '')
    assert.deepEqual(
      response!.members.map((member) => [member.memberMetadata.length, member.memberAssignment.length]),
      [
        [0, 0],
        [0, 0],
      ],
    )
  })

  test('a group that is not there is Dead, from version 6 on GROUP_ID_NOT_FOUND', () => {
    const bench = new GroupBench()
    const dead = { groupId: 'x', groupState: 'Dead', protocolType: '', protocolData: '', members: [] }
    assert.deepEqual(bench.do(bench.machine.describe('x', 5)).response, { ...dead, errorCode: 0 })
    assert.deepEqual(bench.do(bench.machine.describe('x', 6)).response, {
      ...dead,
      errorCode: errors.GROUP_ID_NOT_FOUND.code,
      errorMessage: 'Group x not found.',
    })
  })
})

test('ListGroups: by state and type, in any case', () => {
  const bench = new GroupBench()
  bench.stableGroup(1)
  bench.commit('orders', 0, 1, { groupId: 'only-offsets' })
  const list = (states: string[], types: string[]) =>
    bench.do(bench.machine.list(listFilter(states, types))).response!.map((group) => group.groupId)
  assert.deepEqual(bench.do(bench.machine.list(listFilter([], []))).response, [
    { groupId: 'g', protocolType: 'consumer', groupState: 'Stable', groupType: 'classic' },
    { groupId: 'only-offsets', protocolType: '', groupState: 'Empty', groupType: 'classic' },
  ])
  assert.deepEqual(list(['stable'], []), ['g'])
  assert.deepEqual(list(['EMPTY', 'Dead'], ['Classic']), ['only-offsets'])
  assert.deepEqual(list([], ['consumer']), [])
  assert.deepEqual(list(['Nonsense'], []), [])
})

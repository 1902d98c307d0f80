import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { encodeSubscription } from '@odradek/protocol'
import fc from 'fast-check'
import { GroupBench } from '../../test/group-bench.ts'
import type { ClassicGroup } from './classic-group.ts'
import { groupRecordCodec } from './group-record-codec.ts'

type Command =
  | { do: 'join'; group: number; who: number; apiVersion: number; place: number; prefers: number; sessionMs: number }
  | { do: 'sync'; group: number; who: number; staleBy: number }
  | { do: 'heartbeat'; group: number; who: number; staleBy: number }
  | { do: 'leave'; group: number; who: number; place: number }
  | { do: 'commit'; group: number; who: number; staleBy: number; topic: number; partition: number; offset: number }
  | { do: 'forget'; group: number; topic: number; partition: number }
  | { do: 'delete'; group: number }
  | { do: 'dropTopic'; topic: number }
  | { do: 'pass'; ms: number }
  | { do: 'restart' }

const GROUPS = ['g', 'h']
const TOPICS = ['orders', 'bills', 'mails']
const PLACES = [null, 'rack-1', 'rack-2']
const metadata = (topic: string) => encodeSubscription({ topics: [topic] })
const PREFERENCES = [
  [{ name: 'range', metadata: metadata('orders') }],
  [
    { name: 'range', metadata: metadata('bills') },
    { name: 'sticky', metadata: metadata('bills') },
  ],
  [
    { name: 'sticky', metadata: Buffer.from([0]) },
    { name: 'range', metadata: Buffer.from([0]) },
  ],
]

const group = fc.nat({ max: GROUPS.length - 1 })
const who = fc.nat({ max: 5 })
const topic = fc.nat({ max: TOPICS.length - 1 })
const place = fc.nat({ max: PLACES.length - 1 })
const partition = fc.nat({ max: 1 })
const staleBy = fc.constantFrom(0, 0, 0, 0, 1)
const is = <const T extends string>(name: T) => fc.constant(name)

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: is('join'),
      group,
      who,
      apiVersion: fc.constantFrom(0, 3, 4, 9),
      place,
      prefers: fc.nat({ max: PREFERENCES.length - 1 }),
      sessionMs: fc.constantFrom(6_000, 20_000),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: is('sync'), group, who, staleBy }) },
  { weight: 3, arbitrary: fc.record({ do: is('heartbeat'), group, who, staleBy }) },
  { weight: 2, arbitrary: fc.record({ do: is('leave'), group, who, place }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: is('commit'), group, who, staleBy, topic, partition, offset: fc.nat({ max: 99 }) }),
  },
  fc.record({ do: is('forget'), group, topic, partition }),
  fc.record({ do: is('delete'), group }),
  fc.record({ do: is('dropTopic'), topic }),
  {
    weight: 5,
    arbitrary: fc.record({ do: is('pass'), ms: fc.constantFrom(1, 500, 3_000, 7_000, 70_000, 604_800_000) }),
  },
  fc.record({ do: is('restart') }),
)

/** Does one command; gives back the bench to go on with. */
function run(bench: GroupBench, it: Command): GroupBench {
  const { machine } = bench
  const groupId = 'group' in it ? GROUPS[it.group]! : 'g'
  const known = machine.groups.get(groupId)
  const ids = [...(known?.members.keys() ?? []), ...(known?.pendingMembers.keys() ?? [])]
  const memberId = 'who' in it ? (ids[it.who] ?? '') : ''
  const groupInstanceId = known?.members.get(memberId)?.groupInstanceId ?? null
  const generation = (known?.generation ?? 0) - ('staleBy' in it ? it.staleBy : 0)
  switch (it.do) {
    case 'join': {
      const { apiVersion, sessionMs: sessionTimeoutMs } = it
      const named = memberId === '' ? PLACES[it.place]! : groupInstanceId
      const protocols = PREFERENCES[it.prefers]!
      bench.join(memberId, { groupId, apiVersion, sessionTimeoutMs, protocols, groupInstanceId: named })
      break
    }
    case 'sync':
      bench.sync(memberId, generation, Object.fromEntries(ids.map((id) => [id, id])), { groupId, groupInstanceId })
      break
    case 'heartbeat':
      bench.heartbeat(memberId, generation, groupInstanceId, groupId)
      break
    case 'leave':
      bench.leave(memberId, memberId === '' ? PLACES[it.place]! : groupInstanceId, groupId)
      break
    case 'commit': {
      const from = memberId === '' ? {} : { memberId, groupInstanceId, generationIdOrMemberEpoch: generation }
      bench.commit(TOPICS[it.topic]!, it.partition, it.offset, { groupId, ...from })
      break
    }
    case 'forget': {
      const topics = [{ name: TOPICS[it.topic]!, partitions: [{ partitionIndex: it.partition }] }]
      bench.do(machine.deleteOffsets(groupId, topics, bench.now))
      break
    }
    case 'delete':
      bench.do(machine.delete(groupId, bench.now))
      break
    case 'dropTopic':
      bench.do(machine.topicsDeleted(new Set([TOPICS[it.topic]!]), bench.now))
      break
    case 'pass':
      bench.pass(it.ms)
      break
    case 'restart':
      return bench.reloaded(limits)
    default:
      it satisfies never
  }
  return bench
}

const limits = { membersMax: 4, initialRebalanceDelayMs: 1_000, pendingMembersMax: 3 }

function check(bench: GroupBench): void {
  let waiting = 0
  for (const group of bench.machine.groups.values()) {
    checkGroup(group)
    for (const member of group.members.values()) {
      waiting += (member.joinToken === null ? 0 : 1) + (member.syncToken === null ? 0 : 1)
    }
  }
  assert.equal(bench.waitingCount, waiting, 'every request that waits belongs to a member')
}

function checkGroup(group: ClassicGroup): void {
  const members = [...group.members.values()]
  const { state, committed } = group
  assert.equal(group.awaitingJoinCount, members.filter((member) => member.joinToken !== null).length)
  for (const member of members) {
    assert.ok(
      member.session.dueAt < Number.POSITIVE_INFINITY || member.isExcusedFromHeartbeats,
      'someone ends its stay',
    )
    if (member.groupInstanceId !== null) assert.equal(group.staticMemberId(member.groupInstanceId), member.memberId)
    if (state === 'Stable') assert.ok(member.joinToken === null && member.syncToken === null, 'nothing to wait for')
    if (member.joinToken !== null) assert.equal(state, 'PreparingRebalance')
    if (member.syncToken !== null) assert.equal(state, 'CompletingRebalance')
  }
  if (group.leaderId !== null) assert.ok(group.members.has(group.leaderId), 'the leader is a member')
  if (state === 'Empty') assert.equal(members.length, 0)
  if (state === 'PreparingRebalance') assert.ok(group.joinTimer.dueAt < Number.POSITIVE_INFINITY, 'joining ends')
  if (state === 'CompletingRebalance') assert.ok(group.syncTimer.dueAt < Number.POSITIVE_INFINITY, 'syncing ends')
  if (state === 'Stable') {
    const stands = committed!.members.map((member) => [member.memberId, member.groupInstanceId, member.assignment])
    assert.deepEqual(
      members.map((member) => [member.memberId, member.groupInstanceId, member.assignment]),
      stands,
    )
    assert.equal(committed!.generation, group.generation)
    assert.equal(committed!.leader, group.leaderId)
  }
}

describe('whatever members do', () => {
  test('the records tell all that must survive, and nobody waits for ever', () => {
    const states = new Set<string>()
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60, size: 'max' }), (commands) => {
        let bench = new GroupBench(limits)
        for (const each of commands) {
          bench = run(bench, each)
          check(bench)
          for (const { state } of bench.machine.groups.values()) states.add(state)
        }
        const bytes = bench.records.map((record) => groupRecordCodec.encode(record))
        const again = new GroupBench(limits, bench.now)
        for (const { key, value } of bytes) again.replay(groupRecordCodec.decode(key, value)!)
        assert.deepEqual(again.hardState(), bench.hardState(), 'replaying all records')

        const kept = new Map(bench.records.map((record, at) => [bytes[at]!.key.toString('hex'), record]))
        const compacted = new GroupBench(limits, bench.now)
        for (const record of kept.values()) compacted.replay(record)
        assert.deepEqual(compacted.hardState(), bench.hardState(), 'replaying the last record of each key')

        bench.pass(30 * 24 * 3_600_000)
        assert.equal(bench.waitingCount, 0)
        assert.equal(bench.machine.groups.size, 0, 'all is forgotten when nobody has come for a month')
      }),
      { numRuns: 300 },
    )
    assert.deepEqual([...states].sort(), ['CompletingRebalance', 'Empty', 'PreparingRebalance', 'Stable'])
  })
})

test('a group that is gone while offsets of it are left has only these', () => {
  const bench = new GroupBench()
  bench.commit('orders', 0, 5)
  bench.replay({ kind: 'groupRemoved', groupId: 'g' })
  assert.equal(bench.fetch('orders', 0), 5)
  assert.equal(bench.machine.groups.get('g')!.state, 'Empty')
})

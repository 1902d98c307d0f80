import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type DescribeGroupsResponse,
  encodeBatch,
  errors,
  type JoinGroupRequest,
  type JoinGroupResponse,
  type OffsetCommitRequest,
  type OffsetFetchRequest,
  type SyncGroupResponse,
  sliceOf,
  ZERO_UUID,
} from '@odradek/protocol'
import pino from 'pino'
import { ManualTime } from '../../test/manual-time.ts'
import { MemoryPartition } from '../../test/memory-partition.ts'
import type { Random } from '../host/random.ts'
import { Turn } from '../host/turn.ts'
import { GroupCoordinator } from './group-coordinator.ts'
import { defaultGroupLimits } from './group-limits.ts'
import { groupPartition } from './group-partition.ts'

const ORDERS_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'
const UNKNOWN_ID = 'AAAAAAAAAAAAAAAAAAAACQ'
const NOT_COORDINATOR = errors.NOT_COORDINATOR.code
const COORDINATOR_NOT_AVAILABLE = errors.COORDINATOR_NOT_AVAILABLE.code
const LOADING = errors.COORDINATOR_LOAD_IN_PROGRESS.code
const INVALID_GROUP_ID = errors.INVALID_GROUP_ID.code

/** Random bytes that are not: 0, 1, 2 … */
const counting: Random = {
  bytes: (length) => Buffer.from(Array.from({ length }, (_, index) => index)),
  below: () => 0,
  uuid: () => ORDERS_ID,
}

class Bench {
  readonly time = new ManualTime()
  readonly turn = new Turn(this.time)
  readonly partitions = [0, 1, 2].map((index) => new MemoryPartition(this.turn, index))
  readonly topics = new Map([['orders', { name: 'orders', topicId: ORDERS_ID, partitions: [0, 1] }]])
  readonly coordinator: GroupCoordinator
  partitionCount = 3

  constructor(led = [0, 1, 2]) {
    this.coordinator = new GroupCoordinator({
      clock: this.time,
      timers: this.time,
      turn: this.turn,
      logger: pino({ level: 'silent' }),
      random: counting,
      limits: { ...defaultGroupLimits, initialRebalanceDelayMs: 0 },
      topics: {
        byName: (name) => this.topics.get(name),
        byId: (id) => [...this.topics.values()].find(({ topicId }) => topicId === id),
      },
      partitionCount: () => this.partitionCount,
      leaderOf: (index) => (led.includes(index) ? 1 : -1),
    })
    for (const index of led) this.coordinator.lead(this.partitions[index]!)
    this.time.endTurn()
  }

  /** What a call answers by the end of its turn; fails when it answers not at all, or twice. */
  now<T>(call: (answer: (response: T) => void) => void): T {
    const answers: T[] = []
    call((response) => answers.push(response))
    this.time.endTurn()
    assert.equal(answers.length, 1, 'one answer')
    return answers[0]!
  }

  join(
    memberId: string,
    request: Partial<JoinGroupRequest> = {},
    apiVersion = 3,
  ): { response: JoinGroupResponse | null } {
    const outcome: { response: JoinGroupResponse | null } = { response: null }
    const full: JoinGroupRequest = {
      groupId: 'g',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 60_000,
      memberId,
      groupInstanceId: null,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: Buffer.from([0, 0, 0, 0, 0, 0]) }],
      reason: null,
      ...request,
    }
    this.coordinator.joinGroup(full, { apiVersion, clientId: 'app', clientHost: '/::1' }, (response) => {
      outcome.response = response
    })
    this.time.endTurn()
    return outcome
  }

  commit(topics: OffsetCommitRequest['topics'], apiVersion = 9, groupId = 'g') {
    const request: OffsetCommitRequest = {
      groupId,
      generationIdOrMemberEpoch: -1,
      memberId: '',
      groupInstanceId: null,
      retentionTimeMs: -1,
      topics,
    }
    return this.now<{ topics: unknown }>((answer) => this.coordinator.offsetCommit(request, apiVersion, answer)).topics
  }

  fetch(request: Partial<OffsetFetchRequest>, apiVersion: number) {
    const full: OffsetFetchRequest = { groupId: '', topics: [], groups: [], requireStable: false, ...request }
    return this.now((answer) => this.coordinator.offsetFetch(full, apiVersion, answer))
  }
}

const commitOf = (partitionIndex: number, committedOffset: number) => ({
  partitionIndex,
  committedOffset,
  committedLeaderEpoch: 7,
  committedMetadata: 'm',
})
const fetched = (partitionIndex: number, committedOffset: number, errorCode = 0) =>
  committedOffset === -1
    ? { partitionIndex, committedOffset, committedLeaderEpoch: -1, metadata: '', errorCode }
    : { partitionIndex, committedOffset, committedLeaderEpoch: 7, metadata: 'm', errorCode }

describe('where a group is coordinated', () => {
  test('by its hash', () => {
    const bench = new Bench([groupPartition('g', 3)])
    assert.deepEqual(bench.coordinator.findCoordinator('g'), {
      errorCode: 0,
      partition: groupPartition('g', 3),
      brokerId: 1,
    })
  })

  test('nowhere, while nobody leads its partition or there is none', () => {
    const bench = new Bench([])
    assert.deepEqual(bench.coordinator.findCoordinator('g').errorCode, COORDINATOR_NOT_AVAILABLE)
    assert.equal(bench.join('').response!.errorCode, NOT_COORDINATOR)
    bench.partitionCount = 0
    assert.deepEqual(bench.coordinator.findCoordinator('g'), {
      errorCode: COORDINATOR_NOT_AVAILABLE,
      partition: -1,
      brokerId: -1,
    })
    assert.equal(bench.join('').response!.errorCode, COORDINATOR_NOT_AVAILABLE)
  })
})

describe('an empty group id', () => {
  test('is INVALID_GROUP_ID where members are concerned', () => {
    const bench = new Bench()
    const { coordinator } = bench
    const groupId = ''
    const member = { groupId, generationId: 1, memberId: 'm', groupInstanceId: null }
    const codes: (number | undefined)[] = []
    const hear = (response: { errorCode?: number | undefined }) => codes.push(response.errorCode)
    const protocol = { protocolType: null, protocolName: null, assignments: [] }
    coordinator.joinGroup(
      {
        groupId,
        sessionTimeoutMs: 1,
        rebalanceTimeoutMs: 1,
        memberId: '',
        groupInstanceId: null,
        protocolType: '',
        protocols: [],
        reason: null,
      },
      { apiVersion: 9, clientId: '', clientHost: '' },
      hear,
    )
    coordinator.syncGroup({ ...member, ...protocol }, hear)
    coordinator.heartbeat(member, hear)
    coordinator.leaveGroup({ groupId, memberId: 'm', members: [] }, 2, hear)
    coordinator.offsetDelete({ groupId, topics: [] }, hear)
    bench.time.endTurn()
    assert.deepEqual(codes, Array(5).fill(INVALID_GROUP_ID))
  })

  test('may commit and fetch, as old clients do', () => {
    const bench = new Bench()
    const topics = [{ name: 'orders', topicId: ZERO_UUID, partitions: [commitOf(0, 5)] }]
    assert.deepEqual(bench.commit(topics, 2, ''), [
      { name: 'orders', topicId: ZERO_UUID, partitions: [{ partitionIndex: 0, errorCode: 0 }] },
    ])
    const asked = [{ name: 'orders', partitionIndexes: [0] }]
    const answer = bench.fetch({ groupId: '', topics: asked }, 2)
    assert.deepEqual(answer, {
      errorCode: 0,
      topics: [{ name: 'orders', topicId: ORDERS_ID, partitions: [fetched(0, 5)] }],
    })
  })
})

describe('members', () => {
  test('are given ids made of the client id, or of their place, and a UUID', () => {
    const bench = new Bench()
    const uuid = '00010203-0405-4607-8809-0a0b0c0d0e0f'
    assert.equal(bench.join('').response!.memberId, `app-${uuid}`)
    const instance = { groupId: 'other', groupInstanceId: 'rack-1' }
    assert.equal(bench.join('', instance).response!.memberId, `rack-1-${uuid}`)
  })

  test('wait for each other across turns, and can be listed', () => {
    const bench = new Bench()
    const groupId = 'g'
    const first = bench.join('', { groupInstanceId: 'a' })
    const again = bench.join('', { groupInstanceId: 'b' })
    assert.equal(again.response, null)
    assert.deepEqual(
      [...bench.coordinator.parked()].map(({ what }) => what),
      ['JoinGroup'],
    )
    const leaderId = first.response!.memberId!
    const leader = bench.join(leaderId, { groupInstanceId: 'a' })
    assert.equal(leader.response!.members!.length, 2)
    const sync = (
      memberId: string,
      groupInstanceId: string,
      assignments: { memberId: string; assignment: Buffer }[],
    ) => {
      const outcome: { response: SyncGroupResponse | null } = { response: null }
      const request = { groupId, generationId: 2, memberId, groupInstanceId, protocolType: null, protocolName: null }
      bench.coordinator.syncGroup({ ...request, assignments }, (response) => {
        outcome.response = response
      })
      bench.time.endTurn()
      return outcome
    }
    const followerId = again.response!.memberId!
    const follower = sync(followerId, 'b', [])
    assert.equal(follower.response, null)
    sync(leaderId, 'a', [{ memberId: followerId, assignment: Buffer.from('yours') }])
    assert.equal(follower.response!.assignment.toString(), 'yours')
    assert.deepEqual([...bench.coordinator.parked()], [])
  })

  test('are out when their time is up: one timer serves all partitions', () => {
    const bench = new Bench()
    const groups = ['g', 'h', 'i', 'j', 'k']
    for (const groupId of groups) bench.join('', { groupId })
    bench.time.advance(9_999)
    const states = () =>
      bench.now<DescribeGroupsResponse['groups']>((answer) => bench.coordinator.describeGroups(groups, 6, answer))
    assert.deepEqual(new Set(states().map((group) => group.groupState)), new Set(['CompletingRebalance']))
    bench.time.advance(2)
    assert.deepEqual(new Set(states().map((group) => group.groupState)), new Set(['Empty']))
  })

  test('stay when the wall clock is set', () => {
    const bench = new Bench()
    const memberId = bench.join('').response!.memberId!
    bench.time.stepWallClock(3_600_000)
    bench.time.advance(9_000)
    const member = { groupId: 'g', generationId: 1, memberId, groupInstanceId: null }
    assert.deepEqual(
      bench.now((answer) => bench.coordinator.heartbeat(member, answer)),
      { errorCode: 0 },
    )
  })

  test('leave alone up to version 2, together from 3 on', () => {
    const bench = new Bench()
    const memberId = bench.join('').response!.memberId!
    const request = { groupId: 'g', memberId: 'ghost', members: [] }
    const leave = (api: number, body: Parameters<GroupCoordinator['leaveGroup']>[0]) =>
      bench.now((answer) => bench.coordinator.leaveGroup(body, api, answer))
    assert.deepEqual(leave(2, request), { errorCode: errors.UNKNOWN_MEMBER_ID.code })
    const members = ['ghost', memberId].map((id) => ({ memberId: id, groupInstanceId: null, reason: null }))
    assert.deepEqual(leave(3, { ...request, members }), {
      errorCode: 0,
      members: [
        { memberId: 'ghost', groupInstanceId: null, errorCode: errors.UNKNOWN_MEMBER_ID.code },
        { memberId, groupInstanceId: null, errorCode: 0 },
      ],
    })
  })
})

describe('commits', () => {
  test('of topics and partitions that are not there are refused, the others taken', () => {
    const bench = new Bench()
    const unknown = errors.UNKNOWN_TOPIC_OR_PARTITION.code
    const tooLarge = { ...commitOf(1, 5), committedMetadata: 'm'.repeat(4_097) }
    const topics = [
      { name: 'nothing', topicId: ZERO_UUID, partitions: [commitOf(0, 1)] },
      { name: 'orders', topicId: ZERO_UUID, partitions: [commitOf(0, 5), commitOf(2, 6), tooLarge, commitOf(-1, 6)] },
    ]
    assert.deepEqual(bench.commit(topics), [
      { name: 'nothing', topicId: ZERO_UUID, partitions: [{ partitionIndex: 0, errorCode: unknown }] },
      {
        name: 'orders',
        topicId: ZERO_UUID,
        partitions: [
          { partitionIndex: 0, errorCode: 0 },
          { partitionIndex: 2, errorCode: unknown },
          { partitionIndex: 1, errorCode: errors.OFFSET_METADATA_TOO_LARGE.code },
          { partitionIndex: -1, errorCode: unknown },
        ],
      },
    ])
  })

  test('name topics by id from version 10 on', () => {
    const bench = new Bench()
    const topics = [
      { name: '', topicId: UNKNOWN_ID, partitions: [commitOf(0, 1)] },
      { name: '', topicId: ORDERS_ID, partitions: [commitOf(0, 5)] },
    ]
    assert.deepEqual(bench.commit(topics, 10), [
      {
        name: '',
        topicId: UNKNOWN_ID,
        partitions: [{ partitionIndex: 0, errorCode: errors.UNKNOWN_TOPIC_ID.code }],
      },
      { name: '', topicId: ORDERS_ID, partitions: [{ partitionIndex: 0, errorCode: 0 }] },
    ])
  })

  test('of nothing that is there need no coordinator', () => {
    const bench = new Bench([])
    assert.deepEqual(bench.commit([]), [])
  })

  test('are refused as a whole by a broker that does not coordinate the group', () => {
    const bench = new Bench([])
    const topics = [{ name: 'orders', topicId: ZERO_UUID, partitions: [commitOf(0, 5), commitOf(1, 5)] }]
    assert.deepEqual(bench.commit(topics), [
      {
        name: 'orders',
        topicId: ZERO_UUID,
        partitions: [0, 1].map((partitionIndex) => ({ partitionIndex, errorCode: NOT_COORDINATOR })),
      },
    ])
  })
})

describe('fetches', () => {
  const asked = [{ name: 'orders', partitionIndexes: [0, 1] }]
  const committed = () => {
    const bench = new Bench()
    bench.commit([{ name: 'orders', topicId: ZERO_UUID, partitions: [commitOf(0, 5)] }])
    return bench
  }

  test('of one group up to version 7', () => {
    const bench = committed()
    const topics = [{ name: 'orders', topicId: ORDERS_ID, partitions: [fetched(0, 5), fetched(1, -1)] }]
    for (const version of [1, 7]) {
      assert.deepEqual(bench.fetch({ groupId: 'g', topics: asked }, version), { errorCode: 0, topics })
    }
    const all = [{ name: 'orders', topicId: ORDERS_ID, partitions: [fetched(0, 5)] }]
    assert.deepEqual(bench.fetch({ groupId: 'g', topics: null }, 2), { errorCode: 0, topics: all })
  })

  test('that fail say so at each partition in version 1, at the top from 2 on', () => {
    const bench = new Bench([])
    const partitions = [fetched(0, -1, NOT_COORDINATOR), fetched(1, -1, NOT_COORDINATOR)]
    const topics = [{ name: 'orders', partitions }]
    assert.deepEqual(bench.fetch({ groupId: 'g', topics: asked }, 1), { topics })
    assert.deepEqual(bench.fetch({ groupId: 'g', topics: asked }, 2), { errorCode: NOT_COORDINATOR, topics: [] })
  })

  test('of many groups from version 8 on, in the order asked for', () => {
    const bench = committed()
    const group = (groupId: string, topics: typeof asked | null) => ({
      groupId,
      memberId: null,
      memberEpoch: -1,
      topics: topics?.map((topic) => ({ ...topic, topicId: ZERO_UUID })) ?? null,
    })
    const groups = [group('nobody', asked), group('g', null)]
    assert.deepEqual(bench.fetch({ groups }, 8), {
      groups: [
        {
          groupId: 'nobody',
          errorCode: 0,
          topics: [{ name: 'orders', topicId: ORDERS_ID, partitions: [fetched(0, -1), fetched(1, -1)] }],
        },
        {
          groupId: 'g',
          errorCode: 0,
          topics: [{ name: 'orders', topicId: ORDERS_ID, partitions: [fetched(0, 5)] }],
        },
      ],
    })
    assert.deepEqual(bench.fetch({ groups: [] }, 8), { groups: [] })
  })

  test('name topics by id from version 10 on; what was read of topics that are gone is left out', () => {
    const bench = committed()
    const group = { groupId: 'g', memberId: null, memberEpoch: -1 }
    const topics = [UNKNOWN_ID, ORDERS_ID].map((topicId) => ({ name: '', topicId, partitionIndexes: [0] }))
    assert.deepEqual(bench.fetch({ groups: [{ ...group, topics }] }, 10), {
      groups: [
        {
          groupId: 'g',
          errorCode: 0,
          topics: [
            { name: '', topicId: UNKNOWN_ID, partitions: [fetched(0, -1, errors.UNKNOWN_TOPIC_ID.code)] },
            { name: 'orders', topicId: ORDERS_ID, partitions: [fetched(0, 5)] },
          ],
        },
      ],
    })
    bench.topics.delete('orders')
    assert.deepEqual(bench.fetch({ groups: [{ ...group, topics: null }] }, 10), {
      groups: [{ groupId: 'g', errorCode: 0, topics: [] }],
    })
  })

  test('while loading: the error that makes a client try again', () => {
    const bench = new Bench([])
    const partition = bench.partitions[groupPartition('g', 3)]!
    partition.append(sliceOf(encodeBatch({ records: [{ key: 'k', value: 'v' }] })))
    bench.coordinator.lead(partition)
    assert.equal(bench.coordinator.isLoaded, false)
    assert.deepEqual(bench.fetch({ groupId: 'g', topics: asked }, 7), { errorCode: LOADING, topics: [] })
    assert.equal(bench.join('').response!.errorCode, LOADING)
    const member = { groupId: 'g', generationId: 1, memberId: 'm', groupInstanceId: null }
    const heartbeat = () => bench.now((answer) => bench.coordinator.heartbeat(member, answer))
    assert.deepEqual(heartbeat(), { errorCode: 0 }, 'heartbeats are taken on trust')
    const list = bench.now((answer) => bench.coordinator.listGroups({ statesFilter: [], typesFilter: [] }, answer))
    assert.deepEqual(list, { errorCode: LOADING, groups: [] })
    bench.time.advance(0)
    assert.equal(bench.coordinator.isLoaded, true)
    assert.deepEqual(heartbeat(), { errorCode: errors.UNKNOWN_MEMBER_ID.code })
  })
})

describe('groups of several partitions', () => {
  const groups = ['g', 'h', 'i', 'j']

  test('are listed together, described and deleted in the order asked for', () => {
    const bench = new Bench()
    assert.ok(new Set(groups.map((groupId) => groupPartition(groupId, 3))).size > 1)
    const topics = [{ name: 'orders', topicId: ZERO_UUID, partitions: [commitOf(0, 5)] }]
    for (const groupId of groups) bench.commit(topics, 9, groupId)
    bench.join('', { groupId: 'h' })
    const filter = { statesFilter: [], typesFilter: [] }
    const listed = bench.now<{ groups: readonly { groupId: string }[] }>((answer) =>
      bench.coordinator.listGroups(filter, answer),
    )
    assert.deepEqual(listed.groups.map((group) => group.groupId).sort(), groups)
    const described = bench.now<DescribeGroupsResponse['groups']>((answer) =>
      bench.coordinator.describeGroups([...groups, 'nobody'], 6, answer),
    )
    assert.deepEqual(
      described.map((group) => [group.groupId, group.errorCode, group.groupState]),
      [
        ['g', 0, 'Empty'],
        ['h', 0, 'CompletingRebalance'],
        ['i', 0, 'Empty'],
        ['j', 0, 'Empty'],
        ['nobody', errors.GROUP_ID_NOT_FOUND.code, 'Dead'],
      ],
    )
    const results = bench.now((answer) => bench.coordinator.deleteGroups([...groups, 'g', 'nobody'], answer))
    assert.deepEqual(results, [
      { groupId: 'g', errorCode: 0 },
      { groupId: 'h', errorCode: errors.NON_EMPTY_GROUP.code },
      { groupId: 'i', errorCode: 0 },
      { groupId: 'j', errorCode: 0 },
      { groupId: 'g', errorCode: errors.GROUP_ID_NOT_FOUND.code },
      { groupId: 'nobody', errorCode: errors.GROUP_ID_NOT_FOUND.code },
    ])
  })

  test('lose what they have read of deleted topics', () => {
    const bench = new Bench()
    const topics = [{ name: 'orders', topicId: ZERO_UUID, partitions: [commitOf(0, 5)] }]
    for (const groupId of groups) bench.commit(topics, 9, groupId)
    bench.coordinator.topicsDeleted(['orders'])
    bench.time.endTurn()
    for (const groupId of groups) {
      assert.deepEqual(bench.fetch({ groupId, topics: null }, 2), { errorCode: 0, topics: [] })
    }
  })

  test('OffsetDelete refuses partitions that are not there', () => {
    const bench = new Bench()
    bench.commit([{ name: 'orders', topicId: ZERO_UUID, partitions: [commitOf(0, 5)] }])
    const unknown = errors.UNKNOWN_TOPIC_OR_PARTITION.code
    const topics = ['orders', 'nothing'].map((name) => ({
      name,
      partitions: [{ partitionIndex: 0 }, { partitionIndex: 9 }],
    }))
    const remove = (groupId: string) =>
      bench.now((answer) => bench.coordinator.offsetDelete({ groupId, topics }, answer))
    assert.deepEqual(remove('g'), {
      errorCode: 0,
      topics: [
        {
          name: 'orders',
          partitions: [
            { partitionIndex: 0, errorCode: 0 },
            { partitionIndex: 9, errorCode: unknown },
          ],
        },
        {
          name: 'nothing',
          partitions: [0, 9].map((partitionIndex) => ({ partitionIndex, errorCode: unknown })),
        },
      ],
    })
    assert.deepEqual(remove('nobody'), { errorCode: errors.GROUP_ID_NOT_FOUND.code })
  })
})

describe('leadership', () => {
  test('that ends sends everybody away, who waits and who comes', () => {
    const bench = new Bench()
    bench.join('', { groupInstanceId: 'a' })
    const waiting = bench.join('', { groupInstanceId: 'b' })
    bench.coordinator.resign(groupPartition('g', 3))
    assert.deepEqual(waiting.response, { errorCode: NOT_COORDINATOR, memberId: '' })
    assert.equal(bench.join('').response!.errorCode, NOT_COORDINATOR)
  })

  test('in a new epoch loads what the log says', () => {
    const bench = new Bench()
    bench.commit([{ name: 'orders', topicId: ZERO_UUID, partitions: [commitOf(0, 5)] }])
    bench.coordinator.lead(bench.partitions[groupPartition('g', 3)]!)
    bench.time.advance(0)
    const answer = bench.fetch({ groupId: 'g', topics: [{ name: 'orders', partitionIndexes: [0] }] }, 7)
    assert.deepEqual(answer, {
      errorCode: 0,
      topics: [{ name: 'orders', topicId: ORDERS_ID, partitions: [fetched(0, 5)] }],
    })
  })
})

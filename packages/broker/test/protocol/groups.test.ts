/** JoinGroup (11), SyncGroup (14), Heartbeat (12), LeaveGroup (13), FindCoordinator (10): membership over the wire. */
import { deepEqual, equal, match, notEqual, ok } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { FindCoordinator, LeaveGroup } from '@odradek/protocol'
import { oursOnly, Subject } from './subject.ts'
import { WireMember } from './wire-member.ts'

const COORDINATOR_NOT_AVAILABLE = 15
const ILLEGAL_GENERATION = 22
const INCONSISTENT_GROUP_PROTOCOL = 23
const INVALID_GROUP_ID = 24
const UNKNOWN_MEMBER_ID = 25
const INVALID_SESSION_TIMEOUT = 26
const REBALANCE_IN_PROGRESS = 27
const MEMBER_ID_REQUIRED = 79
const FENCED_INSTANCE_ID = 82

const subject = await Subject.start()
after(() => subject.close())
const client = await subject.connect()
// Makes the topic of offsets; a group is served once its coordinator is found.
let found = await client.send(FindCoordinator, 0, { key: 'any' })
while (found.errorCode === COORDINATOR_NOT_AVAILABLE) found = await client.send(FindCoordinator, 0, { key: 'any' })

/** A consumer's subscription to no topic, version 0, with user data. */
function subscription(userData: string): Buffer {
  const start = Buffer.alloc(10)
  start.writeInt32BE(userData.length, 6)
  return Buffer.concat([start, Buffer.from(userData)])
}

const newGroup = () => `group-${randomUUID()}`
const newMember = async (groupId: string, instanceId: string | null = null) =>
  new WireMember(await subject.connect(), groupId, instanceId)

for (let version = 0; version <= 6; version += 1) {
  test(`FindCoordinator version ${version} finds a group's broker`, async () => {
    const keys = ['a/b', '订单']
    const answer = await client.send(FindCoordinator, version, { key: keys[0]!, coordinatorKeys: keys })
    const told = version < 4 ? [{ ...answer, key: keys[0] }] : answer.coordinators
    deepEqual(
      told.map(({ key, errorCode, host, port }) => [key, errorCode, host, port]),
      (version < 4 ? keys.slice(0, 1) : keys).map((key) => [key, 0, '127.0.0.1', subject.port]),
    )
  })
}

test('FindCoordinator of what has no coordinator here is no success', { skip: oursOnly }, async () => {
  for (const keyType of [1, 2, 9]) {
    const { coordinators } = await client.send(FindCoordinator, 6, { keyType, coordinatorKeys: ['x:y:0'] })
    notEqual(coordinators[0]!.errorCode, 0, `type ${keyType}`)
    deepEqual([coordinators[0]!.key, coordinators[0]!.nodeId, coordinators[0]!.host], ['x:y:0', -1, ''])
    // Clients show this text to people; what they can do is in it.
    match(coordinators[0]!.errorMessage ?? '', keyType === 1 ? /transactional\.id/ : /^Key type \d has no coordinator/)
  }
})

for (let version = 0; version <= 9; version += 1) {
  test(`JoinGroup version ${version}: one member joins, leads, syncs, beats and leaves`, async () => {
    const member = await newMember(newGroup())
    const first = await member.tryJoin(version)
    if (version >= 4) {
      equal(first.errorCode, MEMBER_ID_REQUIRED)
      match(first.memberId, /^wire-client-/)
      equal(first.generationId, -1)
      member.memberId = first.memberId
    }
    const joined = version >= 4 ? await member.tryJoin(version) : first
    deepEqual([joined.errorCode, joined.generationId, joined.protocolName], [0, 1, 'range'])
    equal(joined.protocolType, version >= 7 ? 'consumer' : null)
    equal(joined.skipAssignment, false)
    deepEqual([joined.leader, joined.members.length], [joined.memberId, 1])
    equal(joined.members[0]!.metadata.toString(), 'mine')
    const synced = await member.sync({ [member.memberId]: 'all' }, Math.min(version, 5))
    deepEqual([synced.errorCode, synced.assignment.toString()], [0, 'all'])
    deepEqual([synced.protocolType, synced.protocolName], version >= 5 ? ['consumer', 'range'] : [null, null])
    equal(await member.heartbeat(Math.min(version, 4)), 0)
    equal(await member.leave(Math.min(version, 5)), 0)
    equal(await member.heartbeat(), UNKNOWN_MEMBER_ID)
  })
}

test('a second member makes the first join again; both get their own assignment', async () => {
  const groupId = newGroup()
  const [one, two] = [await newMember(groupId), await newMember(groupId)]
  await one.join()
  await one.sync({ [one.memberId]: 'everything' })
  const secondJoins = two.join()
  await one.toldToRejoin()
  const [firstJoined, secondJoined] = await Promise.all([one.join(), secondJoins])
  deepEqual([firstJoined.generationId, secondJoined.generationId], [2, 2])
  deepEqual([firstJoined.leader, secondJoined.leader], [one.memberId, one.memberId])
  deepEqual(firstJoined.members.map(({ memberId }) => memberId).sort(), [one.memberId, two.memberId].sort())
  deepEqual(secondJoined.members, [], 'only the leader is told the members')
  const followerSyncs = two.sync()
  const leaderSynced = await one.sync({ [one.memberId]: 'left', [two.memberId]: 'right' })
  equal(leaderSynced.assignment.toString(), 'left')
  equal((await followerSyncs).assignment.toString(), 'right')
  equal(await two.leave(), 0)
  equal(await one.heartbeat(), REBALANCE_IN_PROGRESS)
})

test('the protocol that all members know is chosen; none in common is INCONSISTENT_GROUP_PROTOCOL', async () => {
  const groupId = newGroup()
  const [one, two, three] = [await newMember(groupId), await newMember(groupId), await newMember(groupId)]
  const named = (...names: string[]) => ({ protocols: names.map((name) => ({ name, metadata: subscription(name) })) })
  await one.join(9, named('sticky', 'range'))
  await one.sync()
  const second = two.join(9, named('range', 'roundrobin'))
  await one.toldToRejoin()
  const [joined] = await Promise.all([one.join(9, named('sticky', 'range')), second])
  equal(joined.protocolName, 'range')
  for (const { metadata } of joined.members) deepEqual(metadata, subscription('range'))
  equal((await three.tryJoin(3, named('sticky'))).errorCode, INCONSISTENT_GROUP_PROTOCOL)
  equal((await three.tryJoin(3, { protocolType: 'connect' })).errorCode, INCONSISTENT_GROUP_PROTOCOL)
})

test('groups of other protocol types pass through', async () => {
  const member = await newMember(newGroup())
  const joined = await member.join(9, { protocolType: 'connect' })
  equal(joined.protocolType, 'connect')
})

test('what cannot join', async () => {
  const member = await newMember(newGroup())
  equal((await member.tryJoin(3, { groupId: '' })).errorCode, INVALID_GROUP_ID)
  equal((await member.tryJoin(3, { sessionTimeoutMs: 5 })).errorCode, INVALID_SESSION_TIMEOUT)
  equal((await member.tryJoin(3, { sessionTimeoutMs: 2_000_000 })).errorCode, INVALID_SESSION_TIMEOUT)
  equal((await member.tryJoin(3, { memberId: 'made-up' })).errorCode, UNKNOWN_MEMBER_ID)
  equal((await member.tryJoin(3, { protocols: [] })).errorCode, INCONSISTENT_GROUP_PROTOCOL)
  equal((await member.tryJoin(3, { protocolType: '' })).errorCode, INCONSISTENT_GROUP_PROTOCOL)
})

test('an old generation is ILLEGAL_GENERATION, a stranger UNKNOWN_MEMBER_ID, everywhere', async () => {
  const member = await newMember(newGroup())
  await member.join()
  await member.sync({ [member.memberId]: 'all' })
  const stranger = new WireMember(member.client, member.groupId)
  stranger.memberId = 'stranger'
  stranger.generationId = 1
  equal(await stranger.heartbeat(), UNKNOWN_MEMBER_ID)
  equal((await stranger.sync()).errorCode, UNKNOWN_MEMBER_ID)
  equal(await stranger.leave(), UNKNOWN_MEMBER_ID)
  member.generationId = 7
  equal(await member.heartbeat(), ILLEGAL_GENERATION)
  equal((await member.sync()).errorCode, ILLEGAL_GENERATION)
})

test('a sync that names another protocol is INCONSISTENT_GROUP_PROTOCOL', async () => {
  const member = await newMember(newGroup())
  await member.join()
  member.protocolName = 'sticky'
  equal((await member.sync()).errorCode, INCONSISTENT_GROUP_PROTOCOL)
})

test('a static member keeps its place: it comes back under a new id, and the old one is fenced', async () => {
  const groupId = newGroup()
  const first = await newMember(groupId, 'instance-1')
  const joined = await first.tryJoin()
  equal(joined.errorCode, 0, 'a static member needs no id first')
  equal(joined.members[0]!.groupInstanceId, 'instance-1')
  await first.sync({ [first.memberId]: 'mine' })
  const second = await newMember(groupId, 'instance-1')
  const again = await second.tryJoin()
  deepEqual([again.errorCode, again.generationId], [0, first.generationId], 'no rebalance')
  notEqual(second.memberId, first.memberId)
  equal((await second.sync()).assignment.toString(), 'mine')
  equal(await second.heartbeat(), 0)
  equal(await first.heartbeat(), FENCED_INSTANCE_ID)
  equal((await first.sync()).errorCode, FENCED_INSTANCE_ID)
  equal((await first.tryJoin()).errorCode, FENCED_INSTANCE_ID)
  equal(await first.leave(), FENCED_INSTANCE_ID)
})

test('a static leader that comes back need not assign anew (version 9)', async () => {
  const groupId = newGroup()
  const first = await newMember(groupId, 'leader')
  await first.join()
  await first.sync({ [first.memberId]: 'mine' })
  const second = await newMember(groupId, 'leader')
  const again = await second.tryJoin(9)
  deepEqual([again.errorCode, again.leader, again.skipAssignment], [0, again.memberId, true])
  equal(again.members.length, 1)
})

test('LeaveGroup of many: static ones by instance id, each with its own code', async () => {
  const groupId = newGroup()
  const [one, two] = [await newMember(groupId, 'a'), await newMember(groupId, 'b')]
  await one.join()
  await one.sync()
  const second = two.join()
  await one.toldToRejoin()
  await Promise.all([one.join(), second])
  for (const version of [3, 5]) {
    const members = [
      { memberId: '', groupInstanceId: version === 3 ? 'a' : 'b' },
      { memberId: 'stranger', groupInstanceId: null },
      { memberId: '', groupInstanceId: 'nobody' },
    ]
    const answer = await client.send(LeaveGroup, version, { groupId, members })
    equal(answer.errorCode, 0)
    deepEqual(
      answer.members.map(({ errorCode }) => errorCode),
      [0, UNKNOWN_MEMBER_ID, UNKNOWN_MEMBER_ID],
    )
  }
  equal(await two.heartbeat(), UNKNOWN_MEMBER_ID)
})

test('a group that does not exist', async () => {
  const member = await newMember(newGroup())
  member.memberId = 'nobody'
  member.generationId = 1
  equal(await member.heartbeat(), UNKNOWN_MEMBER_ID)
  equal((await member.sync()).errorCode, UNKNOWN_MEMBER_ID)
  const left = await member.leave()
  ok(left === UNKNOWN_MEMBER_ID)
  const nameless = new WireMember(client, '')
  equal(await nameless.heartbeat(), INVALID_GROUP_ID)
  equal((await nameless.sync()).errorCode, INVALID_GROUP_ID)
  // It may commit and fetch, so it has a coordinator.
  const answer = await client.send(FindCoordinator, 6, { coordinatorKeys: [''] })
  deepEqual([answer.coordinators[0]!.errorCode, answer.coordinators[0]!.port], [0, subject.port])
})

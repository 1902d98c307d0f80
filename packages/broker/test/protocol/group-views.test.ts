/** DescribeGroups (15), ListGroups (16), DeleteGroups (42): groups as operators see them. */
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { DeleteGroups, DescribeGroups, FindCoordinator, ListGroups, OffsetCommit, OffsetFetch } from '@odradek/protocol'
import { Subject } from './subject.ts'
import { WireMember } from './wire-member.ts'
import { WireTopic } from './wire-topic.ts'

const COORDINATOR_NOT_AVAILABLE = 15
const NON_EMPTY_GROUP = 68
const GROUP_ID_NOT_FOUND = 69
const UNASKED = -2147483648

const subject = await Subject.start()
after(() => subject.close())
const client = await subject.connect()
let found = await client.send(FindCoordinator, 0, { key: 'any' })
while (found.errorCode === COORDINATOR_NOT_AVAILABLE) found = await client.send(FindCoordinator, 0, { key: 'any' })
const topic = await WireTopic.create(client)

/** A group with one member that has its assignment. */
async function stableGroup(instanceId: string | null = null): Promise<WireMember> {
  const member = new WireMember(await subject.connect(), `group-${randomUUID()}`, instanceId)
  await member.join()
  await member.sync({ [member.memberId]: 'all' })
  return member
}

/** A group without members that has committed an offset. */
async function emptyGroup(): Promise<string> {
  const groupId = `group-${randomUUID()}`
  const topics = [{ name: topic.name, partitions: [{ partitionIndex: 0, committedOffset: 1 }] }]
  await client.send(OffsetCommit, 8, { groupId, topics })
  return groupId
}

for (let version = 0; version <= 6; version += 1) {
  test(`DescribeGroups version ${version} tells state, protocol, members with metadata and assignment`, async () => {
    const member = await stableGroup('instance')
    const { groups } = await client.send(DescribeGroups, version, { groups: [member.groupId] })
    const { members, ...group } = groups[0]!
    deepEqual(group, {
      errorCode: 0,
      errorMessage: null,
      groupId: member.groupId,
      groupState: 'Stable',
      protocolType: 'consumer',
      protocolData: 'range',
      authorizedOperations: UNASKED,
    })
    const { clientHost, ...told } = members[0]!
    deepEqual(told, {
      memberId: member.memberId,
      groupInstanceId: version >= 4 ? 'instance' : null,
      clientId: 'wire-client',
      memberMetadata: Buffer.from('mine'),
      memberAssignment: Buffer.from('all'),
    })
    match(clientHost, /127\.0\.0\.1$/)
  })
}

test('DescribeGroups of an empty group, and of one that is unknown', async () => {
  const groupId = await emptyGroup()
  const unknown = `none-${groupId}`
  for (const version of [0, 5, 6]) {
    const { groups } = await client.send(DescribeGroups, version, { groups: [groupId, unknown] })
    const told = new Map(groups.map((group) => [group.groupId, [group.errorCode, group.groupState]]))
    deepEqual(told.get(groupId), [0, 'Empty'])
    deepEqual(told.get(unknown), [version >= 6 ? GROUP_ID_NOT_FOUND : 0, 'Dead'])
  }
})

test('DescribeGroups tells what the client may do where it asks', async () => {
  const groupId = await emptyGroup()
  const { groups } = await client.send(DescribeGroups, 3, { groups: [groupId], includeAuthorizedOperations: true })
  // READ, DELETE, DESCRIBE, and with newer Kafkas the configs
  equal(groups[0]!.authorizedOperations & 0b1_0100_1000, 0b1_0100_1000)
})

for (let version = 0; version <= 5; version += 1) {
  test(`ListGroups version ${version} lists groups with type and state`, async () => {
    const member = await stableGroup()
    const empty = await emptyGroup()
    const { errorCode, groups } = await client.send(ListGroups, version, {})
    equal(errorCode, 0)
    const told = new Map(groups.map((group) => [group.groupId, group]))
    deepEqual(told.get(member.groupId), {
      groupId: member.groupId,
      protocolType: 'consumer',
      groupState: version >= 4 ? 'Stable' : '',
      groupType: version >= 5 ? 'classic' : '',
    })
    deepEqual([told.get(empty)?.protocolType, told.get(empty)?.groupState], ['', version >= 4 ? 'Empty' : ''])
  })
}

test('ListGroups filters by state and by type', async () => {
  const member = await stableGroup()
  const empty = await emptyGroup()
  const ask = async (statesFilter: string[], typesFilter: string[] = []) => {
    const { groups } = await client.send(ListGroups, 5, { statesFilter, typesFilter })
    const listed = new Set(groups.map(({ groupId }) => groupId))
    return [listed.has(member.groupId), listed.has(empty)]
  }
  deepEqual(await ask([]), [true, true])
  deepEqual(await ask(['Stable']), [true, false])
  deepEqual(await ask(['Empty', 'Dead']), [false, true])
  deepEqual(await ask(['PreparingRebalance']), [false, false])
  deepEqual(await ask([], ['classic']), [true, true])
  deepEqual(await ask(['stable'], ['Classic']), [true, false], 'in any case')
  deepEqual(await ask([], ['consumer']), [false, false])
})

for (const version of [0, 1, 2]) {
  test(`DeleteGroups version ${version} deletes empty groups with their offsets, each with its own code`, async () => {
    const member = await stableGroup()
    const empty = await emptyGroup()
    const unknown = `none-${empty}`
    const groupsNames = [empty, member.groupId, unknown, '']
    const { results } = await client.send(DeleteGroups, version, { groupsNames })
    deepEqual(
      new Map(results.map(({ groupId, errorCode }) => [groupId, errorCode])),
      new Map([
        [empty, 0],
        [member.groupId, NON_EMPTY_GROUP],
        [unknown, GROUP_ID_NOT_FOUND],
        ['', GROUP_ID_NOT_FOUND],
      ]),
    )
    const { groups } = await client.send(ListGroups, 4, {})
    const listed = groups.map(({ groupId }) => groupId)
    deepEqual([listed.includes(empty), listed.includes(member.groupId)], [false, true])
    const fetched = await client.send(OffsetFetch, 7, { groupId: empty, topics: null })
    deepEqual(fetched.topics, [])
    ok((await member.heartbeat()) === 0)
  })
}

/** OffsetCommit (8), OffsetFetch (9), OffsetDelete (47): how far groups have read. */
import { deepEqual, equal } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import {
  DeleteGroups,
  DeleteTopics,
  DescribeGroups,
  FindCoordinator,
  OffsetCommit,
  OffsetDelete,
  OffsetFetch,
  type ResponseOutput,
} from '@odradek/protocol'
import { oursOnly, Subject } from './subject.ts'
import { WireMember } from './wire-member.ts'
import { WireTopic } from './wire-topic.ts'

const UNKNOWN_TOPIC_OR_PARTITION = 3
const OFFSET_METADATA_TOO_LARGE = 12
const COORDINATOR_NOT_AVAILABLE = 15
const ILLEGAL_GENERATION = 22
const UNKNOWN_MEMBER_ID = 25
const GROUP_ID_NOT_FOUND = 69
const FENCED_INSTANCE_ID = 82
const GROUP_SUBSCRIBED_TO_TOPIC = 86
const UNKNOWN_TOPIC_ID = 100

const subject = await Subject.start()
after(() => subject.close())
const client = await subject.connect()
let found = await client.send(FindCoordinator, 0, { key: 'any' })
while (found.errorCode === COORDINATOR_NOT_AVAILABLE) found = await client.send(FindCoordinator, 0, { key: 'any' })

const newGroup = () => `group-${randomUUID()}`

interface Committer {
  readonly generationId?: number
  readonly memberId?: string
  readonly groupInstanceId?: string | null
}

/** Commits one offset of partition 0; gives the code. */
async function commit(
  groupId: string,
  topic: { name: string; topicId: string },
  committedOffset: number,
  { version = 9, metadata = 'note', by = {} as Committer, partitionIndex = 0 } = {},
): Promise<number> {
  const { generationId = -1, memberId = '', groupInstanceId = null } = by
  const partitions = [
    { partitionIndex, committedOffset, committedLeaderEpoch: 0, committedMetadata: metadata as string | null },
  ]
  const answer = await client.send(OffsetCommit, version, {
    groupId,
    generationIdOrMemberEpoch: generationId,
    memberId,
    groupInstanceId,
    topics: [{ name: topic.name, topicId: topic.topicId, partitions }],
  })
  equal(answer.topics.length, 1)
  equal(version >= 10 ? answer.topics[0]!.topicId : answer.topics[0]!.name, version >= 10 ? topic.topicId : topic.name)
  return answer.topics[0]!.partitions[0]!.errorCode
}

type Asked = { name: string; topicId: string; partitionIndexes: number[] }[] | null
type FetchedGroup = ResponseOutput<typeof OffsetFetch>['groups'][number]

/** Fetches in any version; gives the answer in the newest shape. */
async function fetchOffsets(groupId: string, topics: Asked, version = 9): Promise<FetchedGroup> {
  const answer = await client.send(OffsetFetch, version, { groupId, topics, groups: [{ groupId, topics }] })
  if (version < 8) {
    const named = answer.topics.map((topic) => ({ ...topic, topicId: '' }))
    return { groupId, errorCode: answer.errorCode, topics: named }
  }
  equal(answer.groups.length, 1)
  return answer.groups[0]!
}

/** Offset, leader epoch, metadata and code of one partition. */
async function fetchOne(groupId: string, topic: WireTopic, { version = 9, partition = 0 } = {}) {
  const asked = [{ name: topic.name, topicId: topic.topicId, partitionIndexes: [partition] }]
  const { errorCode, topics } = await fetchOffsets(groupId, asked, version)
  equal(errorCode, 0)
  const { committedOffset, committedLeaderEpoch, metadata, errorCode: code } = topics[0]!.partitions[0]!
  return [committedOffset, committedLeaderEpoch, metadata, code]
}

for (let version = 2; version <= 10; version += 1) {
  test(`OffsetCommit version ${version} from outside a group, fetched in every version`, async () => {
    const topic = await WireTopic.create(client)
    const groupId = newGroup()
    equal(await commit(groupId, topic, 42, { version }), 0)
    const epoch = version >= 6 ? 0 : -1
    for (let fetchVersion = 1; fetchVersion <= 10; fetchVersion += 1) {
      deepEqual(await fetchOne(groupId, topic, { version: fetchVersion }), [
        42,
        fetchVersion >= 5 ? epoch : -1,
        'note',
        0,
      ])
    }
    equal(await commit(groupId, topic, 7, { version }), 0, 'also backwards')
    equal((await fetchOne(groupId, topic))[0], 7)
  })
}

test('what was never committed is offset -1, epoch -1, empty metadata, no error', async () => {
  const topic = await WireTopic.create(client)
  const groupId = newGroup()
  for (const version of [1, 5, 8, 10]) deepEqual(await fetchOne(groupId, topic, { version }), [-1, -1, '', 0])
  equal(await commit(groupId, topic, 1), 0)
  for (const version of [1, 5, 8, 10]) {
    deepEqual(await fetchOne(groupId, topic, { version, partition: 3 }), [-1, -1, '', 0])
  }
})

test('no topics asks for nothing, null for all of the group', async () => {
  const [one, two] = [await WireTopic.create(client), await WireTopic.create(client)]
  const groupId = newGroup()
  await commit(groupId, one, 1)
  await commit(groupId, two, 2)
  for (const version of [2, 5, 7, 8, 10]) {
    const all = await fetchOffsets(groupId, null, version)
    const told = all.topics.map(({ name, topicId, partitions }) => [
      version >= 10 ? topicId : name,
      partitions.map(({ partitionIndex, committedOffset }) => [partitionIndex, committedOffset]),
    ])
    const key = (topic: WireTopic) => (version >= 10 ? topic.topicId : topic.name)
    deepEqual(
      new Map(told as [string, unknown][]),
      new Map([
        [key(one), [[0, 1]]],
        [key(two), [[0, 2]]],
      ]),
      `version ${version}`,
    )
    deepEqual((await fetchOffsets(groupId, [], version)).topics, [])
    deepEqual((await fetchOffsets(newGroup(), null, version)).topics, [], 'an unknown group has none')
  }
})

test('many groups in one request, each with its own topics', async () => {
  const topic = await WireTopic.create(client)
  const groupIds = [newGroup(), newGroup(), newGroup()]
  await commit(groupIds[0]!, topic, 10)
  await commit(groupIds[1]!, topic, 20)
  for (const version of [8, 9]) {
    const topics = [{ name: topic.name, partitionIndexes: [0] }]
    const groups = groupIds.map((groupId, at) => ({ groupId, topics: at === 1 ? null : topics }))
    const answer = await client.send(OffsetFetch, version, { groups })
    const told = answer.groups.map((group) => [group.groupId, group.topics[0]!.partitions[0]!.committedOffset])
    // Kafka answers in an order of its own.
    deepEqual(
      told.slice(0, 2).sort(),
      [
        [groupIds[0], 10],
        [groupIds[1], 20],
      ].sort(),
    )
    deepEqual(told[2], [groupIds[2], -1])
  }
})

test('topics and partitions that do not exist are refused, the others committed', async () => {
  const topic = await WireTopic.create(client)
  const groupId = newGroup()
  const none = { name: `none-${topic.name}`, topicId: 'AAAAAAAAAAAAAAAAAAAAAQ' }
  equal(await commit(groupId, none, 1), UNKNOWN_TOPIC_OR_PARTITION)
  equal(await commit(groupId, none, 1, { version: 10 }), UNKNOWN_TOPIC_ID)
  equal(await commit(groupId, topic, 1, { partitionIndex: 5 }), UNKNOWN_TOPIC_OR_PARTITION)
  const asked = [{ name: '', topicId: none.topicId, partitionIndexes: [0] }]
  const { topics } = await fetchOffsets(groupId, asked, 10)
  deepEqual([topics[0]!.topicId, topics[0]!.partitions[0]!.errorCode], [none.topicId, UNKNOWN_TOPIC_ID])
})

test('metadata is kept up to its limit, null as empty', async () => {
  const topic = await WireTopic.create(client)
  const groupId = newGroup()
  equal(await commit(groupId, topic, 1, { metadata: 'x'.repeat(4096) }), 0)
  equal(await commit(groupId, topic, 2, { metadata: 'x'.repeat(4097) }), OFFSET_METADATA_TOO_LARGE)
  deepEqual((await fetchOne(groupId, topic)).slice(0, 1), [1])
  equal(await commit(groupId, topic, 3, { metadata: null as unknown as string }), 0)
  deepEqual(await fetchOne(groupId, topic), [3, 0, '', 0])
})

test('members commit in their generation only; outsiders not while there are members', async () => {
  const topic = await WireTopic.create(client)
  const member = new WireMember(await subject.connect(), newGroup())
  const { groupId } = member
  await member.join()
  await member.sync({ [member.memberId]: 'all' })
  const by = { generationId: member.generationId, memberId: member.memberId }
  equal(await commit(groupId, topic, 1, { by }), 0)
  equal(await commit(groupId, topic, 2, { by: { ...by, generationId: 9 } }), ILLEGAL_GENERATION)
  equal(await commit(groupId, topic, 2, { by: { ...by, memberId: 'stranger' } }), UNKNOWN_MEMBER_ID)
  equal(await commit(groupId, topic, 2), UNKNOWN_MEMBER_ID)
  equal((await fetchOne(groupId, topic))[0], 1)
  await member.leave()
  equal(await commit(groupId, topic, 5), 0, 'once it is empty')
})

test('a commit for a generation of a group that is unknown', async () => {
  const topic = await WireTopic.create(client)
  const by = { generationId: 3, memberId: 'm' }
  equal(await commit(newGroup(), topic, 1, { version: 8, by }), ILLEGAL_GENERATION)
  equal(await commit(newGroup(), topic, 1, { version: 9, by }), GROUP_ID_NOT_FOUND)
})

test('a commit under an instance id that another member has is FENCED_INSTANCE_ID', async () => {
  const topic = await WireTopic.create(client)
  const first = new WireMember(await subject.connect(), newGroup(), 'instance')
  await first.join()
  await first.sync()
  const old = { generationId: first.generationId, memberId: first.memberId, groupInstanceId: 'instance' }
  const second = new WireMember(await subject.connect(), first.groupId, 'instance')
  await second.join()
  equal(await commit(first.groupId, topic, 1, { by: old }), FENCED_INSTANCE_ID)
  equal(await commit(first.groupId, topic, 1, { by: { ...old, memberId: second.memberId } }), 0)
})

test('OffsetDelete forgets offsets of topics that nobody subscribes to', async () => {
  const topic = await WireTopic.create(client)
  const groupId = newGroup()
  const forget = async (name = topic.name, group = groupId, partitionIndex = 0) => {
    const topics = [{ name, partitions: [{ partitionIndex }] }]
    const answer = await client.send(OffsetDelete, 0, { groupId: group, topics })
    return answer.errorCode || answer.topics[0]!.partitions[0]!.errorCode
  }
  equal(await forget(), GROUP_ID_NOT_FOUND)
  await commit(groupId, topic, 1)
  equal(await forget(), 0)
  deepEqual(await fetchOne(groupId, topic), [-1, -1, '', 0])
  equal(await forget(`none-${topic.name}`), UNKNOWN_TOPIC_OR_PARTITION)

  const subscribed = new WireMember(await subject.connect(), newGroup())
  await subscribed.join(9, { protocols: [{ name: 'range', metadata: subscriptionTo(topic.name) }] })
  await subscribed.sync()
  const by = { generationId: subscribed.generationId, memberId: subscribed.memberId }
  equal(await commit(subscribed.groupId, topic, 1, { by }), 0)
  equal(await forget(topic.name, subscribed.groupId), GROUP_SUBSCRIBED_TO_TOPIC)
  equal((await fetchOne(subscribed.groupId, topic))[0], 1)
})

test('a group that never had members outlives its last offset: DeleteGroups finds it, once', async () => {
  const topic = await WireTopic.create(client)
  const groupId = newGroup()
  equal(await commit(groupId, topic, 1), 0)
  const topics = [{ name: topic.name, partitions: [{ partitionIndex: 0 }] }]
  const forgotten = await client.send(OffsetDelete, 0, { groupId, topics })
  deepEqual([forgotten.errorCode, forgotten.topics[0]!.partitions[0]!.errorCode], [0, 0])
  deepEqual((await fetchOffsets(groupId, null)).topics, [])
  const { groups } = await client.send(DescribeGroups, 5, { groups: [groupId] })
  equal(groups[0]!.groupState, 'Empty')
  for (const expected of [0, GROUP_ID_NOT_FOUND]) {
    const { results } = await client.send(DeleteGroups, 2, { groupsNames: [groupId] })
    deepEqual(results, [{ groupId, errorCode: expected }])
  }
})

test('offsets go with their topic', { skip: oursOnly }, async () => {
  const topic = await WireTopic.create(client)
  const groupId = newGroup()
  await commit(groupId, topic, 1)
  await client.send(DeleteTopics, 1, { topicNames: [topic.name], timeoutMs: 1000 })
  deepEqual((await fetchOffsets(groupId, null)).topics, [])
})

/** A consumer's subscription, version 0, to one topic. */
function subscriptionTo(topic: string): Buffer {
  const bytes = Buffer.alloc(2 + 4 + 2 + topic.length + 4)
  bytes.writeInt32BE(1, 2)
  bytes.writeInt16BE(topic.length, 6)
  bytes.write(topic, 8)
  return bytes
}

/** What a broker still knows after a restart on the same data directory. */
import { deepEqual, equal } from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import {
  CreatePartitions,
  DeleteRecords,
  DeleteTopics,
  DescribeConfigs,
  DescribeGroups,
  FindCoordinator,
  IncrementalAlterConfigs,
  InitProducerId,
  Metadata,
  OffsetCommit,
  OffsetFetch,
  OffsetForLeaderEpoch,
} from '@odradek/protocol'
import { type Broker, startBroker } from '../src/index.ts'
import { WireMember } from './protocol/wire-member.ts'
import { WireTopic } from './protocol/wire-topic.ts'
import { WireClient } from './wire-client.ts'

const FENCED_LEADER_EPOCH = 74
const UNKNOWN_LEADER_EPOCH = 75
const OUT_OF_ORDER_SEQUENCE_NUMBER = 45

const directory = await mkdtemp(join(tmpdir(), 'odradek-restart-'))
let broker: Broker
let client: WireClient

async function start(): Promise<void> {
  broker = await startBroker({ dataDir: directory, config: { 'offsets.topic.num.partitions': 2 } })
  client = await WireClient.connect(broker.port)
}

async function restart(): Promise<void> {
  client.close()
  await broker.close()
  await start()
}

/** The same topic over the connection to the broker as it runs now. */
function now(topic: WireTopic): WireTopic {
  return new WireTopic(client, topic.name, topic.topicId)
}

async function leaderEpoch(topic: WireTopic): Promise<number> {
  const { topics } = await client.send(Metadata, 12, { topics: [{ name: topic.name }] })
  deepEqual([topics[0]!.errorCode, topics[0]!.topicId], [0, topic.topicId])
  return topics[0]!.partitions[0]!.leaderEpoch
}

await start()
after(async () => {
  client.close()
  await broker.close()
  await rm(directory, { recursive: true, force: true })
})

test('topics, their ids, partitions, configs and records, and the cluster, are the same', async () => {
  const topic = await WireTopic.create(client, { configs: { 'retention.ms': '-1' } })
  const { clusterId, controllerId } = await client.send(Metadata, 12, { topics: [] })
  await topic.write('a', 'b')
  await topic.write('c')
  const grown = { topics: [{ name: topic.name, count: 3, assignments: null }], timeoutMs: 1000 }
  await client.send(CreatePartitions, 3, grown)
  await restart()
  const told = await client.send(Metadata, 12, { topics: [{ name: topic.name }] })
  deepEqual([told.clusterId, told.controllerId], [clusterId, controllerId])
  deepEqual([told.topics[0]!.topicId, told.topics[0]!.partitions.length], [topic.topicId, 3])
  const read = await now(topic).read(0)
  deepEqual(
    read.map(({ offset, value }) => [offset, value]),
    [
      [0, 'a'],
      [1, 'b'],
      [2, 'c'],
    ],
  )
  equal(await now(topic).write('d'), 3)
  const resources = [{ resourceType: 2, resourceName: topic.name, configurationKeys: ['retention.ms'] }]
  const { results } = await client.send(DescribeConfigs, 4, { resources })
  deepEqual([results[0]!.configs[0]!.value, results[0]!.configs[0]!.configSource], ['-1', 1])
})

test('deleted topics and records stay deleted', async () => {
  const [gone, cut] = [await WireTopic.create(client), await WireTopic.create(client)]
  await gone.write('gone')
  await cut.write('a')
  await cut.write('b')
  await client.send(DeleteTopics, 1, { topicNames: [gone.name], timeoutMs: 1000 })
  const topics = [{ name: cut.name, partitions: [{ partitionIndex: 0, offset: 1 }] }]
  await client.send(DeleteRecords, 2, { topics, timeoutMs: 1000 })
  await restart()
  const asked = { topics: [{ name: gone.name }], allowAutoTopicCreation: false }
  equal((await client.send(Metadata, 12, asked)).topics[0]!.errorCode, 3)
  equal((await now(cut).offsetOf(-2)).offset, 1)
  equal((await now(cut).fetch(0)).errorCode, 1)
})

test('the leader epoch rises by one with every start, and older ones are fenced', async () => {
  const topic = await WireTopic.create(client)
  equal(await leaderEpoch(topic), 0)
  await topic.write('epoch 0')
  for (let epoch = 1; epoch <= 3; epoch += 1) {
    await restart()
    equal(await leaderEpoch(topic), epoch)
    equal((await now(topic).fetch(0, { currentLeaderEpoch: epoch - 1 })).errorCode, FENCED_LEADER_EPOCH)
    equal((await now(topic).fetch(0, { currentLeaderEpoch: epoch })).errorCode, 0)
    equal((await now(topic).fetch(0, { currentLeaderEpoch: epoch + 1 })).errorCode, UNKNOWN_LEADER_EPOCH)
    equal((await now(topic).offsetOf(-1, { currentLeaderEpoch: epoch - 1 })).errorCode, FENCED_LEADER_EPOCH)
    equal((await now(topic).offsetOf(-1)).leaderEpoch, epoch)
    equal(await now(topic).write(`epoch ${epoch}`), epoch)
  }
  const endOf = async (asked: number) => {
    const partitions = [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch: asked }]
    const answer = await client.send(OffsetForLeaderEpoch, 4, {
      replicaId: -1,
      topics: [{ topic: topic.name, partitions }],
    })
    const told = answer.topics[0]!.partitions[0]!
    return [told.errorCode, told.leaderEpoch, told.endOffset]
  }
  for (let epoch = 0; epoch <= 3; epoch += 1) deepEqual(await endOf(epoch), [0, epoch, epoch + 1])
  deepEqual(await endOf(4), [0, -1, -1])
  equal((await now(topic).offsetOf(-2)).leaderEpoch, 0, 'the epoch that wrote the first record')
})

test('committed offsets and groups are there, members may go on', async () => {
  const topic = await WireTopic.create(client)
  await client.send(FindCoordinator, 0, { key: 'any' })
  const member = new WireMember(client, 'restarted')
  await member.join()
  await member.sync({ [member.memberId]: 'mine' })
  const partitions = [{ partitionIndex: 0, committedOffset: 42, committedMetadata: 'note' }]
  const commit = {
    groupId: member.groupId,
    generationIdOrMemberEpoch: member.generationId,
    memberId: member.memberId,
    topics: [{ name: topic.name, partitions }],
  }
  equal((await client.send(OffsetCommit, 9, commit)).topics[0]!.partitions[0]!.errorCode, 0)
  await restart()
  const fetched = await client.send(OffsetFetch, 7, { groupId: member.groupId, topics: null })
  const [offset] = fetched.topics[0]!.partitions
  deepEqual([offset!.committedOffset, offset!.metadata], [42, 'note'])
  const { groups } = await client.send(DescribeGroups, 5, { groups: [member.groupId] })
  deepEqual([groups[0]!.groupState, groups[0]!.members[0]!.memberId], ['Stable', member.memberId])
  const back = new WireMember(client, member.groupId)
  Object.assign(back, { memberId: member.memberId, generationId: member.generationId })
  equal(await back.heartbeat(), 0)
})

test('producers are remembered, and their ids never given out again', async () => {
  const given = new Set<number>()
  const topic = await WireTopic.create(client)
  let producerId = -1
  for (let round = 0; round < 3; round += 1) {
    for (let index = 0; index < 3; index += 1) {
      const answer = await client.send(InitProducerId, 4, { transactionTimeoutMs: 1000 })
      equal(given.has(answer.producerId), false)
      given.add(answer.producerId)
      producerId = answer.producerId
    }
    if (round < 2) await restart()
  }
  const send = async (baseSequence: number) => {
    const records = [{ value: `${baseSequence}`, timestamp: Date.now() }]
    const answer = await now(topic).produce({ records, producerId, producerEpoch: 0, baseSequence })
    return [answer.errorCode, answer.baseOffset]
  }
  deepEqual(
    [await send(0), await send(1)],
    [
      [0, 0],
      [0, 1],
    ],
  )
  await restart()
  deepEqual(await send(1), [0, 1], 'a duplicate')
  deepEqual(await send(3), [OUT_OF_ORDER_SEQUENCE_NUMBER, -1])
  deepEqual(await send(2), [0, 2])
})

test('dynamic broker configs are in force again', async () => {
  const { controllerId } = await client.send(Metadata, 12, { topics: [] })
  const configs = [{ name: 'message.max.bytes', configOperation: 0, value: '300' }]
  const resources = [{ resourceType: 4, resourceName: String(controllerId), configs }]
  equal((await client.send(IncrementalAlterConfigs, 1, { resources })).responses[0]!.errorCode, 0)
  await restart()
  const topic = await WireTopic.create(client)
  const big = { records: [{ value: 'x'.repeat(1000), timestamp: Date.now() }] }
  equal((await topic.produce(big)).errorCode, 10)
  equal(broker.config['message.max.bytes'], 300)
})

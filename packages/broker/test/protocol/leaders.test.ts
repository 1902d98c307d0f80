/** ElectLeaders (43), AlterPartitionReassignments (45), ListPartitionReassignments (46), UnregisterBroker (64), as one broker answers them. */
import { deepEqual, equal, match, notEqual } from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  AlterPartitionReassignments,
  ElectLeaders,
  ListPartitionReassignments,
  Metadata,
  UnregisterBroker,
} from '@odradek/protocol'
import { Subject } from './subject.ts'
import { WireTopic } from './wire-topic.ts'

const UNKNOWN_TOPIC_OR_PARTITION = 3
const INVALID_REPLICATION_FACTOR = 38
const INVALID_REPLICA_ASSIGNMENT = 39
const BROKER_ID_NOT_REGISTERED = 102
const ELECTION_NOT_NEEDED = 84
const NO_REASSIGNMENT_IN_PROGRESS = 85

const subject = await Subject.start()
after(() => subject.close())
const client = await subject.connect()
const { controllerId: brokerId } = await client.send(Metadata, 12, { topics: [] })

for (let version = 0; version <= 2; version += 1) {
  test(`ElectLeaders version ${version}: who leads as it should needs no election`, async () => {
    const topic = await WireTopic.create(client, { partitions: 2 })
    const asked = { electionType: 0, timeoutMs: 10_000 }
    const topicPartitions = [{ topic: topic.name, partitions: [0, 1, 7] }]
    const one = await client.send(ElectLeaders, version, { ...asked, topicPartitions })
    deepEqual(
      one.replicaElectionResults.map(({ topic: name, partitionResult }) => [
        name,
        partitionResult.map(({ partitionId, errorCode }) => [partitionId, errorCode]),
      ]),
      [
        [
          topic.name,
          [
            [0, ELECTION_NOT_NEEDED],
            [1, ELECTION_NOT_NEEDED],
            [7, UNKNOWN_TOPIC_OR_PARTITION],
          ],
        ],
      ],
    )
    const all = await client.send(ElectLeaders, version, { ...asked, topicPartitions: null })
    deepEqual([all.errorCode, all.replicaElectionResults], [0, []])
  })
}

for (let version = 0; version <= 1; version += 1) {
  test(`AlterPartitionReassignments version ${version}: each partition has its own code`, async () => {
    const topic = await WireTopic.create(client)
    const ask = async (partitionIndex: number, replicas: number[] | null, name = topic.name) => {
      const topics = [{ name, partitions: [{ partitionIndex, replicas }] }]
      const answer = await client.send(AlterPartitionReassignments, version, { topics, timeoutMs: 10_000 })
      equal(answer.errorCode, 0)
      return answer.responses[0]!.partitions[0]!.errorCode
    }
    equal(await ask(0, [brokerId]), 0)
    equal(await ask(0, null), NO_REASSIGNMENT_IN_PROGRESS)
    equal(await ask(0, [brokerId + 1000]), INVALID_REPLICA_ASSIGNMENT)
    equal(await ask(0, []), INVALID_REPLICA_ASSIGNMENT)
    equal(await ask(5, [brokerId]), UNKNOWN_TOPIC_OR_PARTITION)
    equal(await ask(0, [brokerId], `none-${topic.name}`), UNKNOWN_TOPIC_OR_PARTITION)
  })
}

test('AlterPartitionReassignments version 1 can forbid another number of replicas', async () => {
  const topic = await WireTopic.create(client)
  const answer = await client.send(AlterPartitionReassignments, 1, {
    timeoutMs: 10_000,
    allowReplicationFactorChange: false,
    topics: [{ name: topic.name, partitions: [{ partitionIndex: 0, replicas: [brokerId, brokerId + 1000] }] }],
  })
  const code = answer.errorCode || answer.responses[0]!.partitions[0]!.errorCode
  equal(code, INVALID_REPLICATION_FACTOR)
})

test('ListPartitionReassignments tells of none where none are', async () => {
  const topic = await WireTopic.create(client)
  const asked = [null, [{ name: topic.name, partitionIndexes: [0, 9] }], [{ name: 'none', partitionIndexes: [0] }]]
  for (const topics of asked) {
    const { errorCode, topics: told } = await client.send(ListPartitionReassignments, 0, { topics, timeoutMs: 10_000 })
    deepEqual([errorCode, told], [0, []])
  }
})

test('UnregisterBroker: who lives is not forgotten, who never was is not known', async () => {
  const ask = async (id: number) => await client.send(UnregisterBroker, 0, { brokerId: id })
  const refused = await ask(brokerId)
  notEqual(refused.errorCode, 0)
  match(refused.errorMessage ?? '', new RegExp(`${brokerId}`))
  equal((await ask(brokerId + 1000)).errorCode, BROKER_ID_NOT_REGISTERED)
})

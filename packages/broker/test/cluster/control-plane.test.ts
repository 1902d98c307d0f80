/** Brokers in processes of their own, on one store: what happens when one of them, or the store, goes away and returns. */
import { deepEqual, equal, match, notEqual, ok } from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import {
  AlterPartitionReassignments,
  CreateTopics,
  DescribeCluster,
  ElectLeaders,
  InitProducerId,
  Metadata,
  UnregisterBroker,
} from '@odradek/protocol'
import { EtcdProcess } from '../../src/metadata/testing/etcd-process.ts'
import { WireTopic } from '../protocol/wire-topic.ts'
import type { WireClient } from '../wire-client.ts'
import { type PartitionAnswer, TestCluster } from './cluster.ts'

const NOT_CONTROLLER = 41
const REQUEST_TIMED_OUT = 7
const POLICY_VIOLATION = 44

const plain = { numPartitions: 3, replicationFactor: -1, assignments: [], configs: [] }
const leaders = (partitions: readonly PartitionAnswer[]) => partitions.map(({ leaderId }) => leaderId)

/** The topic over another connection. */
async function topicAt(client: WireClient, name: string): Promise<WireTopic> {
  const { topics } = await client.send(Metadata, 12, { topics: [{ name }], allowAutoTopicCreation: false })
  return new WireTopic(client, name, topics[0]!.topicId)
}

test('brokers of one store are one cluster: one id, one controller, the same topics', async () => {
  await using cluster = await TestCluster.start(3)
  const clients = await Promise.all([1, 2, 3].map((id) => cluster.client(id)))
  const seen = await Promise.all(clients.map((client) => client.send(Metadata, 12, { topics: [] })))
  equal(new Set(seen.map(({ clusterId }) => clusterId)).size, 1)
  equal(new Set(seen.map(({ controllerId }) => controllerId)).size, 1)
  const { controllerId } = seen[0]!
  const others = [1, 2, 3].filter((id) => id !== controllerId)
  const asked = { topics: [{ name: 'spread', ...plain }], timeoutMs: 10_000 }
  const refused = await clients[others[0]! - 1]!.send(CreateTopics, 7, asked)
  equal(refused.topics[0]!.errorCode, NOT_CONTROLLER)
  await cluster.createTopic('spread', 3)
  const views = await Promise.all(
    [1, 2, 3].map((id) => cluster.untilPartitions(id, 'spread', (all) => all.length === 3)),
  )
  deepEqual(leaders(views[0]!).toSorted(), [1, 2, 3], 'each leads one')
  deepEqual(views[1], views[0])
  deepEqual(views[2], views[0])
  const ids = await Promise.all(
    clients.map((client) => client.send(InitProducerId, 4, { transactionalId: null, transactionTimeoutMs: 1 })),
  )
  equal(new Set(ids.map(({ producerId }) => producerId)).size, 3, 'no producer id is given twice')
  for (const client of clients) client.close()
})

test('a broker that is killed is no leader any more, and leads again when it is back', async () => {
  await using cluster = await TestCluster.start(3)
  await cluster.createTopic('t', [
    [2, 3],
    [1, 2],
  ])
  await cluster.createTopic('alone', [[2]])
  const before = await cluster.untilPartitions(1, 't', () => true)
  deepEqual(leaders(before), [2, 1])
  await cluster.broker(2).kill()
  const after = await cluster.untilPartitions(1, 't', (all) => leaders(all).join() === '3,1')
  ok(after[0]!.leaderEpoch > before[0]!.leaderEpoch)
  deepEqual(after[0]!.isrNodes, [3])
  const [alone] = await cluster.untilPartitions(1, 'alone', ([only]) => only!.leaderId === -1)
  deepEqual(alone!.isrNodes, [2], 'nobody else has what it has')
  await cluster.startBroker(2)
  const [back] = await cluster.untilPartitions(3, 'alone', ([only]) => only!.leaderId === 2)
  ok(back!.leaderEpoch > alone!.leaderEpoch)
  await cluster.untilPartitions(3, 't', (all) => all.every(({ isrNodes }) => isrNodes.length === 2))
})

test('another broker is controller when the controller is killed', async () => {
  await using cluster = await TestCluster.start(3)
  const first = await cluster.controller(1)
  const [other, last] = [1, 2, 3].filter((id) => id !== first)
  await cluster.createTopic('t', [[first, other!]])
  await cluster.broker(first).kill()
  await cluster.untilPartitions(other!, 't', (all) => all[0]!.leaderId === other)
  const second = await cluster.controller(other!)
  notEqual(second, first)
  await cluster.untilBrokers(last!, [other!, last!].toSorted())
  await cluster.createTopic('u', [[last!, other!]])
  await cluster.untilPartitions(last!, 'u', (all) => all[0]!.leaderId === last)
})

test('a broker that is held up for longer than its lease is replaced, and follows when it goes on', async () => {
  await using cluster = await TestCluster.start(2)
  await cluster.createTopic('t', [[2, 1]])
  cluster.broker(2).signal('SIGSTOP')
  await cluster.untilPartitions(1, 't', ([only]) => only!.leaderId === 1)
  cluster.broker(2).signal('SIGCONT')
  const [partition] = await cluster.untilPartitions(2, 't', ([only]) => only!.isrNodes.length === 2)
  deepEqual([partition!.leaderId, partition!.leaderEpoch > 0], [1, true])
  await cluster.untilBrokers(1, [1, 2])
})

test('a broker that stops hands over before it ends, and is forgotten when it has nothing', async () => {
  await using cluster = await TestCluster.start(2)
  await cluster.createTopic('t', [[2, 1]])
  using producer = await cluster.client(2)
  await (await topicAt(producer, 't')).write('x')
  await cluster.untilPartitions(1, 't', (all) => all[0]!.isrNodes.length === 2)
  equal(await cluster.broker(2).stop(), 0)
  const [partition] = await cluster.untilPartitions(1, 't', () => true)
  equal(partition!.leaderId, 1)
  using admin = await cluster.client(1)
  const gone = async () => {
    const { brokers } = await admin.send(DescribeCluster, 2, { includeFencedBrokers: true })
    return brokers.filter(({ isFenced }) => isFenced).map(({ brokerId }) => brokerId)
  }
  deepEqual(await gone(), [2])
  const kept = await admin.send(UnregisterBroker, 0, { brokerId: 2 })
  deepEqual([kept.errorCode, /t-0/.test(kept.errorMessage ?? '')], [POLICY_VIOLATION, true], kept.errorMessage ?? '')
  const move = (name: string) => ({ name, partitions: [{ partitionIndex: 0, replicas: [1] }] })
  // The history of a cluster is begun a while after its second broker came, or never where that one is gone by then.
  const { topics } = await admin.send(Metadata, 12, { topics: null })
  const moves = topics.map(({ name }) => move(name!))
  await admin.send(AlterPartitionReassignments, 1, { topics: moves, timeoutMs: 10_000 })
  for (const { name } of topics) await cluster.untilPartitions(1, name!, ([only]) => only!.replicaNodes.join() === '1')
  equal((await admin.send(UnregisterBroker, 0, { brokerId: 2 })).errorCode, 0)
  deepEqual(await gone(), [])
})

for (const how of ['killed', 'silent'] as const) {
  test(`records are taken and read while the store is ${how}; then all heals`, async () => {
    await using cluster = await TestCluster.start(2, { 'default.replication.factor': '1' })
    await cluster.createTopic('one', [[1], [2]])
    const controller = await cluster.controller(1)
    using client = await cluster.client(1)
    using admin = await cluster.client(controller)
    const topic = await topicAt(client, 'one')
    await topic.write('before')
    if (how === 'killed') await cluster.killStore()
    else cluster.signalStore('SIGSTOP')
    await topic.write('during')
    deepEqual(
      (await topic.read(0)).map(({ value }) => value?.toString()),
      ['before', 'during'],
    )
    const refused = await admin.send(CreateTopics, 7, { topics: [{ name: 'later', ...plain }], timeoutMs: 10_000 })
    const { errorCode, errorMessage } = refused.topics[0]!
    ok([REQUEST_TIMED_OUT, NOT_CONTROLLER].includes(errorCode), `${errorCode} ${errorMessage}`)
    match(errorMessage ?? '', /store|controller/)
    if (how === 'killed') await cluster.startStore()
    else cluster.signalStore('SIGCONT')
    await cluster.createTopic('after', 3)
    await cluster.untilBrokers(1, [1, 2])
    await cluster.untilPartitions(2, 'one', (all) => leaders(all).join() === '1,2')
    using again = await cluster.client(1)
    await (await topicAt(again, 'one')).write('again')
  })
}

test('partitions are moved to other brokers, and leaders elected, when it is asked for', async () => {
  await using cluster = await TestCluster.start(3)
  await cluster.createTopic('t', [[1, 2]])
  using client = await cluster.client(await cluster.controller(1))
  const topics = [{ name: 't', partitions: [{ partitionIndex: 0, replicas: [3, 2] }] }]
  const moved = await client.send(AlterPartitionReassignments, 1, { topics, timeoutMs: 10_000 })
  equal(moved.responses[0]!.partitions[0]!.errorCode, 0)
  const [partition] = await cluster.untilPartitions(1, 't', ([only]) => only!.replicaNodes.join() === '3,2')
  deepEqual(partition!.isrNodes.toSorted(), [2, 3])
  const topicPartitions = [{ topic: 't', partitions: [0] }]
  await client.send(ElectLeaders, 2, { electionType: 0, topicPartitions, timeoutMs: 10_000 })
  await cluster.untilPartitions(2, 't', ([only]) => only!.leaderId === 3)
})

test('brokers of one etcd are one cluster, also when etcd was away', {
  skip: spawnSync('etcd', ['--version']).status !== 0,
}, async () => {
  await using etcd = await EtcdProcess.start()
  await using cluster = await TestCluster.start(2, {}, `etcd:${etcd.endpoint}/test`)
  await cluster.createTopic('t', [[2, 1]])
  await etcd.kill()
  using client = await cluster.client(2)
  await (await topicAt(client, 't')).write('x')
  await etcd.startAgain()
  await cluster.broker(2).kill()
  await cluster.untilPartitions(1, 't', (all) => all[0]!.leaderId === 1)
})

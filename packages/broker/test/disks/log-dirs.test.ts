/** Several data directories: each tells of its own, and one that fails takes nothing else with it. */
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { DescribeLogDirs, DescribeTopicPartitions, errors, Metadata } from '@odradek/protocol'
import { type CleanupPlanView, startBroker } from '../../src/index.ts'
import { WireTopic } from '../protocol/wire-topic.ts'
import { WireClient } from '../wire-client.ts'
import { HeldDisk } from './held-disk.ts'

const RECORD = { records: [{ value: 'x'.repeat(1000), timestamp: Date.now() }] }
const STORAGE_ERROR = errors.KAFKA_STORAGE_ERROR.code

test('partitions are spread, told of by directory, offline with it, and back after a restart', async () => {
  const root = await mkdtemp(join(tmpdir(), 'odradek-dirs-'))
  const dataDir = ['a', 'b', 'c'].map((name) => join(root, name))
  const disk = new HeldDisk()
  const config = { 'admin.listener': '127.0.0.1:0', 'flush.mode': 'sync' }
  try {
    const broker = await startBroker({ host: disk.host, dataDir, config })
    let client = await WireClient.connect(broker.port)
    const topic = await WireTopic.create(client, { partitions: 6 })
    for (let partition = 0; partition < 6; partition++) equal((await topic.produce(RECORD, { partition })).errorCode, 0)

    const describe = async () => (await client.send(DescribeLogDirs, 4, { topics: null })).results
    const before = await describe()
    deepEqual(
      before.map(({ logDir, errorCode }) => [logDir, errorCode]),
      dataDir.map((path) => [path, 0]),
    )
    const indexes = before.map(({ topics }) =>
      topics.flatMap(({ partitions }) => partitions.map((p) => p.partitionIndex)),
    )
    deepEqual(
      indexes.map(({ length }) => length),
      [2, 2, 2],
    )
    for (const { totalBytes, usableBytes, topics } of before) {
      ok(totalBytes > usableBytes && usableBytes > 0)
      for (const { partitionSize } of topics.flatMap(({ partitions }) => partitions)) ok(partitionSize > 1000)
    }

    // The second directory's disk fails.
    disk.fail(/\/b\/topic-/)
    const [lost, kept] = [indexes[1]!, [...indexes[0]!, ...indexes[2]!]]
    equal((await topic.produce(RECORD, { partition: lost[0]! })).errorCode, STORAGE_ERROR)
    equal((await topic.produce(RECORD, { partition: lost[1]! })).errorCode, STORAGE_ERROR, 'all of it, at once')
    for (const partition of kept) equal((await topic.produce(RECORD, { partition })).errorCode, 0)
    const leaders = async () => {
      const { topics } = await client.send(Metadata, 12, { topics: [{ name: topic.name }] })
      return topics[0]!.partitions
        .toSorted((a, b) => a.partitionIndex - b.partitionIndex)
        .map(({ leaderId, offlineReplicas, errorCode }) => [leaderId, offlineReplicas.length, errorCode])
    }
    const expected = [0, 1, 2, 3, 4, 5].map((index) =>
      lost.includes(index) ? [-1, 1, errors.LEADER_NOT_AVAILABLE.code] : [1, 0, 0],
    )
    deepEqual(await leaders(), expected)
    const described = await client.send(DescribeTopicPartitions, 0, { topics: [{ name: topic.name }] })
    deepEqual(
      described.topics[0]!.partitions.map(({ leaderId }) => leaderId),
      expected.map(([leader]) => leader),
    )
    const after = await describe()
    deepEqual(
      after.map(({ logDir, errorCode }) => [logDir, errorCode]),
      [
        [dataDir[0], 0],
        [dataDir[2], 0],
        [dataDir[1], STORAGE_ERROR],
      ],
    )
    const metrics = await (await fetch(`http://${broker.adminAddress}/metrics`)).text()
    ok(metrics.includes(`odradek_log_directory_offline{directory="${dataDir[1]}"} 1`))
    ok(metrics.includes(`odradek_log_directory_offline{directory="${dataDir[0]}"} 0`))
    const ask = async (path: string) => (await fetch(`http://${broker.adminAddress}${path}`)).json()
    const told = (await ask('/v1/cleanup/plan')) as CleanupPlanView
    deepEqual(
      told.disks.map(({ directories }) => directories),
      [[dataDir[0], dataDir[2]]],
    )
    deepEqual(
      told.offline.map(({ directory }) => directory),
      [dataDir[1]],
    )
    // A topic made now is in the others, the committed offsets' too.
    const later = await WireTopic.create(client, { partitions: 4 })
    for (let partition = 0; partition < 4; partition++) equal((await later.produce(RECORD, { partition })).errorCode, 0)

    // Then the others': nothing is left.
    let failure: Error | null = null
    void broker.failed.then((error) => {
      failure = error
    })
    disk.fail(/\/[abc]\/topic-/)
    for (let partition = 0; partition < 4; partition++)
      equal((await later.produce(RECORD, { partition })).errorCode, STORAGE_ERROR)
    equal((failure as NodeJS.ErrnoException | null)?.code, 'EIO')
    client.close()
    await broker.close()

    // One that cannot be read when the broker starts is told of once, and not each log that is in it.
    await rename(dataDir[1]!, `${dataDir[1]}.away`)
    const without = await startBroker({ dataDir, config })
    const health = await (await fetch(`http://${without.adminAddress}/health`)).json()
    const { problems } = health as { problems: string[] }
    equal(problems.length, 1, problems.join('\n'))
    match(problems[0]!, /^The log directory .*\/b is offline: .*is its disk mounted\?/)
    await without.close()
    await rename(`${dataDir[1]}.away`, dataDir[1]!)

    // What was acknowledged is there when the disks are.
    await using again = await startBroker({ dataDir, config })
    client = await WireClient.connect(again.port)
    for (let partition = 0; partition < 6; partition++) {
      const found = new WireTopic(client, topic.name, topic.topicId)
      const count = kept.includes(partition) ? 2 : 1
      // They are shown when this life has flushed them.
      while ((await found.read(0, { partition })).length < count);
    }
    client.close()
  } finally {
    await rm(root, { recursive: true, force: true })
  }
})

test('the sizes of a volume that the system does not tell are left out, and all else goes on', async () => {
  const root = await mkdtemp(join(tmpdir(), 'odradek-dirs-'))
  const disk = new HeldDisk()
  try {
    await using broker = await startBroker({ host: disk.host, dataDir: root })
    const client = await WireClient.connect(broker.port)
    const topic = await WireTopic.create(client)
    disk.isRoomUntold = true
    equal((await topic.produce(RECORD)).errorCode, 0)
    const { results } = await client.send(DescribeLogDirs, 4, { topics: null })
    deepEqual(
      results.map(({ errorCode, logDir, totalBytes, usableBytes }) => [errorCode, logDir, totalBytes, usableBytes]),
      [[0, root, -1, -1]],
    )
    ok(results[0]!.topics.some(({ name }) => name === topic.name))
    client.close()
  } finally {
    await rm(root, { recursive: true, force: true })
  }
})

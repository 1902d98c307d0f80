/** Too many files are open for what a client asks: it is told so of that partition, and it passes. */
import { deepEqual, equal, match } from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { CreateTopics, DescribeLogDirs, DescribeProducers, errors } from '@odradek/protocol'
import { startBroker } from '../../src/index.ts'
import { until } from '../cleanup/until.ts'
import { WireTopic } from '../protocol/wire-topic.ts'
import { WireClient } from '../wire-client.ts'
import { HeldDisk } from './held-disk.ts'

const STORAGE_ERROR = errors.KAFKA_STORAGE_ERROR.code

async function inDirectory(run: (dataDir: string, disk: HeldDisk) => Promise<void>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'odradek-files-'))
  try {
    await run(dataDir, new HeldDisk())
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

test('a partition that cannot be begun is told of, and begun by itself later', () =>
  inDirectory(async (dataDir, disk) => {
    await using broker = await startBroker({ host: disk.host, dataDir, config: { 'admin.listener': '127.0.0.1:0' } })
    using client = await WireClient.connect(broker.port)
    disk.crowd(/\/late-0$/)
    const { topics } = await client.send(CreateTopics, 7, {
      topics: [{ name: 'late', numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] }],
    })
    const late = new WireTopic(client, 'late', topics[0]!.topicId)
    const write = (partition: number) => late.produce({ records: [{ value: 'v' }] }, { partition })
    const told = async () => {
      const { results } = await client.send(DescribeLogDirs, 4, { topics: [{ topic: 'late', partitions: [0, 1] }] })
      return results[0]!.topics.flatMap(({ partitions }) =>
        partitions.map((p) => [p.partitionIndex, p.partitionSize, p.offsetLag]),
      )
    }
    const health = async () => {
      const answer = await fetch(`http://${broker.adminAddress}/health`)
      return { status: answer.status, problems: ((await answer.json()) as { problems: string[] }).problems }
    }
    equal((await write(0)).errorCode, STORAGE_ERROR)
    deepEqual(await told(), [
      [0, 0, -1],
      [1, 0, 0],
    ])
    const { status, problems } = await health()
    equal(status, 503)
    match(problems[0]!, /late-0 could not be begun, which is tried again: EMFILE/)
    disk.crowd(null)
    await until(
      'the partition is begun',
      () => write(0),
      ({ errorCode }) => errorCode === 0,
    )
    await until('the room that other writes lacked is forgotten', health, (now) => now.status === 200)
    equal((await told())[0]![2], 0)
  }))

test("producers that cannot be read for now are that partition's error", () =>
  inDirectory(async (dataDir, disk) => {
    let name = ''
    let topicId = ''
    {
      await using broker = await startBroker({ dataDir })
      using client = await WireClient.connect(broker.port)
      const topic = await WireTopic.create(client)
      ;({ name, topicId } = topic)
      const sequenced = { producerId: 5, producerEpoch: 0, baseSequence: 0 }
      equal((await topic.produce({ records: [{ value: 'v' }], ...sequenced })).errorCode, 0)
    }
    disk.crowd(/topic-.*\.snapshot$/)
    await using broker = await startBroker({ host: disk.host, dataDir })
    using client = await WireClient.connect(broker.port)
    const topic = new WireTopic(client, name, topicId)
    const producers = async () => {
      const { topics } = await client.send(DescribeProducers, 0, { topics: [{ name, partitionIndexes: [0] }] })
      const { errorCode, activeProducers } = topics[0]!.partitions[0]!
      return [errorCode, activeProducers.map(({ producerId }) => producerId)]
    }
    deepEqual(await producers(), [STORAGE_ERROR, []])
    disk.crowd(null)
    deepEqual(await producers(), [0, [5]])
    equal((await topic.fetch(0)).errorCode, 0)
  }))

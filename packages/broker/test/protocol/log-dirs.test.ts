/** DescribeLogDirs (35): what lies on the disk. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { statfsSync } from 'node:fs'
import { after, test } from 'node:test'
import { DescribeLogDirs, encodeBatch } from '@odradek/protocol'
import { oursOnly, Subject } from './subject.ts'
import { WireTopic } from './wire-topic.ts'

const subject = await Subject.start()
after(() => subject.close())
const client = await subject.connect()

for (let version = 1; version <= 4; version += 1) {
  test(`version ${version} tells the sizes of the logs that are asked for`, async () => {
    const topic = await WireTopic.create(client, { partitions: 2 })
    const batch = { records: [{ value: 'x'.repeat(3000), timestamp: Date.now() }] }
    equal((await topic.produce(batch, { partition: 1 })).errorCode, 0)
    const topics = [{ topic: topic.name, partitions: [0, 1] }]
    const { errorCode, results } = await client.send(DescribeLogDirs, version, { topics })
    deepEqual([errorCode, results.length], [0, 1])
    const [directory] = results
    equal(directory!.errorCode, 0)
    if (!oursOnly) equal(directory!.logDir, subject.broker.dataDir)
    const told = directory!.topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, partitionSize, offsetLag, isFutureKey }) => [
        name,
        partitionIndex,
        partitionSize,
        offsetLag,
        isFutureKey,
      ]),
    )
    deepEqual(told.sort(), [
      [topic.name, 0, 0, 0, false],
      [topic.name, 1, encodeBatch(batch).length, 0, false],
    ])
    if (version < 4) deepEqual([directory!.totalBytes, directory!.usableBytes], [-1, -1])
    else ok(directory!.totalBytes > directory!.usableBytes && directory!.usableBytes > 0)
    if (version < 4 || oursOnly) return
    // As df counts: what the file system keeps for root is no part of it.
    const { bsize, blocks, bfree, bavail } = statfsSync(subject.broker.dataDir)
    const [total, fillable] = [directory!.totalBytes, (blocks - bfree + bavail) * bsize]
    ok(Math.abs(total - fillable) < fillable / 100, `${total} in all, ${fillable} can be filled`)
  })
}

test('null asks for all topics; what does not exist is left out', async () => {
  const topic = await WireTopic.create(client)
  const names = async (topics: { topic: string; partitions: number[] }[] | null) => {
    const { results } = await client.send(DescribeLogDirs, 4, { topics })
    return results.flatMap((directory) => directory.topics.map(({ name }) => name))
  }
  ok((await names(null)).includes(topic.name))
  deepEqual(await names([{ topic: `none-${topic.name}`, partitions: [0] }]), [])
  deepEqual(await names([{ topic: topic.name, partitions: [7] }]), [])
})

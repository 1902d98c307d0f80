/** @platformatic/kafka as an administrator. */
import assert from 'node:assert/strict'
import { ConfigResourceTypes, IncrementalAlterConfigOperationTypes } from '@platformatic/kafka'
import { openAdmin, openProducer } from './platformatic-client.ts'
import type { Scene } from './play.ts'

async function topics(bootstrap: string): Promise<void> {
  const admin = openAdmin(bootstrap)
  const [made] = await admin.createTopics({ topics: ['made'], partitions: 2 })
  assert.equal(made!.partitions, 2)
  assert.match(made!.id, /^[0-9a-f-]{36}$/)
  await assert.rejects(admin.createTopics({ topics: ['made'] }))
  await assert.rejects(admin.createTopics({ topics: ['spaces in it'] }))
  await assert.rejects(admin.createTopics({ topics: ['replicated'], replicas: 3 }))
  await admin.createPartitions({ topics: [{ name: 'made', count: 3, assignments: [{ brokerIds: [1] }] }] })
  const metadata = await admin.metadata({ topics: ['made'], forceUpdate: true })
  assert.equal(metadata.topics.get('made')!.partitionsCount, 3)
  assert.deepEqual(
    [...metadata.brokers].map(([nodeId, { host, port }]) => [nodeId, `${host}:${port}`]),
    [[1, bootstrap]],
  )
  assert.ok((await admin.listTopics()).includes('made'))
  await admin.deleteTopics({ topics: ['made'] })
  assert.ok(!(await admin.listTopics()).includes('made'))
  await assert.rejects(admin.deleteTopics({ topics: ['made'] }))
  await admin.close()
}

async function configs(bootstrap: string): Promise<void> {
  const admin = openAdmin(bootstrap)
  await admin.createTopics({ topics: ['configured'], configs: [{ name: 'retention.ms', value: '3600000' }] })
  const resourceType = ConfigResourceTypes.TOPIC
  const resourceName = 'configured'
  const describe = async () => {
    const described = await admin.describeConfigs({
      resources: [{ resourceType, resourceName }],
      includeSynonyms: true,
      includeDocumentation: true,
    })
    return new Map(described[0]!.configs.map((config) => [config.name, config]))
  }
  const before = await describe()
  assert.equal(before.get('retention.ms')!.value, '3600000')
  assert.equal(before.get('retention.ms')!.synonyms[0]!.name, 'retention.ms')
  assert.match(before.get('retention.ms')!.documentation!, /kept/)

  const set = (name: string, value: string) =>
    admin.incrementalAlterConfigs({
      resources: [
        {
          resourceType,
          resourceName,
          configs: [{ name, configOperation: IncrementalAlterConfigOperationTypes.SET, value }],
        },
      ],
    })
  await set('segment.bytes', '1048576')
  const after = await describe()
  assert.equal(after.get('segment.bytes')!.value, '1048576')
  assert.equal(after.get('retention.ms')!.value, '3600000')
  await admin.alterConfigs({
    resources: [{ resourceType, resourceName, configs: [{ name: 'retention.bytes', value: '1000' }] }],
  })
  const replaced = await describe()
  assert.equal(replaced.get('retention.bytes')!.value, '1000')
  assert.notEqual(replaced.get('segment.bytes')!.value, '1048576')
  await assert.rejects(set('retention.ms', 'soon'))
  await assert.rejects(set('retention.millis', '1'))
  await admin.close()
}

async function cluster(bootstrap: string): Promise<void> {
  const admin = openAdmin(bootstrap)
  await admin.createTopics({ topics: ['shortened'] })
  const producer = openProducer(bootstrap)
  await producer.send({ messages: ['0', '1', '2', '3'].map((value) => ({ topic: 'shortened', value })) })
  await producer.close()

  const [deleted] = await admin.deleteRecords({
    topics: [{ name: 'shortened', partitions: [{ partition: 0, offset: 3n }] }],
  })
  assert.deepEqual(deleted!.partitions, [{ partition: 0, lowWatermark: 3n }])
  const [listed] = await admin.listOffsets({
    topics: [{ name: 'shortened', partitions: [{ partitionIndex: 0, timestamp: -2n }] }],
  })
  assert.equal(listed!.partitions[0]!.offset, 3n)

  const [directories] = await admin.describeLogDirs({ topics: [{ name: 'shortened', partitions: [0] }] })
  assert.equal(directories!.broker, 1)
  const [directory] = directories!.results
  assert.ok(directory!.topics[0]!.partitions[0]!.partitionSize > 0n)
  assert.ok(directory!.totalBytes > 0n)

  const [coordinator] = await admin.findCoordinator({ keyType: 0, keys: ['any-group'] })
  assert.equal(`${coordinator!.host}:${coordinator!.port}`, bootstrap)
  await admin.close()
}

export const scenes: Readonly<Record<string, Scene>> = { topics, configs, cluster }

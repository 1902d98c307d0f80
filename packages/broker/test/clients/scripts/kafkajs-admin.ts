/** kafkajs as an administrator. */
import assert from 'node:assert/strict'
import type { KafkaJSProtocolError } from 'kafkajs'
import { ConfigResourceTypes, kafkajs, Partitioners, read } from './kafkajs-client.ts'
import type { Scene } from './play.ts'

async function topics(bootstrap: string): Promise<void> {
  const admin = kafkajs(bootstrap).admin({ retry: { retries: 0 } })
  await admin.connect()
  assert.equal(await admin.createTopics({ topics: [{ topic: 'made', numPartitions: 2 }] }), true)
  assert.equal(await admin.createTopics({ topics: [{ topic: 'made' }] }), false)
  assert.equal(
    await admin.createTopics({ validateOnly: true, waitForLeaders: false, topics: [{ topic: 'imagined' }] }),
    true,
  )
  assert.ok(!(await admin.listTopics()).includes('imagined'))
  assert.ok((await admin.listTopics()).includes('made'))

  const refused = admin.createTopics({ topics: [{ topic: 'spaces in it' }] })
  await assert.rejects(refused, (error: Error & { errors?: KafkaJSProtocolError[] }) => {
    assert.equal(error.errors?.[0]?.type, 'INVALID_TOPIC_EXCEPTION')
    return true
  })
  const tooMany = admin.createTopics({ topics: [{ topic: 'replicated', replicationFactor: 3 }] })
  await assert.rejects(tooMany, (error: Error & { errors?: KafkaJSProtocolError[] }) => {
    assert.equal(error.errors?.[0]?.type, 'INVALID_REPLICATION_FACTOR')
    return true
  })

  await admin.createPartitions({ topicPartitions: [{ topic: 'made', count: 5 }] })
  const [made] = (await admin.fetchTopicMetadata({ topics: ['made'] })).topics
  assert.deepEqual(
    made!.partitions.map(({ partitionId, leader, replicas, isr }) => [partitionId, leader, replicas, isr]).sort(),
    [0, 1, 2, 3, 4].map((index) => [index, 1, [1], [1]]),
  )
  await assert.rejects(admin.createPartitions({ topicPartitions: [{ topic: 'made', count: 2 }] }))

  await admin.deleteTopics({ topics: ['made'] })
  assert.ok(!(await admin.listTopics()).includes('made'))
  await assert.rejects(admin.deleteTopics({ topics: ['made'] }), (error: Error) => {
    assert.equal((error.cause as KafkaJSProtocolError).type, 'UNKNOWN_TOPIC_OR_PARTITION')
    return true
  })
  await admin.disconnect()
}

async function configs(bootstrap: string): Promise<void> {
  const admin = kafkajs(bootstrap).admin({ retry: { retries: 0 } })
  await admin.connect()
  const configEntries = [{ name: 'retention.ms', value: '3600000' }]
  await admin.createTopics({ topics: [{ topic: 'configured', configEntries }] })
  const type = ConfigResourceTypes.TOPIC
  const describe = async () => {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type, name: 'configured' }],
    })
    return new Map(resources[0]!.configEntries.map((entry) => [entry.configName, entry]))
  }
  const before = await describe()
  assert.equal(before.get('retention.ms')!.configValue, '3600000')
  assert.equal(before.get('retention.ms')!.isDefault, false)
  assert.equal(before.get('cleanup.policy')!.configValue, 'delete')
  const alter = (name: string, value: string) =>
    admin.alterConfigs({
      validateOnly: false,
      resources: [{ type, name: 'configured', configEntries: [{ name, value }] }],
    })
  await alter('segment.bytes', '1048576')
  const after = await describe()
  assert.equal(after.get('segment.bytes')!.configValue, '1048576')
  // AlterConfigs replaces all that was set.
  assert.equal(after.get('retention.ms')!.configValue, before.get('segment.ms')!.configValue)
  await assert.rejects(alter('retention.ms', 'soon'), { type: 'INVALID_CONFIG' })

  const { resources } = await admin.describeConfigs({
    includeSynonyms: true,
    resources: [{ type: ConfigResourceTypes.BROKER, name: '1' }],
  })
  assert.ok(resources[0]!.configEntries.some(({ configName }) => configName === 'num.partitions'))
  await admin.disconnect()
}

async function cluster(bootstrap: string): Promise<void> {
  const kafka = kafkajs(bootstrap)
  const admin = kafka.admin()
  await admin.connect()
  const described = await admin.describeCluster()
  const [host, port] = bootstrap.split(':')
  assert.deepEqual(described.brokers, [{ nodeId: 1, host, port: Number(port) }])
  assert.equal(described.controller, 1)
  assert.match(described.clusterId, /^[\w-]{22}$/)

  await admin.createTopics({ topics: [{ topic: 'shortened' }] })
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  await producer.send({ topic: 'shortened', messages: ['0', '1', '2', '3'].map((value) => ({ value })) })
  await producer.disconnect()
  // Before kafkajs deletes records of a topic, it must have been asked for something else about it.
  await admin.fetchTopicOffsets('shortened')
  await admin.deleteTopicRecords({ topic: 'shortened', partitions: [{ partition: 0, offset: '3' }] })
  const [offsets] = await admin.fetchTopicOffsets('shortened')
  assert.deepEqual(offsets, { partition: 0, offset: '4', high: '4', low: '3' })
  const [first] = await read(kafka, 'shortened', 1, { groupId: 'shortened' })
  assert.equal(first!.message.offset, '3')

  const { groups } = await admin.listGroups()
  assert.ok(groups.some(({ groupId, protocolType }) => groupId === 'shortened' && protocolType === 'consumer'))
  await admin.disconnect()
}

export const scenes: Readonly<Record<string, Scene>> = { topics, configs, cluster }

/** kafkajs in groups. It knows no static members. */
import assert from 'node:assert/strict'
import type { Consumer, Kafka } from 'kafkajs'
import { createTopics, kafkajs, Partitioners, read, textOf } from './kafkajs-client.ts'
import type { Scene } from './play.ts'

async function fill(kafka: Kafka, topic: string, values: readonly string[], numPartitions = 1): Promise<void> {
  await createTopics(kafka, { topic, numPartitions })
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  const messages = values.map((value, n) => ({ value, partition: n % numPartitions }))
  await producer.send({ topic, messages })
  await producer.disconnect()
}

/** Resolves when the member is next assigned `count` partitions of its topic. */
function assigned(consumer: Consumer, topic: string, count: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const stop = consumer.on('consumer.group_join', ({ payload }) => {
    if ((payload.memberAssignment[topic] ?? []).length !== count) return
    stop()
    resolve()
  })
  return promise
}

async function join(kafka: Kafka, groupId: string, topic: string): Promise<Consumer> {
  const consumer = kafka.consumer({ groupId, heartbeatInterval: 100, maxWaitTimeInMs: 100 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  return consumer
}

const idle = { eachMessage: async () => {} }

async function rebalance(bootstrap: string): Promise<void> {
  const kafka = kafkajs(bootstrap)
  await fill(kafka, 'shared', ['0', '1', '2', '3'], 4)
  const first = await join(kafka, 'sharing', 'shared')
  const hasAll = assigned(first, 'shared', 4)
  await first.run(idle)
  await hasAll
  const second = await join(kafka, 'sharing', 'shared')
  const haveHalves = Promise.all([assigned(first, 'shared', 2), assigned(second, 'shared', 2)])
  await second.run(idle)
  await haveHalves

  const admin = kafka.admin()
  await admin.connect()
  const [group] = (await admin.describeGroups(['sharing'])).groups
  assert.equal(group!.state, 'Stable')
  assert.equal(group!.protocol, 'RoundRobinAssigner')
  assert.deepEqual(
    group!.members.map(({ clientId, clientHost }) => [clientId, clientHost]),
    [
      ['kafkajs', '/127.0.0.1'],
      ['kafkajs', '/127.0.0.1'],
    ],
  )
  await admin.disconnect()

  const hasAllAgain = assigned(first, 'shared', 4)
  await second.disconnect()
  await hasAllAgain
  await first.disconnect()
}

/** Offsets are committed by the client now and then, and when it leaves. */
async function resume(bootstrap: string): Promise<void> {
  const kafka = kafkajs(bootstrap)
  await fill(kafka, 'resumed', ['0', '1', '2'])
  assert.deepEqual((await read(kafka, 'resumed', 3, { groupId: 'resuming' })).map(textOf), ['0', '1', '2'])
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  await producer.send({ topic: 'resumed', messages: [{ value: '3' }] })
  await producer.disconnect()
  assert.deepEqual((await read(kafka, 'resumed', 1, { groupId: 'resuming' })).map(textOf), ['3'])
}

/** Nothing is committed but what the consumer says; administrators read, set, reset and delete it. */
async function offsets(bootstrap: string): Promise<void> {
  const kafka = kafkajs(bootstrap)
  const topic = 'committed'
  const groupId = 'committing'
  await fill(kafka, topic, ['0', '1', '2', '3'])
  const consumer = await join(kafka, groupId, topic)
  const second = Promise.withResolvers<void>()
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ message }) => {
      if (message.offset === '1') second.resolve()
    },
  })
  await second.promise
  await consumer.commitOffsets([{ topic, partition: 0, offset: '2', metadata: 'so weit' }])
  await consumer.disconnect()

  const admin = kafka.admin()
  await admin.connect()
  const fetch = async () => (await admin.fetchOffsets({ groupId, topics: [topic] }))[0]!.partitions[0]!
  assert.deepEqual(await fetch(), { partition: 0, offset: '2', metadata: 'so weit' })
  assert.equal((await admin.fetchOffsets({ groupId }))[0]!.topic, topic)
  assert.deepEqual((await read(kafka, topic, 2, { groupId })).map(textOf), ['2', '3'])

  await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '1' }] })
  assert.equal((await fetch()).offset, '1')
  await admin.resetOffsets({ groupId, topic, earliest: true })
  assert.equal((await fetch()).offset, '-2') // kafkajs commits the special offset itself; consumers resolve it
  await admin.deleteGroups([groupId])
  assert.equal((await fetch()).offset, '-1')
  const { groups } = await admin.listGroups()
  assert.ok(!groups.some((group) => group.groupId === groupId))
  await assert.rejects(admin.deleteGroups([groupId]), (error: { groups?: { errorCode: number }[] }) => {
    assert.equal(error.groups?.[0]?.errorCode, 69)
    return true
  })
  await admin.disconnect()
}

export const scenes: Readonly<Record<string, Scene>> = { rebalance, resume, offsets }

/** @platformatic/kafka in groups. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { openAdmin, openConsumer, openProducer, read, type TextConsumer } from './platformatic-client.ts'
import type { Scene } from './play.ts'

async function fill(bootstrap: string, topic: string, values: readonly string[], partitions = 1): Promise<void> {
  const admin = openAdmin(bootstrap)
  await admin.createTopics({ topics: [topic], partitions })
  await admin.close()
  await add(bootstrap, topic, values, partitions)
}

async function add(bootstrap: string, topic: string, values: readonly string[], partitions = 1): Promise<void> {
  const producer = openProducer(bootstrap)
  await producer.send({ messages: values.map((value, n) => ({ topic, value, partition: n % partitions })) })
  await producer.close()
}

/** How many partitions a member has. */
const countOf = (consumer: TextConsumer) =>
  (consumer.assignments ?? []).reduce((count, { partitions }) => count + partitions.length, 0)

/** Resolves when the member has `count` partitions. */
async function has(consumer: TextConsumer, count: number): Promise<void> {
  while (countOf(consumer) !== count) await once(consumer, 'consumer:group:join')
}

async function rebalance(bootstrap: string): Promise<void> {
  await fill(bootstrap, 'shared', ['0', '1', '2', '3'], 4)
  const first = openConsumer(bootstrap, 'sharing')
  const firstStream = await first.consume({ topics: ['shared'], mode: 'earliest' })
  firstStream.resume()
  await has(first, 4)
  const second = openConsumer(bootstrap, 'sharing')
  const firstHasHalf = has(first, 2)
  const secondStream = await second.consume({ topics: ['shared'], mode: 'earliest' })
  secondStream.resume()
  await Promise.all([firstHasHalf, has(second, 2)])

  const admin = openAdmin(bootstrap)
  const group = (await admin.describeGroups({ groups: ['sharing'] })).get('sharing')!
  assert.equal(group.state as string, 'Stable')
  assert.equal(group.members.size, 2)
  const listed = (await admin.listGroups()).get('sharing')
  assert.equal(listed?.protocolType, 'consumer')
  await admin.close()

  const firstHasAll = has(first, 4)
  await second.close(true)
  await firstHasAll
  await first.close(true)
}

/** A static member of group and topic `fixed`, until it is killed. Says what it has, in which generation, and what it reads. */
async function member(bootstrap: string, groupInstanceId?: string): Promise<void> {
  const consumer = openConsumer(bootstrap, 'fixed', { groupInstanceId: groupInstanceId! })
  consumer.on('consumer:group:join', ({ generationId }) => {
    process.stdout.write(
      `generation ${generationId}, partitions ${consumer.assignments?.[0]?.partitions.join() ?? ''}\n`,
    )
  })
  for await (const { value } of await consumer.consume({ topics: ['fixed'], mode: 'earliest' })) {
    process.stdout.write(`read ${value}\n`)
  }
}

/** A record for each of the two. */
const feed: Scene = (bootstrap) => add(bootstrap, 'fixed', ['0', '1'], 2)

async function offsets(bootstrap: string): Promise<void> {
  const topic = 'committed'
  const groupId = 'committing'
  await fill(bootstrap, topic, ['0', '1', '2', '3'])
  const texts = async (count: number) => {
    const messages = await read(bootstrap, topic, count, {
      groupId,
      from: { mode: 'committed', fallbackMode: 'earliest' },
    })
    return messages.map(({ value }) => value)
  }
  assert.deepEqual(await texts(2), ['0', '1'])
  assert.deepEqual(await texts(2), ['2', '3'])
  await add(bootstrap, topic, ['4'])
  assert.deepEqual(await texts(1), ['4'])

  const admin = openAdmin(bootstrap)
  const committed = async () => {
    const [group] = await admin.listConsumerGroupOffsets({ groups: [groupId] })
    return group!.topics.find(({ name }) => name === topic)?.partitions[0]?.committedOffset ?? null
  }
  assert.equal(await committed(), 5n)
  const partitionOffsets = [{ partition: 0, offset: 1n }]
  await admin.alterConsumerGroupOffsets({ groupId, topics: [{ name: topic, partitionOffsets }] })
  assert.equal(await committed(), 1n)
  assert.deepEqual(await texts(1), ['1'])
  await admin.deleteConsumerGroupOffsets({ groupId, topics: [{ name: topic, partitionIndexes: [0] }] })
  assert.equal(await committed(), null)
  await admin.alterConsumerGroupOffsets({ groupId, topics: [{ name: topic, partitionOffsets }] })
  await admin.deleteGroups({ groups: [groupId] })
  assert.equal((await admin.listGroups()).has(groupId), false)
  await admin.close()
}

export const scenes: Readonly<Record<string, Scene>> = { rebalance, member, feed, offsets }

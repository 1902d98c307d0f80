/**
 * The whole path with a consumer as people write one: its handler fails seventeen times, the record is found among the dead
 * letters with all that was said of it, edited, sent again, and consumed once.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startBroker } from '@odradek/broker'
import {
  alterConfigs,
  Cluster,
  createResendJob,
  createTopic,
  deadLetterTopicOf,
  groupTopics,
  MessageSource,
  produceMessage,
  readLetter,
  runResendJob,
} from '@odradek/client'
import { Consumer, Producer } from '@platformatic/kafka'

const ATTEMPTS = 17
const groups = ['a/b', '订单', 'g'.repeat(300)]
const broker = await startBroker()
const cluster = new Cluster({ bootstrap: [broker.address] })
const bootstrapBrokers = [broker.address]
before(async () => {
  await createTopic(cluster, { name: 'orders', partitions: 1 })
})
after(async () => {
  await cluster.close()
  await broker.close()
})

const text = (value: string) => ({ format: 'text', text: value }) as const

for (const [number, groupId] of groups.entries()) {
  test(`group ${groupId.slice(0, 8)}`, async () => {
    const configs = { 'retry.delay.levels': '2ms,1ms' }
    await alterConfigs(
      cluster,
      { type: 'group', name: groupId },
      Object.entries(configs).map(([name, value]) => ({ name, value })),
    )
    const { retry, deadLetters } = await groupTopics(cluster, groupId)
    const bytes = { clientId: 'payments', bootstrapBrokers }
    const producer = new Producer<Buffer, Buffer, Buffer, Buffer>(bytes)
    const consumer = new Consumer<Buffer, Buffer, Buffer, Buffer>({ ...bytes, groupId })
    await producer.metadata({ topics: [retry], autocreateTopics: true, forceUpdate: true })
    const mine = `order-${number}`
    await produceMessage(cluster, { topic: 'orders', key: text(mine), value: text('{"price":"none"}'), headers: [] })

    const stream = await consumer.consume({
      topics: ['orders', retry],
      mode: 'committed',
      fallbackMode: 'earliest',
      autocommit: false,
      maxWaitTime: 20,
    })
    const failures: string[] = []
    const consumed: string[] = []
    const source = new MessageSource(cluster.options, cluster)
    for await (const message of stream) {
      if (message.key!.toString() !== mine) continue
      const value = message.value!.toString()
      if (value.includes('none')) {
        failures.push(message.topic)
        const headers = new Map([...message.headers].map(([name, each]) => [name.toString(), each]))
        headers.set('EXCEPTION', Buffer.from(`TypeError: failure ${failures.length}\n    at pay (orders.ts:7)`))
        if (message.topic !== retry) {
          headers.set('ORIGIN_TOPIC', Buffer.from(message.topic))
          headers.set('ORIGIN_PARTITION', Buffer.from(String(message.partition)))
          headers.set('ORIGIN_OFFSET', Buffer.from(String(message.offset)))
        }
        const named = new Map([...headers].map(([name, each]) => [Buffer.from(name), each!]))
        await producer.send({ messages: [{ topic: retry, key: message.key!, value: message.value!, headers: named }] })
        if (failures.length === ATTEMPTS) await editAndResend()
      } else consumed.push(value)
      await message.commit()
      if (consumed.length === 1) break
    }
    assert.deepEqual(failures, ['orders', ...new Array(ATTEMPTS - 1).fill(retry)])
    assert.deepEqual(consumed, ['{"price":7}'])
    await stream.close()
    await consumer.close(true)
    await producer.close()

    async function editAndResend(): Promise<void> {
      while (!(await cluster.metadata(0)).topics.has(deadLetters));
      const place = { partition: 0, offset: 0 }
      let letter = null
      while (letter === null) letter = await readLetter(cluster, deadLetters, place)
      assert.equal((await deadLetterTopicOf(cluster, groupId)).group, groupId)
      assert.deepEqual(
        letter.attempts.map(({ error }) => error!.split('\n')[0]),
        Array.from({ length: ATTEMPTS }, (_, at) => `TypeError: failure ${at + 1}`),
      )
      assert.deepEqual([letter.origin!.topic, letter.origin!.offset, letter.retries], ['orders', number, 16])
      assert.deepEqual([letter.error!.className, letter.error!.message], ['TypeError', `failure ${ATTEMPTS}`])
      const { id } = await createResendJob(source, {
        topic: deadLetters,
        select: { kind: 'places', places: [place] },
        target: { kind: 'retry' },
        edit: { value: text('{"price":7}') },
        by: 'test',
      })
      assert.equal((await runResendJob(cluster, id)).sent, 1)
    }
  })
}

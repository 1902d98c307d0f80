/** The whole path of a record that always fails: retried, dead, edited, sent again, there once. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startBroker } from '@odradek/broker'
import { Metadata } from '@odradek/protocol'
import { Cluster } from '../cluster.ts'
import { alterConfigs } from '../configs/alter-configs.ts'
import { produceMessage } from '../messages/produce-message.ts'
import { createTopic } from '../topics/create-topic.ts'
import { type DeadLetter, groupTopics, listDeadLetters, readDeadLetters } from './dead-letter.ts'
import { resendDeadLetters } from './resend-dead-letters.ts'

const GROUP = 'a/b'
const broker = await startBroker()
const cluster = new Cluster({ bootstrap: [broker.address] })
after(async () => {
  await cluster.close()
  await broker.close()
})

const bytes = (value: Buffer | null) => ({ format: 'base64', text: value!.toString('base64') }) as const

/** Reads a topic until it has `count` records. */
async function records(topic: string, count: number): Promise<DeadLetter[]> {
  for (;;) {
    const found = await readDeadLetters(cluster, topic, 0, 0, count)
    if (found.length >= count) return found
  }
}

test('retried twice, dead, found, edited and sent again: to the group, or where it came from', async () => {
  await alterConfigs(cluster, { type: 'group', name: GROUP }, [
    { name: 'retry.max.times', value: '2' },
    { name: 'retry.delay.levels', value: '5ms' },
  ])
  await createTopic(cluster, { name: 'orders', partitions: 2 })
  const { retry, deadLetters } = await groupTopics(cluster, GROUP)
  assert.deepEqual([retry, deadLetters], ['retry.a_x2Fb', 'dlq.a_x2Fb'])
  assert.deepEqual(await listDeadLetters(cluster, GROUP), [])
  await cluster.request(Metadata, { topics: [{ name: retry }], allowAutoTopicCreation: true })
  cluster.forget()
  const text = (value: string) => ({ format: 'text', text: value }) as const
  const origin = { ORIGIN_TOPIC: 'orders', ORIGIN_PARTITION: '1', ORIGIN_OFFSET: '7', EXCEPTION: 'failure 1' }
  const headers = Object.entries(origin).map(([key, value]) => ({ key, value: text(value) }))
  await produceMessage(cluster, { topic: retry, key: text('k'), value: text('bad'), headers })
  for (let times = 1; times <= 2; times++) {
    const { headers: received, key, value } = (await records(retry, times)).at(-1)!
    const failed = received.map((header) => ({ key: header.key, value: bytes(header.value) }))
    await produceMessage(cluster, { topic: retry, key: bytes(key), value: bytes(value), headers: failed })
  }
  let letters: DeadLetter[] = []
  while (letters.length === 0) letters = await listDeadLetters(cluster, GROUP)
  const [letter] = letters
  assert.deepEqual([letter!.key!.toString(), letter!.value!.toString(), letter!.retries], ['k', 'bad', 2])
  assert.deepEqual(letter!.origin, { topic: 'orders', partition: 1, offset: 7 })
  assert.equal(letter!.attempts.length, 3)
  assert.match(letter!.reason!, /^Retried 2 times/)

  const planned = await resendDeadLetters(cluster, GROUP, letters, { dryRun: true })
  assert.deepEqual([planned.matched, planned.sent, planned.skipped], [1, 0, 1])
  const sent = await resendDeadLetters(cluster, GROUP, [...letters, { partition: 0, offset: 99 }], {
    value: Buffer.from('good'),
  })
  assert.deepEqual([sent.matched, sent.sent, sent.failed, sent.skipped], [2, 1, 0, 1])
  const again = (await records(retry, 3)).at(-1)!
  assert.deepEqual([again.value!.toString(), again.retries, again.attempts.length], ['good', 1, 1])

  const back = await resendDeadLetters(cluster, GROUP, letters, { to: 'origin' })
  assert.equal(back.results[0]!.text, 'orders-1')
  const [home] = await readDeadLetters(cluster, 'orders', 1, 0, 1)
  assert.deepEqual([home!.value!.toString(), home!.attempts.length, home!.reason], ['bad', 0, null])
  assert.equal((await listDeadLetters(cluster, GROUP)).length, 1, 'nothing leaves the dead letters by being sent again')
})

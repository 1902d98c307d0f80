import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Broker, startBroker } from '@odradek/broker'
import { Cluster, createTopic, readDeadLetters, readLetter } from '@odradek/client'
import { encodeBatch, Metadata, Produce, sliceOf } from '@odradek/protocol'
import { runOdradek } from './odradek.ts'

const topic = 'dlq.shop'
let broker: Broker
let cluster: Cluster

before(async () => {
  broker = await startBroker()
  cluster = new Cluster({ bootstrap: [broker.address] })
  await createTopic(cluster, { name: 'orders', partitions: 1 })
  await odradek('groups', 'config', 'shop', '--set', 'retry.max.times=0')
  await cluster.request(Metadata, { topics: [{ name: 'retry.shop' }], allowAutoTopicCreation: true })
  const records = [0, 1, 2, 3].map((number) => {
    const error = number === 3 ? 'ValueError: no price' : 'KeyError: no such article'
    const headers = [
      { key: 'EXCEPTION', value: error },
      number === 2 ? { key: 'note', value: 'a\nresolved  by ann' } : { key: 'ORIGIN_TOPIC', value: 'orders' },
    ]
    return { key: `order ${number}`, value: `{"n":${number}}`, headers, timestamp: Date.now() }
  })
  const partitionData = [{ index: 0, records: sliceOf(encodeBatch({ records })) }]
  const topicData = [{ name: 'retry.shop', partitionData }]
  await cluster.request(Produce, { acks: -1, timeoutMs: 5000, topicData }, 'any', { atMost: 12 })
  while (!(await cluster.metadata(0)).topics.has(topic));
  while ((await readDeadLetters(cluster, topic, 0, 0, 4)).length < 4);
  // From here on what is sent again is retried.
  await odradek('groups', 'config', 'shop', '--set', 'retry.max.times=5', '--set', 'retry.delay.levels=1ms')
})
after(async () => {
  await cluster.close()
  await broker.close()
})

const odradek = async (...words: string[]) => runOdradek([...words, '--bootstrap', broker.address])

/** Runs a command that must do its work. */
async function done(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await odradek('dead-letters', ...words)
  assert.equal(code, 0, stderr)
  return stdout
}

test('groups, list, facets and show tell what there is', async () => {
  assert.match(await done('groups'), /^shop +dlq\.shop +4 +4 +2\S+ +2\S+ +KeyError$/m)
  const listed = (await done('list', 'shop')).split('\n')
  assert.equal(listed.length, 4)
  assert.match(
    listed[0]!,
    /^0@3 {2}2\S+ {2}new {2}key "order 3" {2}from orders {2}retried 0 times {2}ValueError: no price$/,
  )
  assert.match(listed[1]!, /origin unknown/)
  assert.equal((await done('list', '%DLQ%shop', '--error', 'KeyError', '--limit', '2')).split('\n').length, 2)
  assert.match(await done('list', 'shop', '--facets'), /^4 letters\n\nERROR +LETTERS\nKeyError +3\nValueError +1$/m)
  const json = JSON.parse(await done('list', topic, '--filter', 'value.n == 1', '--json'))
  assert.deepEqual([json.offset, json.meaning.origin.topic, json.state.kind], [1, 'orders', 'new'])
  const shown = await done('show', 'shop', '0@2')
  assert.match(shown, /^error {7}KeyError: no such article$/m)
  assert.match(shown, /^header {6}note: a resolved {2}by ann$/m, 'no line of its own')
  assert.match(shown, /^key {9}order 2\n\n\{"n":2\}$/m)
  const missing = await odradek('dead-letters', 'show', 'shop', '0@9')
  assert.deepEqual([missing.code, missing.stderr], [1, 'odradek: dlq.shop has no letter at 0@9\n'])
  assert.equal((await odradek('dead-letters', 'list', 'nobody')).code, 1)
})

test('resend plans first, then runs a job whose letters can be looked at', async () => {
  const plan = await done('resend', 'shop', '--all', '--target', 'origin')
  assert.match(plan, /^3 letters would go to orders$/m)
  assert.match(plan, /^1 letter would fail: Its origin is unknown/m)
  assert.match(plan, /^4 matched: 3 to send, 1 to fail, 0 to skip$/m)
  assert.match(await done('jobs'), /^There are no jobs\.$/)

  const words = ['resend', 'shop', '--all', '--target', 'origin', '--id', 'monday', '--apply']
  const ran = await odradek('dead-letters', ...words)
  assert.equal(ran.code, 1, 'one of them failed')
  assert.match(ran.stdout, /^job monday done: 4 matched: 3 sent, 1 failed, 0 skipped$/)
  assert.match(ran.stderr, /^1 letter failed: Its origin is unknown: it can only go back to the group\.$/m)
  assert.equal((await odradek('dead-letters', ...words)).stdout, ran.stdout, 'the same id is the same job')
  const sent = await readDeadLetters(cluster, 'orders', 0, 0, 10)
  assert.deepEqual(
    sent.map(({ key }) => key!.toString()),
    ['order 0', 'order 1', 'order 3'],
  )
  assert.match(await done('jobs'), /^monday +dlq\.shop +origin +done +4 +3 +1 +0 +0 /m)
  const results = await done('job', 'show', 'monday', '--results', '--outcome', 'failed')
  assert.match(results, /^0@2 {2}failed: Its origin is unknown: it can only go back to the group\.$/m)
  const csv = await done('job', 'show', 'monday', '--csv')
  assert.match(csv, /^"0","0","sent","orders-0@0",""$/m)
  assert.equal((await odradek('dead-letters', 'job', 'pause', 'monday')).code, 1, 'it has ended')
  assert.match(await done('list', 'shop', '--state', 'resent', '--json'), /"offset":3/)
  assert.match(await done('resend', 'shop', '--all'), /^3 letters would be skipped: It was sent again before\.$/m)

  const retried = await odradek('dead-letters', 'job', 'retry', 'monday')
  assert.match(retried.stdout, /done: 1 matched: 0 sent, 1 failed, 0 skipped$/)
  assert.match(await done('job', 'delete', 'monday'), /^Deleted\.$/)
  assert.doesNotMatch(await done('jobs'), /monday/)
  assert.match(await done('list', 'shop', '--state', 'resent', '--limit', '1'), /^0@3 /, 'that is not forgotten')
})

test('edit sends one letter with another value and header', async () => {
  const edited = await done('edit', 'shop', '0@2', '--value', '{"n":2,"price":7}', '--header', 'by-hand=yes')
  assert.match(edited, /done: 1 matched: 1 sent, 0 failed, 0 skipped$/)
  let again = null
  while (again === null) again = await readLetter(cluster, 'retry.shop', { partition: 0, offset: 0 })
  assert.equal(again.value!.toString(), '{"n":2,"price":7}')
  assert.equal(again.headers.find(({ key }) => key === 'by-hand')!.value!.toString(), 'yes')
  assert.match(again.redrive!.edit!, /"path":"\/price","to":7/)
  const twice = await odradek('dead-letters', 'edit', 'shop', '0@2', '--value', 'x')
  assert.equal(twice.code, 1, 'it was sent before, and --again was not said')
  assert.match(twice.stderr, /^1 letter skipped: It was sent again before\.$/m)
  assert.match(await done('show', 'shop', '0@2'), /^resent {6}2\S+ {2}by .* {2}retry\.shop-0$/m)
})

test('resolve, undo and purge', async () => {
  assert.match(
    await done('resolve', 'shop', '--error', 'KeyError'),
    /^3 letters of dlq\.shop\. Nothing has been marked/,
  )
  assert.equal(
    await done('resolve', 'shop', '--error', 'KeyError', '--note', 'fixed', '--apply'),
    '3 letters resolved.',
  )
  assert.equal(await done('resolve', 'shop', '--at', '0@1', '--undo'), '1 letter not resolved any more.')
  assert.match(await done('show', 'shop', '0@1'), /^unresolved {2}2/m)
  const plan = await done('purge', 'shop', '--resolved')
  assert.match(plan, /^ +0 +0 +4 +1 +1 +0$/m)
  assert.match(plan, /^The oldest 1 letters are deleted .* 1 resolved ones stay: one that is not lies before them\.$/m)
  assert.equal((await odradek('dead-letters', 'purge', 'shop')).code, 2)
  assert.match(await done('purge', 'shop', '--resolved', '--apply'), /^Purged 1 letter of 1 partition\.$/m)
  assert.deepEqual(
    (await readDeadLetters(cluster, topic, 0, 0, 10)).map(({ offset }) => offset),
    [1, 2, 3],
  )
})

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Broker, startBroker } from '@odradek/broker'
import { Cluster, createTopic, deleteRecords, planDeleteRecords, produceMessage } from '@odradek/client'
import { odradek, runOdradek } from './odradek.ts'

const topic = 'orders'
let broker: Broker
let cluster: Cluster

before(async () => {
  broker = await startBroker()
  cluster = new Cluster({ bootstrap: [broker.address] })
  await createTopic(cluster, { name: topic, partitions: 2 })
  for (let number = 0; number < 6; number++) {
    await produceMessage(cluster, {
      topic,
      partition: number % 2,
      key: { format: 'text', text: `customer-${number}` },
      value: { format: 'json', text: `{"id": 900719925474099${number}, "total": ${number * 10}}` },
      headers: [{ key: 'source', value: { format: 'text', text: 'shop' } }],
      timestamp: 1_000_000_000_000 + number * 1000,
    })
  }
})
after(async () => {
  await cluster.close()
  await broker.close()
})

const run = (...words: string[]) => runOdradek(['messages', ...words, '--bootstrap', broker.address])

test('find: bounded at both ends, filtered, continued where it stopped, with every digit', async () => {
  const newest = await run('find', topic, '--limit', '2')
  assert.equal(newest.code, 0)
  assert.deepEqual(newest.stdout.split('\n'), [
    '1@2\t2001-09-09T01:46:45.000Z\tcustomer-5\t{"id": 9007199254740995, "total": 50}',
    '0@2\t2001-09-09T01:46:44.000Z\tcustomer-4\t{"id": 9007199254740994, "total": 40}',
  ])
  const token = /--continue '([^']+)'/.exec(newest.stderr)![1]!
  const more = await run('find', topic, '--limit', '2', '--continue', token)
  assert.deepEqual(
    more.stdout.split('\n').map((line) => line.split('\t')[2]),
    ['customer-3', 'customer-2'],
  )

  const filtered = await run(
    'find',
    topic,
    '--from',
    'earliest',
    '--filter',
    'value.total >= 30 && headers.source == "shop"',
  )
  assert.match(filtered.stderr, /^3 of 6 messages in \d+ ms$/m)
  assert.equal(
    (await run('find', topic, '--from', 'earliest', '--contains', 'customer-1')).stdout.split('\n').length,
    1,
  )
  const json = await run('find', topic, '--from', '1', '--to', '2', '--partitions', '1', '--json')
  const row = JSON.parse(json.stdout)
  assert.deepEqual([row.topic, row.partition, row.offset, row.key.text], [topic, 1, 1, 'customer-3'])
  const timed = await run('find', topic, '--from', '2001-09-09T01:46:44Z', '--to', '2001-09-09T01:46:45Z')
  assert.match(timed.stdout, /^0@2\t[^\n]*$/)

  const wrong = await run('find', topic, '--filter', 'value.total >')
  assert.equal(wrong.code, 1)
  assert.match(wrong.stderr, /^odradek: the filter cannot be used: .*column/)
  const missing = await run('find', 'nothing')
  assert.deepEqual([missing.code, missing.stdout], [1, ''])
  assert.match(missing.stderr, /UNKNOWN_TOPIC_OR_PARTITION/)
})

test('get: one message in full, or what is there instead', async () => {
  const found = await run('get', `${topic}/0@1`)
  assert.equal(found.code, 0)
  assert.match(found.stdout, /^orders\/0@1$/m)
  assert.match(found.stdout, /^header {3}source: shop$/m)
  assert.match(found.stdout, /^key {6}customer-2$/m)
  assert.match(found.stdout, /9007199254740992/)
  const hex = await run('get', `${topic}/0@1`, '--value-decoder', 'hex', '--json')
  assert.equal(JSON.parse(hex.stdout).message.value.kind, 'hex')
  const later = await run('get', `${topic}/0@3`)
  assert.deepEqual([later.code, later.stderr], [1, 'Offset 3 is not written yet. Of partition 0, it holds 0 to 2.\n'])
  await createTopic(cluster, { name: 'short', partitions: 1 })
  const value = { format: 'text', text: 'x' } as const
  for (let count = 0; count < 2; count++)
    await produceMessage(cluster, { topic: 'short', key: value, value, headers: [] })
  await deleteRecords(cluster, await planDeleteRecords(cluster, 'short', { kind: 'keep', count: 1 }))
  assert.match((await run('get', 'short/0@0')).stderr, /^Offset 0 is below the beginning/)
  assert.equal((await run('get', topic)).code, 2)
  assert.equal((await run('get', `${topic}/9@0`)).code, 1)
})

test('produce: formats, headers, partition, a value from standard input; what is not what it says is refused', async () => {
  await createTopic(cluster, { name: 'made', partitions: 3 })
  const words = ['produce', 'made', '--key', 'k', '--value', '{"n":1}', '--value-format', 'json', '--codec', 'gzip']
  const made = await run(...words, '--header', 'a=b=c', '--partition', '2')
  assert.deepEqual([made.code, made.stdout], [0, 'made/2@0'])
  const read = JSON.parse((await run('get', 'made/2@0', '--json')).stdout).message
  assert.deepEqual(
    [read.value.text.replace(/\s/g, ''), read.headers[0].key, read.headers[0].value.text],
    ['{"n":1}', 'a', 'b=c'],
  )
  assert.equal(read.batch.codec, 'gzip')
  assert.equal(JSON.parse((await run('produce', 'made', '--partition', '1', '--json')).stdout).offset, 0)
  assert.equal(JSON.parse((await run('get', 'made/1@0', '--json')).stdout).message.value.kind, 'null')

  const main = join(import.meta.dirname, '../src/main.ts')
  const child = spawn(
    process.execPath,
    [main, 'messages', 'produce', 'made', '--partition', '0', '--value', '-', '--bootstrap', broker.address],
    { stdio: ['pipe', 'ignore', 'inherit'] },
  )
  child.stdin.end(Buffer.from([0xff, 0x00, 0x41]))
  assert.deepEqual(await once(child, 'exit'), [0, null])
  const bytes = JSON.parse((await run('get', 'made/0@0', '--json')).stdout).message.value
  assert.equal(Buffer.from(bytes.base64, 'base64').toString('hex'), 'ff0041')

  const notJson = await run('produce', 'made', '--value', '{', '--value-format', 'json')
  assert.equal(notJson.code, 1)
  assert.match(notJson.stderr, /The value is not JSON/)
  assert.equal((await run('produce', 'made', '--codec', 'zip')).code, 2)
  assert.match((await run('produce', 'made', '--partition', '7')).stderr, /The topic has no partition 7\./)
})

test('tail: what is written from now on, filtered, until Ctrl-C', async () => {
  await createTopic(cluster, { name: 'live', partitions: 1 })
  await using tail = odradek(['messages', 'tail', 'live', '--contains', 'wanted', '--bootstrap', broker.address])
  const text = (value: string) => ({ format: 'text', text: value }) as const
  const line = tail.stdout.next()
  let isHeard = false
  line.then(() => {
    isHeard = true
  })
  // It follows from its own beginning on, which is some time from now.
  for (let number = 0; !isHeard; number++) {
    const value = text(number % 2 === 0 ? 'other' : `wanted ${number}`)
    await produceMessage(cluster, { topic: 'live', key: text('k'), value, headers: [] })
  }
  assert.match((await line).value as string, /^0@\d+\t\S+\tk\twanted \d+$/)
  tail.process.kill('SIGINT')
  for (let next = await tail.stdout.next(); !next.done; next = await tail.stdout.next())
    assert.match(next.value, /wanted/)
  assert.equal(await tail.ended(), 0)
})

import { deepEqual, equal, ok, rejects, throws } from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Broker, startBroker } from '@odradek/broker'
import { Cluster, createTopic, type MessageRow } from '@odradek/client'
import { Consumer } from '@platformatic/kafka'
import type { TRPCError } from '@trpc/server'
import { Console } from '../console.ts'
import { createCaller } from '../create-caller.ts'
import { createContext } from '../create-context.ts'
import { exportMessages } from '../export-messages.ts'
import type { ScanTelling } from '../resumable-scan.ts'

let broker: Broker
let consoleServer: Console
let caller: ReturnType<typeof createCaller>
const TOPIC = 'dead.letters'
/** An event of a subscription as it is before it is sent: its id, and what it says. */
const parts = (envelope: unknown) => envelope as readonly [id: string, event: ScanTelling<MessageRow>]
const text = (value: string) => ({ format: 'text', text: value }) as const

before(async () => {
  broker = await startBroker()
  consoleServer = new Console({ clusters: [{ id: 'local', bootstrap: [broker.address] }] })
  caller = createCaller(await createContext(consoleServer, { header: () => null, remoteAddress: '127.0.0.1' }))
  await using cluster = new Cluster({ bootstrap: [broker.address] })
  await createTopic(cluster, { name: TOPIC, partitions: 2, replicationFactor: 1 })
})
after(async () => {
  await consoleServer.close()
  await broker.close()
})

test('a message that was produced is found, read and exported, its numbers intact', async () => {
  const value = '{"id":9007199254740993,"state":"failed"}'
  const produced = await caller.messages.produce({
    cluster: 'local',
    topic: TOPIC,
    key: text('order 7'),
    value: { format: 'json', text: value },
    headers: [{ key: 'reason', value: text('timeout') }],
  })
  await caller.messages.produce({ cluster: 'local', topic: TOPIC, key: text('other'), value: text('plain') })
  const events = await caller.messages.scan({
    cluster: 'local',
    topic: TOPIC,
    filter: { cel: 'value.id == 9007199254740993 && headers.reason == "timeout"' },
  })
  const places: string[] = []
  let end: string | null = null
  for await (const envelope of events) {
    const [, event] = parts(envelope)
    if (event.kind === 'rows')
      places.push(...event.rows.map((row) => `${row.partition}@${row.offset} ${row.value.text}`))
    else end = event.progress.end
  }
  deepEqual(places, [`${produced.partition}@${produced.offset} ${value}`])
  equal(end, 'end')

  const { message } = await caller.messages.get({ cluster: 'local', topic: TOPIC, ...produced })
  equal(message?.key.text, 'order 7')
  equal(message?.value.text, '{\n  "id": 9007199254740993,\n  "state": "failed"\n}')

  const context = await createContext(consoleServer, { header: () => null, remoteAddress: '127.0.0.1' })
  const input = JSON.stringify({ cluster: 'local', topic: TOPIC, format: 'jsonl', filter: { contains: 'failed' } })
  const { fileName, chunks } = exportMessages(context, input, new AbortController().signal)
  equal(fileName, 'dead.letters.jsonl')
  const file = (await Array.fromAsync(chunks)).join('')
  ok(file.includes('"value":{"id":9007199254740993,"state":"failed"}'), file)
  equal(file.trim().split('\n').length, 1)
})

test('the groups that have read a message, and those that wait for it', async () => {
  const commit = async (groupId: string, offset: number) => {
    const consumer = new Consumer({ groupId, clientId: 'test', bootstrapBrokers: [broker.address] })
    await consumer.joinGroup({})
    await consumer.commit({ offsets: [{ topic: TOPIC, partition: 0, offset: BigInt(offset), leaderEpoch: 0 }] })
    await consumer.leaveGroup()
    await consumer.close()
  }
  await commit('reader', 8)
  await commit('stands-before', 5)
  await commit('waits', 2)
  const rows = await caller.messages.delivery({ cluster: 'local', topic: TOPIC, partition: 0, offset: 5 })
  deepEqual(
    rows.map(({ group, delivery, before }) => [group, delivery, before]),
    [
      ['stands-before', 'next', 0],
      ['waits', 'pending', 3],
      ['reader', 'read', 0],
    ],
  )
})

test('what a search would read is said before', async () => {
  const estimate = await caller.messages.estimate({ cluster: 'local', topic: TOPIC, from: { kind: 'earliest' } })
  equal(estimate.records, 2)
  equal(estimate.partitions, 2)
  ok((estimate.bytes ?? 0) > 0)
})

test('a scan that is stopped by its limit is taken up again by its last event', async () => {
  const input = { cluster: 'local', topic: TOPIC, from: { kind: 'earliest' as const }, limit: 1 }
  let id = ''
  for await (const envelope of await caller.messages.scan(input)) id = parts(envelope)[0]
  equal(id, 'over')
  for await (const _ of await caller.messages.scan({ ...input, lastEventId: id })) throw new Error('It was over')
})

test('a bad filter, a bad place and a topic that is not there are told as what they are', async () => {
  const scan = async (topic: string, cel: string) => {
    for await (const _ of await caller.messages.scan({ cluster: 'local', topic, filter: { cel } }));
  }
  const hasCode = (code: string) => (error: TRPCError) => error.code === code
  await rejects(scan(TOPIC, 'value. =='), hasCode('BAD_REQUEST'))
  await rejects(scan('nowhere', 'true'), hasCode('NOT_FOUND'))
  deepEqual(await caller.messages.checkFilter({ cluster: 'local', cel: 'value.a == 1' }), { ok: true })
  const checked = await caller.messages.checkFilter({ cluster: 'local', cel: 'valu == 1' })
  equal(checked.ok, false)
  const missing = await caller.messages.get({ cluster: 'local', topic: TOPIC, partition: 0, offset: 999 })
  equal(missing.missing, 'notWrittenYet')
})

test('an export that may not begin says so', async () => {
  const context = await createContext(consoleServer, { header: () => null, remoteAddress: '127.0.0.1' })
  const start = (input: string) => () => exportMessages(context, input, new AbortController().signal)
  throws(start('no json'), (error: TRPCError) => error.code === 'BAD_REQUEST')
  throws(
    start(JSON.stringify({ cluster: 'elsewhere', topic: TOPIC, format: 'csv' })),
    (error: TRPCError) => error.code === 'NOT_FOUND',
  )
})

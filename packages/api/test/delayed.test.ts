/** What waits, over the routers, against a broker: seen, moved to another time, delivered, recalled; and a life that is followed. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import { test } from 'node:test'
import {
  adminListenersAt,
  alterConfigs,
  createTopic,
  delayedPartitions,
  delayedRecord,
  type KafkaError,
  listDelayed,
  produceMessage,
  recallDelayed,
  rescheduleDelayed,
} from '@odradek/client'
import { Consumer } from '@platformatic/kafka'
import { ConsoleScene } from './console-scene.ts'

const cluster = 'local'
const broker = { config: { 'admin.listener': '127.0.0.1:0' } }
const text = (value: string) => ({ format: 'text', text: value }) as const
const header = (key: string, value: string) => ({ key, value: text(value) })

/** A scene whose console is told where the broker's admin listener is: its port is one that only the broker knows. */
async function open() {
  const scene = await ConsoleScene.open({ broker, adminAddress: true })
  const kafka = scene.console.session(cluster).cluster
  return { scene, kafka, caller: scene.caller }
}

test('seen by time, looked into, given another time, delivered, recalled', async () => {
  const { scene, kafka, caller } = await open()
  await using _ = scene
  await createTopic(kafka, { name: 'reminders', partitions: 1, configs: { 'message.type': 'DELAY' } })
  const start = Date.now() + 3_600_000
  for (const n of [0, 1, 2]) {
    const headers = [header('TIMER_DELIVER_MS', String(start + n * 60_000)), header('trace', `t${n}`)]
    await produceMessage(kafka, { topic: 'reminders', key: text(`k${n}`), value: text(`{"n":${n}}`), headers })
  }
  const topic = 'reminders'
  const { topics } = await caller.delayed.topics({ cluster })
  const { waiting, nextDue, kind } = topics.find((row) => row.topic === topic)!
  assert.deepEqual([waiting, nextDue! <= start, kind], [3, true, 'delay'])
  const timeline = await caller.delayed.timeline({ cluster, topic })
  assert.equal(
    timeline.counts.reduce((sum, count) => sum + count),
    3,
  )
  assert.deepEqual([timeline.first, timeline.last], [start, start + 120_000])
  const window = { from: start + 30_000, to: start + 90_000 }
  assert.deepEqual(
    (await caller.delayed.list({ cluster, topic, ...window })).records.map(({ key, due }) => [key, due - start]),
    [['k1', 60_000]],
  )
  const place = { cluster, topic, partition: 0, offset: 1 }
  const found = await caller.delayed.get(place)
  assert.deepEqual([found?.value.kind, found?.headers[1]?.value.text], ['json', 't1'])

  const moved = await caller.delayed.reschedule({ ...place, due: start + 300_000 })
  assert.deepEqual([moved.outcome, moved.dueBefore - start], ['moved', 60_000])
  assert.equal(await caller.delayed.get(place), null)
  const copy = await caller.delayed.get({ ...place, offset: moved.offset })
  assert.deepEqual(
    copy?.headers.map(({ key, value }) => [key, value.text]),
    [
      ['trace', 't1'],
      ['TIMER_DELIVER_MS', String(start + 300_000)],
      ['RESCHEDULED_FROM', '0@1'],
    ],
  )
  assert.equal(copy?.bornTimestamp, found?.bornTimestamp)
  await assert.rejects(caller.delayed.reschedule({ ...place, due: start }), { code: 'PRECONDITION_FAILED' })
  await assert.rejects(
    caller.delayed.reschedule({ ...place, offset: 0, due: start + 400 * 86_400_000 }),
    (error: { cause: KafkaError }) => error.cause.errorName === 'INVALID_RECORD',
    'a time that is too far is refused, and it waits as before',
  )
  assert.equal((await caller.delayed.list({ cluster, topic })).waiting, 3)

  const waiting1 = await caller.life.get({ ...place, offset: moved.offset, isWaiting: true })
  assert.deepEqual(
    waiting1.life?.beginning.map((event) => [event.kind, event.isHere, 'dueMs' in event ? event.dueMs : null]),
    [
      ['produced', false, null],
      ['rescheduled', false, null],
      ['delayed', false, start + 300_000],
      ['notYet', true, start + 300_000],
    ],
  )
  assert.deepEqual([waiting1.life?.groups, waiting1.life?.unknown], [[], []])
  const over = await caller.life.get({ ...place, isWaiting: true })
  assert.deepEqual([over.life, over.missing?.missing], [null, 'waitsNoMore'])

  const recalled = await caller.delayed.recall({ cluster, topic, records: [{ partition: 0, offset: 2 }] })
  assert.deepEqual([recalled.done, recalled.skipped], [1, 0])
  const delivered = await caller.delayed.deliver({ cluster, topic, records: [{ partition: 0, offset: moved.offset }] })
  assert.equal(delivered.done, 1)
  await firstOf(scene, topic)
  const { rows } = await caller.messages.sample({ cluster, topic })
  assert.deepEqual(
    rows.map(({ key }) => key.text),
    ['k1'],
  )

  const life = (await caller.life.get({ cluster, topic, partition: 0, offset: 0 })).life!
  assert.deepEqual(
    life.beginning.map(({ kind: what }) => what),
    ['produced', 'rescheduled', 'delayed', 'visible'],
  )
  assert.deepEqual(life.unknown, [{ kind: 'noGroups' }])
})

test('a broker whose listener is silent silences no other, and is named', async () => {
  const { scene, kafka } = await open()
  await using _ = scene
  await createTopic(kafka, { name: 'calls', partitions: 1, configs: { 'message.type': 'DELAY' } })
  const headers = [header('TIMER_DELAY_SEC', '3600')]
  await produceMessage(kafka, { topic: 'calls', key: text('k'), value: text('v'), headers })
  const nobody = await addressOfNobody()
  const both = adminListenersAt([nobody, scene.broker.adminAddress!])
  const { partitions, silent } = await delayedPartitions(both)
  assert.deepEqual(
    partitions.map(({ topic, waiting }) => [topic, waiting]),
    [['calls', 1]],
  )
  assert.equal(silent.length, 1)
  assert.match(silent[0]!.reason, new RegExp(`${nobody} does not answer \\(.*ECONNREFUSED`))
  const list = await listDelayed(both, { topic: 'calls' })
  assert.deepEqual([list.records.length, list.silent.length], [1, 1])
  const place = { topic: 'calls', partition: 0, offset: 0 }
  assert.equal((await delayedRecord(both, place))?.key?.toString(), 'k')
  // Whether the silent one has it cannot be said.
  await assert.rejects(delayedRecord(both, { ...place, offset: 7 }), /ECONNREFUSED/)
  const order = await recallDelayed(both, { topic: 'calls', records: [place, { partition: 1, offset: 0 }] })
  assert.deepEqual([order.done, order.failed, order.silent.length], [1, 1, 1])
  await assert.rejects(delayedPartitions(adminListenersAt([nobody])), { name: 'UnreachableError' })
})

test('a record whose recall was made, and not answered, is not lost: its copy stays', async () => {
  const { scene, kafka } = await open()
  await using _ = scene
  await createTopic(kafka, { name: 'calls', partitions: 1, configs: { 'message.type': 'DELAY' } })
  const headers = [header('TIMER_DELAY_SEC', '3600')]
  await produceMessage(kafka, { topic: 'calls', key: text('k'), value: text('v'), headers })
  const place = { topic: 'calls', partition: 0, offset: 0 }
  let orders = 0
  // Its leader does as it is told, and hangs up before it says so the first time; another broker answers.
  await using leader = await listenerOf(async (path, init) => {
    const response = await fetch(`http://${scene.broker.adminAddress}${path}`, init)
    const told = { status: response.status, body: await response.text() }
    return init.method === 'POST' && ++orders === 1 ? null : told
  })
  const none = JSON.stringify({ topic: 'calls', matched: 1, done: 0, skipped: 0, failed: 1 })
  await using other = await listenerOf(async (_path, { method }) => ({
    status: method === 'POST' ? 200 : 404,
    body: none,
  }))
  const listeners = adminListenersAt([leader.address, other.address])
  const moved = rescheduleDelayed(kafka, listeners, place, Date.now() + 7_200_000)
  await assert.rejects(moved, { message: /copy with the new time waits at calls-0@\d+; whether it was recalled/ })
  const { records } = await listDelayed(adminListenersAt([scene.broker.adminAddress!]), { topic: 'calls' })
  assert.deepEqual(
    records.map(({ offset, key }) => [offset, key]),
    [[1, 'k']],
  )
})

test('a cluster whose brokers cannot tell says why', async () => {
  await using scene = await ConsoleScene.open()
  const told = await scene.caller.delayed.topics({ cluster })
  assert.match(told.problem ?? '', /admin listener/)
  assert.match((await scene.caller.storage.get({ cluster })).problem ?? '', /admin listener/)
  // What was tried is in the audit with its name, though nothing came of it.
  const place = { partition: 0, offset: 7 }
  await assert.rejects(scene.caller.delayed.recall({ cluster, topic: 'calls', records: [place] }))
  await assert.rejects(scene.caller.delayed.deliver({ cluster, topic: 'calls', records: [place] }))
  await assert.rejects(scene.caller.delayed.reschedule({ cluster, topic: 'calls', ...place, due: 1 }))
  assert.deepEqual(
    (await scene.caller.audit.list({ cluster })).entries.map(({ resource }) => resource),
    ['record calls-0@7', 'topic calls', 'topic calls'],
  )
})

test('a life through a retry to the dead letters, told from any record of it', async () => {
  const { scene, kafka, caller } = await open()
  await using _ = scene
  await alterConfigs(kafka, { type: 'group', name: 'billing' }, [
    { name: 'retry.max.times', value: '1' },
    { name: 'retry.delay.levels', value: '50ms' },
  ])
  await createTopic(kafka, { name: 'orders', partitions: 1 })
  await produceMessage(kafka, { topic: 'orders', key: text('o0'), value: text('{}'), headers: [] })
  const produced = await produceMessage(kafka, { topic: 'orders', key: text('o1'), value: text('{}'), headers: [] })
  const retries = { 'message.type': 'RETRY', 'retry.group': 'billing' }
  await createTopic(kafka, { name: 'retry.billing', partitions: 1, configs: retries })
  const waits = await lifeOfRetryThatWaits(scene, produced)
  assert.deepEqual(waits, [
    ['failed', false],
    ['waits', true],
  ])
  const fail = (error: string, more: readonly { key: string; value: { format: 'text'; text: string } }[]) =>
    produceMessage(kafka, {
      topic: 'retry.billing',
      key: text('o1'),
      value: text('{}'),
      headers: [...more, header('EXCEPTION', error)],
    })
  await fail('no such article', [
    header('ORIGIN_TOPIC', 'orders'),
    header('ORIGIN_PARTITION', '0'),
    header('ORIGIN_OFFSET', String(produced.offset)),
    header('ORIGIN_TIMESTAMP', String(produced.timestamp)),
  ])
  const retried = await firstOf(scene, 'retry.billing')
  await commit(scene.broker.address, { orders: 2, 'retry.billing': 1 })
  const once = await lifeOf(scene, { topic: 'orders', offset: 1 })
  assert.deepEqual(once.events, ['failed 1', 'retried 1', 'consumed'])
  assert.equal(once.outcome, 'consumed')

  await fail(
    'still none',
    retried.filter(({ key }) => key !== 'EXCEPTION').map(({ key, value }) => header(key, value.text)),
  )
  await firstOf(scene, 'dlq.billing')
  const places = [
    { topic: 'orders', offset: 1 },
    { topic: 'retry.billing', offset: 0 },
    { topic: 'dlq.billing', offset: 0 },
  ]
  for (const place of places) {
    const { life, group, events, outcome } = await lifeOf(scene, place)
    assert.deepEqual(life.root, { topic: 'orders', partition: 0, offset: 1 })
    assert.deepEqual([life.beginning.map(({ kind }) => kind), life.keyText], [['produced'], 'o1'])
    assert.deepEqual(events, ['failed 1', 'retried 1', 'failed 2', 'deadLetter'])
    assert.equal(outcome, 'deadLetter')
    const here = [...life.beginning, ...group!.events].filter(({ isHere }) => isHere)
    assert.deepEqual(
      here.map(({ place: at }) => at?.topic),
      [place.topic],
    )
    const errors = group!.events.flatMap((event) => (event.kind === 'failed' ? [event.error] : []))
    assert.deepEqual(errors, ['no such article', 'still none'])
  }
  const { missing } = await caller.life.get({ cluster, topic: 'orders', partition: 0, offset: 99 })
  assert.equal(missing?.missing, 'notWrittenYet')
})

/** An admin listener that answers so; null: it hangs up. */
async function listenerOf(
  answer: (path: string, init: { method: string; body?: string }) => Promise<{ status: number; body: string } | null>,
) {
  const server = createHttpServer(async (request, response) => {
    const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>)).toString()
    const told = await answer(request.url!, { method: request.method!, ...(body !== '' && { body }) })
    if (told === null) request.socket.destroy()
    else response.writeHead(told.status).end(told.body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `127.0.0.1:${(server.address() as { port: number }).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Where nobody listens any more. */
async function addressOfNobody(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? `127.0.0.1:${address.port}` : ''
}

/** The events of a retry of a group whose schedule is long, told from where it waits: as kinds, and whether it is that record. */
async function lifeOfRetryThatWaits(scene: ConsoleScene, origin: { partition: number; offset: number }) {
  const { cluster: kafka } = scene.console.session(cluster)
  await alterConfigs(kafka, { type: 'group', name: 'patient' }, [{ name: 'retry.delay.levels', value: '1h' }])
  const configs = { 'message.type': 'RETRY', 'retry.group': 'patient' }
  await createTopic(kafka, { name: 'retry.patient', partitions: 1, configs })
  const headers = [
    header('ORIGIN_TOPIC', 'orders'),
    header('ORIGIN_PARTITION', String(origin.partition)),
    header('ORIGIN_OFFSET', String(origin.offset)),
    header('EXCEPTION', 'out of paper'),
  ]
  const waiting = await produceMessage(kafka, { topic: 'retry.patient', key: text('o1'), value: text('{}'), headers })
  const place = { cluster, topic: 'retry.patient', partition: 0, offset: waiting.offset }
  const { life } = await scene.caller.life.get({ ...place, isWaiting: true })
  assert.deepEqual([life?.root?.topic, life?.keyText], ['orders', 'o1'])
  const patient = life?.groups.find(({ group }) => group === 'patient')
  assert.equal(patient?.outcome, 'waits')
  return patient?.events.map(({ kind, isHere }) => [kind, isHere])
}

/** The headers of the first record of a topic, once it is there. */
async function firstOf({ caller }: ConsoleScene, topic: string) {
  for (;;) {
    const found = await caller.messages.get({ cluster, topic, partition: 0, offset: 0 }).catch(() => null)
    if (found?.message) return found.message.headers
  }
}

async function commit(bootstrap: string, offsets: Readonly<Record<string, number>>): Promise<void> {
  const consumer = new Consumer({ clientId: 'test', groupId: 'billing', bootstrapBrokers: [bootstrap] })
  const all = Object.entries(offsets).map(([topic, offset]) => {
    return { topic, partition: 0, offset: BigInt(offset), leaderEpoch: 0 }
  })
  await consumer.joinGroup({})
  await consumer.commit({ offsets: all })
  await consumer.leaveGroup()
  await consumer.close()
}

/** What is told of group billing, once the commits are known. */
async function lifeOf({ caller }: ConsoleScene, place: { topic: string; offset: number }) {
  for (;;) {
    const { life } = await caller.life.get({ cluster, partition: 0, ...place })
    const group = life?.groups.find((one) => one.group === 'billing')
    if (life === null || (group === undefined && place.topic === 'orders')) continue
    const events = group?.events.map((event) => ('number' in event ? `${event.kind} ${event.number}` : event.kind))
    return { life, group, events, outcome: group?.outcome }
  }
}

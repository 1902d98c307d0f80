/** Dead letters through the routers, as a script uses them: found, counted, sent again one by one and by the thousand. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { alterConfigs, type Cluster, chunks, createTopic, groupTopics, readDeadLetters } from '@odradek/client'
import { Producer, stringSerializers } from '@platformatic/kafka'
import { anonymousVisitor, type Visitor } from '../src/access/visitor.ts'
import type { Context } from '../src/context.ts'
import { jobResults } from '../src/http/job-results.ts'
import { Console, createCaller, createContext } from '../src/index.ts'
import { ConsoleScene } from './console-scene.ts'

const cluster = 'local'
let scene: ConsoleScene
let kafka: Cluster
let producer: Producer<string, string, string, string>
before(async () => {
  scene = await ConsoleScene.open({
    broker: { config: { 'admin.listener': '127.0.0.1:0' } },
    metadataAgeMaxMs: 0,
  })
  const session = scene.console.session(cluster)
  Object.assign(session.settings, { adminAddress: scene.broker.adminAddress })
  kafka = session.cluster
  const bootstrapBrokers = [scene.broker.address]
  producer = new Producer({ clientId: 'shop', bootstrapBrokers, serializers: stringSerializers })
})
after(async () => {
  await producer.close()
  await scene[Symbol.asyncDispose]()
})

/** A topic of dead letters as Spring writes them: every tenth without an origin, of two errors. */
async function springLetters(name: string, count: number, origin = 'shop'): Promise<void> {
  await createTopic(kafka, { name, partitions: 1 })
  await write(
    name,
    Array.from({ length: count }, (_, n) => ({
      key: `k${n}`,
      value: `{"n":${n}}`,
      headers: {
        'kafka_dlt-exception-fqcn': n % 4 === 0 ? 'java.io.IOException' : 'java.lang.IllegalStateException',
        'kafka_dlt-exception-message': `failure ${n}`,
        ...(n % 10 !== 9 && { 'kafka_dlt-original-topic': origin }),
      },
    })),
  )
}

interface Written {
  readonly key: string
  readonly value: string
  readonly headers: Readonly<Record<string, string>>
}

async function write(topic: string, records: readonly Written[]): Promise<void> {
  for (const some of chunks(records, 2_000)) {
    await producer.send({ messages: some.map((record) => ({ topic, partition: 0, ...record })) })
  }
}

/** Waits for a job to end, as a page does that listens. */
async function ended(job: string) {
  const events = await scene.caller.jobs.live({ cluster, job })
  let last = await scene.caller.jobs.get({ cluster, job })
  for await (const [, told] of events as AsyncIterable<[string, typeof last]>) last = told
  return last
}

const newId = () => crypto.randomUUID()

test('topics of dead letters are found with what is in them, also those of Spring', async () => {
  await springLetters('shop-dlt', 20)
  const page = await scene.caller.deadLetters.list({ cluster })
  const row = page.rows.find(({ topic }) => topic === 'shop-dlt')!
  assert.deepEqual([row.convention, row.depth, row.grown], ['spring', 20, 20])
  assert.equal(row.topError, 'java.lang.IllegalStateException')
  const totals = await scene.caller.deadLetters.totals({ cluster })
  assert.deepEqual([totals.letters, totals.topics], [20, 1])
  const series = await scene.caller.deadLetters.series({ cluster, topics: ['shop-dlt'] })
  assert.equal(
    series['shop-dlt']!.reduce((sum, count) => sum + count),
    20,
  )
  await assert.rejects(scene.caller.deadLetters.get({ cluster, topic: 'nothing-dlt' }), { code: 'NOT_FOUND' })
})

test('10,000 letters: facets, check and job say the same, and the sums add up; twice is once', async () => {
  await springLetters('big-dlt', 10_000, 'big')
  await createTopic(kafka, { name: 'big', partitions: 3 })
  const facets = await scene.caller.deadLetters.facets({ cluster, topic: 'big-dlt' })
  let counted: { letters: number; isDone: boolean; originTopics: readonly { value: string | null; count: number }[] }
  for await (const told of facets) counted = told
  assert.deepEqual([counted!.letters, counted!.isDone], [10_000, true])
  assert.equal(counted!.originTopics.find(({ value }) => value === null)?.count, 1_000)
  const question = {
    cluster,
    topic: 'big-dlt',
    select: {
      kind: 'query' as const,
      where: { errorClasses: ['java.io.IOException', 'java.lang.IllegalStateException'] },
    },
    target: { kind: 'origin' as const },
  }
  const check = await scene.caller.jobs.check(question)
  assert.deepEqual([check.matched, check.toSend, check.toFail, check.toSkip], [10_000, 9_000, 1_000, 0])
  assert.ok(check.mustConfirm)
  const words =
    'resend big-dlt --error java.io.IOException --error java.lang.IllegalStateException --target origin --apply'
  assert.ok(check.command?.includes(words), check.command ?? 'none')
  const id = newId()
  await assert.rejects(scene.caller.jobs.create({ ...question, id, confirm: 8_999 }), { code: 'BAD_REQUEST' })
  const order = { ...question, id, confirm: 9_000 }
  const [one, two] = await Promise.all([scene.caller.jobs.create(order), scene.caller.jobs.create(order)])
  assert.equal(one.id, two.id)
  const job = await ended(one.id)
  assert.deepEqual([job.state, job.matched, job.sent, job.failed, job.skipped], ['done', 10_000, 9_000, 1_000, 0])
  const sent = await Promise.all([0, 1, 2].map((partition) => readDeadLetters(kafka, 'big', partition, 0, 100_000)))
  const keys = sent.flat().map(({ key }) => key!.toString())
  assert.deepEqual([keys.length, new Set(keys).size], [9_000, 9_000], 'each is there once')
  const again = await scene.caller.jobs.check(question)
  assert.deepEqual([again.toSend, again.toSkip, again.toFail], [0, 9_000, 1_000], 'what was sent is not sent again')
  const failed = await scene.caller.jobs.results({ cluster, job: job.id, outcomes: ['failed'], limit: 1_000 })
  assert.deepEqual([failed.results.length, failed.next], [1_000, null])
  const context = await createContext(scene.console, { header: () => null, remoteAddress: '127.0.0.1' })
  let lines = 0
  for await (const text of jobResults(context, JSON.stringify({ cluster, job: job.id })))
    lines += text.split('\r\n').length - 1
  assert.equal(lines, 10_001, 'a line for each letter, and the names')
  let visitor: Visitor = context.visitor
  const leaving: Context = Object.create(context, { visitor: { get: () => visitor } })
  const file = jobResults(leaving, JSON.stringify({ cluster, job: job.id }))
  assert.match((await file.next()).value as string, /^index,/)
  visitor = anonymousVisitor
  await assert.rejects(file.next(), { code: 'UNAUTHORIZED' }, 'whoever signs out on the way gets no more')
  const retry = await scene.caller.jobs.check({
    cluster,
    topic: 'big-dlt',
    select: { kind: 'failedOf', job: job.id },
    target: { kind: 'topic', topic: 'big' },
  })
  assert.deepEqual([retry.matched, retry.toSend], [1_000, 1_000])
})

test('one letter: where it can go and who sees it again; sent once; edited with its difference told', async () => {
  await createTopic(kafka, { name: 'single', partitions: 1 })
  await springLetters('single-dlt', 2, 'single')
  const place = { cluster, topic: 'single-dlt', partition: 0, offset: 0 }
  const { choices } = await scene.caller.deadLetters.targets(place)
  assert.deepEqual(
    choices.map(({ kind, topic }) => [kind, topic]),
    [
      ['retry', null],
      ['origin', 'single'],
    ],
  )
  assert.ok(choices[0]!.reason)
  const order = { ...place, id: newId(), target: { kind: 'origin' } } as const
  const [one] = await Promise.all([scene.caller.deadLetters.resend(order), scene.caller.deadLetters.resend(order)])
  assert.deepEqual([one.state, one.sent], ['done', 1])
  await scene.caller.deadLetters.editAndResend({
    ...place,
    id: newId(),
    target: { kind: 'origin' },
    edit: { value: { format: 'json', text: '{"n":7}' } },
  })
  const records = await readDeadLetters(kafka, 'single', 0, 0, 100)
  assert.deepEqual(
    records.map(({ value }) => value!.toString()),
    ['{"n":0}', '{"n":7}'],
  )
  assert.match(records[1]!.redrive!.edit!, /"path":"\/n","from":0,"to":7/)
  const detail = await scene.caller.deadLetters.letter(place)
  assert.deepEqual([detail.state!.resent, detail.history.length], [2, 2])
  const { entries } = await scene.caller.audit.list({ cluster, count: 10 })
  const audited = entries.find(({ action }) => action === 'deadLetters.editAndResend')!
  assert.doesNotMatch(JSON.stringify(audited), /"n":7|\\"n\\":7/, 'what it says is not in the audit')
})

test('resolved, taken back, purged under the name of the topic only', async () => {
  await springLetters('marks-dlt', 5)
  const topic = 'marks-dlt'
  const places = [0, 1].map((offset) => ({ partition: 0, offset }))
  assert.deepEqual(await scene.caller.deadLetters.resolve({ cluster, topic, places }), { marked: 2 })
  assert.deepEqual(await scene.caller.deadLetters.unresolve({ cluster, topic, places: [places[1]!] }), { marked: 1 })
  const plan = await scene.caller.deadLetters.purgePlan({ cluster, topic, what: { kind: 'resolved' } })
  assert.deepEqual([plan.letters, plan.unresolved], [1, 0])
  const order = { cluster, planId: plan.planId }
  await assert.rejects(scene.caller.deadLetters.purge({ ...order, confirm: 'marks' }), { code: 'BAD_REQUEST' })
  await scene.caller.deadLetters.purge({ ...order, confirm: topic })
  assert.equal((await scene.caller.deadLetters.get({ cluster, topic })).depth, 4)
})

test('what waits for another try: seen by group, tried now, given up', async () => {
  const group = 'carriers'
  await alterConfigs(kafka, { type: 'group', name: group }, [{ name: 'retry.delay.levels', value: '1h' }])
  const { retry, deadLetters } = await groupTopics(kafka, group)
  await producer.metadata({ topics: [retry], autocreateTopics: true, forceUpdate: true })
  const headers = { EXCEPTION: 'TimeoutError: no answer\n  at book' }
  await write(
    retry,
    ['a', 'b'].map((key) => ({ key, value: 'parcel', headers })),
  )
  const list = await scene.caller.retries.list({ cluster })
  assert.equal(list.reason, null)
  assert.deepEqual(
    list.rows.map((row) => [row.group, row.topic, row.waiting]),
    [[group, retry, 2]],
  )
  const { rows } = await scene.caller.retries.records({ cluster, topic: retry })
  assert.deepEqual(
    rows.map(({ key, failures, error }) => [key, failures, error]),
    [
      ['a', 1, 'TimeoutError: no answer'],
      ['b', 1, 'TimeoutError: no answer'],
    ],
  )
  const [one, two] = rows.map(({ partition, offset }) => ({ partition, offset }))
  assert.equal((await scene.caller.retries.deliver({ cluster, topic: retry, records: [one!] })).done, 1)
  assert.equal((await scene.caller.retries.bury({ cluster, topic: retry, records: [two!, two!] })).done, 1)
  while ((await readDeadLetters(kafka, retry, 0, 0, 10)).length === 0);
  for (;;) {
    const page = await scene.caller.deadLetters.list({ cluster, search: group })
    if (page.rows[0]?.depth === 1) break
    scene.console.deadLetters(cluster).forget()
  }
  const [letter] = await readDeadLetters(kafka, deadLetters, 0, 0, 10)
  assert.match(letter!.reason!, /given up by an operator/)
})

test('letters that are taken away elsewhere are a change at the next look; letters that come are none', async () => {
  await springLetters('watched-dlt', 5)
  const desk = scene.console.deadLetters(cluster)
  const { sampler } = scene.console.session(cluster)
  /** How much was changed from what is known now, by the next look. */
  const changed = async (between: () => Promise<unknown>) => {
    desk.forget()
    await desk.places()
    await sampler.take()
    const known = desk.changes()
    await between()
    await sampler.take()
    return desk.changes() - known
  }
  assert.equal(await changed(() => write('watched-dlt', [{ key: 'k', value: '6', headers: {} }])), 0)
  desk.forget()
  const { letters } = await scene.caller.deadLetters.totals({ cluster })
  await using other = new Console(scene.console.options)
  const elsewhere = createCaller(await createContext(other, { header: () => null, remoteAddress: '127.0.0.1' }))
  const { planId } = await elsewhere.deadLetters.purgePlan({ cluster, topic: 'watched-dlt', what: { kind: 'all' } })
  assert.equal(await changed(() => elsewhere.deadLetters.purge({ cluster, planId, confirm: 'watched-dlt' })), 1)
  assert.equal((await scene.caller.deadLetters.totals({ cluster })).letters, letters - 6)
})

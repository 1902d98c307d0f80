/** The whole path of a record that always fails: retried, dead, found, edited, sent again, there once. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startBroker } from '@odradek/broker'
import {
  type Api,
  type Decoded,
  DeleteRecords,
  type Encodable,
  errors,
  Metadata,
  type MetadataResponse,
  type Shape,
} from '@odradek/protocol'
import { Cluster } from '../cluster.ts'
import { alterConfigs } from '../configs/alter-configs.ts'
import { type ProduceInput, produceMessage } from '../messages/produce-message.ts'
import { MessageSource } from '../messages/scan/message-source.ts'
import { createTopic } from '../topics/create-topic.ts'
import { type DeadLetter, groupTopics, listDeadLetters, readDeadLetters, readLetter } from './dead-letter.ts'
import { deadLetterTopicOf } from './dead-letter-topics.ts'
import { createResendJob } from './jobs/create-resend-job.ts'
import { resendResults } from './jobs/resend-job.ts'
import type { ResendRequest } from './jobs/resend-request.ts'
import { runResendJob } from './jobs/run-resend-job.ts'
import { planResend } from './jobs/select-letters.ts'
import { withOriginal } from './original-records.ts'
import { letterHistory, letterState } from './resolve-letters.ts'

const broker = await startBroker()
const cluster = new Cluster({ bootstrap: [broker.address] })
const source = new MessageSource(cluster.options, cluster)
after(async () => {
  await cluster.close()
  await broker.close()
})

const bytes = (value: Buffer | null) => ({ format: 'base64', text: value!.toString('base64') }) as const
const text = (value: string) => ({ format: 'text', text: value }) as const
const nothing = { format: 'null', text: '' } as const

/** Reads a partition until it has `count` records. */
async function records(topic: string, count: number, partition = 0): Promise<DeadLetter[]> {
  for (;;) {
    const found = await readDeadLetters(cluster, topic, partition, 0, count)
    if (found.length >= count) return found
  }
}

async function resend(request: Omit<ResendRequest, 'by'>) {
  const { id } = await createResendJob(source, { ...request, by: 'test' })
  const job = await runResendJob(cluster, id)
  assert.equal(job.matched, job.sent + job.failed + job.skipped)
  return { job, results: (await resendResults(cluster, id)).results }
}

test('retried twice, dead, found, edited and sent again: to the group, or where it came from', async () => {
  const group = 'a/b'
  await alterConfigs(cluster, { type: 'group', name: group }, [
    { name: 'retry.max.times', value: '2' },
    { name: 'retry.delay.levels', value: '5ms' },
  ])
  await createTopic(cluster, { name: 'orders', partitions: 2 })
  const { retry, deadLetters } = await groupTopics(cluster, group)
  assert.deepEqual([retry, deadLetters], ['retry.a_x2Fb', 'dlq.a_x2Fb'])
  assert.deepEqual(await listDeadLetters(cluster, group), [])
  await cluster.request(Metadata, { topics: [{ name: retry }], allowAutoTopicCreation: true })
  cluster.forget()
  const origin = { ORIGIN_TOPIC: 'orders', ORIGIN_PARTITION: '1', ORIGIN_OFFSET: '7', EXCEPTION: 'failure 1' }
  const headers: ProduceInput['headers'] = Object.entries(origin).map(([key, value]) => ({ key, value: text(value) }))
  await produceMessage(cluster, { topic: retry, key: text('k'), value: text('{"a":"bad"}'), headers })
  for (let times = 1; times <= 2; times++) {
    const { headers: received, key, value } = (await records(retry, times)).at(-1)!
    const failed = received.map((header) => ({ key: header.key, value: bytes(header.value) }))
    await produceMessage(cluster, { topic: retry, key: bytes(key), value: bytes(value), headers: failed })
  }
  let letters: DeadLetter[] = []
  while (letters.length === 0) letters = await listDeadLetters(cluster, group)
  const [letter] = letters
  assert.deepEqual([letter!.key!.toString(), letter!.value!.toString(), letter!.retries], ['k', '{"a":"bad"}', 2])
  assert.deepEqual(letter!.origin, { topic: 'orders', partition: 1, offset: 7, timestampMs: -1 })
  assert.deepEqual([letter!.attempts.length, letter!.error!.className, letter!.convention], [3, 'failure #', 'odradek'])
  assert.match(letter!.reason!, /^Retried 2 times/)
  const found = await deadLetterTopicOf(cluster, group)
  assert.deepEqual([found.topic, found.retryTopic, found.knownBy], [deadLetters, retry, 'config'])

  const place = { partition: 0, offset: letter!.offset }
  const request = {
    topic: deadLetters,
    select: { kind: 'places', places: [place] },
    target: { kind: 'retry' },
  } as const
  const plan = await planResend(source, { ...request, by: 'test' })
  assert.deepEqual([plan.matched, plan.toSend, plan.toFail, plan.toSkip], [1, 1, 0, 0])
  assert.deepEqual([plan.targets, plan.membersOnline], [[{ topic: retry, count: 1 }], 0])
  const edited = await resend({ ...request, edit: { value: text('{"a":"good"}') } })
  assert.deepEqual([edited.job.state, edited.job.sent], ['done', 1])
  const again = (await records(retry, 3)).at(-1)!
  assert.deepEqual([again.value!.toString(), again.retries, again.attempts.length], ['{"a":"good"}', 1, 1])
  assert.equal(again.redrive!.from, `${deadLetters}-0@${place.offset}`)
  assert.equal(again.redrive!.edit, '{"value":[{"path":"/a","from":"bad","to":"good"}]}')
  assert.deepEqual(await letterState(cluster, deadLetters, place), { kind: 'resent', resent: 1, isResolved: false })

  const twice = await resend({ ...request, target: { kind: 'origin' } })
  assert.deepEqual([twice.job.skipped, twice.results[0]!.reason], [1, 'It was sent again before.'])
  assert.deepEqual(twice.results[0]!.why, { code: 'sentBefore', values: {} })
  const gone = { partition: 0, offset: 99 }
  const select = { kind: 'places', places: [place, gone] } as const
  const back = await resend({ ...request, select, target: { kind: 'origin' }, again: true })
  assert.deepEqual([back.job.sent, back.job.skipped], [1, 1])
  assert.deepEqual(back.results[0]!.target, { topic: 'orders', partition: 1, offset: 0 })
  assert.equal(back.results[1]!.reason, 'It is not there any more.')
  const [home] = await readDeadLetters(cluster, 'orders', 1, 0, 1)
  assert.deepEqual([home!.value!.toString(), home!.attempts.length, home!.origin], ['{"a":"bad"}', 0, null])
  assert.notEqual(await readLetter(cluster, deadLetters, place), null, 'nothing leaves by being sent again')
  const history = await letterHistory(cluster, deadLetters, place)
  assert.deepEqual(
    history.map(({ kind, by, text: to }) => [kind, by, to]),
    [
      ['resent', 'test', `${retry}-0`],
      ['resent', 'test', 'orders-1'],
    ],
  )
})

/** As KIP-1191 writes them: text headers, and no key or value unless the group says so. */
async function writeShareLetter(
  topic: string,
  origin: Readonly<Record<string, string>>,
  copy: Partial<ProduceInput> = {},
): Promise<void> {
  const said = { ...origin, group: 'workers', 'delivery.count': '5', message: 'Offset rejected by client.' }
  const headers = Object.entries(said).map(([key, value]) => ({ key: `__dlq.errors.${key}`, value: text(value) }))
  await produceMessage(cluster, { topic, key: nothing, value: nothing, ...copy, headers })
}

test("a share group's letters without a copy: their records are sent, where they are there; never an empty one", async () => {
  await createTopic(cluster, { name: 'jobs', partitions: 2 })
  await createTopic(cluster, { name: 'dlq.workers', partitions: 1 })
  for (const n of [0, 1, 2]) {
    const headers = [{ key: 'trace', value: text(`t${n}`) }]
    await produceMessage(cluster, { topic: 'jobs', partition: 1, key: text(`k${n}`), value: text(`v${n}`), headers })
  }
  const write = (origin: Record<string, string>, copy?: Partial<ProduceInput>) =>
    writeShareLetter('dlq.workers', origin, copy)
  await write({ topic: 'jobs', partition: '1', offset: '1' })
  await write({ topic: 'jobs', partition: '1', offset: '0' })
  await write({ topic: 'jobs', partition: '1', offset: '2' }, { key: text('k2'), value: text('copied') })
  await write({ topic: 'gone', partition: '0', offset: '0' })
  const partitions = [{ partitionIndex: 1, offset: 1 }]
  const topics = [{ name: 'jobs', partitions }]
  await cluster.request(
    DeleteRecords,
    { topics, timeoutMs: 20_000 },
    (await source.topic('jobs')).partitions[1]!.leader,
  )

  const letters = await records('dlq.workers', 4)
  assert.deepEqual(
    letters.map(({ isReference, group }) => [isReference, group]),
    [true, true, false, true].map((isReference) => [isReference, 'workers']),
  )
  const followed = await withOriginal(cluster, letters[0]!)
  assert.deepEqual([followed.key!.toString(), followed.value!.toString(), followed.isReference], ['k1', 'v1', false])

  const request = {
    topic: 'dlq.workers',
    select: { kind: 'query' },
    target: { kind: 'topic', topic: 'orders' },
  } as const
  const plan = await planResend(source, { ...request, by: 'test' })
  assert.deepEqual([plan.matched, plan.toSend, plan.toFail, plan.toSkip], [4, 2, 2, 0])
  assert.match(plan.reasons[0]!.reason, /no copy of its record/)
  assert.deepEqual(
    plan.sources,
    [{ topic: 'jobs', count: 1 }],
    'the one whose record is there, not the one with a copy',
  )
  assert.equal(plan.notes[0], '1 of them have no copy of their record: it is read from jobs.')
  const { job, results } = await resend(request)
  assert.deepEqual([job.sent, job.failed], [2, 2])
  assert.deepEqual(
    results.map(({ outcome }) => outcome),
    ['sent', 'failed', 'sent', 'failed'],
  )
  for (const [at, key, value, trace] of [
    [0, 'k1', 'v1', 't1'],
    [2, 'k2', 'copied', undefined],
  ] as const) {
    const { partition, offset } = results[at]!.target!
    const [sent] = await readDeadLetters(cluster, 'orders', partition, offset, offset + 1)
    assert.deepEqual([sent!.key!.toString(), sent!.value!.toString()], [key, value])
    assert.equal(sent!.headers.find((header) => header.key === 'trace')?.value?.toString(), trace)
    assert.ok(!sent!.headers.some((header) => header.key.startsWith('__dlq')), 'attempts begin anew')
  }
})

/** A console whose principal may not see one topic. */
class ShutCluster extends Cluster {
  override async request<Q extends Shape, A extends Shape>(
    api: Api<Q, A>,
    ...rest: [Encodable<Q>, ...(readonly unknown[])]
  ): Promise<Decoded<A>> {
    const answer = await super.request(api, ...(rest as [Encodable<Q>]))
    if (api.key !== Metadata.key) return answer
    for (const topic of (answer as unknown as MetadataResponse).topics) {
      const partitions: [] = []
      if (topic.name === 'shut') Object.assign(topic, { errorCode: errors.TOPIC_AUTHORIZATION_FAILED.code, partitions })
    }
    return answer
  }
}

test('letters that name a record of a topic that is shut, or of an internal one, fail alone', async () => {
  await using shut = new ShutCluster(cluster.options)
  await using bounded = new MessageSource(cluster.options, shut)
  for (const name of ['seen', 'shut', 'taken']) await createTopic(cluster, { name, partitions: 1 })
  await createTopic(cluster, { name: 'dlq.named', partitions: 1 })
  for (const topic of ['seen', 'shut']) {
    await produceMessage(cluster, { topic, partition: 0, key: text('k'), value: text(topic), headers: [] })
  }
  for (const topic of ['seen', 'shut', '__odradek_jobs', 'odradek-audit', 'seen']) {
    await writeShareLetter('dlq.named', { topic, partition: '0', offset: '0' })
  }
  const target = { kind: 'topic', topic: 'taken' } as const
  const request = { topic: 'dlq.named', select: { kind: 'query' }, target, by: 'test' } as const
  const plan = await planResend(bounded, request)
  assert.deepEqual([plan.toSend, plan.toFail], [2, 3])
  const { id } = await createResendJob(bounded, request)
  const job = await runResendJob(shut, id)
  assert.deepEqual([job.state, job.sent, job.failed], ['done', 2, 3])
  const { results } = await resendResults(cluster, id)
  for (const reasons of [plan.rows.map(({ reason }) => reason), results.map(({ reason }) => reason)]) {
    assert.equal(reasons[0], null)
    assert.match(reasons[1] ?? '', /^shut-0: .+ \(TOPIC_AUTHORIZATION_FAILED\)$/)
    assert.match(reasons[2] ?? '', /__odradek_jobs, an internal topic/)
    assert.match(reasons[3] ?? '', /odradek-audit, an internal topic/)
    assert.equal(reasons[4], null)
  }
})

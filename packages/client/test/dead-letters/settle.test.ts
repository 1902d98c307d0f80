/** What a runner left that died: a claim, and a batch that is or is not in the target. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startBroker } from '@odradek/broker'
import {
  alterConfigs,
  Cluster,
  controlResendJob,
  createTopic,
  deleteRecords,
  deleteTopics,
  planDeleteRecords,
  runResendJob,
  type Target,
} from '@odradek/client'
import {
  type Api,
  type Decoded,
  DescribeConfigs,
  DescribeProducers,
  type Encodable,
  encodeBatch,
  errors,
  InitProducerId,
  ListOffsets,
  Produce,
  type ProduceRequest,
  type Shape,
} from '@odradek/protocol'
import { jobsLogOf } from '../../src/dead-letters/jobs/jobs-log.ts'
import { writeSteps } from '../../src/dead-letters/jobs/place-list.ts'
import { produceBatch } from '../../src/dead-letters/jobs/produce-batch.ts'
import { arrived, jobOf, produce, writeLetters } from './letters.ts'

const broker = await startBroker()
const cluster = new Cluster({ bootstrap: [broker.address] })
after(async () => {
  await cluster.close()
  await broker.close()
})

const LETTERS = 20
const CLAIMED = Array.from({ length: 10 }, (_, number) => number)

/** A job of which a runner claimed the first ten letters at a time, and sent them or not, before it died. */
async function leftBehind(
  name: string,
  atMs: number,
  isSent: boolean,
  { configs = {}, isForgotten = false }: { configs?: Record<string, string>; isForgotten?: boolean } = {},
) {
  const dead = `${name}.DLT`
  await createTopic(cluster, { name, partitions: 1, configs })
  await writeLetters(cluster, dead, name, { letters: LETTERS })
  const { id } = await jobOf(cluster, dead, { target: { kind: 'origin' } })
  const newProducer = () => cluster.request(InitProducerId, { transactionalId: null, transactionTimeoutMs: 1000 })
  const { producerId, producerEpoch } = await newProducer()
  // To its partition a producer that is forgotten is one that it has never seen.
  const sender = isForgotten ? await newProducer() : { producerId, producerEpoch }
  const of = { job: id, epoch: 1, runner: 'dead#00000000' }
  const batches = [{ topic: name, partition: 0, sequence: 0, letters: writeSteps(CLAIMED) }]
  await jobsLogOf(cluster).append([
    { kind: 'lease', ...of, producerId, producerEpoch, leaseMs: 0 },
    { kind: 'claim', ...of, chunk: 0, batches, atMs },
  ])
  const records = CLAIMED.map((number) => {
    const headers = [
      { key: 'x-redrive-job', value: id },
      { key: 'x-redrive-from', value: `${dead}-0@${number}` },
    ]
    return { key: `key ${number}`, value: 'sent', headers, timestamp: Date.now() }
  })
  const batch = encodeBatch({ records, ...sender, baseSequence: 0 })
  const send = async () =>
    (await produceBatch(cluster, { topic: name, partition: 0, leader: 1, batch: Buffer.from(batch) })).errorCode
  if (isSent) assert.equal(await send(), 0)
  return { id, dead, name, send }
}

/** What came into a topic where it is shown a little after it was taken. */
async function arrivedAll(topic: string): Promise<string[]> {
  const until = performance.now() + 60_000
  for (;;) {
    const found = await arrived(cluster, topic)
    if (found.length >= LETTERS) return found
    assert.ok(performance.now() < until, `${found.length} of ${LETTERS} are in ${topic} after a minute`)
  }
}

const DELAY = { 'message.type': 'DELAY' }
const LONG_AGO = Date.now() - 7_200_000
const all = (dead: string, from = 0) =>
  Array.from({ length: LETTERS - from }, (_, number) => `${dead}-0@${from + number}`).sort()

for (const [name, atMs] of [
  ['just-now', Date.now()],
  ['long-ago', LONG_AGO],
] as const) {
  for (const isSent of [true, false]) {
    test(`claimed ${name}, ${isSent ? 'and' : 'not'} sent: each is there once, also if its runner sends it yet`, async () => {
      const { id, dead, name: target, send } = await leftBehind(`${name}-${isSent}`, atMs, isSent)
      const job = await runResendJob(cluster, id)
      assert.deepEqual([job.state, job.sent], ['done', LETTERS])
      assert.deepEqual(await arrived(cluster, target), all(dead))
      assert.equal(await send(), 0, 'it is told that it is there')
      assert.deepEqual(await arrived(cluster, target), all(dead))
    })
  }
}

for (const isSent of [true, false]) {
  test(`claimed, ${isSent ? 'sent' : 'not sent'}, and half of the letters gone since: what is known is told`, async () => {
    const { id, dead, name, send } = await leftBehind(`gone-${isSent}`, Date.now(), isSent)
    await deleteRecords(cluster, await planDeleteRecords(cluster, dead, { kind: 'offsets', offsets: { 0: 5 } }))
    const job = await runResendJob(cluster, id)
    assert.deepEqual([job.state, job.sent, job.skipped], ['done', isSent ? 20 : 15, isSent ? 0 : 5])
    assert.deepEqual(await arrived(cluster, name), all(dead, isSent ? 0 : 5))
    const late = await send()
    assert.ok(isSent ? late === 0 : late === errors.OUT_OF_ORDER_SEQUENCE_NUMBER.code, `late: error ${late}`)
    assert.deepEqual(await arrived(cluster, name), all(dead, isSent ? 0 : 5))
  })
}

test('claimed long ago and sent to where records wait unseen: the partition remembers that it has them', async () => {
  const { id, dead, name } = await leftBehind('unseen-sent', LONG_AGO, true, { configs: { 'message.type': 'DELAY' } })
  const job = await runResendJob(cluster, id)
  assert.deepEqual([job.state, job.sent, job.failed], ['done', LETTERS, 0])
  assert.deepEqual(await arrivedAll(name), all(dead))
})

test('claimed long ago, and nobody knows whether it waits there unseen: a person is told', async () => {
  const { id } = await leftBehind('unseen', LONG_AGO, false, { configs: { 'message.type': 'DELAY' } })
  const job = await runResendJob(cluster, id)
  assert.deepEqual([job.state, job.sent, job.failed], ['done', LETTERS - CLAIMED.length, CLAIMED.length])
})

/** Whose first question of one kind about a topic comes to a broker that does not lead it, or not yet. */
class EarlyCluster extends Cluster {
  readonly #topic: string
  readonly #api: number
  asked = 0

  constructor(topic: string, api: number) {
    super(cluster.options)
    this.#topic = topic
    this.#api = api
  }

  override async request<Q extends Shape, A extends Shape>(
    api: Api<Q, A>,
    input: Encodable<Q>,
    target?: Target,
    range?: Parameters<Cluster['request']>[3],
  ): Promise<Decoded<A>> {
    const answer = await super.request(api, input, target, range)
    if (api.key !== this.#api || !JSON.stringify(input).includes(`"${this.#topic}"`)) return answer
    if (++this.asked > 1) return answer
    const errorCode = errors.NOT_LEADER_OR_FOLLOWER.code
    const { topics = [], results = [] } = answer as unknown as {
      topics?: { partitions: { errorCode: number; activeProducers?: unknown[]; offset?: number }[] }[]
      results?: { errorCode: number }[]
    }
    for (const partition of topics.flatMap(({ partitions }) => partitions)) {
      Object.assign(partition, { errorCode, offset: -1, activeProducers: [] })
    }
    for (const result of results) Object.assign(result, { errorCode })
    return answer
  }
}

for (const { api, name, configs, isSent, isForgotten, sent } of [
  { api: DescribeProducers, name: 'its producers', configs: DELAY, isSent: true, isForgotten: false, sent: LETTERS },
  { api: ListOffsets, name: 'its offsets', configs: {}, isSent: true, isForgotten: true, sent: LETTERS },
  { api: DescribeConfigs, name: 'its configs', configs: DELAY, isSent: false, isForgotten: false, sent: 10 },
] as const) {
  test(`claimed long ago, and ${name} cannot be asked for at first: that is not taken for its not being there`, async () => {
    const { id, dead, name: target } = await leftBehind(`early-${api.key}`, LONG_AGO, isSent, { configs, isForgotten })
    await using early = new EarlyCluster(target, api.key)
    const job = await runResendJob(early, id)
    assert.ok(early.asked > 1, 'it was asked again')
    assert.deepEqual([job.state, job.sent, job.failed], ['done', sent, LETTERS - sent])
    if (isForgotten) assert.deepEqual(await arrived(cluster, target), all(dead))
  })
}

/** A runner that is held up right before it sends, until another has done all of its job; then its clock says how long that was. */
class HeldUpCluster extends Cluster {
  id = ''
  sent: Promise<unknown> | null = null
  readonly #clock: () => void

  constructor(clock: () => void) {
    super(cluster.options)
    this.#clock = clock
  }

  override async request<Q extends Shape, A extends Shape>(
    api: Api<Q, A>,
    input: Encodable<Q>,
    target?: Target,
    range?: Parameters<Cluster['request']>[3],
  ): Promise<Decoded<A>> {
    const topic = api.key === Produce.key ? (input as unknown as ProduceRequest).topicData[0]!.name : ''
    if (topic !== 'held' || this.sent !== null) return super.request(api, input, target, range)
    assert.equal((await runResendJob(cluster, this.id)).state, 'done')
    this.#clock()
    this.sent = super.request(api, input, target, range)
    return this.sent as Promise<Decoded<A>>
  }
}

test('a runner that stood still before it sent sends nothing: it looks whose the job is, and it is not its own', async (t) => {
  await createTopic(cluster, { name: 'held', partitions: 1 })
  await writeLetters(cluster, 'held.DLT', 'held', { letters: LETTERS })
  const { id } = await jobOf(cluster, 'held.DLT', { target: { kind: 'origin' } })
  const now = Date.now
  await using held = new HeldUpCluster(() => t.mock.method(Date, 'now', () => now() + 7_200_000))
  held.id = id
  // Nobody waits for it to be taken for dead.
  await assert.rejects(runResendJob(held, id, { leaseMs: 0 }), /runs the job now/)
  await assert.rejects(held.sent!, { message: 'This process was held up before it sent.' })
  assert.deepEqual(await arrived(cluster, 'held'), all('held.DLT'))
})

/** Somebody who writes under the runner's producer id, just before its second batch: what that sends does not follow then. */
class MeddledCluster extends Cluster {
  #batches = 0

  override async request<Q extends Shape, A extends Shape>(
    api: Api<Q, A>,
    input: Encodable<Q>,
    target?: Target,
    range?: Parameters<Cluster['request']>[3],
  ): Promise<Decoded<A>> {
    const topic = api.key === Produce.key ? (input as unknown as ProduceRequest).topicData[0]!.name : ''
    if (topic === 'forgot' && ++this.#batches === 2) {
      const [job] = [...(await jobsLogOf(cluster).sync()).jobs.values()].filter(
        ({ record }) => record.topic === 'forgot.DLT',
      )
      const { producerId, producerEpoch } = job!.lease!.record
      const records = Array.from({ length: 10 }, () => ({ value: 'not ours', timestamp: Date.now() }))
      const batch = encodeBatch({ records, producerId, producerEpoch, baseSequence: 1000 })
      assert.equal((await produceBatch(cluster, { topic, partition: 0, leader: 1, batch })).errorCode, 0)
    }
    return super.request(api, input, target, range)
  }
}

test('a partition that knows the producer otherwise is looked through, and the job goes on under another producer id', async () => {
  const letters = 3000
  await createTopic(cluster, { name: 'forgot', partitions: 1 })
  await writeLetters(cluster, 'forgot.DLT', 'forgot', { letters })
  const { id } = await jobOf(cluster, 'forgot.DLT', { target: { kind: 'origin' } })
  await using meddled = new MeddledCluster(cluster.options)
  const job = await runResendJob(meddled, id)
  assert.deepEqual([job.state, job.sent], ['done', letters])
  assert.equal((await jobsLogOf(cluster).sync()).jobs.get(id)!.epoch, 2, 'it took the job anew')
  const found = (await arrived(cluster, 'forgot')).filter((from) => from !== '')
  assert.deepEqual([found.length, new Set(found).size], [letters, letters])
})

test('a target that takes nothing for long stops the job; resumed, each letter is there once', async () => {
  const limit = (value: string) =>
    alterConfigs(cluster, { type: 'broker', name: '1' }, [{ name: 'intake.waiting.records.max', value }])
  await createTopic(cluster, { name: 'full', partitions: 1, configs: { 'message.type': 'DELAY' } })
  const timer = [{ key: 'TIMER_DELAY_SEC', value: '3600' }]
  await produce(cluster, 'full', 0, [{ value: 'waits', headers: timer, timestamp: Date.now() }])
  await limit('1')
  await writeLetters(cluster, 'full.DLT', 'full', { letters: LETTERS })
  const { id } = await jobOf(cluster, 'full.DLT', { target: { kind: 'origin' } })
  const waits: (string | null)[] = []
  const stopped = await runResendJob(cluster, id, { patienceMs: 200, onProgress: (_, why) => waits.push(why) })
  assert.deepEqual([stopped.state, stopped.sent, stopped.waiting], ['stopped', 0, LETTERS])
  assert.match(stopped.reason!, /^full-0: .*NOT_ENOUGH_REPLICAS/)
  assert.ok(waits.some((why) => why?.includes('NOT_ENOUGH_REPLICAS')))
  await limit('1000')
  await controlResendJob(cluster, id, 'resume', 'test')
  assert.equal((await runResendJob(cluster, id)).sent, LETTERS)
  assert.deepEqual(await arrivedAll('full'), all('full.DLT'))
})

test('letters that cannot be read stop the job with the reason', async () => {
  await createTopic(cluster, { name: 'hidden', partitions: 1 })
  await writeLetters(cluster, 'hidden.DLT', 'hidden', { letters: LETTERS })
  const { id } = await jobOf(cluster, 'hidden.DLT', { target: { kind: 'origin' } })
  await deleteTopics(cluster, ['hidden.DLT'])
  const job = await runResendJob(cluster, id, { patienceMs: 100 })
  assert.deepEqual([job.state, job.waiting], ['stopped', LETTERS])
  assert.match(job.reason!, /^Cannot find topic "hidden\.DLT": /)
  const cancelled = await controlResendJob(cluster, id, 'cancel', 'test')
  assert.deepEqual([cancelled.state, cancelled.skipped], ['cancelled', LETTERS])
})

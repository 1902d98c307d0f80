/**
 * Jobs against a broker: sums, partial failure, canary, stop rule, rate, pause, cancel. `ODRADEK_TEST_KAFKA=127.0.0.1:19092,…`
 * names any Kafka; without it a broker of our own is started.
 */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { startBroker } from '@odradek/broker'
import {
  Cluster,
  controlResendJob,
  keepResendJobs,
  MessageSource,
  planResend,
  resendJob,
  resendJobs,
  resendResults,
  resolveLetters,
  runResendJob,
} from '@odradek/client'
import {
  arrived,
  assertEachOnce,
  assertSums,
  comeback,
  jobOf,
  letterFrom,
  makeTopic,
  produce,
  writeLetters,
} from './letters.ts'

const { ODRADEK_TEST_KAFKA: addresses } = process.env
const broker = addresses === undefined ? await startBroker() : null
const bootstrap = addresses?.split(',') ?? [broker!.address]
const cluster = new Cluster({ bootstrap })
const source = new MessageSource(cluster.options, cluster)
/** Begins the name of everything that is made here. */
const run = `odradek-test-${randomUUID().slice(0, 8)}`
after(async () => {
  await cluster.close()
  await broker?.close()
})

test('ten thousand letters: matched is sent, failed and skipped; results tell of each; the same id is the same job', async () => {
  await makeTopic(cluster, { name: `${run}-a`, partitions: 3 })
  const letter = (number: number) => letterFrom(number % 10 === 3 ? `${run}-nowhere` : `${run}-a`, number)
  await writeLetters(cluster, `${run}-a.DLT`, `${run}-a`, { letters: 10_000, partitions: 4, letter })
  const places = Array.from({ length: 100 }, (_, offset) => ({ partition: 0, offset }))
  assert.equal((await resolveLetters(cluster, `${run}-a.DLT`, places, { by: 'test' })).marked, 100)
  const request = { topic: `${run}-a.DLT`, select: { kind: 'query' }, target: { kind: 'origin' }, by: 'test' } as const
  const plan = await planResend(source, request)
  assert.deepEqual([plan.matched, plan.toSend + plan.toFail + plan.toSkip, plan.toSkip], [10_000, 10_000, 100])
  const made = await resendJobs(cluster)
  assert.ok(
    made.every(({ topic }) => !topic.startsWith(run)),
    'a plan writes nothing',
  )

  const two = [1, 2].map(() =>
    jobOf(cluster, `${run}-a.DLT`, { target: { kind: 'origin' }, id: `${run}-double-click` }),
  )
  const [one, other] = await Promise.all(two)
  assert.deepEqual(one, other)
  assert.equal(one!.state, 'ready')
  const seen: number[] = []
  const job = await runResendJob(cluster, one!.id, {
    onProgress: (now) => {
      assertSums(now)
      seen.push(now.sent)
    },
  })
  assert.equal(job.state, 'done')
  assertSums(job)
  assert.deepEqual([job.matched, job.sent, job.failed, job.skipped], [10_000, plan.toSend, plan.toFail, 100])
  assert.ok(seen.length > 5 && seen.at(-1) === job.sent)
  await assertEachOnce(cluster, `${run}-a`, job.sent)
  const failed = await resendResults(cluster, job.id, { outcomes: ['failed'], limit: 10_000 })
  assert.equal(failed.results.length, job.failed)
  assert.ok(failed.results.every(({ reason }) => reason === `Topic ${run}-nowhere does not exist.`))
  assert.deepEqual(failed.results[0]!.why, { code: 'topicMissing', values: { topic: `${run}-nowhere` } })
  const first = await resendResults(cluster, job.id, { limit: 200 })
  assert.deepEqual([first.results[0]!.reason, first.next], ['It is marked as resolved.', 200])
  const sent = await resendResults(cluster, job.id, { outcomes: ['sent'], limit: 10_000 })
  const found = new Set(sent.results.map(({ target }) => `${target!.partition}@${target!.offset}`))
  assert.equal(found.size, job.sent, 'each has an offset of its own in the target')

  await makeTopic(cluster, { name: `${run}-nowhere`, partitions: 1 })
  const again = await jobOf(cluster, `${run}-a.DLT`, {
    target: { kind: 'origin' },
    select: { kind: 'failedOf', job: job.id },
  })
  assert.equal(again.retryOf, job.id)
  assert.equal((await runResendJob(cluster, again.id)).sent, job.failed)
})

test('some that the target refuses fail alone, and the others are sent', async () => {
  await makeTopic(cluster, {
    name: `${run}-b`,
    partitions: 1,
    configs: { 'cleanup.policy': 'compact', 'max.message.bytes': '4000' },
  })
  const letter = (number: number) => {
    const record = letterFrom(`${run}-b`, number, number === 40 ? 'x'.repeat(5000) : 'small')
    // A compacted topic takes no record without a key.
    return number % 100 === 50 ? { ...record, key: null } : record
  }
  await writeLetters(cluster, `${run}-b.DLT`, `${run}-b`, { letters: 500, letter })
  const { id } = await jobOf(cluster, `${run}-b.DLT`, { target: { kind: 'origin' } })
  const job = await runResendJob(cluster, id)
  assert.deepEqual([job.state, job.sent, job.failed], ['done', 494, 6])
  await assertEachOnce(cluster, `${run}-b`, 494)
  const { results } = await resendResults(cluster, id, { outcomes: ['failed'] })
  assert.deepEqual(
    results.map(({ offset }) => offset),
    [40, 50, 150, 250, 350, 450],
  )
  assert.match(results[0]!.reason!, /max\.message\.bytes/)
})

test('a canary that comes back stops the job; whoever resumes it wants the rest all the same', async () => {
  await makeTopic(cluster, { name: `${run}-c`, partitions: 1 })
  await writeLetters(cluster, `${run}-c.DLT`, `${run}-c`, { letters: 50 })
  const canary = { records: 10, waitMs: 600_000, percentMax: 10 }
  const { id } = await jobOf(cluster, `${run}-c.DLT`, { target: { kind: 'origin' }, canary })
  let isBack: Promise<void> | null = null
  const stopped = await runResendJob(cluster, id, {
    onProgress: (job) => {
      if (job.state !== 'canary' || isBack !== null) return
      assert.deepEqual([job.sent, job.canary!.passed], [10, null])
      isBack = produce(cluster, `${run}-c.DLT`, 0, [comeback(id, `${run}-c.DLT-0@0`), comeback(id, `${run}-c.DLT-0@1`)])
    },
  })
  await isBack
  assert.deepEqual([stopped.state, stopped.sent, stopped.cameBack, stopped.waiting], ['stopped', 10, 2, 40])
  assert.deepEqual([stopped.canary!.passed, stopped.reason], [false, '2 of the first 10 failed or came back.'])
  await assert.rejects(runResendJob(cluster, id), /paused or has stopped/)
  await controlResendJob(cluster, id, 'resume', 'test')
  const done = await runResendJob(cluster, id)
  assert.deepEqual([done.state, done.sent], ['done', 50])
  await assertEachOnce(cluster, `${run}-c`, 50)
})

test('a canary that stays away lets the rest go', async () => {
  await makeTopic(cluster, { name: `${run}-d`, partitions: 1 })
  await writeLetters(cluster, `${run}-d.DLT`, `${run}-d`, { letters: 30 })
  const canary = { records: 10, waitMs: 1, percentMax: 0 }
  const { id } = await jobOf(cluster, `${run}-d.DLT`, { target: { kind: 'origin' }, canary })
  const job = await runResendJob(cluster, id)
  assert.deepEqual([job.state, job.sent, job.canary!.passed], ['done', 30, true])
})

test('a stop rule counts what fails', async () => {
  await makeTopic(cluster, { name: `${run}-e`, partitions: 1 })
  const letter = (number: number) => letterFrom(number < 1500 ? `${run}-e` : 'no such topic', number)
  await writeLetters(cluster, `${run}-e.DLT`, `${run}-e`, { letters: 3500, letter })
  const stop = { percent: 20, atLeast: 100 }
  const { id } = await jobOf(cluster, `${run}-e.DLT`, { target: { kind: 'origin' }, stop })
  const job = await runResendJob(cluster, id)
  assert.deepEqual([job.state, job.sent], ['stopped', 1500])
  assert.ok(job.failed > 300 && job.waiting > 0)
  assertSums(job)
  const cancelled = await controlResendJob(cluster, id, 'cancel', 'test')
  assert.deepEqual([cancelled.state, cancelled.waiting], ['cancelled', 0])
  assertSums(cancelled)
})

test('a rate sends a few at a time; paused it lets go, resumed it goes on', async () => {
  await makeTopic(cluster, { name: `${run}-f`, partitions: 1 })
  await writeLetters(cluster, `${run}-f.DLT`, `${run}-f`, { letters: 400 })
  const { id } = await jobOf(cluster, `${run}-f.DLT`, { target: { kind: 'origin' }, recordsPerSecond: 40 })
  const steps: number[] = []
  let pausing: Promise<unknown> | null = null
  const paused = await runResendJob(cluster, id, {
    onProgress: ({ sent }) => {
      if (sent !== steps.at(-1)) steps.push(sent)
      if (sent >= 20 && pausing === null) pausing = controlResendJob(cluster, id, 'pause', 'test')
    },
  })
  await pausing
  assert.equal(paused.state, 'paused')
  assert.ok(paused.sent >= 20 && paused.sent < 400)
  assert.ok(
    steps.every((sent, at) => sent - (steps[at - 1] ?? 0) <= 10),
    `ten at a time: ${steps}`,
  )
  assertSums(paused)
  await controlResendJob(cluster, id, 'resume', 'test')
  const stop = new AbortController()
  const left = await runResendJob(cluster, id, { signal: stop.signal, onProgress: () => stop.abort() })
  assert.equal(left.state, 'running', 'whoever ends its process leaves a job that wants to go on')
  assert.equal(left.runner!.isAlive, false)
  await controlResendJob(cluster, id, 'cancel', 'test')
  const cancelled = await resendJob(cluster, id)
  assert.deepEqual([cancelled.state, cancelled.sent + cancelled.skipped], ['cancelled', 400])
  const { results } = await resendResults(cluster, id, { outcomes: ['skipped'], limit: 1 })
  assert.match(results[0]!.reason!, /cancelled before/)
  assert.equal((await arrived(cluster, `${run}-f`)).length, cancelled.sent)
})

test('two jobs on the same letters send each once; a keeper runs what nobody runs', async () => {
  await makeTopic(cluster, { name: `${run}-g`, partitions: 2 })
  await writeLetters(cluster, `${run}-g.DLT`, `${run}-g`, { letters: 4000, partitions: 2 })
  const other = new Cluster({ bootstrap })
  const jobs = [
    await jobOf(cluster, `${run}-g.DLT`, { target: { kind: 'origin' } }),
    await jobOf(other, `${run}-g.DLT`, { target: { kind: 'origin' } }),
  ]
  const stop = new AbortController()
  const ended = new Set<string>()
  const keepers = [cluster, other].map((each) =>
    keepResendJobs(each, {
      signal: stop.signal,
      onChange: (job) => {
        if (job.endedMs !== null && job.topic === `${run}-g.DLT`) ended.add(job.id)
        if (ended.size === 2) stop.abort()
      },
      onError: (error) => assert.fail(error as Error),
    }),
  )
  await Promise.all(keepers)
  const [one, two] = await Promise.all(jobs.map(({ id }) => resendJob(cluster, id)))
  assert.deepEqual([one!.state, two!.state], ['done', 'done'])
  assert.deepEqual([one!.sent + two!.sent, one!.skipped + two!.skipped], [4000, 4000])
  await assertEachOnce(cluster, `${run}-g`, 4000)
  await other.close()
})

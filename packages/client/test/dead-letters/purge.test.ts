/** Purging: what is deleted, what gets a tombstone, and what a plan says of it; facets and letters through a worker thread. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startBroker } from '@odradek/broker'
import {
  Cluster,
  createTopic,
  deadLetterGrowth,
  findDeadLetterTopics,
  type LetterFacets,
  type LetterRow,
  letterState,
  MessageSource,
  planPurge,
  purgeLetters,
  readDeadLetters,
  resolveLetters,
  runResendJob,
  ScanPool,
  summarizeDeadLetters,
  topErrors,
  unresolveLetters,
} from '@odradek/client'
import { jobOf, letterFrom, writeLetters } from './letters.ts'

const broker = await startBroker()
const cluster = new Cluster({ bootstrap: [broker.address] })
const source = new MessageSource(cluster.options, cluster)
after(async () => {
  await cluster.close()
  await broker.close()
})
const by = { by: 'test' }
const place = (offset: number) => ({ partition: 0, offset })

test('resolved ones go up to the first that is not; marks go with them; a mark is taken back', async () => {
  await writeLetters(cluster, 'a.DLT', 'a', { letters: 6 })
  assert.equal((await resolveLetters(cluster, 'a.DLT', [0, 1, 2, 4].map(place), by)).marked, 4)
  assert.equal((await resolveLetters(cluster, 'a.DLT', [place(0)], by)).marked, 0, 'it was already')
  assert.equal((await unresolveLetters(cluster, 'a.DLT', [place(2)], by)).marked, 1)
  const plan = await planPurge(source, 'a.DLT', { kind: 'resolved' })
  assert.deepEqual([plan.how, plan.letters, plan.unresolved], ['deleteRecords', 2, 0])
  assert.deepEqual(plan.rows, [{ partition: 0, start: 0, end: 6, before: 2, letters: 2, unresolved: 0, left: 1 }])
  assert.deepEqual(await purgeLetters(cluster, plan), [{ partition: 0, start: 2, error: null }])
  const left = await readDeadLetters(cluster, 'a.DLT', 0, 0, 10)
  assert.deepEqual(
    left.map(({ offset }) => offset),
    [2, 3, 4, 5],
  )
  assert.equal((await letterState(cluster, 'a.DLT', place(4))).kind, 'resolved')
  const rest = await planPurge(source, 'a.DLT', { kind: 'all' })
  assert.deepEqual([rest.letters, rest.unresolved], [4, 3])
  const older = await planPurge(source, 'a.DLT', { kind: 'time', timestampMs: 1_700_000_000_004 })
  assert.deepEqual([older.letters, older.rows[0]!.before], [2, 4])
})

test('a topic that is only compacted gets tombstones', async () => {
  await writeLetters(cluster, 'b.DLT', 'b', { letters: 3, configs: { 'cleanup.policy': 'compact' } })
  const plan = await planPurge(source, 'b.DLT', { kind: 'time', timestampMs: 1_700_000_000_002 })
  assert.deepEqual([plan.how, plan.letters], ['tombstones', 2])
  assert.deepEqual(await purgeLetters(cluster, plan), [{ partition: 0, start: null, error: null }])
  const records = await readDeadLetters(cluster, 'b.DLT', 0, 0, 10)
  assert.deepEqual(
    records.map(({ key, value }) => `${key}: ${value}`),
    ['key 0: value 0', 'key 1: value 1', 'key 2: value 2', 'key 0: null', 'key 1: null'],
  )
})

test('topics are found by name and headers, summed up; letters and facets come from a thread, by state too', async () => {
  await createTopic(cluster, { name: 'c', partitions: 1 })
  const spring = (number: number) => ({
    ...letterFrom('c', number),
    headers: [
      { key: 'kafka_dlt-original-topic', value: number < 30 ? 'c' : 'other' },
      { key: 'kafka_dlt-original-consumer-group', value: 'billing' },
      { key: 'kafka_dlt-exception-fqcn', value: number % 3 === 0 ? 'java.lang.Bad' : 'java.lang.Worse' },
    ],
  })
  await writeLetters(cluster, 'c-dlt', 'c', { letters: 40, letter: spring })
  await createTopic(cluster, { name: 'empty.DLQ', partitions: 1 })
  const topics = await findDeadLetterTopics(cluster, { also: ['c'] })
  const found = new Map(topics.map(({ topic, group, knownBy, convention }) => [topic, [group, knownBy, convention]]))
  assert.deepEqual(found.get('c-dlt'), ['billing', 'headers', 'spring'])
  assert.deepEqual(found.get('empty.DLQ'), [null, 'name', null])
  assert.deepEqual(found.get('c'), [null, 'asked', null])
  const summaries = await summarizeDeadLetters(cluster, topics)
  const summary = summaries.find(({ topic }) => topic === 'c-dlt')!
  const { depth, grown, oldestMs, newestMs } = summary
  assert.deepEqual([depth, grown], [40, 0])
  const errors = await topErrors(cluster, summaries)
  assert.deepEqual([errors.get('c-dlt'), errors.has('empty.DLQ')], ['java.lang.Worse', false])
  assert.deepEqual([oldestMs, newestMs], [1_700_000_000_000, 1_700_000_000_039])
  const growth = await deadLetterGrowth(cluster, ['c-dlt'], { sinceMs: 0, points: 4 })
  assert.equal(
    growth.get('c-dlt')!.reduce((sum, count) => sum + count),
    40,
  )

  const job = await jobOf(cluster, 'c-dlt', {
    target: { kind: 'origin' },
    select: { kind: 'places', places: [place(0)] },
  })
  assert.equal((await runResendJob(cluster, job.id)).sent, 1)
  await resolveLetters(cluster, 'c-dlt', [place(1), place(39)], by)
  await using pool = new ScanPool({ workersMax: 1 })
  const base = { topic: 'c-dlt', from: { kind: 'earliest' }, to: { kind: 'now' }, filter: {} } as const
  const request = { ...base, decoders: { key: 'auto', value: 'auto' }, readCommitted: true } as const
  let facets: LetterFacets | null = null
  for await (const event of pool.run(cluster.options, { kind: 'facets', request })) {
    if (event.kind === 'facets') facets = event.facets
  }
  assert.ok(facets!.isDone && facets!.letters === 40)
  assert.deepEqual(facets!.errorClasses, [
    { value: 'java.lang.Worse', count: 26 },
    { value: 'java.lang.Bad', count: 14 },
  ])
  assert.deepEqual(facets!.originTopics, [
    { value: 'c', count: 30 },
    { value: 'other', count: 10 },
  ])
  assert.deepEqual(facets!.states, [
    { value: 'new', count: 37 },
    { value: 'resolved', count: 2 },
    { value: 'resent', count: 1 },
  ])
  assert.equal(
    facets!.times!.counts.reduce((sum, count) => sum + count),
    40,
  )

  const where = { errorClasses: ['java.lang.Worse'], originTopics: ['c'], states: ['new'] } as const
  const rows: LetterRow[] = []
  const newest = { ...request, from: { kind: 'newest' }, limit: 5, where } as const
  for await (const event of pool.run(cluster.options, { kind: 'letters', request: newest })) {
    if (event.kind === 'letters') rows.push(...event.rows)
  }
  assert.deepEqual(
    rows.map(({ offset }) => offset),
    [29, 28, 26, 25, 23],
  )
  assert.deepEqual([rows[0]!.meaning.group, rows[0]!.state.kind], ['billing', 'new'])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type GroupFindings, groupStory } from './group-story.ts'
import type { LifePlace } from './life-event.ts'
import { recordFacts } from './record-facts.ts'

const root = { topic: 'orders', partition: 3, offset: 42 }
const attempt = (time: number, error: string) => ({ time, client: 'worker', host: '10.0.0.1', error })

function record(place: LifePlace, timestamp: number, headers: Record<string, string>) {
  const base = { timestamp, timestampType: 'CreateTime', key: null, producerId: null } as const
  return recordFacts(
    place,
    base,
    Object.entries(headers).map(([key, value]) => ({ key, value: Buffer.from(value) })),
  )
}

const retry = (offset: number, timestamp: number, times: number, attempts: readonly object[], more = {}) =>
  record({ topic: 'retry.billing', partition: 0, offset }, timestamp, {
    ORIGIN_TOPIC: 'orders',
    ORIGIN_PARTITION: '3',
    ORIGIN_OFFSET: '42',
    RECONSUME_TIME: String(times),
    ATTEMPTS: JSON.stringify(attempts),
    ...more,
  })

function story(findings: Partial<GroupFindings>, committed: Record<string, number> = {}) {
  return groupStory({
    group: 'billing',
    deadLetters: 'dlq.billing',
    state: 'Stable',
    root,
    retries: [],
    waiting: [],
    letters: [],
    copies: [],
    committed: ({ topic }) => committed[topic] ?? null,
    isHere: () => false,
    ...findings,
  })
}

const kinds = (life: ReturnType<typeof story>) => life.events.map(({ kind }) => kind)

test('a group without failures is past the record, stands before it, or has committed nothing', () => {
  assert.deepEqual([story({}, { orders: 43 }).outcome, kinds(story({}, { orders: 43 }))], ['consumed', ['consumed']])
  const ahead = story({}, { orders: 40 })
  assert.equal(ahead.outcome, 'ahead')
  assert.deepEqual(ahead.events.at(-1), { kind: 'ahead', atMs: null, place: root, before: 2, isHere: false })
  assert.deepEqual([story({}).outcome, kinds(story({}))], ['unknown', ['notCommitted']])
})

test('two failures, a wait before each retry, then a retry that nothing followed', () => {
  const first = attempt(1_000, 'no such article')
  const second = attempt(12_500, 'still none')
  const life = story(
    { retries: [retry(7, 11_000, 1, [first]), retry(9, 43_000, 2, [first, second])] },
    { orders: 43, 'retry.billing': 10 },
  )
  assert.deepEqual(kinds(life), ['failed', 'retried', 'failed', 'retried', 'consumed'])
  assert.deepEqual(
    life.events.map((event) => [event.atMs, 'waitedMs' in event ? event.waitedMs : null]),
    [
      [1_000, null],
      [11_000, 10_000],
      [12_500, null],
      [43_000, 30_500],
      [null, null],
    ],
  )
  assert.equal(life.outcome, 'consumed')
  assert.equal(life.attemptsMissing, 0)
})

test('a letter ends it, until it is sent again and consumed', () => {
  const first = attempt(1_000, 'broken')
  const place = { topic: 'dlq.billing', partition: 0, offset: 5 }
  const headers = { DEAD_LETTER_REASON: 'Retried 0 times.', ATTEMPTS: JSON.stringify([first]), RECONSUME_TIME: '0' }
  const letter = { ...record(place, 1_001, headers), history: [] }
  const dead = story({ letters: [letter] }, { orders: 43 })
  assert.deepEqual([dead.outcome, kinds(dead)], ['deadLetter', ['failed', 'deadLetter']])

  const redrive = { 'x-redrive-from': 'dlq.billing-0@5', 'x-redrive-by': 'ada', 'x-redrive-job': 'j' }
  const again = retry(8, 61_000, 1, [], { ...redrive, 'x-redrive-at': '1970-01-01T00:01:00Z' })
  const note = { atMs: 59_000, kind: 'resent', job: 'j', by: 'ada', text: 'retry.billing-0' } as const
  const resent = story({ letters: [{ ...letter, history: [note] }], retries: [again] }, { 'retry.billing': 9 })
  assert.deepEqual(kinds(resent), ['failed', 'deadLetter', 'resent', 'retried', 'consumed'])
  assert.equal(resent.outcome, 'consumed')
  const told = resent.events.find(({ kind }) => kind === 'resent')
  assert.ok(told?.kind === 'resent')
  assert.deepEqual([told.atMs, told.by, told.target?.offset], [60_000, 'ada', 8])

  const elsewhere = story({ letters: [{ ...letter, history: [{ ...note, text: 'orders-3' }] }] }, { orders: 43 })
  assert.deepEqual([elsewhere.outcome, kinds(elsewhere)], ['resent', ['failed', 'deadLetter', 'resent']])
  const copy = record({ ...root, offset: 50 }, 60_500, redrive)
  const found = story({ letters: [letter], copies: [copy] }, { orders: 50 })
  assert.deepEqual([found.outcome, kinds(found).at(-1)], ['ahead', 'ahead'])
})

test('what waits is told with its time, and attempts that the headers forgot are counted', () => {
  const forgetful = retry(3, 90_000, 70, [attempt(80_000, 'x')])
  const waiting = [{ ...forgetful, timestamp: 80_000, dueMs: 95_000, isDeadLetter: false }]
  const life = story({ waiting })
  assert.equal(life.outcome, 'waits')
  assert.equal(life.attemptsMissing, 69)
  const last = life.events.at(-1)
  assert.ok(last?.kind === 'waits')
  assert.deepEqual([last.number, last.dueMs], [71, 95_000])
})

test('headers that are no list, no number, or of Spring and Connect', () => {
  const odd = record(root, 1, { ATTEMPTS: '{"a":1}', RECONSUME_TIME: '-4', ORIGIN_TOPIC: 'orders' })
  assert.deepEqual([odd.attempts, odd.times, odd.origin], [[], null, null])
  assert.deepEqual(record(root, 1, { ATTEMPTS: '[null,{"time":"x"},{"time":3}]' }).attempts, [
    { time: 3, client: '', host: '', error: null },
  ])
  const partition = Buffer.alloc(4)
  partition.writeInt32BE(3)
  const offset = Buffer.alloc(8)
  offset.writeBigInt64BE(42n)
  const spring = recordFacts(root, { timestamp: 1, timestampType: 'CreateTime', key: null, producerId: null }, [
    { key: 'kafka_dlt-original-topic', value: Buffer.from('orders') },
    { key: 'kafka_dlt-original-partition', value: partition },
    { key: 'kafka_dlt-original-offset', value: offset },
  ])
  assert.deepEqual(spring.origin, { ...root, timestamp: null })
})

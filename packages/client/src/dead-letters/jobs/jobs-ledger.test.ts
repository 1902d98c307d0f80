/** The rules by which the log decides who may send what. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JobsLedger } from './jobs-ledger.ts'
import { type ClaimRecord, type JobRecord, type JobsRecord, keyOfRecord, type LeaseRecord } from './jobs-record.ts'
import { CLAIMED, FAILED, SENT, SKIPPED, WAITING } from './ledger-job.ts'
import { readPlaces, readSteps, writePlaces, writeSteps } from './place-list.ts'

const places = [0, 1, 2, 5].map((offset) => ({ partition: 0, offset }))
const letter = places[0]!

class Story {
  readonly ledger = new JobsLedger()
  readonly log: { key: string; record: JobsRecord | null }[] = []
  #count = 0

  say(record: JobsRecord): this {
    const key = keyOfRecord(record, String(this.#count++))
    this.log.push({ key, record })
    this.ledger.replay(key, record, this.#count)
    return this
  }

  make(job: string, changes: Partial<JobRecord> = {}): this {
    this.say({ kind: 'plan', job, creation: 'x', first: 0, places: writePlaces(places) })
    return this.say({
      kind: 'job',
      job,
      creation: 'x',
      topic: 'dlq',
      topicId: 'id',
      group: null,
      retryTopic: null,
      target: { kind: 'origin' },
      matched: places.length,
      again: false,
      recordsPerSecond: null,
      canary: null,
      stop: null,
      edit: null,
      by: 'test',
      atMs: 1,
      ends: [],
      retryOf: null,
      ...changes,
    })
  }

  job(id: string) {
    return this.ledger.jobs.get(id)!
  }

  counts(id: string) {
    const { counts } = this.job(id)
    return [WAITING, CLAIMED, SENT, FAILED, SKIPPED].map((outcome) => counts[outcome])
  }
}

const lease = (job: string, epoch: number, runner: string): LeaseRecord => {
  return { kind: 'lease', job, epoch, runner, producerId: epoch, producerEpoch: 0, leaseMs: 1000 }
}
const claim = (job: string, epoch: number, runner: string, chunk: number, letters: number[]): ClaimRecord => {
  const batches = [{ topic: 'orders', partition: 0, sequence: 0, letters: writeSteps(letters) }]
  return { kind: 'claim', job, epoch, runner, chunk, batches, atMs: 5 }
}
const result = (job: string, epoch: number, runner: string, of: [number, number] | null, sent: number[]) =>
  ({
    kind: 'result',
    job,
    epoch,
    runner,
    claim: of,
    sent: [['orders', 0, 100, writeSteps(sent)]],
    failed: [],
    skipped: [],
    returned: [],
  }) as const

test('of two runners the first in the log has the job, and the other claims nothing', () => {
  const story = new Story()
    .make('j')
    .say(lease('j', 1, 'one'))
    .say(lease('j', 1, 'two'))
  assert.equal(story.job('j').lease!.record.runner, 'one')
  story.say(claim('j', 1, 'two', 0, [0, 1]))
  assert.deepEqual(story.counts('j'), [4, 0, 0, 0, 0])
  story.say(claim('j', 1, 'one', 0, [0, 1]))
  assert.deepEqual(story.counts('j'), [2, 2, 0, 0, 0])
})

test('a runner that was taken over claims nothing and accounts for nothing; what it claimed before is settled', () => {
  const story = new Story()
    .make('j')
    .say(lease('j', 1, 'old'))
    .say(claim('j', 1, 'old', 0, [0, 1]))
  story
    .say(lease('j', 2, 'new'))
    .say(claim('j', 1, 'old', 1, [2]))
    .say(result('j', 1, 'old', [1, 0], [0, 1]))
  assert.deepEqual(story.counts('j'), [2, 2, 0, 0, 0])
  const [open] = story.job('j').openClaims.values()
  assert.deepEqual([open!.lease.producerId, open!.record.chunk], [1, 0], 'under the producer id of the old')
  story.say(result('j', 2, 'new', [1, 0], [0, 1]))
  assert.deepEqual([story.counts('j'), story.job('j').openClaims.size], [[2, 0, 2, 0, 0], 0])
  assert.deepEqual([...story.job('j').sentOffset], [100, 101, -1, -1])
  story.say(result('j', 2, 'new', [1, 0], [0, 1]))
  assert.deepEqual(story.counts('j'), [2, 0, 2, 0, 0], 'a result that is there twice counts once')
})

test('a claim takes the place of an open one of its number, and a letter is claimed once', () => {
  const story = new Story()
    .make('j')
    .say(lease('j', 1, 'one'))
    .say(claim('j', 1, 'one', 0, [0, 1, 2]))
  story.say(claim('j', 1, 'one', 0, [0])).say(claim('j', 1, 'one', 1, [0, 3]))
  assert.deepEqual(story.counts('j'), [3, 1, 0, 0, 0])
})

test('of two jobs the first that claims a letter sends it, unless the other wants it again', () => {
  const story = new Story().make('a').make('b').make('c', { again: true })
  for (const job of ['a', 'b', 'c']) story.say(lease(job, 1, 'one'))
  story.say(claim('a', 1, 'one', 0, [0])).say(claim('b', 1, 'one', 0, [0, 1]))
  assert.equal(story.ledger.obstacle(story.job('b'), letter), 'Another job is sending it.')
  assert.deepEqual(story.counts('b'), [4, 0, 0, 0, 0])
  story.say(result('a', 1, 'one', [1, 0], [0])).say(claim('b', 1, 'one', 0, [0]))
  assert.equal(story.ledger.obstacle(story.job('b'), letter), 'It was sent again before.')
  assert.deepEqual(story.counts('b'), [4, 0, 0, 0, 0])
  story.say(claim('c', 1, 'one', 0, [0])).say(result('c', 1, 'one', [1, 0], [0]))
  assert.deepEqual(story.ledger.stateOf('dlq/id', letter), { kind: 'resent', resent: 2, isResolved: false })
})

test('marks are set and taken back; a topic that was made again has none', () => {
  const story = new Story().make('j')
  const mark = {
    kind: 'mark',
    topic: 'dlq',
    topicId: 'id',
    places: writePlaces([letter]),
    by: 'x',
    note: null,
  } as const
  story.say({ ...mark, action: 'resolved' })
  assert.equal(story.ledger.stateOf('dlq/id', letter).kind, 'resolved')
  assert.equal(story.ledger.stateOf('dlq/other', letter).kind, 'new')
  assert.equal(story.ledger.obstacle(story.job('j'), letter), 'It is marked as resolved.')
  story.say({ ...mark, action: 'unresolved' })
  assert.equal(story.ledger.stateOf('dlq/id', letter).kind, 'new')
})

test('cancelled, what waits is skipped; of two jobs with one id the first counts', () => {
  const story = new Story().make('j').make('j', { creation: 'y', by: 'another' })
  assert.equal(story.job('j').record.by, 'test')
  story.say(lease('j', 1, 'one'))
  const state = { kind: 'state', job: 'j', epoch: 1, runner: 'one', reason: null, untilMs: null, cameBack: 0 } as const
  story.say({ ...state, state: 'cancelled' })
  assert.deepEqual(story.counts('j'), [0, 0, 0, 0, 4])
  story.say(lease('j', 2, 'two'))
  assert.equal(story.job('j').epoch, 1, 'what has ended is not taken')
})

test('whoever reads the log after compaction comes to the same', () => {
  const story = new Story()
    .make('a')
    .make('b')
    .say(lease('a', 1, 'one'))
    .say(lease('b', 1, 'one'))
  story
    .say(claim('a', 1, 'one', 0, [0, 1]))
    .say(claim('b', 1, 'one', 0, [0]))
    .say(lease('a', 2, 'two'))
  story
    .say({ kind: 'alive', job: 'a', epoch: 2, runner: 'two' })
    .say({ kind: 'alive', job: 'a', epoch: 2, runner: 'two' })
  story.say(claim('a', 1, 'one', 1, [2])).say(result('a', 2, 'two', [1, 0], [0, 1]))
  const last = new Map(story.log.map(({ key }, at) => [key, at]))
  const compacted = new JobsLedger()
  for (const [at, { key, record }] of story.log.entries()) if (last.get(key) === at) compacted.replay(key, record, at)
  for (const id of ['a', 'b']) {
    assert.deepEqual(compacted.jobs.get(id)!.outcomes, story.job(id).outcomes)
    assert.equal(compacted.jobs.get(id)!.epoch, story.job(id).epoch)
  }
  assert.deepEqual(compacted.stateOf('dlq/id', letter), story.ledger.stateOf('dlq/id', letter))
})

test('lists of places and numbers are what they were', () => {
  const list = [...places, { partition: 2, offset: 2 ** 40 }, { partition: 2, offset: 2 ** 40 + 1 }]
  assert.deepEqual(readPlaces(writePlaces(list)), list)
  assert.deepEqual(readSteps(writeSteps([3, 4, 9])), [3, 4, 9])
  assert.deepEqual([readPlaces([]), readSteps([])], [[], []])
})

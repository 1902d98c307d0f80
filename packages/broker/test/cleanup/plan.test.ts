/** What the admin listener tells of disks and cleanup, and that it comes to pass. */
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { after, test } from 'node:test'
import type { CleanupPlanView, DisksView } from '../../src/index.ts'
import { LogLines } from '../log-lines.ts'
import { Subject } from '../protocol/subject.ts'
import { WireTopic } from '../protocol/wire-topic.ts'
import { boundsOf } from './flood.ts'

const HOUR_MS = 3_600_000
const lines = new LogLines()
const subject = await Subject.start(
  {
    'admin.listener': '127.0.0.1:0',
    'log.retention.check.interval.ms': 300,
    'log.cleaner.backoff.ms': 200,
    'log.segment.bytes': 1024,
  },
  lines.logger,
)
after(() => subject.close())
const client = await subject.connect()

async function ask<T>(path: string, status = 200): Promise<T> {
  const response = await fetch(`http://${subject.broker.adminAddress}${path}`)
  equal(response.status, status)
  return (await response.json()) as T
}

const planOf = async (topic: string, hours = 24) =>
  (await ask<CleanupPlanView>(`/v1/cleanup/plan?topic=${topic}&hours=${hours}`)).topics[0]!

/** A segment each, so old. */
async function write(topic: WireTopic, ...ages: number[]): Promise<void> {
  for (const [at, age] of ages.entries()) {
    const record = { key: `${at % 2}`, value: 'x'.repeat(900), timestamp: Date.now() - age }
    equal((await topic.produce({ records: [record] })).errorCode, 0)
  }
}

test('the plan tells what will go and when, and it goes then', async () => {
  const topic = await WireTopic.create(client, { configs: { 'retention.ms': `${2 * HOUR_MS}` } })
  await write(topic, HOUR_MS + 1000, HOUR_MS, 1000, 0)
  const plan = await planOf(topic.name)
  deepEqual(
    plan.steps.map(({ reason, segments, startOffsets }) => [reason, segments, startOffsets[0]]),
    [
      ['time', 1, 1],
      ['time', 1, 2],
      ['time', 1, 3],
      ['time', 1, 4],
    ],
  )
  for (const { at } of plan.steps) {
    const inMs = Date.parse(at) - Date.now()
    ok(inMs > HOUR_MS - 60_000 && inMs < 2 * HOUR_MS + 1000, at)
  }
  deepEqual((await planOf(topic.name, 0)).kept, 'young')
  equal((await boundsOf(topic, 0)).start, 0)

  const soon = await WireTopic.create(client, { configs: { 'retention.ms': `${HOUR_MS}` } })
  // Milliseconds are rounded here and there.
  const isOverAt = Date.now() + 1490
  await write(soon, HOUR_MS - 1500, 0, 0)
  const step = (await planOf(soon.name)).steps.find(({ startOffsets }) => startOffsets[0] === 1)
  // A machine that is slow enough has let go of it by now: then it is no step, the others are.
  if (step !== undefined) ok(Date.parse(step.at) >= isOverAt, step.at)
  else equal((await boundsOf(soon, 0)).start, 1)
  await lines.said('Old segments were let go.', soon.name)
  equal((await boundsOf(soon, 0)).start, 1)
  const told = await ask<CleanupPlanView>(`/v1/cleanup/plan?topic=${soon.name}`)
  deepEqual(
    told.recent.map(({ partition, reason, segments, startOffset }) => [partition, reason, segments, startOffset]),
    [[0, 'time', 1, 1]],
  )
  ok(Date.parse(told.recent[0]!.time) >= isOverAt, `it went at ${told.recent[0]!.time}`)
  ok(told.deleted.time.segments >= 1 && told.deleted.time.bytes > 900)
})

test('the plan tells how compacted topics stand; they are compacted in the end', async () => {
  const configs = {
    'cleanup.policy': 'compact',
    'min.cleanable.dirty.ratio': '1',
    'max.compaction.lag.ms': `${HOUR_MS}`,
  }
  const topic = await WireTopic.create(client, { configs })
  await write(topic, 1000, 900, 800, 700, 600)
  const state = async () => (await planOf(topic.name)).compaction[0]!
  // It is compacted for the first time at once: all of it is new.
  await lines.said('Compacted a log.', topic.name)
  ok((await state()).compactedTo > 0)
  await write(topic, 500, 400, 300)
  const before = await state()
  ok(before.dirtyRatio > 0 && before.dirtyRatio < 1, `${before.dirtyRatio}`)
  const dueInMs = Date.parse(before.dueAt!) - Date.now()
  ok(dueInMs > HOUR_MS - 60_000 && dueInMs <= HOUR_MS, before.dueAt!)
  equal((await planOf(topic.name)).kept, 'compacted')
})

test('what is too old for max.compaction.lag.ms is compacted, however little it is, and the active segment too', async () => {
  const configs = { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '1', 'max.compaction.lag.ms': '1500' }
  const topic = await WireTopic.create(client, { configs })
  const keys = async () => (await topic.read(0)).map(({ key }) => key)
  for (const value of ['a', 'b', 'c']) await topic.write(value)
  for (const value of ['a', 'b']) await topic.write(value)
  deepEqual(await keys(), ['a', 'b', 'c', 'a', 'b'])
  // The first pass may have come before the last records.
  for (let from = lines.all.length; (await keys()).length > 3; from = lines.all.length)
    await lines.said('Compacted a log.', topic.name, from)
  deepEqual(await keys(), ['c', 'a', 'b'])
})

test('disks are told with what their state means', async () => {
  const { disks, offline } = await ask<DisksView>('/v1/disks')
  deepEqual([disks.length, offline], [1, []])
  const [disk] = disks
  deepEqual(disk!.directories, [subject.broker.dataDir])
  ok(disk!.usedBytes + disk!.freeBytes <= disk!.totalBytes)
  ok(Math.abs(disk!.usedPercent - (disk!.usedBytes / (disk!.usedBytes + disk!.freeBytes)) * 100) < 0.01)
  deepEqual(
    Object.entries(disk!.thresholds).map(([state, { abovePercent }]) => [state, abovePercent]),
    [
      // Those of a broker with temporary data.
      ['expiring', 98],
      ['forcing', 98],
      ['refusing', 98],
      ['full', 99],
    ],
  )
})

test('a request that makes no sense is told what would', async () => {
  match((await ask<{ error: string }>('/v1/cleanup/plan?hours=many', 400)).error, /^hours must be a number from 0 to/)
  match((await ask<{ error: string }>('/v1/cleanup', 404)).error, /Try \/health, \/metrics, .*\/v1\/cleanup\/plan/)
  const response = await fetch(`http://${subject.broker.adminAddress}/v1/disks`, { method: 'DELETE' })
  deepEqual([response.status, await response.json()], [405, { error: 'Use GET.' }])
  const body = await fetch(`http://${subject.broker.adminAddress}/v1/disks`, { method: 'HEAD' })
  deepEqual([body.status, await body.text()], [200, ''])
})

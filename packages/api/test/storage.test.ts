/** What goes of each topic and why, over the routers, against a broker. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTopic, produceMessage } from '@odradek/client'
import { ConsoleScene } from './console-scene.ts'

const cluster = 'local'
const text = (value: string) => ({ format: 'text', text: value }) as const
const HOUR_MS = 3_600_000

test('by topic: what goes first and why, or why nothing does; disks with their marks, and what is not flushed', async () => {
  const marksSet = {
    'disk.expire.above.percent': 96,
    'disk.force.above.percent': 97,
    'disk.refuse.above.percent': 98,
    'disk.refuse.internal.above.percent': 99,
  }
  const broker = { config: { 'admin.listener': '127.0.0.1:0', ...marksSet } }
  await using scene = await ConsoleScene.open({ broker, adminAddress: true })
  const { storage } = scene.caller
  const kafka = scene.console.session(cluster).cluster
  const topics = {
    soon: { 'retention.ms': String(HOUR_MS) },
    late: { 'retention.ms': String(48 * HOUR_MS) },
    table: { 'cleanup.policy': 'compact' },
    ever: { 'retention.ms': '-1' },
  }
  for (const [name, configs] of Object.entries(topics)) {
    await createTopic(kafka, { name, partitions: 1, configs })
    await produceMessage(kafka, { topic: name, key: text('k'), value: text('v'.repeat(100)), headers: [] })
  }
  const { problem, brokers, silent } = await storage.get({ cluster })
  assert.deepEqual([problem, silent, brokers.length], [null, [], 1])
  const [one] = brokers
  const marks = one!.disks[0]!.thresholds
  assert.deepEqual(
    [marks.expiring, marks.forcing, marks.refusing, marks.full].map(({ abovePercent }) => abovePercent),
    Object.values(marksSet),
  )
  assert.deepEqual([one?.damaged, one?.offline, one?.plan.compacting], [[], [], null])

  const day = await storage.topics({ cluster, sort: 'next' })
  const about = Object.fromEntries(day.rows.map(({ topic, next, kept }) => [topic, next?.reason ?? kept]))
  assert.deepEqual(about, { soon: 'time', late: 'young', table: 'compacted', ever: 'unlimited' })
  assert.equal(day.rows[0]?.topic, 'soon', 'what goes first is first')
  const soon = day.rows[0]!
  assert.equal(soon.goingBytes, soon.bytes)
  const week = await storage.topics({ cluster, horizon: 168, sort: 'going', descending: true, search: 'LATE' })
  assert.deepEqual(
    week.rows.map(({ topic, next, kept }) => [topic, next?.reason, kept]),
    [['late', 'time', null]],
  )
  const detail = await storage.topic({ cluster, topic: 'soon' })
  assert.deepEqual([detail?.steps.length, detail?.steps[0]?.startOffsets], [1, { 0: 1 }])
  assert.equal(await storage.topic({ cluster, topic: 'nothing' }), null)
})

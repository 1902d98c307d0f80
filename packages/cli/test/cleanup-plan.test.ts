import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type CleanupPlanView, startBroker } from '@odradek/broker'
import { planText } from '../src/commands/cleanup-plan.ts'
import { runOdradek } from './odradek.ts'

const plan: CleanupPlanView = {
  now: '2026-06-01T00:00:00.000Z',
  until: '2026-06-02T00:00:00.000Z',
  profile: 'rocketmq',
  nextRetentionCheckAt: '2026-06-01T00:05:00.000Z',
  deleteWhen: { hours: ['04'], timezone: 'UTC' },
  disks: [{ directories: ['/var/lib/odradek'], usedPercent: 76.5, state: 'expiring' }],
  offline: [{ directory: '/mnt/second', error: 'EIO: i/o error, fdatasync' }],
  topics: [
    {
      topic: 'orders',
      cleanupPolicy: ['delete'],
      retentionMs: 1000,
      retentionBytes: -1,
      bytes: 3 * 2 ** 30,
      segments: 3,
      steps: [
        {
          at: '2026-06-01T04:00:00.000Z',
          reason: 'time',
          segments: 2,
          bytes: 2 ** 31,
          startOffsets: { 0: 120, 1: 99 },
        },
      ],
      kept: null,
      compaction: [],
    },
    {
      topic: 'prices',
      cleanupPolicy: ['compact'],
      retentionMs: 1000,
      retentionBytes: -1,
      bytes: 1536,
      segments: 2,
      steps: [],
      kept: 'compacted',
      compaction: [
        { partition: 0, bytes: 1024, dirtyBytes: 256, dirtyRatio: 0.25, compactedTo: 12, dueAt: null },
        { partition: 1, bytes: 0, dirtyBytes: 0, dirtyRatio: 0, compactedTo: 0, dueAt: null },
      ],
    },
  ],
  compacting: null,
  deleted: { time: { segments: 1, bytes: 10 }, size: { segments: 0, bytes: 0 }, forced: { segments: 0, bytes: 0 } },
  recent: [
    {
      time: '2026-05-31T04:00:01.000Z',
      topic: 'orders',
      partition: 1,
      reason: 'forced',
      segments: 1,
      bytes: 10,
      startOffset: 88,
    },
  ],
}

test('the plan for a terminal', () => {
  assert.equal(
    planText(plan),
    `Disks (profile rocketmq, deletes in the hours 04 (UTC))
USED    STATE     DIRECTORIES
76.5 %  expiring  /var/lib/odradek
-       offline   /mnt/second (EIO: i/o error, fdatasync)

Will go until 2026-06-02 00:00Z
WHEN               TOPIC   WHY           SEGMENTS  SIZE     LOGS BEGIN AT
2026-06-01 04:00Z  orders  retention.ms         2  2.0 GiB  0: 120, 1: 99

Stays
TOPIC   SIZE     BECAUSE IT
prices  1.5 KiB  is compacted

Compaction
TOPIC   PARTITION  NEW     OF       WHEN
prices          0  25.0 %  1.0 KiB  when more is new

Went lately
WHEN               TOPIC   PARTITION  WHY                   SEGMENTS  SIZE  LOG BEGINS AT
2026-05-31 04:00Z  orders          1  the disk is too full         1  10 B             88
`,
  )
})

const broker = await startBroker({ config: { 'admin.listener': '127.0.0.1:0', 'offsets.topic.num.partitions': 1 } })
after(() => broker.close())

test('odradek cleanup plan asks a broker', async () => {
  const words = ['topics', 'create', 'orders', '--bootstrap', broker.address]
  assert.equal((await runOdradek(words)).code, 0)
  const told = await runOdradek(['cleanup', 'plan', '--admin', broker.adminAddress!, '--topic', 'orders', '--json'])
  assert.equal(told.code, 0, told.stderr)
  const { topics, profile }: CleanupPlanView = JSON.parse(told.stdout)
  assert.deepEqual([profile, topics.map(({ topic, kept }) => [topic, kept])], ['kafka', [['orders', 'young']]])
  const text = await runOdradek(['cleanup', 'plan', '--admin', broker.adminAddress!])
  assert.match(text.stdout, /^Disks \(profile kafka\)\n/)
})

test('what cannot be asked is said in one line', async () => {
  const away = await runOdradek(['cleanup', 'plan', '--admin', '127.0.0.1:1'])
  assert.equal(away.code, 1)
  assert.match(away.stderr, /^odradek: cannot ask the admin listener at 127\.0\.0\.1:1: .*admin\.listener\)\?\n$/)
  const unknown = await runOdradek(['cleanup', 'plan', '--admin', broker.adminAddress!, '--topic', 'nowhere'])
  assert.deepEqual([unknown.code, unknown.stdout], [1, ''])
  assert.match(unknown.stderr, /has no usable partition of "nowhere" that it leads\n$/)
  const bad = await runOdradek(['cleanup', 'plan', '--admin', broker.adminAddress!, '--hours', 'x'])
  assert.equal(bad.code, 1)
  assert.match(bad.stderr, /answers 400: hours must be a number/)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ResendJob, ResendPlan, ResendResult } from '@odradek/client'
import { jobText, resultLine } from './commands/dead-letters-job.ts'
import { planText } from './commands/dead-letters-resend.ts'
import { reasonLines } from './run-job.ts'

test('reasons that are counted among the first alone say so', () => {
  const results = [
    { outcome: 'failed', reason: 'too large' },
    { outcome: 'skipped', reason: null },
    { outcome: 'failed', reason: 'too large' },
  ] as const
  const lines = ['2 letters failed: too large', '1 letter skipped: it is not told why']
  assert.deepEqual(reasonLines('j', { results, next: null }, 3), lines)
  assert.deepEqual(reasonLines('j', { results, next: 3 }, 9), [
    'Of the first 3 of 9:',
    ...lines,
    'All of it: odradek dead-letters job show j --results',
  ])
})

/** The name of a topic in a letter's header, as nobody may make one. */
const HOSTILE = 'x\u001b[2J\nNothing has been sent'
const PLAIN = 'x\\x1b[2J Nothing has been sent'

test('what letters say begins no line of its own, in plans, jobs, results and reasons', () => {
  const reason = `Topic ${HOSTILE} does not exist.`
  const told = `Topic ${PLAIN} does not exist.`
  const plan = {
    targets: [{ topic: HOSTILE, count: 1 }],
    reasons: [{ outcome: 'fail', reason, count: 1 }],
    notes: [HOSTILE],
    matched: 2,
    toSend: 1,
    toFail: 1,
    toSkip: 0,
  } as unknown as ResendPlan
  assert.deepEqual(planText(plan).split('\n').slice(0, 4), [
    `1 letter would go to ${PLAIN}`,
    `1 letter would fail: ${told}`,
    '2 matched: 1 to send, 1 to fail, 0 to skip',
    PLAIN,
  ])
  const counts = { matched: 1, sent: 0, failed: 1, skipped: 0, waiting: 0, cameBack: 0 }
  const job = { id: 'j', state: 'stopped', ...counts, reason, runner: { name: HOSTILE, isAlive: true }, endedMs: null }
  assert.deepEqual(
    jobText(job as unknown as ResendJob)
      .split('\n')
      .slice(1),
    [told, `runner ${PLAIN}`],
  )
  const target = { topic: HOSTILE, partition: 0, offset: -1 }
  const result = { partition: 0, offset: 1, outcome: 'failed', reason, target } as unknown as ResendResult
  assert.equal(resultLine(result), `0@1  failed to ${PLAIN}-0: ${told}\n`)
  assert.deepEqual(reasonLines('j', { results: [result], next: null }, 1), [`1 letter failed: ${told}`])
})

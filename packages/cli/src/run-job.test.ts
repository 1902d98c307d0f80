import assert from 'node:assert/strict'
import { test } from 'node:test'
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

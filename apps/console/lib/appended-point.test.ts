import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appendedPoint, type Points } from './appended-point.ts'

test('a point is appended once, whichever way it came, and the oldest go beyond 720', () => {
  const one = appendedPoint<'lag'>({ atMs: [], values: { lag: [] } }, 5, { lag: 3 })
  assert.deepEqual<Points<'lag'>>(one, { atMs: [5], values: { lag: [3] } })
  assert.equal(appendedPoint(one, 5, { lag: 4 }), one, 'there already')
  assert.equal(appendedPoint(one, 4, { lag: 4 }), one, 'older')
  let many = one
  for (let n = 6; n < 1000; n++) many = appendedPoint(many, n, { lag: n % 2 === 0 ? n : null })
  assert.deepEqual([many.atMs.length, many.atMs[0], many.atMs.at(-1)], [720, 280, 999])
  assert.deepEqual(many.values.lag.slice(-2), [998, null])
})

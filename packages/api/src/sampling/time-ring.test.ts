import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TimeRing } from './time-ring.ts'

test('the newest points are kept, oldest first; what was not known is a gap', () => {
  const ring = new TimeRing(['lag', 'rate'], 3)
  assert.equal(ring.newest, null)
  assert.equal(ring.last('lag'), null)
  for (let i = 1; i <= 5; i++) ring.push(i * 1000, { lag: i, rate: i === 4 ? null : i * 10 })
  assert.deepEqual(ring.since(), { atMs: [3000, 4000, 5000], values: { lag: [3, 4, 5], rate: [30, null, 50] } })
  assert.deepEqual(ring.since(4001).atMs, [5000])
  assert.deepEqual(ring.newest, { atMs: 5000, values: { lag: 5, rate: 50 } })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { roundWindow } from './round-window.ts'

test('a window is widened to whole parts of a round length', () => {
  const hour = 3_600_000
  assert.deepEqual(roundWindow(10 * hour + 5, 12 * hour), { from: 10 * hour, to: 12 * hour, buckets: 120 })
  assert.deepEqual(roundWindow(0, 1), { from: 0, to: 1, buckets: 1 })
  for (const span of [7, 999, 61_000, 86_400_000, 40 * 86_400_000, 1e15]) {
    const { from, to, buckets } = roundWindow(1_234_567, 1_234_567 + span)
    assert.ok(from <= 1_234_567 && to >= 1_234_567 + span, String(span))
    assert.ok(buckets <= 122, `${buckets} parts of ${span}`)
    assert.equal((to - from) % buckets, 0)
  }
})

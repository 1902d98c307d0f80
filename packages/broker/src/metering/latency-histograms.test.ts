import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BUCKET_BOUNDS_SECONDS, LatencyHistograms } from './latency-histograms.ts'

/** The bound of the bucket that a time falls into, in seconds. */
function boundOf(ms: number): number {
  const histograms = new LatencyHistograms(3)
  histograms.record(1, ms)
  assert.deepEqual([histograms.read(0).count, histograms.read(2).count], [0, 0], 'other rows are untouched')
  const { cumulative, count } = histograms.read(1)
  assert.equal(count, 1)
  const at = cumulative.indexOf(1)
  return at < 0 ? Number.POSITIVE_INFINITY : BUCKET_BOUNDS_SECONDS[at]!
}

test('a time falls into the bucket with the least bound that is not below it', () => {
  for (const ms of [0, 0.001, 0.031, 0.032, 0.0331, 0.064, 0.1, 1, 1.024, 1.0251, 7, 1000, 33_000, 33_554.432]) {
    const least = BUCKET_BOUNDS_SECONDS.find((bound) => bound * 1000 >= Math.floor(ms * 1000) / 1000)
    assert.equal(boundOf(ms), least, `${ms} ms`)
  }
  for (const ms of [33_554.434, 60_000, 1e12]) assert.equal(boundOf(ms), Number.POSITIVE_INFINITY)
})

test('a clock that seems to go back counts as no time', () => {
  assert.equal(boundOf(-5), BUCKET_BOUNDS_SECONDS[0])
})

test('sums are in seconds, and counts add up from bucket to bucket', () => {
  const histograms = new LatencyHistograms(1)
  for (const ms of [1, 2, 3, 1000]) histograms.record(0, ms)
  const { cumulative, count, sumSeconds } = histograms.read(0)
  assert.equal(count, 4)
  assert.equal(sumSeconds, 1.006)
  assert.ok(cumulative.every((value, at) => at === 0 || value >= cumulative[at - 1]!))
  assert.equal(cumulative.at(-1), 4)
})

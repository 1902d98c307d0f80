import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Latencies } from './latencies.ts'

test('quantiles are within one percent of the latencies that were added', () => {
  const latencies = new Latencies()
  const values = Array.from({ length: 10_000 }, (_, index) => 0.01 * 1.001 ** index)
  for (const value of values) latencies.add(value)
  for (const quantile of [0, 0.25, 0.5, 0.9, 0.99, 0.999]) {
    const exact = values[Math.floor(values.length * quantile)]!
    const found = latencies.quantile(quantile)
    assert.ok(Math.abs(found - exact) / exact < 0.01, `${quantile}: ${found} instead of ${exact}`)
  }
  assert.equal(latencies.quantile(1), latencies.quantile(0.99999))
  assert.equal(latencies.max, values.at(-1))
  assert.equal(latencies.count, values.length)
})

test('no latency, a latency of nothing, and one beyond the scale', () => {
  const latencies = new Latencies()
  assert.equal(latencies.quantile(0.5), 0)
  latencies.add(0)
  assert.equal(latencies.quantile(0.5), 0)
  latencies.add(1e9)
  assert.ok(latencies.quantile(0.99) > 400_000)
})

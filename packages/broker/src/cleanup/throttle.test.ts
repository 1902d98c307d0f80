import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Throttle } from './throttle.ts'

/** A thread whose time passes only in pauses and where the test says so. */
class TestPace {
  time = 5000
  readonly pauses: number[] = []

  monotonic(): number {
    return this.time
  }

  pause(ms: number): void {
    this.pauses.push(ms)
    this.time += ms
  }
}

describe('the throttle of a job', () => {
  it('lets as many bytes pass as the rate allows, however they come', () => {
    for (const step of [1, 999, 50_000, 3_000_000]) {
      const pace = new TestPace()
      const throttle = new Throttle(1_000_000, pace)
      while (throttle.bytes < 6_000_000) throttle.spend(step)
      const expectedMs = (throttle.bytes / 1_000_000) * 1000
      assert.ok(Math.abs(pace.time - 5000 - expectedMs) <= 100, `${pace.time - 5000} ms for ${throttle.bytes} bytes`)
      assert.ok(pace.pauses.every((ms) => ms <= 1000))
    }
  })

  it('does not wait for a job that is slower by itself', () => {
    const pace = new TestPace()
    const throttle = new Throttle(1_000_000, pace)
    for (let at = 0; at < 100; at++) {
      pace.time += 200
      throttle.spend(100_000)
    }
    assert.deepEqual(pace.pauses, [])
  })

  it('does not wait without a limit, or without a pace', () => {
    const pace = new TestPace()
    const throttle = new Throttle(Number.MAX_VALUE, pace)
    for (let at = 0; at < 100; at++) throttle.spend(10_000_000)
    assert.deepEqual(pace.pauses, [])
    new Throttle(1, undefined).spend(1e9)
  })
})

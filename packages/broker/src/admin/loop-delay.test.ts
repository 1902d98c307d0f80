import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { LoopDelay } from './loop-delay.ts'

test('an event loop that is held up is seen to be late, also when it had nothing to do before', async () => {
  const delay = new LoopDelay()
  // The first sample finds a loop that waits: the next one is due later than it would be else.
  while (delay.histogram.read(0).count === 0) await setTimeout(1)
  const before = delay.histogram.read(0)
  const until = performance.now() + 700
  while (performance.now() < until);
  while (delay.histogram.read(0).count === before.count) await setTimeout(1)
  delay.close()
  const { sumSeconds } = delay.histogram.read(0)
  assert.ok(sumSeconds - before.sumSeconds >= 0.1, `${sumSeconds - before.sumSeconds} s`)
})

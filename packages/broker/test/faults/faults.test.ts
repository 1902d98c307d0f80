/** Each fault once, on three real brokers: nothing is lost, doubled, reordered or undone. `main.ts` runs for as long as one likes. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { runFaults } from './fault-run.ts'

/** Those that take longest are for the long run. */
const ONCE = ['hold', 'store killed', 'not heard', 'disk full', 'kill']
const FAULT_MS = 3_000

it('three brokers keep what they promised while they are held, parted, killed and full', {
  timeout: 300_000,
}, async () => {
  let at = 0
  const random = () => ((at++ * 7) % 10) / 10
  const { problems, acknowledged, read, log } = await runFaults({
    durationMs: 0,
    random,
    faults: ONCE,
    faultMs: FAULT_MS,
  })
  assert.deepEqual(problems, [], log.slice(-50).join('\n'))
  assert.ok(acknowledged > 100 && read > 100, `${acknowledged} acknowledged, ${read} read`)
})

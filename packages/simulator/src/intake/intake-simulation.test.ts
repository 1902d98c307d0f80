/** Records that wait, on machines that fail: `node packages/simulator/src/main.ts --world intake --count 100000` for more. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { intakeMutants } from './intake-mutants.ts'
import { simulateIntake } from './intake-simulation.ts'

const SEEDS = 1000
const MUTANT_SEEDS_MAX = 150
/** System calls of a life in which everything is accepted and delivered, at each of which it ends once. */
const CRASH_POINTS = 260

describe('records that wait', () => {
  it(`are delivered once, in ${SEEDS} worlds`, async () => {
    let acknowledged = 0
    let lives = 0
    for (let seed = 1; seed <= SEEDS; seed++) {
      const outcome = await simulateIntake(seed)
      assert.deepEqual(
        outcome.failures,
        [],
        `repeat it: node packages/simulator/src/main.ts --world intake --seed ${seed} --trace`,
      )
      acknowledged += outcome.counts.acknowledged!
      lives += outcome.counts.lives!
    }
    assert.ok(acknowledged > 100 * SEEDS && lives > 3 * SEEDS, `${acknowledged} records, ${lives} lives`)
  })

  for (const end of ['process', 'power'] as const) {
    it(`are delivered once, at whichever system call the life ends (${end})`, async () => {
      for (let crashAtCall = 40; crashAtCall < 40 + CRASH_POINTS; crashAtCall++) {
        const lives = [{ crashAtCall, lengthMs: 3000, end }]
        const { failures } = await simulateIntake(3, { lives, isSync: true })
        assert.deepEqual(failures, [], `at call ${crashAtCall}`)
      }
    })
  }
})

describe('a precaution that is taken away', () => {
  for (const [name, mutate] of Object.entries(intakeMutants)) {
    it(`is missed: ${name}`, async () => {
      const restore = mutate()
      try {
        for (let seed = 1; seed <= MUTANT_SEEDS_MAX; seed++) {
          if ((await simulateIntake(seed)).failures.length > 0) return
        }
      } finally {
        restore()
      }
      assert.fail(`${MUTANT_SEEDS_MAX} seeds did not notice`)
    })
  }
})

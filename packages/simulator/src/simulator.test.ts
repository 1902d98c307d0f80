/**
 * Seeds that the gate runs. A failure prints the seed and the command that repeats it; `main.ts` runs as many others as one
 * likes: `node packages/simulator/src/main.ts --seed 1000 --count 1000000`.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { mutants } from './mutants.ts'
import { simulate } from './simulation.ts'

const SEEDS = 150
/** Seeds that found a defect when they were young, with what it was about. */
const FOUND: Readonly<Record<string, readonly number[]>> = {
  'what recovery found is flushed, and shown by sync topics only then': [2],
  'indexes and snapshots are durable before the recovery point passes them': [66, 70, 103, 2298, 100_592],
  'names of directories are durable, and logs have their topic id': [152, 156],
  'retries of any of the last five batches are known after a restart': [78, 169, 233, 308, 10_179],
  'a clean stop waits for syncs that are under way': [414, 502, 658, 787],
  'what a failed sync left in the page cache is written again': [702, 2030],
  'compaction, retention and deletion take nothing that only the page cache replaces': [741, 20_071, 20_220, 300_601],
}
/** Enough for every mutant to be found by the third part of them. */
const MUTANT_SEEDS_MAX = 30

describe('a broker on a machine that fails', () => {
  it(`loses nothing and makes nothing up, in ${SEEDS} worlds`, async () => {
    const totals: Record<string, number> = {}
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { failures, counts } = await simulate(seed)
      const how = `node packages/simulator/src/main.ts --seed ${seed} --trace`
      assert.deepEqual(failures, [], `seed ${seed} failed; repeat it with: ${how}`)
      for (const [name, count] of Object.entries(counts)) totals[name] = (totals[name] ?? 0) + count
    }
    // A simulation in which nothing happens finds nothing.
    assert.ok(totals.acknowledged! > 100 * SEEDS, JSON.stringify(totals))
    assert.ok(totals.read! > 100 * SEEDS, JSON.stringify(totals))
    assert.ok(totals.commits! > 10 * SEEDS, JSON.stringify(totals))
    assert.ok(totals.lives! > 2 * SEEDS, JSON.stringify(totals))
    assert.ok(totals.lost! > SEEDS, JSON.stringify(totals))
    assert.ok(totals.journalSyncs! > SEEDS, JSON.stringify(totals))
    assert.ok(totals.resets! > 0, JSON.stringify(totals))
  })

  for (const [what, seeds] of Object.entries(FOUND)) {
    it(`does again what once was wrong: ${what}`, async () => {
      for (const seed of seeds) assert.deepEqual((await simulate(seed)).failures, [], `seed ${seed} failed`)
    })
  }

  it('does the same again with the same seed, and something else with another', async () => {
    const [first, again, other] = [await simulate(7), await simulate(7), await simulate(8)]
    assert.equal(first.fingerprint, again.fingerprint)
    assert.equal(first.steps, again.steps)
    assert.notEqual(first.fingerprint, other.fingerprint)
  })
})

describe('a machine that breaks its promises', () => {
  for (const [name, mutation] of Object.entries(mutants)) {
    it(`is found out: ${name}`, async () => {
      for (let seed = 1; seed <= MUTANT_SEEDS_MAX; seed++) {
        const { failures } = await simulate(seed, { mutation })
        if (failures.length > 0) return
      }
      assert.fail(`${MUTANT_SEEDS_MAX} seeds did not notice`)
    })
  }
})

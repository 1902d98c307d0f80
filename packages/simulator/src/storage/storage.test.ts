/**
 * Seeds of the storage code that the gate runs; `node packages/simulator/src/main.ts --world storage --count 1000000` runs
 * as many others as one likes.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { simulateStorage } from './storage-simulation.ts'

const SEEDS = 2000

describe('logs on a disk that fails', () => {
  it(`keep what is durable and nothing that is not theirs, in ${SEEDS} worlds`, async () => {
    const totals: Record<string, number> = {}
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { failures, counts } = await simulateStorage(seed)
      const how = `node packages/simulator/src/main.ts --world storage --seed ${seed} --trace`
      assert.deepEqual(failures, [], `seed ${seed} failed; repeat it with: ${how}`)
      for (const [name, count] of Object.entries(counts)) totals[name] = (totals[name] ?? 0) + count
    }
    // A simulation in which nothing happens finds nothing.
    assert.ok(totals.appended! > 20 * SEEDS, JSON.stringify(totals))
    assert.ok(totals.lives! > 3 * SEEDS, JSON.stringify(totals))
    for (const name of ['flushes', 'cuts', 'compactions']) assert.ok(totals[name]! > SEEDS / 4, JSON.stringify(totals))
    assert.ok(totals.crowds! > SEEDS / 50 && totals.fullDisks! > SEEDS / 20, JSON.stringify(totals))
  })

  it('do the same again with the same seed, and something else with another', async () => {
    const [first, again, other] = [await simulateStorage(7), await simulateStorage(7), await simulateStorage(8)]
    assert.equal(first.fingerprint, again.fingerprint)
    assert.notEqual(first.fingerprint, other.fingerprint)
  })
})

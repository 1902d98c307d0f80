import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { simulateCluster } from './cluster-simulation.ts'
import { runAll } from './run-all.ts'

/** So few at once that a machine in trouble is not taken for a simulation that does not end. */
const SEEDS_PER_TEST = 50

/** Tests that run `count` sharp worlds, from seed `first` on. */
export function sharpWorlds(first: number, count: number): void {
  const totals: Record<string, number> = {}
  let done = 0
  describe('three brokers that fail amid changes', () => {
    for (let from = first; from < first + count; from += SEEDS_PER_TEST) {
      it(`keep what they promised in the sharp worlds ${from} to ${from + SEEDS_PER_TEST - 1}`, async () => {
        const seeds = { first: from, count: SEEDS_PER_TEST }
        const found = await runAll(seeds, '--world cluster-sharp', (seed) => simulateCluster(seed, { pace: 'sharp' }))
        for (const [name, value] of Object.entries(found)) totals[name] = (totals[name] ?? 0) + value
        done += SEEDS_PER_TEST
      })
    }

    // A simulation in which nothing happens finds nothing.
    it('wrote, read and failed often enough for that to mean something', (test) => {
      if (done < count) {
        test.skip(`${done} of ${count} worlds were asked for, and did what they should`)
        return
      }
      const text = JSON.stringify(totals)
      assert.ok(totals.acknowledged! > 15 * count && totals.read! > 15 * count, text)
      assert.ok(totals.commits! > 0.5 * count && totals.changes! > count && totals.lazy! > 0.1 * count, text)
      assert.ok(totals.looks! > count, text)
      assert.ok(totals.crashes! > count && totals.cuts! > 2 * count, text)
      assert.ok(totals.holds! > 0.5 * count && totals.fullDisks! > 0.2 * count, text)
    })
  })
}

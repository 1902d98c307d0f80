import assert from 'node:assert/strict'
import type { Outcome } from '../outcome.ts'

/** Runs seeds of a world for a test; a failure says how to repeat it. Returns what happened in all of them. */
export async function runAll(
  { first, count }: { readonly first: number; readonly count: number },
  how: string,
  run: (seed: number) => Promise<Outcome>,
): Promise<Record<string, number>> {
  const totals: Record<string, number> = {}
  for (let seed = first; seed < first + count; seed++) {
    const { failures, counts } = await run(seed)
    const command = `node packages/simulator/src/main.ts ${how} --seed ${seed} --trace`
    assert.deepEqual(failures, [], `seed ${seed} failed; repeat it with: ${command}`)
    for (const [name, value] of Object.entries(counts)) totals[name] = (totals[name] ?? 0) + value
  }
  return totals
}

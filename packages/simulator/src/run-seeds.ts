import type { Outcome } from './outcome.ts'

export interface SeedsToRun {
  readonly first: number
  readonly count: number
  /** The command that repeats a seed. */
  readonly repeat: (seed: number) => string
  readonly showTrace: boolean
  /** Whether to go on after a seed that failed. */
  readonly goOn: boolean
}

/** Runs seeds one after the other and prints what they found. Returns how many failed. */
export async function runSeeds(run: (seed: number) => Promise<Outcome>, seeds: SeedsToRun): Promise<number> {
  const { first, count, repeat, showTrace, goOn } = seeds
  const totals: Record<string, number> = {}
  let failed = 0
  const started = performance.now()
  for (let seed = first; seed < first + count; seed++) {
    const outcome = await run(seed)
    for (const [name, value] of Object.entries(outcome.counts)) totals[name] = (totals[name] ?? 0) + value
    if (showTrace) console.log(outcome.trace())
    if (count === 1)
      console.log(
        `seed ${seed}: ${outcome.steps} steps, ${outcome.virtualMs.toFixed(0)} ms, fingerprint ${outcome.fingerprint}`,
      )
    if (outcome.failures.length === 0) continue
    failed++
    console.log(`seed ${seed} failed:`)
    for (const failure of outcome.failures.slice(0, 10)) console.log(`  ${failure}`)
    console.log(`  repeat it: ${repeat(seed)}`)
    if (!goOn) break
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  console.log(`${count} seeds, ${failed} failed, ${seconds} s; ${JSON.stringify(totals)}`)
  return failed
}

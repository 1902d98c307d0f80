import type { MutantOutcome } from '../patches.ts'
import { intakeMutants } from './intake-mutants.ts'
import { simulateIntake } from './intake-simulation.ts'

/** Runs up to `seedsMax` seeds with a precaution taken away. A seed counts that passes with it. */
export async function runIntakeMutant(name: string, seedsMax: number): Promise<MutantOutcome> {
  const started = performance.now()
  const outcome = (seed: number | null, problem: string) => {
    return { seed, problem, seconds: (performance.now() - started) / 1000 }
  }
  for (let seed = 1; seed <= seedsMax; seed++) {
    const restore = intakeMutants[name]!()
    const { failures } = await simulateIntake(seed).finally(restore)
    if (failures.length === 0) continue
    const sound = await simulateIntake(seed)
    if (sound.failures.length > 0) return outcome(null, `seed ${seed} fails without the mutant too`)
    return outcome(seed, failures[0]!)
  }
  return outcome(null, `${seedsMax} seeds, none failed`)
}

/** node packages/simulator/src/intake/main.ts [--seed N] [--count M] [--mutant NAME] [--trace] */
import { parseArgs } from 'node:util'
import { intakeMutants } from './intake-mutants.ts'
import { simulateIntake } from './intake-simulation.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '1' },
    mutant: { type: 'string' },
    trace: { type: 'boolean', default: false },
  },
})
const mutant = values.mutant === undefined ? undefined : intakeMutants[values.mutant]
if (values.mutant !== undefined && mutant === undefined)
  throw new Error(`No mutant ${values.mutant}; there are ${Object.keys(intakeMutants).join(', ')}`)
const restore = mutant?.()
let failed = 0
let acknowledged = 0
let lives = 0
const first = Number(values.seed)
for (let seed = first; seed < first + Number(values.count); seed++) {
  const outcome = await simulateIntake(seed)
  acknowledged += outcome.acknowledged
  lives += outcome.lives
  if (values.trace) console.log(outcome.trace())
  if (outcome.failures.length === 0) continue
  failed++
  console.log(`seed ${seed} failed:`)
  for (const failure of outcome.failures.slice(0, 5)) console.log(`  ${failure}`)
  if (failed >= 5) break
}
restore?.()
console.log(`${values.count} seeds, ${failed} failed; ${acknowledged} records acknowledged, ${lives} lives`)
process.exitCode = failed > 0 ? 1 : 0

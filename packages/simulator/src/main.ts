/** node packages/simulator/src/main.ts [--seed N] [--count M] [--mutant NAME] [--trace] */
import { parseArgs } from 'node:util'
import { mutants } from './mutants.ts'
import { simulate } from './simulation.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '1' },
    mutant: { type: 'string' },
    trace: { type: 'boolean', default: false },
    /** Goes on after a seed that failed. */
    all: { type: 'boolean', default: false },
  },
})
const first = Number(values.seed)
const count = Number(values.count)
const mutation = values.mutant === undefined ? undefined : mutants[values.mutant]
if (values.mutant !== undefined && mutation === undefined)
  throw new Error(`No mutant ${values.mutant}; there are ${Object.keys(mutants).join(', ')}`)

const totals: Record<string, number> = {}
let failed = 0
const started = performance.now()
for (let seed = first; seed < first + count; seed++) {
  const outcome = await simulate(seed, {
    ...(mutation === undefined ? {} : { mutation }),
    ...(values.trace ? { traceLinesMax: 1e6 } : {}),
  })
  for (const [name, value] of Object.entries(outcome.counts)) totals[name] = (totals[name] ?? 0) + value
  if (values.trace) console.log(outcome.trace())
  if (count === 1)
    console.log(
      `seed ${seed}: ${outcome.steps} steps, ${outcome.virtualMs.toFixed(0)} ms, fingerprint ${outcome.fingerprint}`,
    )
  if (outcome.failures.length === 0) continue
  failed++
  console.log(`seed ${seed} failed:`)
  for (const failure of outcome.failures.slice(0, 10)) console.log(`  ${failure}`)
  const how = values.mutant === undefined ? '' : ` --mutant ${values.mutant}`
  console.log(`  repeat it: node packages/simulator/src/main.ts --seed ${seed}${how}`)
  if (!values.all) break
}
const seconds = ((performance.now() - started) / 1000).toFixed(1)
console.log(`${count} seeds, ${failed} failed, ${seconds} s; ${JSON.stringify(totals)}`)
process.exitCode = failed > 0 ? 1 : 0

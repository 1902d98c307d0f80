/**
 * node packages/simulator/src/main.ts [--world broker|cluster|cluster-short|cluster-sharp|cluster-power|intake|storage] [--seed N] [--count M] [--mutant NAME]
 *     [--about NAME] [--trace] [--all]
 * node packages/simulator/src/main.ts mutants [NAME …] [--count M]
 *
 * The first runs seeds, a million of them if one likes; the second breaks the code in each of the ways in mutants/ and in
 * intake/intake-mutants.ts and runs seeds until one notices. Stopped, it takes its copies of the tree with it.
 */
import { parseArgs } from 'node:util'
import { simulateCluster } from './cluster/cluster-simulation.ts'
import { intakeMutants } from './intake/intake-mutants.ts'
import { simulateIntake } from './intake/intake-simulation.ts'
import { runIntakeMutant } from './intake/run-intake-mutant.ts'
import { mutants } from './mutants.ts'
import type { Outcome } from './outcome.ts'
import { type MutantOutcome, mutantPatches, runMutant } from './patches.ts'
import { runSeeds } from './run-seeds.ts'
import { simulate } from './simulation.ts'
import { simulateStorage } from './storage/storage-simulation.ts'

/** Seeds after which a mutant counts as not found. */
const MUTANT_SEEDS_MAX = '10000'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    world: { type: 'string', default: 'broker' },
    seed: { type: 'string', default: '1' },
    count: { type: 'string' },
    mutant: { type: 'string' },
    /** What storage worlds are about, by a name in storage/storage-focus.ts, instead of by the seed. */
    about: { type: 'string' },
    trace: { type: 'boolean', default: false },
    /** Goes on after a seed that failed. */
    all: { type: 'boolean', default: false },
  },
})
process.exitCode = positionals[0] === 'mutants' ? await runMutants(positionals.slice(1)) : await runWorlds()

async function runWorlds(): Promise<number> {
  const mutation = values.mutant === undefined ? undefined : mutants[values.mutant]
  if (values.mutant !== undefined && mutation === undefined)
    throw new Error(`No mutant ${values.mutant}; there are ${Object.keys(mutants).join(', ')}`)
  const trace = values.trace ? { traceLinesMax: 1e6 } : {}
  const worlds: Readonly<Record<string, (seed: number) => Promise<Outcome>>> = {
    broker: (seed) => simulate(seed, { ...trace, ...(mutation === undefined ? {} : { mutation }) }),
    cluster: (seed) => simulateCluster(seed, trace),
    'cluster-short': (seed) => simulateCluster(seed, { ...trace, pace: 'short' }),
    'cluster-sharp': (seed) => simulateCluster(seed, { ...trace, pace: 'sharp' }),
    'cluster-power': (seed) => simulateCluster(seed, { ...trace, losesAllPower: true }),
    intake: (seed) => simulateIntake(seed, trace),
    storage: (seed) =>
      simulateStorage(seed, { ...trace, ...(values.about === undefined ? {} : { about: values.about }) }),
  }
  const run = worlds[values.world]
  if (run === undefined) throw new Error(`No world ${values.world}; there are ${Object.keys(worlds).join(', ')}`)
  const given = (['mutant', 'about'] as const).map((name) =>
    values[name] === undefined ? '' : ` --${name} '${values[name]}'`,
  )
  const how = `--world ${values.world}${given.join('')}`
  const failed = await runSeeds(run, {
    first: Number(values.seed),
    count: Number(values.count ?? '1'),
    repeat: (seed) => `node packages/simulator/src/main.ts ${how} --seed ${seed}`,
    showTrace: values.trace,
    goOn: values.all,
  })
  return failed > 0 ? 1 : 0
}

async function runMutants(names: readonly string[]): Promise<number> {
  const isAsked = (name: string) => names.length === 0 || names.includes(name)
  const patches = mutantPatches().filter(({ name }) => isAsked(name))
  const replaced = Object.keys(intakeMutants).filter(isAsked)
  if (patches.length + replaced.length === 0) {
    const all = [...mutantPatches().map(({ name }) => name), ...Object.keys(intakeMutants)]
    throw new Error(`No mutant ${names.join(', ')}; there are ${all.join(', ')}`)
  }
  const seedsMax = Number(values.count ?? MUTANT_SEEDS_MAX)
  let missed = 0
  const tell = (name: string, world: string, { seed, seconds, problem }: MutantOutcome) => {
    const outcome = seed === null ? `NOT FOUND: ${problem}` : `found by seed ${seed}: ${problem}`
    console.log(`${name} (${world}, ${seconds.toFixed(1)} s): ${outcome}`)
    if (seed === null) missed++
  }
  await untilStopped(async (signal) => {
    for (const patch of patches) {
      const begun = () => console.error(`${patch.name}: up to ${seedsMax} seeds of ${patch.world} …`)
      tell(patch.name, patch.world, await runMutant(patch, { seedsMax, signal, begun }))
    }
  })
  for (const name of replaced) tell(name, 'intake', await runIntakeMutant(name, seedsMax))
  console.log(`${patches.length + replaced.length} mutants, ${missed} not found`)
  return missed > 0 ? 1 : 0
}

/** Does `run`. A signal that would end the process ends `run` first, and the process once that has left nothing behind. */
async function untilStopped(run: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stopped = new AbortController()
  const stop = (signal: NodeJS.Signals) => stopped.abort(signal)
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, stop)
  try {
    await run(stopped.signal)
  } catch (error) {
    if (!stopped.signal.aborted) throw error
  } finally {
    for (const signal of signals) process.off(signal, stop)
  }
  if (stopped.signal.aborted) process.kill(process.pid, stopped.signal.reason)
}

/**
 * A few rounds of the fuzzer against a real broker, from a seed that is always the same; ODRADEK_FUZZ_SEED takes another.
 * The long form is `npm run fuzz`.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { layers } from '../src/fuzz/fuzz-case.ts'
import { FuzzFailure, runFuzz } from '../src/fuzz/run-fuzz.ts'

const SEED = Number(process.env.ODRADEK_FUZZ_SEED ?? 4)
const ROUNDS = 4
const CASES = 600

test(`${ROUNDS} rounds of ${CASES} cases (seed ${SEED})`, async () => {
  const goesOn = (rounds: number) => rounds < ROUNDS
  const options = {
    seed: SEED,
    casesPerRound: CASES,
    residentMegabytesMax: 600,
    roundsPerLife: 2,
    patienceMs: 400,
    goesOn,
  }
  const report = await runFuzz(options).catch(explain)
  assert.deepEqual([report.rounds, report.restarts], [ROUNDS, 2])
  for (const layer of layers) assert.ok(report.cases[layer] > CASES / 10, `${layer}: ${report.cases[layer]}`)
  const total = ROUNDS * CASES
  assert.ok(report.answers > total / 3, `${report.answers} of ${total} were answered`)
  assert.ok(report.closed > total / 20, `${report.closed} of ${total} connections were closed`)
})

/** What failed, with the seed and the bytes that repeat it. */
function explain(error: Error): never {
  if (!(error instanceof FuzzFailure)) throw error
  const { failure } = error
  const bytes = failure.suspects.map(({ what, ending, pieces }) => `${what}, ${ending}: ${pieces.join(' | ')}`)
  const repeat = `ODRADEK_FUZZ_SEED=${failure.seed} (round ${failure.round})`
  throw new Error(`${failure.problem}\n${repeat}\n${bytes.join('\n')}`, { cause: error })
}

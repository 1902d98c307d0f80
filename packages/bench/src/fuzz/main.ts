/** `npm run fuzz`: see `--help`. Exit code 1 when the broker failed, 2 for flags that cannot be meant. */
import { randomInt } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { replay } from './replay.ts'
import { type FailureRecord, FuzzFailure, type FuzzReport, runFuzz } from './run-fuzz.ts'

const USAGE = `npm run fuzz -- [FLAGS]

Sends a broker what it should never be sent: frames, bodies, record batches and compressed payloads with something wrong in
them, drawn from a seed, while an honest client uses it. Ends with the first failure, and writes what repeats it to a file.

  --minutes N    How long [1].
  --seed N       [a random one]
  --cases N      Cases in a round [600].
  --life N       Rounds until the broker is started again, or killed and started; 0 never [40].
  --patience N   Milliseconds to wait for an answer; some requests may wait for ever [60].
  --memory-mb N  What the broker may have resident [768].
  --hold FILE    Rests between rounds while this file is there, and does not count that time.
  --json FILE    Write the figures.
  --replay FILE  Send the bytes of a failure again, one case after the other, and tell which one it was.
`

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof TypeError || error instanceof RangeError)) throw error
  process.stderr.write(`fuzz: ${error.message}\n`)
  process.exitCode = 2
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '1' },
      seed: { type: 'string' },
      cases: { type: 'string', default: '600' },
      life: { type: 'string', default: '40' },
      patience: { type: 'string', default: '60' },
      'memory-mb': { type: 'string', default: '768' },
      hold: { type: 'string' },
      json: { type: 'string' },
      replay: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(USAGE)
    return 0
  }
  if (values.replay !== undefined) return replayFile(values.replay)
  const seed = values.seed === undefined ? randomInt(2 ** 31) : number('--seed', values.seed, 0)
  let until = performance.now() + number('--minutes', values.minutes, 0) * 60_000
  process.stdout.write(`seed ${seed}\n`)
  let told = performance.now()
  try {
    const report = await runFuzz({
      seed,
      casesPerRound: number('--cases', values.cases, 1),
      patienceMs: number('--patience', values.patience, 1),
      roundsPerLife: number('--life', values.life, 0),
      residentMegabytesMax: number('--memory-mb', values['memory-mb'], 1),
      async goesOn() {
        const from = performance.now()
        while (values.hold !== undefined && existsSync(values.hold)) await sleep(500)
        until += performance.now() - from
        return performance.now() < until
      },
      progress(report) {
        if (performance.now() - told < 10_000) return
        told = performance.now()
        process.stdout.write(`${line(report)}\n`)
      },
    })
    process.stdout.write(`${line(report)}\nnothing failed\n`)
    if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)
    return 0
  } catch (error) {
    if (!(error instanceof FuzzFailure)) throw error
    tell(error.failure)
    return 1
  }
}

function number(flag: string, text: string, least: number): number {
  const value = Number(text)
  if (!Number.isFinite(value) || value < least)
    throw new RangeError(`${flag} needs a number from ${least} on, not "${text}"`)
  return value
}

function line(report: FuzzReport): string {
  const { rounds, restarts, cases, framesSent, answers, closed, silent } = report
  const layers = Object.entries(cases).map(([layer, count]) => `${layer} ${count}`)
  return [
    `${rounds} rounds, ${framesSent} cases (${layers.join(', ')}): ${answers} answered, ${closed} closed, ${silent} silent;`,
    `${restarts} restarts; ${report.residentMegabytes} MB resident, at most ${report.residentMegabytesMost}`,
  ].join(' ')
}

function tell(failure: FailureRecord): void {
  const file = `fuzz-failure-${failure.seed}-${failure.round}.json`
  writeFileSync(file, `${JSON.stringify(failure)}\n`)
  process.stdout.write(`seed ${failure.seed}, round ${failure.round} failed: ${failure.problem}\n`)
  for (const { layer, what, ending, pieces } of failure.suspects.slice(0, 12)) {
    process.stdout.write(`  ${layer}, ${what}, ${ending}: ${pieces.join(' | ').slice(0, 2000)}\n`)
  }
  process.stdout.write(`All bytes of the round are in ${file}; npm run fuzz -- --replay ${file} sends them again.\n`)
}

async function replayFile(file: string): Promise<number> {
  const found = await replay(JSON.parse(readFileSync(file, 'utf8')) as FailureRecord)
  if (found === null) {
    process.stdout.write('Nothing failed, one case after the other.\n')
    return 0
  }
  const { layer, what, ending, pieces } = found.fuzzCase
  process.stdout.write(`${found.problem}\nafter ${layer}, ${what}, ${ending}: ${pieces.join(' | ')}\n`)
  return 1
}

/** `npm run soak`: see `--help`. Exit code 1 when the broker did not stand it, 2 for flags that cannot be meant. */
import { existsSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { machine } from '../machine.ts'
import { attacksOf } from './attacks/index.ts'
import { curveTable, phaseLine, verdictText } from './report.ts'
import { runSoak } from './run-soak.ts'

const NAMES = Object.keys(attacksOf(0))
const USAGE = `npm run soak -- [FLAGS]

Honest clients at a fixed rate, and everything that a network can send at once, in turns with quiet phases. Fails where the
broker's memory, heap or files rise, where honest clients wait more than twice as long, or where its log says too much.

  --minutes N       How long [30].
  --quiet N         Seconds of a quiet phase [25].
  --attack N        Seconds of an attack [60].
  --warm-up N       Seconds before the first phase [10].
  --connections N   Connections that do nothing [5000].
  --attacks A,B     Some of ${NAMES.join(', ')} [all].
  --hold FILE       Rests between cycles while this file is there.
  --json FILE       Write the curve and all figures.
`

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof TypeError || error instanceof RangeError)) throw error
  process.stderr.write(`soak: ${error.message}\n`)
  process.exitCode = 2
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '30' },
      quiet: { type: 'string', default: '25' },
      attack: { type: 'string', default: '60' },
      'warm-up': { type: 'string', default: '10' },
      connections: { type: 'string', default: '5000' },
      attacks: { type: 'string', default: NAMES.join(',') },
      hold: { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(USAGE)
    return 0
  }
  const attacks = values.attacks.split(',')
  for (const name of attacks) if (!NAMES.includes(name)) throw new RangeError(`--attacks: there is no ${name}`)
  const result = await runSoak({
    minutes: number('--minutes', values.minutes),
    quietSeconds: number('--quiet', values.quiet),
    attackSeconds: number('--attack', values.attack),
    warmUpSeconds: number('--warm-up', values['warm-up']),
    connections: number('--connections', values.connections),
    attacks,
    progress: (phase, samples) => process.stdout.write(`${phaseLine(phase, samples)}\n`),
    async rest() {
      while (values.hold !== undefined && existsSync(values.hold)) await sleep(500)
    },
  })
  process.stdout.write(`\n${curveTable(result)}\n\n${verdictText(result)}\n`)
  if (values.json !== undefined) {
    writeFileSync(values.json, `${JSON.stringify({ machine: machine(), ...result }, null, 1)}\n`)
  }
  return result.verdict.problems.length === 0 ? 0 : 1
}

function number(flag: string, text: string): number {
  const value = Number(text)
  if (!Number.isFinite(value) || value < 0) throw new RangeError(`${flag} needs a number, not "${text}"`)
  return value
}

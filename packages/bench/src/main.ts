/** `npm run bench`: see `--help`. Exit code 1 when a server did not do what it acknowledged or a bound is missed, 2 for flags that cannot be meant. */
import { writeFileSync } from 'node:fs'
import { missedLetterBounds } from './letters/letter-bounds.ts'
import { LoadError } from './load/load.ts'
import { machine } from './machine.ts'
import { OptionError, parseOptions, USAGE } from './options.ts'
import { runBench } from './run-bench.ts'

try {
  const options = parseOptions(process.argv.slice(2))
  if (options.help) process.stdout.write(USAGE)
  else {
    const results = await runBench(options, (text) => process.stdout.write(`${text}\n`))
    if (options.json !== null) {
      writeFileSync(options.json, `${JSON.stringify({ machine: machine(), ...results }, null, 2)}\n`)
    }
    for (const missed of missedLetterBounds(results)) {
      process.stderr.write(`bench: missed: ${missed}\n`)
      process.exitCode = 1
    }
  }
} catch (error) {
  if (!(error instanceof LoadError || error instanceof OptionError)) throw error
  process.stderr.write(`bench: ${error.message}\n`)
  process.exitCode = error instanceof OptionError ? 2 : 1
}

/** `npm run bench`: see `--help`. Exit code 1 when a server did not do what it acknowledged, 2 for flags that cannot be meant. */
import { writeFileSync } from 'node:fs'
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
  }
} catch (error) {
  if (!(error instanceof LoadError || error instanceof OptionError)) throw error
  process.stderr.write(`bench: ${error.message}\n`)
  process.exitCode = error instanceof OptionError ? 2 : 1
}

/** The generator's process: `node main.ts LOAD`, LOAD being one line of JSON. Prints its figures as another. */
import { LoadError } from './load.ts'
import { runLoad } from './run-load.ts'

process.removeAllListeners('warning')
try {
  const figures = await runLoad(JSON.parse(process.argv[2] ?? ''))
  process.stdout.write(`${JSON.stringify(figures)}\n`)
  process.exit(0)
} catch (error) {
  process.stderr.write(`${error instanceof LoadError ? error.message : (error as Error).stack}\n`)
  process.exit(1)
}

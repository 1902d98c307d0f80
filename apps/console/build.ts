/**
 * Builds the console where what is built is not what the sources say: `node build.ts`. Says so in one line, and nothing where there is
 * nothing to do. The stamp in .next is the hash of all that goes into the build.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const here = import.meta.dirname
const root = join(here, '../..')
const stamp = join(here, process.env.ODRADEK_CONSOLE_DIST ?? '.next', 'odradek-build')

const OUTPUT_CHARACTERS_MAX = 20_000

/** What runs as it is, beside the pages. */
const SERVED =
  /^(server|build|bundle|users)\.ts$|^tsconfig\.build\.json$|^server\/(key-file|options|security|start-console)\.ts$/

/** What pages have of other packages. */
const SHARED = [
  'packages/client/src/messages/decoders/decoder-names.ts',
  'packages/client/src/messages/filter/field-condition.ts',
  'packages/client/src/sentence-reader.ts',
]

const wanted = hashOfSources()
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) await build()

function hashOfSources(): string {
  const hash = createHash('sha256').update(process.version)
  const own = globSync('**/*.{ts,tsx,css,json,svg,mjs}', {
    cwd: here,
    exclude: ['node_modules/**', 'dist/**', '.next*/**'],
  })
    .filter((file) => !/\.test\.ts$|^next-env\.d\.ts$|\.tsbuildinfo$/.test(file) && !SERVED.test(file))
    .map((file) => join('apps/console', file))
  const shared = globSync(SHARED, { cwd: root }).filter((file) => !file.endsWith('.test.ts'))
  for (const file of [...own, ...shared, 'pnpm-lock.yaml'].sort()) {
    hash.update(`\0${file}\0`).update(readFileSync(join(root, file)))
  }
  return hash.digest('hex')
}

async function build(): Promise<void> {
  process.stderr.write('Building the console; this takes about half a minute and is done once.\n')
  rmSync(stamp, { force: true })
  const next = join(here, 'node_modules/next/dist/bin/next')
  const child = spawn(process.execPath, [next, 'build'], {
    cwd: here,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Types are checked by tsc, with all the others.
    env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1', ODRADEK_CONSOLE_TYPES: 'off' },
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => child.kill(signal))
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output = (output + chunk).slice(-OUTPUT_CHARACTERS_MAX)
    })
  }
  const [code] = await once(child, 'close')
  if (code !== 0) {
    if (code !== null) process.stderr.write(`${output}The console could not be built (exit code ${code}).\n`)
    process.exit(1)
  }
  writeFileSync(stamp, wanted)
}

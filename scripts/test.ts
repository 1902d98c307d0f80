/**
 * Lint, types and every test, with one total at the end: `N passed, N failed`. Lint and types count as one check each.
 * With paths behind `npm test --` only the test files under them run, and no checks.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const paths = process.argv.slice(2)
const total = { passed: 0, failed: 0, skipped: 0 }

if (paths.length === 0) {
  check('lint', ['biome', 'ci', '--colors=off', '--log-level=warn', '.'])
  check('types', [
    'turbo',
    'run',
    'typecheck',
    '--continue',
    '--log-prefix=none',
    '--log-order=grouped',
    '--output-logs=new-only',
  ])
}
runTests(paths.length === 0 ? ['packages/*/*.test.ts', 'packages/*/{src,test}/**/*.test.ts'] : paths.map(pattern))

const failed = total.failed > 0 || (process.env.CI === 'true' && total.skipped > 0)
if (process.env.CI === 'true' && total.skipped > 0) process.stdout.write('Under CI=true nothing may be skipped.\n')
process.stdout.write(
  `${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}\n`,
)
process.exitCode = failed ? 1 : 0

function pattern(path: string): string {
  return path.endsWith('.ts') || path.includes('*') ? path : `${path.replace(/\/$/, '')}/**/*.test.ts`
}

function check(name: string, command: readonly [string, ...string[]]): void {
  const start = performance.now()
  const [file, ...args] = command
  const { status } = spawnSync(join(root, 'node_modules/.bin', file), args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      TURBO_TELEMETRY_DISABLED: '1',
      PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}`,
    },
  })
  if (status === 0) total.passed++
  else total.failed++
  process.stdout.write(`${status === 0 ? '✔' : '✖'} ${name} (${seconds(performance.now() - start)})\n`)
}

/** One process per file: a test file owns brokers, signals and globals, and must not see those of another. */
function runTests(patterns: readonly string[]): void {
  const directory = mkdtempSync(join(tmpdir(), 'odradek-test-'))
  const countsFile = join(directory, 'counts.json')
  const { status } = spawnSync(
    process.execPath,
    [
      '--test',
      `--test-concurrency=${Math.max(2, availableParallelism())}`,
      '--test-timeout=300000',
      `--test-reporter=${join(import.meta.dirname, 'test-reporter.ts')}`,
      '--test-reporter-destination=stdout',
      ...patterns,
    ],
    { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ODRADEK_TEST_COUNTS: countsFile } },
  )
  try {
    const counts: { passed: number; failed: number; skipped: number } = JSON.parse(readFileSync(countsFile, 'utf8'))
    total.passed += counts.passed
    total.failed += counts.failed
    total.skipped += counts.skipped
    // A file that did not load, or a runner that died, must not look like a success.
    if (status !== 0 && counts.failed === 0) total.failed++
    if (counts.passed + counts.failed + counts.skipped === 0) total.failed++
  } catch {
    total.failed++
    process.stdout.write(`✖ the test run ended without a summary (exit code ${status})\n`)
  }
  rmSync(directory, { recursive: true, force: true })
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

/**
 * Lint, types, every test and the console end to end, with one total at the end: `N passed, N failed`. Lint, types and the console's
 * build count as one check each. With paths behind `npm test --` only the test files under them run, and no checks; those under e2e
 * are Playwright's.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const paths = process.argv.slice(2)
const total = { passed: 0, failed: 0, skipped: 0 }
let isConsoleBuilt: boolean | undefined

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
const tests = paths.filter((path) => !isEndToEnd(path))
const endToEnd = paths.filter(isEndToEnd)
if (paths.length === 0) {
  // Before the tests: that of the tarballs takes the pages as they are built.
  buildConsole()
  const everywhere = [
    'packages/*/*.test.ts',
    'packages/*/{src,test}/**/*.test.ts',
    'apps/console/{i18n,lib,server}/**/*.test.ts',
  ]
  runTests(everywhere)
} else if (tests.length > 0) {
  runTests(tests.map(pattern))
}
if (paths.length === 0 || endToEnd.length > 0) runEndToEnd(endToEnd)

const failed = total.failed > 0 || (process.env.CI === 'true' && total.skipped > 0)
if (process.env.CI === 'true' && total.skipped > 0) process.stdout.write('Under CI=true nothing may be skipped.\n')
process.stdout.write(
  `${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}\n`,
)
process.exitCode = failed ? 1 : 0

function isEndToEnd(path: string): boolean {
  return /^(\.\/)?e2e(\/|$)/.test(path)
}

/** The built console in a real Chromium, against real brokers: each file owns a broker and a console process. */
function runEndToEnd(files: readonly string[]): void {
  const chromium = process.env.CHROMIUM_PATH ?? spawnSync('which', ['chromium'], { encoding: 'utf8' }).stdout.trim()
  if (chromium === '') {
    total.skipped++
    process.stdout.write('- e2e: chromium is missing\n')
    return
  }
  if (!buildConsole()) return
  const playwright = join(root, 'e2e/node_modules/@playwright/test/cli.js')
  const names = files.flatMap((file) => (file.endsWith('.ts') ? [file.replace(/^.*\//, '')] : []))
  counted((countsFile) => {
    return spawnSync(process.execPath, [playwright, 'test', ...names], {
      cwd: join(root, 'e2e'),
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ODRADEK_TEST_COUNTS: countsFile, CHROMIUM_PATH: chromium },
    }).status
  })
}

/** Builds it if need be, and counts that once. Returns whether it is built. */
function buildConsole(): boolean {
  isConsoleBuilt ??= check('the console is built', ['node', join(root, 'apps/console/build.ts')])
  return isConsoleBuilt
}

function pattern(path: string): string {
  return path.endsWith('.ts') || path.includes('*') ? path : `${path.replace(/\/$/, '')}/**/*.test.ts`
}

function check(name: string, command: readonly [string, ...string[]]): boolean {
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
  return status === 0
}

/** One process per file: a test file owns brokers, signals and globals, and must not see those of another. */
function runTests(patterns: readonly string[]): void {
  counted((countsFile) => {
    return spawnSync(
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
    ).status
  })
}

/** Runs tests whose reporter writes their counts into a file, and adds them up. */
function counted(run: (countsFile: string) => number | null): void {
  const directory = mkdtempSync(join(tmpdir(), 'odradek-test-'))
  const countsFile = join(directory, 'counts.json')
  const status = run(countsFile)
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

/**
 * One line per file and every failure in full, like the reporter of the other tests. The counts go to the file named by
 * ODRADEK_TEST_COUNTS, for scripts/test.ts to add up.
 */
import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import type {
  FullConfig,
  FullResult,
  Reporter,
  Suite,
  TestCase,
  TestError,
  TestResult,
} from '@playwright/test/reporter'

interface Counts {
  passed: number
  failed: number
  skipped: number
  left: number
  durationMs: number
}

export default class LineReporter implements Reporter {
  readonly #files = new Map<string, Counts>()
  readonly #total = { passed: 0, failed: 0, skipped: 0 }

  onBegin(_config: FullConfig, suite: Suite): void {
    for (const test of suite.allTests()) this.#countsOf(test).left++
  }

  onTestEnd(test: TestCase, result: TestResult): void {
    const counts = this.#countsOf(test)
    const outcome = result.status === 'passed' ? 'passed' : result.status === 'skipped' ? 'skipped' : 'failed'
    counts[outcome]++
    this.#total[outcome]++
    counts.left--
    counts.durationMs += result.duration
    if (outcome === 'failed') {
      const text = result.errors.map(textOf).join('\n')
      process.stdout.write(`✖ ${test.title} (${fileOf(test)}:${test.location.line})\n${text.replace(/^/gm, '    ')}\n`)
    }
    if (counts.left === 0) this.#tell(fileOf(test), counts)
  }

  onError(error: TestError): void {
    this.#total.failed++
    process.stdout.write(`✖ ${textOf(error)}\n`)
  }

  onEnd(result: FullResult): void {
    if (result.status !== 'passed' && this.#total.failed === 0) this.#total.failed++
    const target = process.env.ODRADEK_TEST_COUNTS
    if (target !== undefined) writeFileSync(target, JSON.stringify(this.#total))
    else process.stdout.write(`${this.#total.passed} passed, ${this.#total.failed} failed\n`)
  }

  printsToStdio(): boolean {
    return true
  }

  #tell(file: string, { passed, failed, skipped, durationMs }: Counts): void {
    const bad = failed > 0 ? `, ${failed} failed` : ''
    const said = skipped > 0 ? `, ${skipped} skipped` : ''
    const mark = failed > 0 ? '✖' : '✔'
    process.stdout.write(`${mark} ${file}: ${passed} passed${bad}${said} (${(durationMs / 1000).toFixed(1)} s)\n`)
  }

  #countsOf(test: TestCase): Counts {
    const file = fileOf(test)
    let counts = this.#files.get(file)
    if (counts === undefined) {
      counts = { passed: 0, failed: 0, skipped: 0, left: 0, durationMs: 0 }
      this.#files.set(file, counts)
    }
    return counts
  }
}

function fileOf(test: TestCase): string {
  return relative(`${import.meta.dirname}/..`, test.location.file)
}

function textOf(error: TestError): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours of a terminal begin with one.
  return (error.stack ?? error.message ?? error.value ?? 'unknown').replace(/\u001b\[[0-9;]*m/g, '').slice(0, 6_000)
}

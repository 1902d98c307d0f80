/**
 * A reporter for `node --test`: one line per file, every failure in full and with what its file printed, skipped tests by name.
 * The counts of the whole run go to the file named by ODRADEK_TEST_COUNTS, for scripts/test.ts to add up.
 */
import { writeFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import type { TestEvent } from 'node:test/reporters'
import { inspect } from 'node:util'

export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const failures: string[] = []
  const skipped: string[] = []
  const output = new Output()
  for await (const { type, data } of source) {
    switch (type) {
      case 'test:fail': {
        // A suite that fails because of its tests repeats what they said.
        const error = data.details.error
        if (('failureType' in error && error.failureType === 'subtestsFailed') || data.todo !== undefined) break
        const text = `✖ ${data.name} (${place(data)})\n${indent(describe(error))}\n`
        failures.push(text)
        yield output.take(data.file) + text
        break
      }
      case 'test:pass':
        if (data.skip !== undefined) {
          const reason = typeof data.skip === 'string' ? `: ${data.skip}` : ''
          skipped.push(`- ${data.name} (${place(data)})${reason}\n`)
        }
        break
      case 'test:stdout':
      case 'test:stderr':
        output.add(data.file, data.message)
        break
      case 'test:diagnostic':
        if (data.level !== 'info') output.add(data.file, `${data.message}\n`)
        break
      case 'test:summary': {
        const { passed, counts, duration } = counted(data)
        if (data.file !== undefined) {
          const said = counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''
          const bad = counts.failed > 0 ? `, ${counts.failed} failed` : ''
          const mark = data.success ? '✔' : '✖'
          if (!data.success) yield output.take(data.file)
          else output.take(data.file)
          yield `${mark} ${relative(process.cwd(), data.file)}: ${passed} passed${bad}${said} (${duration} s)\n`
          break
        }
        const target = process.env.ODRADEK_TEST_COUNTS
        if (target !== undefined) writeFileSync(target, JSON.stringify({ passed, ...counts }))
        if (skipped.length > 0) yield `\nSkipped:\n${skipped.join('')}`
        if (failures.length > 0) yield `\nFailed:\n${failures.join('')}`
        break
      }
    }
  }
}

const OUTPUT_CHARACTERS_MAX = 65_536
const FAILURE_CHARACTERS_MAX = 6_000

/** What each test file printed, the newest part of it, until it is known whether anyone needs to read it. */
class Output {
  readonly #byFile = new Map<string, string>()

  add(file: string | undefined, text: string): void {
    const key = resolve(file ?? '')
    this.#byFile.set(key, ((this.#byFile.get(key) ?? '') + text).slice(-OUTPUT_CHARACTERS_MAX))
  }

  // Output events name the file as the runner was given it, the others in full.
  take(file: string | undefined): string {
    const key = resolve(file ?? '')
    const text = this.#byFile.get(key) ?? ''
    this.#byFile.delete(key)
    return text
  }
}

type Summary = Extract<TestEvent, { type: 'test:summary' }>['data']

/** A cancelled test failed: it never said that it passed. */
function counted(data: Summary) {
  const { passed, cancelled, skipped } = data.counts
  const failed = data.counts.tests - passed - skipped - data.counts.todo
  return {
    passed,
    counts: { failed: Math.max(failed, cancelled), skipped },
    duration: (data.duration_ms / 1000).toFixed(1),
  }
}

function place(data: { file?: string | undefined; line?: number | undefined }): string {
  return data.file === undefined ? 'no file' : `${relative(process.cwd(), data.file)}:${data.line ?? 0}`
}

function describe(error: Error): string {
  const cause = error.cause ?? error
  if (!(cause instanceof Error) || cause.stack === undefined) return String(cause)
  const text = inspect(cause, { colors: false, maxArrayLength: 20, maxStringLength: 500 })
  return text.length > FAILURE_CHARACTERS_MAX ? `${text.slice(0, FAILURE_CHARACTERS_MAX)}\n… cut` : text
}

function indent(text: string): string {
  return text.replace(/^/gm, '    ')
}

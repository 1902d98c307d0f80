import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'

const main = join(import.meta.dirname, '../src/main.ts')

/** A command line that runs as its own process; killed when its scope ends. */
export interface Running extends AsyncDisposable {
  readonly process: ChildProcess
  readonly stdout: AsyncIterator<string>
  /** What it has printed on stderr so far. */
  stderr(): string
  /** Exit code, or the signal that ended it. */
  ended(): Promise<number | string>
}

/** Starts `odradek WORDS…`. Only PATH and HOME of this process' environment are passed on. */
export function odradek(
  words: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Running {
  const child = spawn(process.execPath, [main, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...options.env },
    ...(options.cwd !== undefined && { cwd: options.cwd }),
  })
  const exit = once(child, 'exit')
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk
  })
  const errorsEnded = once(child.stderr, 'close')
  return {
    process: child,
    stdout: createInterface({ input: child.stdout })[Symbol.asyncIterator](),
    stderr: () => errors,
    async ended() {
      const [code, signal] = await exit
      await errorsEnded
      return code ?? signal
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await exit
    },
  }
}

/** Runs `odradek WORDS…` to its end. */
export async function runOdradek(
  words: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
) {
  await using running = odradek(words, options)
  const lines: string[] = []
  for (let line = await running.stdout.next(); !line.done; line = await running.stdout.next()) lines.push(line.value)
  return { code: await running.ended(), stdout: lines.join('\n'), stderr: running.stderr() }
}

/** The machine's own Node, if it has one that is older than the one the sources need: what people call `node` before set-up. */
export function olderNode(): string | null {
  for (const directory of (process.env.PATH ?? '').split(delimiter)) {
    const file = join(directory, 'node')
    if (directory.includes('node_modules') || !existsSync(file)) continue
    const version = execFileSync(file, ['--version'], { encoding: 'utf8' })
    if (Number.parseInt(version.slice(1), 10) < 26) return file
  }
  return null
}

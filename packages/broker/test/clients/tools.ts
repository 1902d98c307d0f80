/**
 * Runs clients as processes of their own. A tool that is missing skips its tests by name; under CI=true it fails them.
 * Whatever a process says is in the error when it does not end well.
 */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** Debian's own interpreter: the one that python3-kafka is installed for. */
const PYTHON = '/usr/bin/python3'
const TIMEOUT_MS = 60_000
const scripts = join(import.meta.dirname, 'scripts')

/** What `test` takes to skip everything that needs a tool; `false` where it is there. */
export interface Needs {
  readonly skip: string | false
}

export const needsKcat = needs('kcat', 'kcat', ['-V'])
export const needsKafkaPython = needs('kafka-python (python3-kafka)', PYTHON, ['-c', 'import kafka'])

function needs(name: string, command: string, args: readonly string[]): Needs {
  if (spawnSync(command, args, { stdio: 'ignore' }).status === 0) return { skip: false }
  if (process.env.CI === 'true') throw new Error(`${name} is missing, and nothing may be skipped under CI=true.`)
  return { skip: `${name} is not installed` }
}

/** Runs kcat against a broker; resolves to its stdout. `input` is what it reads. */
export async function kcat(bootstrap: string, args: readonly string[], input = ''): Promise<string> {
  return await succeed(start('kcat', ['-b', bootstrap, ...args]), input)
}

/** Runs kcat where it has to fail; resolves to what it says about it. */
export async function failingKcat(bootstrap: string, args: readonly string[], input = ''): Promise<string> {
  const { text, status } = await finish(start('kcat', ['-b', bootstrap, ...args]), input)
  if (status === 0) throw new Error(`kcat ${args.join(' ')} succeeded, against expectation:\n${text}`)
  return text
}

/** Starts kcat and leaves it running. */
export function startKcat(bootstrap: string, args: readonly string[]): Running {
  return new Running(start('kcat', ['-b', bootstrap, ...args]))
}

/** Plays one scene of `scripts/<script>.py` against a broker; fails unless it was played to its end. */
export async function playPython(script: string, scene: string, bootstrap: string): Promise<void> {
  const stdout = await succeed(start(PYTHON, ['-B', join(scripts, `${script}.py`), scene, bootstrap]))
  assertPlayed(stdout, scene)
}

/** Plays one scene of `scripts/<script>.ts` against a broker; fails unless it was played to its end. */
export async function playNode(script: string, scene: string, bootstrap: string): Promise<void> {
  const args = [join(scripts, 'play.ts'), `./${script}.ts`, scene, bootstrap]
  assertPlayed(await succeed(start(process.execPath, args)), scene)
}

/** Starts a scene that goes on until it is killed. */
export function startNode(script: string, scene: string, bootstrap: string, argument: string): Running {
  const args = [join(scripts, 'play.ts'), `./${script}.ts`, scene, bootstrap, argument]
  return new Running(start(process.execPath, args))
}

/** Runs a command line by bash, as a reader of the documentation would; resolves to its stdout. */
export async function bash(commands: string, cwd: string): Promise<string> {
  return await succeed(spawn('bash', ['-euo', 'pipefail', '-c', commands], { cwd, env: environment() }))
}

function assertPlayed(stdout: string, scene: string): void {
  if (!stdout.endsWith(`played ${scene}\n`)) throw new Error(`${scene} ended early; it said:\n${stdout}`)
}

function start(command: string, args: readonly string[]): ChildProcessWithoutNullStreams {
  return spawn(command, args, { env: environment() })
}

/** Without what would make a child think it is part of this test run. */
function environment(): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _context, NODE_OPTIONS: _options, ...env } = process.env
  return { ...env, PYTHONUNBUFFERED: '1' }
}

async function succeed(child: ChildProcessWithoutNullStreams, input = ''): Promise<string> {
  const { text, stdout, status } = await finish(child, input)
  if (status !== 0) throw new Error(`${child.spawnargs.join(' ')} ended with ${status}:\n${text}`)
  return stdout
}

async function finish(child: ChildProcessWithoutNullStreams, input: string) {
  const running = new Running(child)
  const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS)
  child.stdin.on('error', () => {}) // it ended before it read all: its status tells
  child.stdin.end(input)
  const status = await running.ended
  clearTimeout(timer)
  return { status, stdout: running.stdout, text: running.text }
}

/** A process that goes on while the test does. Ended with its scope. */
export class Running implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #waits = new Set<() => void>()
  stdout = ''
  stderr = ''
  /** Resolves to its exit code, or to the signal that ended it. */
  readonly ended: Promise<number | string>

  constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text
      this.#look()
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
      this.#look()
    })
    this.ended = once(child, 'close').then(([code, signal]) => code ?? signal)
  }

  /** All that it said. */
  get text(): string {
    return `${this.stdout}${this.stderr === '' ? '' : `\nstderr:\n${this.stderr}`}`
  }

  /** Resolves when what it said so far makes `met` true; rejects when it ends before. */
  async until(what: string, met: (running: this) => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const look = () => {
      if (met(this)) resolve()
    }
    this.#waits.add(look)
    look()
    const gone = this.ended.then((status) => {
      if (!met(this)) throw new Error(`It ended with ${status} before ${what}:\n${this.text}`)
    })
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(
      () => late.reject(new Error(`Waited ${TIMEOUT_MS} ms for ${what}:\n${this.text}`)),
      TIMEOUT_MS,
    )
    try {
      await Promise.race([promise, gone, late.promise])
    } finally {
      clearTimeout(timer)
      this.#waits.delete(look)
    }
  }

  write(text: string): void {
    this.#child.stdin.write(text)
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended
  }

  #look(): void {
    for (const look of this.#waits) look()
  }
}

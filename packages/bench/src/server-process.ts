import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const START_MS_MAX = 60_000
const BROKER = fileURLToPath(import.meta.resolve('@odradek/cli/bin/odradek.js'))
const REFERENCE = join(import.meta.dirname, 'reference/main.ts')

export interface BrokerProcessOptions {
  /** Keys of the broker's configuration, in text form. */
  readonly config?: Readonly<Record<string, string | number>>
  /** Called with every line of the broker's log. */
  readonly logLine?: (line: string) => void
}

/** A server that was started for the measurement, in a directory of its own; both are gone when its scope ends. */
export class ServerProcess implements AsyncDisposable {
  readonly directory: string
  readonly #words: readonly string[]
  readonly #logLine: ((line: string) => void) | undefined
  #child: ChildProcess
  #exit: Promise<unknown>
  host = ''
  port = 0
  /** From the start of the process until it said that it listens. */
  startMs = 0

  private constructor(directory: string, words: readonly string[], logLine?: (line: string) => void) {
    this.directory = directory
    this.#words = words
    this.#logLine = logLine
    this.#child = null as never
    this.#exit = Promise.resolve()
  }

  /** `odradek broker` as anybody would start it, on a free port. */
  static broker({ config = {}, logLine }: BrokerProcessOptions = {}): Promise<ServerProcess> {
    const settings = Object.entries(config).flatMap(([key, value]) => ['--set', `${key}=${value}`])
    return ServerProcess.#start(
      (directory) => [BROKER, 'broker', '--port', '0', '--data-dir', join(directory, 'data'), ...settings],
      logLine,
    )
  }

  /** The least a server could do. */
  static reference(): Promise<ServerProcess> {
    return ServerProcess.#start((directory) => [REFERENCE, directory])
  }

  static async #start(
    words: (directory: string) => readonly string[],
    logLine?: (line: string) => void,
  ): Promise<ServerProcess> {
    const directory = await mkdtemp(join(tmpdir(), 'odradek-bench-'))
    const server = new ServerProcess(directory, words(directory), logLine)
    await server.start()
    return server
  }

  get pid(): number {
    return this.#child.pid!
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** How it ended: an exit code, a signal, or null while it runs. */
  get ending(): number | NodeJS.Signals | null {
    return this.#child.exitCode ?? this.#child.signalCode
  }

  /** Starts it, again after `stop`. */
  async start(): Promise<void> {
    const from = performance.now()
    const child = spawn(process.execPath, [...this.#words], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    this.#exit = once(child, 'exit')
    let errors = ''
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-4000)
    })
    if (this.#logLine) createInterface({ input: child.stderr! }).on('line', this.#logLine)
    const timer = setTimeout(() => child.kill('SIGKILL'), START_MS_MAX)
    for await (const line of createInterface({ input: child.stdout! })) {
      const address = /^Listening on (.+):(\d+)$/.exec(line)
      if (address === null) continue
      clearTimeout(timer)
      this.startMs = performance.now() - from
      this.host = address[1]!
      this.port = Number(address[2])
      child.stdout!.resume()
      return
    }
    clearTimeout(timer)
    throw new Error(`A server did not start: ${errors}`)
  }

  /** Ends it and waits for that; its directory stays. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.isRunning) this.#child.kill(signal)
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), START_MS_MAX)
    await this.#exit
    clearTimeout(timer)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await rm(this.directory, { recursive: true, force: true })
  }
}

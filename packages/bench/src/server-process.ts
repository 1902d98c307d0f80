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

/** A server that was started for the measurement, in a directory of its own; both are gone when its scope ends. */
export class ServerProcess implements AsyncDisposable {
  readonly directory: string
  readonly #words: readonly string[]
  #child: ChildProcess
  #exit: Promise<unknown>
  host = ''
  port = 0
  /** From the start of the process until it said that it listens. */
  startMs = 0

  private constructor(directory: string, words: readonly string[]) {
    this.directory = directory
    this.#words = words
    this.#child = null as never
    this.#exit = Promise.resolve()
  }

  /** `odradek broker` as anybody would start it, on a free port. */
  static broker(): Promise<ServerProcess> {
    return ServerProcess.#start((directory) => [BROKER, 'broker', '--port', '0', '--data-dir', join(directory, 'data')])
  }

  /** The least a server could do. */
  static reference(): Promise<ServerProcess> {
    return ServerProcess.#start((directory) => [REFERENCE, directory])
  }

  static async #start(words: (directory: string) => readonly string[]): Promise<ServerProcess> {
    const directory = await mkdtemp(join(tmpdir(), 'odradek-bench-'))
    const server = new ServerProcess(directory, words(directory))
    await server.start()
    return server
  }

  get pid(): number {
    return this.#child.pid!
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
  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), START_MS_MAX)
    await this.#exit
    clearTimeout(timer)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await rm(this.directory, { recursive: true, force: true })
  }
}

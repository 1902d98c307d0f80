import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface BrokerProcessOptions {
  /** A directory of the test: the broker's data, and what makes its process start faster the next time. */
  readonly scratch: string
  /** The same for all lives, so that clients find it again. */
  readonly port: number
  readonly config?: Readonly<Record<string, string>>
}

/** One life of a broker process. */
export class BrokerProcess {
  /** Resolves when it serves; rejects when it ends before. */
  readonly listening: Promise<void>
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  #log = ''
  readonly #child: ChildProcess

  constructor({ scratch, port, config }: BrokerProcessOptions) {
    const script = fileURLToPath(new URL('./run-broker.ts', import.meta.url))
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    const options = { dataDir: dataDirOf(scratch), port, ...(config === undefined ? {} : { config }) }
    this.#child = spawn(process.execPath, [script, JSON.stringify(options)], {
      env: { ...env, NODE_COMPILE_CACHE: join(scratch, 'compile-cache') },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child.stderr!.on('data', (chunk: Buffer) => {
      this.#log += chunk.toString()
    })
    this.exited = once(this.#child, 'exit').then(([code, signal]) => ({ code, signal }))
    this.listening = new Promise((resolve, reject) => {
      this.#child.stdout!.once('data', () => resolve())
      this.exited.then(({ code, signal }) => {
        reject(new Error(`the broker ended with ${code ?? signal} before it served: ${this.#log}`))
      })
    })
    // Whoever kills it while it starts does not wait for this.
    this.listening.catch(() => {})
  }

  /** What it logged, from warnings on. */
  get log(): string {
    return this.#log
  }

  get isEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** Ends it at once, wherever it is. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.exited
  }

  /** Asks it to stop, and waits until it has. Returns its exit code. */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM')
    return (await this.exited).code
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }
}

export function dataDirOf(scratch: string): string {
  return join(scratch, 'data')
}

/** A port that nothing listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

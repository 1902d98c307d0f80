import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A process that runs a job; killed when its scope ends. */
export class RunnerProcess implements AsyncDisposable {
  readonly child: ChildProcess
  readonly #lines: AsyncIterator<string>
  readonly #exited: Promise<unknown>

  constructor(bootstrap: string, id: string, leaseMs: number) {
    const script = fileURLToPath(new URL('./runner.ts', import.meta.url))
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    this.child = spawn(process.execPath, [script, JSON.stringify({ bootstrap, id, leaseMs })], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#exited = once(this.child, 'exit')
    this.#lines = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]()
  }

  /** Waits until it has sent so many; false where it ended before. */
  async hasSent(count: number): Promise<boolean> {
    for (;;) {
      const { value, done } = await this.#lines.next()
      if (done || value.startsWith('ended') || value.startsWith('refused')) return false
      if (Number(/^sent (\d+)$/.exec(value)?.[1]) >= count) return true
    }
  }

  /** How it ends: `ended done`, `refused …`. */
  async ending(): Promise<string> {
    for (let last = ''; ; ) {
      const { value, done } = await this.#lines.next()
      if (done) return last
      last = value
    }
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL')
    await this.#exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) await this.kill()
  }
}

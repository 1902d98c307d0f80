/** An etcd of one member, of a test's own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export class EtcdProcess implements AsyncDisposable {
  readonly endpoint: string
  readonly #directory: string
  readonly #peer: string
  readonly #options: readonly string[]
  #child: ChildProcess | null = null

  private constructor(directory: string, ports: readonly number[], options: readonly string[], isSecure: boolean) {
    this.#directory = directory
    this.endpoint = `${isSecure ? 'https' : 'http'}://127.0.0.1:${ports[0]}`
    this.#peer = `http://127.0.0.1:${ports[1]}`
    this.#options = options
  }

  /** Starts one that is empty. `options` are more of its flags; with `isSecure` they have its certificate. */
  static async start(options: readonly string[] = [], { isSecure = false } = {}): Promise<EtcdProcess> {
    const directory = mkdtempSync(join(tmpdir(), 'odradek-etcd-'))
    const etcd = new EtcdProcess(directory, [await freePort(), await freePort()], options, isSecure)
    await etcd.startAgain()
    return etcd
  }

  /** Starts it with the data it had, at its old address. */
  async startAgain(): Promise<void> {
    const { endpoint } = this
    const child = spawn(
      'etcd',
      [
        '--name=one',
        `--data-dir=${this.#directory}/data`,
        `--listen-client-urls=${endpoint}`,
        `--advertise-client-urls=${endpoint}`,
        `--listen-peer-urls=${this.#peer}`,
        `--initial-advertise-peer-urls=${this.#peer}`,
        `--initial-cluster=one=${this.#peer}`,
        // A disk that is busy with other tests is no reason to lose the leadership of one.
        '--heartbeat-interval=100',
        '--election-timeout=1000',
        ...this.#options,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: process.env.PATH, ETCD_UNSUPPORTED_ARCH: process.arch } },
    )
    this.#child = child
    const lines: string[] = []
    await new Promise<void>((resolve, reject) => {
      child.on('error', reject)
      child.on('exit', (code) => reject(new Error(`etcd ended with ${code}: ${lines.slice(-5).join('\n')}`)))
      createInterface({ input: child.stderr! }).on('line', (line) => {
        lines.push(line)
        if (/ready to serve client requests/.test(line)) resolve()
      })
    })
  }

  signal(name: NodeJS.Signals): void {
    this.#child!.kill(name)
  }

  async kill(): Promise<void> {
    const child = this.#child
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

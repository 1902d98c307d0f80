/** An etcd of a test's own, of one member or several. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'

export class EtcdProcess implements AsyncDisposable {
  readonly endpoint: string
  readonly #directory: string
  readonly #name: string
  readonly #peer: string
  /** All members: `name=peer,…`. */
  readonly #members: string
  #options: readonly string[]
  #child: ChildProcess | null = null

  private constructor(
    endpoint: string,
    member: { readonly name: string; readonly peer: string; readonly members: string },
    options: readonly string[] = [],
  ) {
    this.#directory = mkdtempSync(join(tmpdir(), 'odradek-etcd-'))
    this.endpoint = endpoint
    this.#name = member.name
    this.#peer = member.peer
    this.#members = member.members
    this.#options = options
  }

  /** Starts one that is empty. `options` are more of its flags; with `isSecure` they have its certificate. */
  static async start(options: readonly string[] = [], { isSecure = false } = {}): Promise<EtcdProcess> {
    const peer = `http://127.0.0.1:${await freePort()}`
    const endpoint = `${isSecure ? 'https' : 'http'}://127.0.0.1:${await freePort()}`
    const etcd = new EtcdProcess(endpoint, { name: 'one', peer, members: `one=${peer}` }, options)
    await etcd.startAgain()
    return etcd
  }

  /** Starts several that are one cluster, empty. */
  static async startMembers(count: number): Promise<EtcdProcess[]> {
    const ports: number[] = []
    for (let i = 0; i < 2 * count; i++) ports.push(await freePort())
    const peers = ports.splice(0, count).map((port, index) => ({ name: `m${index}`, peer: `http://127.0.0.1:${port}` }))
    const members = peers.map(({ name, peer }) => `${name}=${peer}`).join(',')
    const etcds = ports.map((port, index) => new EtcdProcess(`http://127.0.0.1:${port}`, { ...peers[index]!, members }))
    // None is ready before most of them are there.
    await Promise.all(etcds.map((etcd) => etcd.startAgain()))
    return etcds
  }

  /** Starts it with the data it had, at its old address. */
  async startAgain(): Promise<void> {
    const { endpoint } = this
    const child = spawn(
      'etcd',
      [
        `--name=${this.#name}`,
        `--data-dir=${this.#directory}/data`,
        `--listen-client-urls=${endpoint}`,
        `--advertise-client-urls=${endpoint}`,
        `--listen-peer-urls=${this.#peer}`,
        `--initial-advertise-peer-urls=${this.#peer}`,
        `--initial-cluster=${this.#members}`,
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

  /**
   * Stops it until SIGCONT. Its threads stop one after the other, and tell nobody: one of them may answer for a moment still, and
   * is waited for.
   */
  async hold(): Promise<void> {
    this.signal('SIGSTOP')
    const { pid } = this.#child!
    const isStopped = () =>
      readdirSync(`/proc/${pid}/task`).every((thread) => {
        // The name, in parentheses, may hold anything.
        const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'latin1')
        return stat.at(stat.lastIndexOf(')') + 2) === 'T'
      })
    for (const endMs = Date.now() + 60_000; !isStopped(); await setTimeout(1)) {
      if (Date.now() > endMs) throw new Error(`etcd (pid ${pid}) did not stop within a minute.`)
    }
  }

  async kill(): Promise<void> {
    const child = this.#child
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  /** Keeps what it has by now, for `restore`. It is started again for that. */
  async save(): Promise<void> {
    await this.kill()
    cpSync(`${this.#directory}/data`, `${this.#directory}/saved`, { recursive: true })
    await this.startAgain()
  }

  /** It has what was saved, and nothing of what came after that. */
  async restore(): Promise<void> {
    await this.kill()
    rmSync(`${this.#directory}/data`, { recursive: true })
    cpSync(`${this.#directory}/saved`, `${this.#directory}/data`, { recursive: true })
    await this.startAgain()
  }

  /** Another one takes its place, which is empty, with these flags. */
  async replace(options: readonly string[]): Promise<void> {
    await this.kill()
    rmSync(`${this.#directory}/data`, { recursive: true })
    this.#options = options
    await this.startAgain()
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

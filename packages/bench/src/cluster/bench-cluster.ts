/** Brokers that are one cluster on this machine, each a process, and their metadata store: what `odradek up` starts, but left dead when killed. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ControlClient } from '../load/control-client.ts'
import { ServerProcess } from '../server-process.ts'

/** Where `@odradek/broker` is found from. */
const CLI = dirname(fileURLToPath(import.meta.resolve('@odradek/cli/bin/odradek.js')))
const STORE = `
import { serveEmbeddedStore } from '@odradek/broker/cluster-store'
const [directory, path] = process.argv.slice(1)
await serveEmbeddedStore({ directory, path })
process.stdout.write('serving\\n')
`

export class BenchCluster implements AsyncDisposable {
  readonly #directory: string
  readonly #store: ChildProcess
  /** By id, from 1 on; those that were killed too. */
  readonly brokers = new Map<number, ServerProcess>()

  private constructor(directory: string, store: ChildProcess) {
    this.#directory = directory
    this.#store = store
  }

  /** Starts the store, then brokers 1 to `count`. */
  static async start(count: number, config: Readonly<Record<string, string | number>> = {}): Promise<BenchCluster> {
    const directory = await mkdtemp(join(tmpdir(), 'odradek-bench-'))
    const socket = join(directory, 'store.sock')
    const store = spawn(process.execPath, ['--input-type=module', '--eval', STORE, join(directory, 'store'), socket], {
      cwd: CLI,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const cluster = new BenchCluster(directory, store)
    try {
      await Promise.race([once(store.stdout!, 'data'), once(store, 'exit').then(failed)])
      for (let id = 1; id <= count; id++) {
        const settings = {
          'node.id': id,
          'metadata.store': `unix:${socket}`,
          'admin.listener': '',
          'min.insync.replicas': 2,
          'default.replication.factor': Math.min(3, count),
          ...config,
        }
        cluster.brokers.set(id, await ServerProcess.broker({ config: settings }))
      }
    } catch (error) {
      await cluster[Symbol.asyncDispose]()
      throw error
    }
    return cluster
  }

  get running(): [id: number, broker: ServerProcess][] {
    return [...this.brokers].filter(([, { isRunning }]) => isRunning)
  }

  get pids(): number[] {
    return this.running.map(([, { pid }]) => pid)
  }

  get storePid(): number {
    return this.#store.pid!
  }

  /** A connection to a broker [the first that runs]. */
  async client(id: number = this.running[0]![0]): Promise<ControlClient> {
    const { host, port } = this.brokers.get(id)!
    return await ControlClient.connect(host, port)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.brokers.values()].map((broker) => broker[Symbol.asyncDispose]()))
    this.#store.kill('SIGKILL')
    await rm(this.#directory, { recursive: true, force: true })
  }
}

function failed(): never {
  throw new Error('The metadata store did not start')
}

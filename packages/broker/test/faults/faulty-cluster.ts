/** Three broker processes, each on a small disk of its own, and their store; everything between them passes through proxies. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type SmallDisk, smallDisk } from '../cleanup/small-disk.ts'
import { freePort } from '../crash/broker-process.ts'
import type { RunningCluster } from '../replication/cluster-client.ts'
import { FaultyNetwork } from './faulty-network.ts'
import { type FaultyStore, type StoreKind, startFaultyStore } from './faulty-store.ts'
import { LinkProxy, Ways } from './link-proxy.ts'

export const FAULTY_IDS = [1, 2, 3] as const
const DISK_BYTES = 192 * 1024 * 1024
const PEER_PORT = 9092
const FILL_BLOCK_BYTES = 256 * 1024
const BROKER = fileURLToPath(new URL('./run-faulty-broker.ts', import.meta.url))

interface Machine {
  readonly id: number
  readonly disk: SmallDisk
  readonly port: number
  readonly proxy: LinkProxy
  /** Its `metadata.store`. */
  readonly storeAddress: string
  readonly storeProxies: readonly LinkProxy[]
  process: ChildProcess | null
  isHeld: boolean
}

export class FaultyCluster implements AsyncDisposable, RunningCluster {
  readonly ways: Ways
  /** Where clients reach each broker. */
  readonly ports = new Map<number, number>()
  /** What brokers complained about, of all their lives. */
  readonly log: string[] = []
  readonly #directory: string
  readonly #config: Readonly<Record<string, string>>
  readonly #machines = new Map<number, Machine>()
  readonly #store: FaultyStore
  /** Null: all are one machine, and proxies are between them. */
  readonly #network: FaultyNetwork | null

  private constructor(
    directory: string,
    store: FaultyStore,
    network: FaultyNetwork | null,
    config: Readonly<Record<string, string>>,
  ) {
    this.#directory = directory
    this.#store = store
    this.#network = network
    this.ways = new Ways(network)
    this.#config = config
  }

  static async start(
    options: {
      readonly store?: StoreKind
      /** Whether this process has a network namespace of its own, in which each broker is to have one. [false] */
      readonly hasNetwork?: boolean
      readonly config?: Readonly<Record<string, string>>
    } = {},
  ): Promise<FaultyCluster> {
    const directory = await mkdtemp(join(tmpdir(), 'odradek-faults-'))
    // First: the store is reached by its loopback.
    const network = options.hasNetwork === true ? await FaultyNetwork.open(FAULTY_IDS) : null
    const store = await startFaultyStore(options.store ?? 'embedded', directory)
    const cluster = new FaultyCluster(directory, store, network, options.config ?? {})
    for (const id of FAULTY_IDS) await cluster.#addMachine(id)
    await Promise.all(FAULTY_IDS.map((id) => cluster.begin(id)))
    if (cluster.running.length === FAULTY_IDS.length) return cluster
    await cluster[Symbol.asyncDispose]()
    throw new Error(`only ${cluster.running} of the brokers started: ${cluster.log.join('\n')}`)
  }

  /** Brokers that run, held ones among them. */
  get running(): number[] {
    return [...this.#machines.values()].filter(({ process }) => process !== null).map(({ id }) => id)
  }

  async startStore(): Promise<void> {
    await this.#store.start()
  }

  async killStore(): Promise<void> {
    await this.#store.kill()
  }

  holdStore(isHeld: boolean): void {
    this.#store.hold(isHeld)
  }

  /** Of several members of the store, the one that leads; else the store. */
  async strikeStoreLeader(how: 'kill' | 'hold'): Promise<void> {
    await this.#store.strikeLeader(how)
  }

  /** Starts a broker; resolves when it serves, or has ended. */
  async begin(id: number): Promise<void> {
    const machine = this.#machines.get(id)!
    if (machine.process !== null) return
    const { disk, port } = machine
    const options = {
      path: disk.path,
      bytesMax: disk.bytesMax,
      dataDir: join(disk.path, 'data'),
      port,
      config: {
        'node.id': String(id),
        ...this.#listenersOf(machine),
        'metadata.store': machine.storeAddress,
        'broker.session.timeout.ms': '2500',
        'replica.lag.time.max.ms': '2000',
        'replica.socket.timeout.ms': '2000',
        'default.replication.factor': '3',
        'min.insync.replicas': '2',
        'offsets.topic.num.partitions': '2',
        'journal.bytes.max': '16777216',
        // A full disk is full: nothing is deleted for room.
        'disk.expire.above.percent': '100',
        'disk.force.above.percent': '100',
        'disk.refuse.above.percent': '100',
        'disk.refuse.internal.above.percent': '100',
        ...this.#config,
      },
    }
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    const [command, ...words] = [...(this.#network?.on(id) ?? []), process.execPath, BROKER, JSON.stringify(options)]
    const child = spawn(command!, words, {
      env: { ...env, NODE_COMPILE_CACHE: join(this.#directory, 'compile-cache') },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    machine.process = child
    machine.isHeld = false
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.trim().split('\n')) this.log.push(`broker ${id}: ${line}`)
    })
    const ended = once(child, 'exit').then(() => {
      if (machine.process === child) machine.process = null
    })
    await Promise.race([once(child.stdout, 'data'), ended])
  }

  /** Ends a broker at once, held or not. */
  async kill(id: number, signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const machine = this.#machines.get(id)!
    const child = machine.process
    if (child === null) return
    machine.process = null
    const exited = once(child, 'exit')
    child.kill(signal)
    if (machine.isHeld) child.kill('SIGCONT')
    await exited
    machine.proxy.reset()
  }

  /** SIGSTOP, and SIGCONT. */
  hold(id: number, isHeld: boolean): void {
    const machine = this.#machines.get(id)!
    machine.isHeld = isHeld
    machine.process?.kill(isHeld ? 'SIGSTOP' : 'SIGCONT')
  }

  /** Lets others take all room of a broker's disk. */
  fill(id: number): void {
    const { disk } = this.#machines.get(id)!
    const file = openSync(join(disk.path, 'other-tenant'), 'w')
    try {
      const block = Buffer.alloc(FILL_BLOCK_BYTES, 1)
      if (disk.bytesMax === null) for (;;) writeSync(file, block)
      else ftruncateSync(file, disk.bytesMax)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    } finally {
      closeSync(file)
    }
  }

  empty(id: number): void {
    rmSync(join(this.#machines.get(id)!.disk.path, 'other-tenant'), { force: true })
  }

  /** Resets every connection to a broker. */
  reset(id: number): void {
    this.#machines.get(id)!.proxy.reset()
  }

  /** Nothing is wrong any more: what was killed is started, what was held goes on. */
  async heal(): Promise<void> {
    this.ways.mend()
    this.holdStore(false)
    await this.startStore()
    for (const id of FAULTY_IDS) {
      this.hold(id, false)
      this.empty(id)
    }
    for (const id of FAULTY_IDS) while (!this.running.includes(id)) await this.begin(id)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.ways.mend()
    for (const id of FAULTY_IDS) await this.kill(id)
    await this.#store.dispose()
    for (const { proxy, storeProxies, disk } of this.#machines.values()) {
      await proxy.close()
      for (const storeProxy of storeProxies) await storeProxy.close()
      disk[Symbol.dispose]()
    }
    this.#network?.close()
    await rm(this.#directory, { recursive: true, force: true })
  }

  /** Clients come by the proxy; other brokers too, or over the network. */
  #listenersOf({ id, port }: Machine): Record<string, string> {
    const client = `PLAINTEXT://127.0.0.1:${this.ports.get(id)}`
    if (this.#network === null) return { 'advertised.listeners': client }
    const host = this.#network.addressOf(id)
    const peer = `INTERNAL://${host}:${PEER_PORT}`
    return { listeners: `${peer},PLAINTEXT://${host}:${port}`, 'advertised.listeners': `${peer},${client}` }
  }

  async #addMachine(id: number): Promise<void> {
    const { ways } = this
    const port = await freePort()
    const proxyPort = await freePort()
    this.ports.set(id, proxyPort)
    const target = this.#network === null ? { port } : { host: this.#network.addressOf(id), port }
    const proxy = await LinkProxy.listen(proxyPort, { ways, owner: id, caller: null, target })
    const { address: storeAddress, proxies: storeProxies } = await this.#store.wayOf(
      id,
      ways,
      this.#network?.routerOf(id) ?? '127.0.0.1',
    )
    const disk = smallDisk(DISK_BYTES)
    this.#machines.set(id, { id, disk, port, proxy, storeAddress, storeProxies, process: null, isHeld: false })
  }
}

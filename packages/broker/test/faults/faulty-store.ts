/** The metadata store of a faulty cluster, in processes of its own that can be killed and held, and the ways of brokers to it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { EtcdProcess } from '../../src/metadata/testing/etcd-process.ts'
import { freePort } from '../crash/broker-process.ts'
import { LinkProxy, type Ways } from './link-proxy.ts'

export const STORE_KINDS = ['embedded', 'etcd'] as const
export type StoreKind = (typeof STORE_KINDS)[number]

export interface FaultyStore {
  /** Starts what does not run. */
  start(): Promise<void>
  /** Ends all of it at once. */
  kill(): Promise<void>
  /** SIGSTOP, and SIGCONT. */
  hold(isHeld: boolean): void
  /** Ends, or holds until `hold(false)`, the member that leads the others; all of it where there is but one. */
  strikeLeader(how: 'kill' | 'hold'): Promise<void>
  /** Makes a broker's way to it: what its `metadata.store` is, and the proxies in between. `host`: where it reaches this process. */
  wayOf(id: number, ways: Ways, host: string): Promise<{ address: string; proxies: LinkProxy[] }>
  /** Ends it and takes its data away. */
  dispose(): Promise<void>
}

/** An empty one that serves. Its data are in `directory`, or in temporary directories of its own. */
export async function startFaultyStore(kind: StoreKind, directory: string): Promise<FaultyStore> {
  const store =
    kind === 'embedded' ? new EmbeddedProcess(directory) : new EtcdMembers(await EtcdProcess.startMembers(3))
  await store.start()
  return store
}

const SCRIPT = fileURLToPath(new URL('../cluster/run-store.ts', import.meta.url))

/** The embedded store, served as `odradek up` serves it. */
class EmbeddedProcess implements FaultyStore {
  readonly #directory: string
  #child: ChildProcess | null = null

  constructor(directory: string) {
    this.#directory = directory
  }

  async start(): Promise<void> {
    if (this.#child !== null) return
    const child = spawn(process.execPath, [SCRIPT, join(this.#directory, 'store'), this.#socketPath], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#child = child
    await once(child.stdout, 'data')
  }

  async kill(): Promise<void> {
    const child = this.#child
    if (child === null) return
    this.#child = null
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  hold(isHeld: boolean): void {
    this.#child?.kill(isHeld ? 'SIGSTOP' : 'SIGCONT')
  }

  async strikeLeader(how: 'kill' | 'hold'): Promise<void> {
    if (how === 'kill') await this.kill()
    else this.hold(true)
  }

  async wayOf(id: number, ways: Ways): Promise<{ address: string; proxies: LinkProxy[] }> {
    const path = join(this.#directory, `store-${id}.sock`)
    const target = { path: this.#socketPath }
    return {
      address: `unix:${path}`,
      proxies: [await LinkProxy.listen(path, { ways, owner: 'store', caller: id, target })],
    }
  }

  async dispose(): Promise<void> {
    await this.kill()
  }

  get #socketPath(): string {
    return join(this.#directory, 'store.sock')
  }
}

interface MemberStatus {
  readonly header: { readonly member_id: string }
  readonly leader?: string
}

const ASK_MS = 1_000
const LEADER_MS_MAX = 60_000

/** Three members of etcd. */
class EtcdMembers implements FaultyStore {
  readonly #members: readonly EtcdProcess[]
  readonly #ended = new Set<EtcdProcess>()
  readonly #held = new Set<EtcdProcess>()

  constructor(members: readonly EtcdProcess[]) {
    this.#members = members
  }

  async start(): Promise<void> {
    const ended = [...this.#ended]
    this.#ended.clear()
    await Promise.all(ended.map((member) => member.startAgain()))
  }

  async kill(): Promise<void> {
    await Promise.all(this.#members.map((member) => this.#end(member)))
  }

  hold(isHeld: boolean): void {
    for (const member of isHeld ? this.#members : this.#held) this.#hold(member, isHeld)
    if (!isHeld) this.#held.clear()
  }

  async strikeLeader(how: 'kill' | 'hold'): Promise<void> {
    const leader = await this.#leader()
    if (how === 'kill') await this.#end(leader)
    else this.#hold(leader, true)
  }

  async wayOf(id: number, ways: Ways, host: string): Promise<{ address: string; proxies: LinkProxy[] }> {
    const proxies: LinkProxy[] = []
    const endpoints: string[] = []
    for (const { endpoint } of this.#members) {
      const port = await freePort()
      const target = { port: Number(new URL(endpoint).port) }
      proxies.push(await LinkProxy.listen(port, { host, ways, owner: 'store', caller: id, target }))
      endpoints.push(`http://${host}:${port}`)
    }
    return { address: `etcd:${endpoints.join(',')}`, proxies }
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#members.map((member) => member[Symbol.asyncDispose]()))
  }

  async #end(member: EtcdProcess): Promise<void> {
    this.#ended.add(member)
    this.#held.delete(member)
    await member.kill()
  }

  #hold(member: EtcdProcess, isHeld: boolean): void {
    if (this.#ended.has(member)) return
    if (isHeld) this.#held.add(member)
    member.signal(isHeld ? 'SIGSTOP' : 'SIGCONT')
  }

  async #leader(): Promise<EtcdProcess> {
    for (const until = performance.now() + LEADER_MS_MAX; performance.now() < until; await sleep(50)) {
      for (const member of this.#members) {
        const status = await statusOf(member)
        if (status !== null && status.leader === status.header.member_id) return member
      }
    }
    throw new Error('no member of etcd leads')
  }
}

/** Null where it does not answer. */
async function statusOf({ endpoint }: EtcdProcess): Promise<MemberStatus | null> {
  try {
    const signal = AbortSignal.timeout(ASK_MS)
    const answer = await fetch(`${endpoint}/v3/maintenance/status`, { method: 'POST', body: '{}', signal })
    return (await answer.json()) as MemberStatus
  } catch {
    return null
  }
}

/**
 * Brokers as machines on a network: each in a network namespace of its own, and this process routes between them.
 *
 *   broker 1  10.77.1.2 ── 10.77.1.1 ┐
 *   broker 2  10.77.2.2 ── 10.77.2.1 ┼ this process
 *   broker 3  10.77.3.2 ── 10.77.3.1 ┘
 *
 * What is cut is dropped on its way, without a word to anybody, as a network loses it. To be used in a network namespace of
 * one's own (`unshare --net`): with its last process all of it is gone.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readlinkSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** So narrow that what brokers copy waits and is dropped at times. */
const NARROW = ['rate', '2mbit', 'burst', '16kb', 'latency', '200ms']
const OWN = '/proc/self/ns/net'

export class FaultyNetwork {
  readonly #machines = new Map<number, ChildProcess>()
  #cut: (readonly [number, number])[] = []
  #narrow = new Set<number>()

  /** Joins the machines. Throws where this process may not, which root may. */
  static async open(ids: readonly number[]): Promise<FaultyNetwork> {
    const network = new FaultyNetwork()
    try {
      run('ip', 'link', 'set', 'lo', 'up')
      writeFileSync('/proc/sys/net/ipv4/ip_forward', '1')
      for (const id of ids) await network.#join(id)
      return network
    } catch (error) {
      network.close()
      throw error
    }
  }

  addressOf(id: number): string {
    return `10.77.${id}.2`
  }

  /** This process, as a machine sees it. */
  routerOf(id: number): string {
    return `10.77.${id}.1`
  }

  /** The words before a command that runs it on a machine. */
  on(id: number): string[] {
    return ['nsenter', `--net=/proc/${this.#machines.get(id)!.pid}/ns/net`]
  }

  /** Drops what one sends to another. */
  cut(from: number, to: number): void {
    this.#cut.push([from, to])
    run('ip', 'rule', 'add', ...this.#way(from, to), 'blackhole')
  }

  /** Lets what is sent to a machine wait, and drops it where too much does. */
  narrow(to: number): void {
    this.#narrow.add(to)
    run('tc', 'qdisc', 'replace', 'dev', `v${to}`, 'root', 'tbf', ...NARROW)
  }

  mend(): void {
    for (const [from, to] of this.#cut) run('ip', 'rule', 'del', ...this.#way(from, to), 'blackhole')
    this.#cut = []
    for (const to of this.#narrow) run('tc', 'qdisc', 'del', 'dev', `v${to}`, 'root')
    this.#narrow.clear()
  }

  close(): void {
    for (const machine of this.#machines.values()) machine.kill('SIGKILL')
  }

  async #join(id: number): Promise<void> {
    const machine = spawn('unshare', ['--net', 'sleep', 'infinity'], { stdio: 'ignore' })
    this.#machines.set(id, machine)
    await once(machine, 'spawn')
    const own = readlinkSync(OWN)
    while (readlinkSync(`/proc/${machine.pid}/ns/net`) === own) await sleep(5)
    run('ip', 'link', 'add', `v${id}`, 'type', 'veth', 'peer', 'name', 'e0', 'netns', String(machine.pid))
    run('ip', 'addr', 'add', `${this.routerOf(id)}/24`, 'dev', `v${id}`)
    run('ip', 'link', 'set', `v${id}`, 'up')
    const there = (...words: string[]) => run(...([...this.on(id), 'ip', ...words] as [string, ...string[]]))
    there('link', 'set', 'lo', 'up')
    there('addr', 'add', `${this.addressOf(id)}/24`, 'dev', 'e0')
    there('link', 'set', 'e0', 'up')
    there('route', 'add', 'default', 'via', this.routerOf(id))
  }

  #way(from: number, to: number): string[] {
    return ['from', this.addressOf(from), 'to', this.addressOf(to)]
  }
}

function run(command: string, ...words: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, words, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${words.join(' ')}: ${error?.message ?? stderr}`)
}

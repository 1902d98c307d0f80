/**
 * A broker, honest clients and attackers, each a process of its own. Quiet phases and attacks take turns, for what honest
 * clients see in an attack is held against what they saw just before and after it; the broker is looked at all the time.
 */
import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { constants, setPriority } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ControlClient } from '../load/control-client.ts'
import { ServerProcess } from '../server-process.ts'
import type { HonestFigures } from './honest-figures.ts'
import { LogWatch } from './log-watch.ts'
import { type Sample, takeSample } from './sample.ts'
import type { Counts, Target } from './target.ts'
import { judge, type Phase, type Verdict } from './verdict.ts'

export interface SoakOptions {
  readonly minutes: number
  /** Code is slow until it was used for a while. */
  readonly warmUpSeconds: number
  readonly quietSeconds: number
  readonly attackSeconds: number
  /** Connections that do nothing. */
  readonly connections: number
  /** Names of the attacks. */
  readonly attacks: readonly string[]
  readonly progress?: (phase: Phase, samples: readonly Sample[]) => void
  /** Awaited between cycles. */
  readonly rest?: () => Promise<void>
}

export interface SoakResult {
  readonly samples: readonly Sample[]
  readonly phases: readonly Phase[]
  readonly counts: Counts
  readonly log: { readonly lines: number; readonly warnings: number; readonly mostPerSecond: number }
  readonly residentMegabytesMost: number
  readonly verdict: Verdict
}

const HONEST_CLIENTS = 4
const SAMPLE_MS = 1000
/** After an attack its last connections are still being closed. */
const SETTLE_MS = 2000
/** Until all attacks are under way, and for each connection that does nothing: what it costs to come is another matter. */
const RAMP_MS = 1000
const CONNECTION_MS = 4
const MIB = 1024 * 1024
const WARNINGS_MAX = 10
/** Kinds of warnings, each with its limit and one line that tells of those left out; and a few lines of other kinds. */
const LINES_PER_SECOND_MAX = 4 * (WARNINGS_MAX + 1) + 10
const CONFIG = {
  'memory.request.bytes.max': 64 * MIB,
  'connections.max.idle.ms': 600_000,
  'log.client.warnings.max': WARNINGS_MAX,
  'log.segment.bytes': 8 * MIB,
  'log.retention.bytes': 32 * MIB,
  'log.retention.check.interval.ms': 5000,
  'log.segment.delete.delay.ms': 1000,
}

export async function runSoak(options: SoakOptions): Promise<SoakResult> {
  const admin = `127.0.0.1:${await freePort()}`
  const watch = new LogWatch(LINES_PER_SECOND_MAX)
  await using server = await ServerProcess.broker({
    config: { ...CONFIG, 'admin.listener': admin },
    logLine: (line) => watch.add(line),
  })
  const target = await prepare(server)
  const honest = start('honest-main.ts', [JSON.stringify(target), String(HONEST_CLIENTS)])
  const attackers = start('attacks-main.ts', [
    JSON.stringify(target),
    String(options.connections),
    options.attacks.join(','),
  ])
  yieldProcessors(attackers.pid!)
  const soak = new Soak(server, admin, honest, attackers, watch)
  try {
    await Promise.all([honest, attackers].map((child) => answerOf<string>(child)))
    await soak.run(options)
    const { samples, phases, counts } = soak
    for (const child of [honest, attackers]) await dismiss(child)
    await server.stop()
    const offences = Object.values(counts).reduce((sum, count) => sum + count, 0)
    const problems = [...watch.problems]
    if (watch.aboutClients > offences) problems.push(`${watch.aboutClients} lines about ${offences} offences`)
    if (server.ending !== 0) problems.push(`the broker ended with ${server.ending}`)
    return {
      samples,
      phases,
      counts,
      log: { lines: watch.lines, warnings: watch.warnings, mostPerSecond: watch.mostPerSecond },
      residentMegabytesMost: Math.max(...samples.map(({ residentMegabytes }) => residentMegabytes)),
      verdict: judge(samples, phases, problems),
    }
  } finally {
    for (const child of [honest, attackers]) await dismiss(child)
  }
}

class Soak {
  readonly samples: Sample[] = []
  readonly phases: Phase[] = []
  counts: Counts = {}
  readonly #server: ServerProcess
  readonly #admin: string
  readonly #honest: ChildProcess
  readonly #attackers: ChildProcess
  readonly #watch: LogWatch
  readonly #began = performance.now()

  constructor(server: ServerProcess, admin: string, honest: ChildProcess, attackers: ChildProcess, watch: LogWatch) {
    this.#server = server
    this.#admin = admin
    this.#honest = honest
    this.#attackers = attackers
    this.#watch = watch
  }

  /** Begins and ends with a quiet phase. */
  async run(options: SoakOptions): Promise<void> {
    const { minutes, quietSeconds, attackSeconds, progress } = options
    const rampMs = RAMP_MS + options.connections * CONNECTION_MS
    const cycleSeconds = quietSeconds + attackSeconds + (rampMs + SETTLE_MS) / 1000
    const cycles = Math.max(1, Math.round((minutes * 60) / cycleSeconds))
    await sleep(options.warmUpSeconds * 1000)
    await this.#figures()
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      await options.rest?.()
      progress?.(await this.#phase('quiet', cycle, quietSeconds), this.samples)
      this.#attackers.send('begin')
      await sleep(rampMs)
      await this.#figures()
      progress?.(await this.#phase('attack', cycle, attackSeconds), this.samples)
      this.#attackers.send('end')
      this.counts = await answerOf<Counts>(this.#attackers)
      await this.#settle()
    }
    progress?.(await this.#phase('quiet', cycles - 1, quietSeconds), this.samples)
  }

  async #settle(): Promise<void> {
    await sleep(SETTLE_MS)
    await this.#figures()
  }

  async #phase(phase: Sample['phase'], cycle: number, seconds: number): Promise<Phase> {
    const until = performance.now() + seconds * 1000
    while (performance.now() < until) {
      await sleep(SAMPLE_MS)
      const about = { at: this.#seconds(), phase, cycle, logLines: this.#watch.lines }
      this.samples.push(await takeSample(this.#server.pid, this.#admin, about))
    }
    const done: Phase = { phase, cycle, seconds, honest: await this.#figures() }
    this.phases.push(done)
    return done
  }

  #figures(): Promise<HonestFigures> {
    this.#honest.send('next')
    return answerOf(this.#honest)
  }

  #seconds(): number {
    return Math.round((performance.now() - this.#began) / 100) / 10
  }
}

/**
 * Attackers have machines of their own: they must not take the processor from those whose time is measured. A low priority is
 * not enough on Linux: who wakes up waits for the end of a running thread's slice, some milliseconds, however little that
 * thread's priority, unless it is idle by its policy.
 */
function yieldProcessors(pid: number): void {
  setPriority(pid, constants.priority.PRIORITY_LOW)
  if (process.platform === 'linux') spawnSync('chrt', ['--all-tasks', '--idle', '--pid', '0', String(pid)])
}

function start(file: string, words: readonly string[]): ChildProcess {
  return fork(join(import.meta.dirname, file), words, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
}

/** The next message of a child; fails where it ends instead. */
async function answerOf<T>(child: ChildProcess): Promise<T> {
  const heard = new AbortController()
  const { signal } = heard
  const exited = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`A process of the soak ended with ${code}`)
  })
  exited.catch(() => {})
  try {
    const [message] = await Promise.race([once(child, 'message', { signal }), exited])
    return message as T
  } finally {
    heard.abort()
  }
}

/** Lets a child end by itself, which it does when its parent is gone. */
async function dismiss(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  if (child.connected) child.disconnect()
  await exited
}

async function prepare(server: ServerProcess): Promise<Target> {
  const { host, port } = server
  const client = await ControlClient.connect(host, port)
  const target = { host, port, honestTopic: 'honest', plainTopic: 'plain', openedTopic: 'opened' }
  await client.createTopic(target.honestTopic, HONEST_CLIENTS)
  await client.createTopic(target.plainTopic, 1)
  await client.createTopic(target.openedTopic, 1, { 'record.validation': 'deep' })
  client.close()
  return target
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

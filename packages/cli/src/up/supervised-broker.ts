import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { BrokerPlan } from './deployment.ts'
import { LogFile } from './log-file.ts'

const PAUSE_MS_MIN = 500
const PAUSE_MS_MAX = 30_000
/** Who has served so long begins with the shortest pause again. */
const SERVED_MS = 60_000
/** A broker that hands over, flushes and closes takes less. */
const SHUTDOWN_MS_MAX = 60_000

const bin = fileURLToPath(new URL('../../bin/odradek.js', import.meta.url))

export type BrokerState = 'starting' | 'serving' | 'waiting' | 'stopped'

export interface BrokerEvents {
  /** Something that `status` shows is different. */
  changed(broker: SupervisedBroker): void
  /** It ended though nobody asked it to. `hasServed`: it was there, and not one that could not start. */
  ended(broker: SupervisedBroker, how: string, hasServed: boolean): void
}

/** One broker process that is started again, after growing pauses, whenever it ends. What it logs goes to its file. */
export class SupervisedBroker {
  readonly plan: BrokerPlan
  state: BrokerState = 'starting'
  restarts = 0
  lastEnd: string | null = null
  address: string | null = null
  /** Its last line on stderr: what it complained about where it did not start. */
  lastLine = ''
  readonly #events: BrokerEvents
  readonly #log: LogFile
  #child: ChildProcess | null = null
  #exited: Promise<unknown> = Promise.resolve()
  #pauseMs = PAUSE_MS_MIN
  #timer: NodeJS.Timeout | null = null
  #isStopping = false
  readonly #served = Promise.withResolvers<void>()

  constructor(plan: BrokerPlan, events: BrokerEvents) {
    this.plan = plan
    this.#events = events
    this.#log = new LogFile(plan.logFile)
    this.#start()
  }

  get pid(): number | null {
    return this.#child?.pid ?? null
  }

  /** Resolves when it serves for the first time. */
  get served(): Promise<void> {
    return this.#served.promise
  }

  /** Asks it to end, and sees to it. */
  async stop(): Promise<void> {
    this.#isStopping = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    if (this.#child !== null) {
      const child = this.#child
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), SHUTDOWN_MS_MAX)
      await this.#exited
      clearTimeout(timer)
    }
    this.#become('stopped')
    this.#log.close()
  }

  #start(): void {
    const sets = Object.entries(this.plan.texts).flatMap(([key, value]) => ['--set', `${key}=${value}`])
    const child = spawn(process.execPath, [bin, 'broker', ...sets], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, ODRADEK_SUPERVISED: 'true' },
    })
    this.#child = child
    this.#become('starting')
    const startedAt = performance.now()
    createInterface({ input: child.stdout! }).on('line', (line) => {
      this.#log.write(`${line}\n`)
      const address = /^Listening on (\S+)$/.exec(line)?.[1]
      if (address === undefined || this.state === 'serving') return
      this.address = address
      this.#become('serving')
      this.#served.resolve()
    })
    createInterface({ input: child.stderr! }).on('line', (line) => {
      this.lastLine = line
      this.#log.write(`${line}\n`)
    })
    child.on('error', (error) => {
      this.lastLine = error.message
    })
    this.#exited = once(child, 'close').then(
      ([code, signal]) => this.#ended(code ?? signal, startedAt),
      (error: Error) => this.#ended(error.message, startedAt),
    )
  }

  #ended(how: number | string, startedAt: number): void {
    this.#child = null
    this.address = null
    if (this.#isStopping) return
    const end = typeof how === 'number' ? `exit code ${how}` : how
    this.lastEnd = `${end} at ${new Date().toISOString()}`
    if (performance.now() - startedAt > SERVED_MS) this.#pauseMs = PAUSE_MS_MIN
    this.#timer = setTimeout(() => {
      this.restarts += 1
      this.#start()
    }, this.#pauseMs)
    this.#pauseMs = Math.min(PAUSE_MS_MAX, 2 * this.#pauseMs)
    const hasServed = this.state === 'serving'
    this.#become('waiting')
    this.#events.ended(this, end, hasServed)
  }

  #become(state: BrokerState): void {
    this.state = state
    this.#events.changed(this)
  }
}

/**
 * One simulated world: virtual time, a queue of what will happen, one seed for every choice. Nothing real passes but
 * microtasks, so two runs with one seed do the same.
 *
 *   step = the next event, in the life of the process it belongs to
 *        | the end of a turn: the tasks that events before it deferred
 *
 * As in life, a turn may take in several events that are ready together, and promises settle between the steps.
 */
import { EventQueue, type SimEvent, type SimEventKind } from './event-queue.ts'
import { SimCrash, SimLife } from './sim-life.ts'
import { SimRandom } from './sim-random.ts'
import { SimTrace } from './sim-trace.ts'
import { SimWire } from './sim-wire.ts'

/** So many steps are done in one macrotask: then the process may look at what else there is, rejections nobody handled among it. */
const STEPS_PER_MACROTASK = 8
/** Events as near as this to a turn's last one may be read in the same turn. */
const TURN_MS = 0.05
/** Fewer that are cancelled stay until their time. */
const CANCELLED_MIN = 64

interface TurnEnd {
  readonly life: SimLife
  readonly run: () => void
}

export interface SimWorldOptions {
  /** Lines of the trace that are kept [10 000]. */
  readonly traceLinesMax?: number
  /** Steps after which `run` and its like give up, as a broker with a timer never comes to rest [5 000 000]. */
  readonly stepsMax?: number
}

export class SimWorld {
  readonly seed: number
  readonly random: SimRandom
  readonly trace: SimTrace
  /** What connects the world's hosts. */
  readonly wire: SimWire
  /** Steps done so far. */
  steps = 0
  readonly #stepsMax: number
  readonly #events = new EventQueue()
  #turnEnds: TurnEnd[] = []
  #time = 0
  #sequence = 0
  /** Events that were cancelled since those were taken out last. */
  #cancelled = 0
  /** Events that are not timers and wait still. */
  #onTheWay = 0

  constructor(seed: number, options: SimWorldOptions = {}) {
    this.seed = seed
    this.random = new SimRandom(seed)
    this.trace = new SimTrace(options.traceLinesMax ?? 10_000)
    this.wire = new SimWire(this)
    this.#stepsMax = options.stepsMax ?? 5_000_000
  }

  /** Virtual milliseconds since the world began. */
  get time(): number {
    return this.#time
  }

  /** Makes `run` happen after `delayMs`. An event of a life that has ended by then does not happen. */
  schedule(delayMs: number, kind: SimEventKind, label: string, life: SimLife | null, run: () => void): SimEvent {
    return this.scheduleAt(this.#time + Math.max(0, delayMs), kind, label, life, run)
  }

  /** The same at a time, for who keeps an order: a delay there and back is rounded. */
  scheduleAt(time: number, kind: SimEventKind, label: string, life: SimLife | null, run: () => void): SimEvent {
    const event = { time, sequence: this.#sequence++, kind, label, life, run, cancelled: false }
    this.#events.push(event)
    if (kind !== 'timer') this.#onTheWay++
    return event
  }

  /** Makes an event not happen. */
  cancel(event: SimEvent): void {
    if (event.cancelled) return
    event.cancelled = true
    // Requests have timers that are mostly cancelled, long before their time.
    if (++this.#cancelled < CANCELLED_MIN || 2 * this.#cancelled < this.#events.length) return
    this.#cancelled = 0
    this.#onTheWay -= this.#events.discard(({ cancelled }) => cancelled)
  }

  /** A life in this world, whose events are gone when it ends. */
  begin(name: string): SimLife {
    const life = new SimLife(name)
    life.onEnd((death) => {
      this.note(life, `died: ${death}`)
      this.#onTheWay -= this.#events.discard((event) => event.life === life)
    })
    return life
  }

  /** Stops a life for so long, as SIGSTOP does: its clocks go on, it does nothing, and nobody is told. */
  hold(life: SimLife, forMs: number): void {
    this.note(life, `held for ${forMs.toFixed(0)} ms`)
    life.heldUntil = Math.max(life.heldUntil, this.#time + forMs)
  }

  /** Makes `run` happen when the turn ends. */
  endOfTurn(life: SimLife, run: () => void): void {
    this.#turnEnds.push({ life, run })
  }

  /** Notes a line in the trace. */
  note(life: SimLife | null, line: string): void {
    this.trace.add(this.#time, life, '', line)
  }

  /** The same, of what is called `kind`. */
  noteOf(life: SimLife | null, kind: string, detail: string): void {
    this.trace.add(this.#time, life, kind, detail)
  }

  /** Does the next step; false when nothing waits. */
  step(): boolean {
    const event = this.#next()
    if (this.#turnEnds.length > 0 && !(event !== null && this.#joinsTurn(event))) {
      const ends = this.#turnEnds
      this.#turnEnds = []
      this.steps++
      for (const { life, run } of ends) this.#live(life, run)
      return true
    }
    if (event === null) return false
    this.#events.pop()
    if (event.life !== null && event.life.heldUntil > event.time && event.life.alive) {
      event.time = event.life.heldUntil
      event.sequence = this.#sequence++
      this.#events.push(event)
      return true
    }
    if (event.kind !== 'timer') this.#onTheWay--
    this.#time = event.time
    this.steps++
    this.trace.add(event.time, event.life, event.kind, event.label)
    this.#live(event.life, event.run)
    return true
  }

  /** Steps until nothing waits any more. */
  run(): Promise<void> {
    return this.#drive(() => false, null)
  }

  /** Steps until nothing but timers waits. */
  settle(): Promise<void> {
    return this.#drive(() => this.#onTheWay === 0 && this.#turnEnds.length === 0, null)
  }

  /** Steps until virtual time has moved on by `delayMs`. */
  async runFor(delayMs: number): Promise<void> {
    const until = this.#time + delayMs
    await this.#drive(() => {
      const event = this.#next()
      return this.#turnEnds.length === 0 && (event === null || event.time > until)
    }, null)
    if (this.#time < until) this.#time = until
  }

  /** Steps until `condition` holds; rejects when nothing is left to do before. */
  runUntil(condition: () => boolean): Promise<void> {
    return this.#drive(condition, 'nothing is left to do, and what was waited for has not come')
  }

  /** Steps until `promise` settles, and settles like it. */
  async complete<T>(promise: Promise<T>): Promise<T> {
    let settled = false
    const settle = () => {
      settled = true
    }
    promise.then(settle, settle)
    await this.runUntil(() => settled)
    return promise
  }

  #next(): SimEvent | null {
    for (let event = this.#events.peek(); event !== undefined; event = this.#events.peek()) {
      if (!event.cancelled) return event
      this.#events.pop()
      if (event.kind !== 'timer') this.#onTheWay--
    }
    return null
  }

  #joinsTurn(event: SimEvent): boolean {
    return event.time <= this.#time + TURN_MS && this.random.chance(0.5)
  }

  /** A crash ends the life it happens in; the world goes on. */
  #live(life: SimLife | null, run: () => void): void {
    if (life !== null && !life.alive) return
    try {
      run()
    } catch (error) {
      if (!(error instanceof SimCrash)) throw error
    }
  }

  /** Each step in a tick of its own, after all microtasks of the one before: all promises settle in between. */
  #drive(done: () => boolean, errorWhenIdle: string | null): Promise<void> {
    let left = this.#stepsMax
    return new Promise((resolve, reject) => {
      const tick = () => process.nextTick(turn)
      const turn = () => {
        try {
          if (done()) resolve()
          else if (left-- === 0) reject(this.#failure(`no end after ${this.#stepsMax} steps`))
          else if (this.step()) {
            // A tick that was asked for in a tick would come before the microtasks of that one.
            if (left % STEPS_PER_MACROTASK === 0) setImmediate(turn)
            else queueMicrotask(tick)
          } else if (errorWhenIdle === null) resolve()
          else reject(this.#failure(errorWhenIdle))
        } catch (error) {
          if (error instanceof Error) error.message += this.#where()
          reject(error)
        }
      }
      setImmediate(turn)
    })
  }

  #failure(reason: string): Error {
    return new Error(reason + this.#where())
  }

  #where(): string {
    return ` (seed ${this.seed}, at ${this.#time.toFixed(3)} ms)`
  }
}

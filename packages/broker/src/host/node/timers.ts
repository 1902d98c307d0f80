import type { Clock, Timer, Timers } from '../clock.ts'
import { TimingWheel, WHEEL_TICKS_MAX } from './timing-wheel.ts'

/** What `setTimeout` takes at most; a later timer is reached in several steps. */
const TIMEOUT_MS_MAX = 0x7fffffff

/** All timers of the process on one wheel over one `setTimeout`; never early, late by about a millisecond. */
export function createNodeTimers(clock: Clock): Timers {
  return new NodeTimers(clock)
}

class NodeTimers implements Timers {
  readonly #clock: Clock
  readonly #wheel = new TimingWheel()
  readonly #started: number
  readonly #wake = () => this.#run()
  #timeout: NodeJS.Timeout | null = null
  /** The tick the timeout is set for. It may wake in vain: cancelling leaves it as it is. */
  #armedTick = Number.POSITIVE_INFINITY
  #running = false

  constructor(clock: Clock) {
    this.#clock = clock
    this.#started = clock.monotonic()
  }

  after(delayMs: number, run: () => void): Timer {
    const now = this.#clock.monotonic() - this.#started
    const due = Math.ceil(now + Math.max(0, delayMs))
    // From a tick long ago a near timer would look far away and cost a wake in vain.
    if (!this.#running) this.#wheel.skip(Math.floor(now))
    const timer = this.#wheel.add(Math.min(due, WHEEL_TICKS_MAX), run)
    if (due < this.#armedTick && !this.#running) this.#arm()
    return timer
  }

  endOfTurn(run: () => void): void {
    setImmediate(run)
  }

  #run(): void {
    this.#timeout = null
    this.#armedTick = Number.POSITIVE_INFINITY
    this.#running = true
    try {
      this.#wheel.advance(Math.floor(this.#clock.monotonic() - this.#started))
    } finally {
      // Also when a timer throws: the others stay due.
      this.#running = false
      this.#arm()
    }
  }

  #arm(): void {
    const tick = this.#wheel.nextTick()
    if (tick < 0) return
    if (this.#timeout !== null) clearTimeout(this.#timeout)
    const delay = tick + this.#started - this.#clock.monotonic()
    this.#timeout = setTimeout(this.#wake, Math.min(Math.max(1, Math.ceil(delay)), TIMEOUT_MS_MAX))
    this.#timeout.unref()
    this.#armedTick = tick
  }
}

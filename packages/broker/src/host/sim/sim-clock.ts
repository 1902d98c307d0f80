import type { Clock, Timer, Timers } from '../clock.ts'
import type { SimLife } from './sim-life.ts'
import type { SimWorld } from './sim-world.ts'

/** The wall clock's time at which every world begins. */
const EPOCH_MS = Date.UTC(2026, 0, 1)

/** Virtual time. The wall clock can be stepped; the monotonic one is the world's. */
export class SimClock implements Clock {
  readonly #world: SimWorld
  #offsetMs = EPOCH_MS

  constructor(world: SimWorld) {
    this.#world = world
  }

  now(): number {
    return Math.floor(this.#offsetMs + this.#world.time)
  }

  monotonic(): number {
    return this.#world.time
  }

  /** Sets the wall clock forward, or back. */
  step(deltaMs: number): void {
    this.#offsetMs += deltaMs
  }
}

/** Timers on virtual time, exact. */
export class SimTimers implements Timers {
  readonly #world: SimWorld
  readonly #life: SimLife

  constructor(world: SimWorld, life: SimLife) {
    this.#world = world
    this.#life = life
  }

  after(delayMs: number, run: () => void): Timer {
    const event = this.#world.schedule(delayMs, 'timer', `after ${delayMs} ms`, this.#life, run)
    return {
      cancel() {
        event.cancelled = true
      },
    }
  }

  endOfTurn(run: () => void): void {
    this.#world.endOfTurn(this.#life, run)
  }
}

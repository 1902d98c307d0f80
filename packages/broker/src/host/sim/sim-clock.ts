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
    const world = this.#world
    const event = world.schedule(delayMs, 'timer', labelOf(delayMs), this.#life, run)
    return { cancel: () => world.cancel(event) }
  }

  endOfTurn(run: () => void): void {
    this.#world.endOfTurn(this.#life, run)
  }
}

/** Labels of timers by their length in whole milliseconds: most are of a few lengths, and text costs more than the rest of them. */
const LABELS = new Map<number, string>()
const LABELS_MAX = 65_536

function labelOf(delayMs: number): string {
  if (!Number.isInteger(delayMs) || delayMs < 0 || delayMs >= LABELS_MAX) return `after ${delayMs} ms`
  const known = LABELS.get(delayMs)
  if (known !== undefined) return known
  const label = `after ${delayMs} ms`
  LABELS.set(delayMs, label)
  return label
}

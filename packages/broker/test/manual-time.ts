import type { Clock, Timer, Timers } from '../src/host/clock.ts'

interface Waiting {
  readonly at: number
  readonly run: () => void
}

/** Time for tests of single parts: it moves, and turns end, only when told. */
export class ManualTime implements Clock, Timers {
  #wallMs: number
  #monotonicMs = 1_000
  #waiting: Waiting[] = []
  #turnEnds: (() => void)[] = []

  constructor(wallMs = 1_700_000_000_000) {
    this.#wallMs = wallMs
  }

  now(): number {
    return this.#wallMs
  }

  monotonic(): number {
    return this.#monotonicMs
  }

  after(delayMs: number, run: () => void): Timer {
    const waiting = { at: this.#monotonicMs + delayMs, run }
    this.#waiting.push(waiting)
    return {
      cancel: () => {
        this.#waiting = this.#waiting.filter((each) => each !== waiting)
      },
    }
  }

  endOfTurn(run: () => void): void {
    this.#turnEnds.push(run)
  }

  /** Ends the turn, and those that ending it began. */
  endTurn(): void {
    while (this.#turnEnds.length > 0) for (const run of this.#turnEnds.splice(0)) run()
  }

  /** Lets `ms` pass: timers run in order, each in a turn of its own. */
  advance(ms: number): void {
    this.endTurn()
    const until = this.#monotonicMs + ms
    for (;;) {
      const due = this.#waiting.filter((each) => each.at <= until).sort((a, b) => a.at - b.at)[0]
      if (due === undefined) break
      this.#waiting = this.#waiting.filter((each) => each !== due)
      this.#moveTo(Math.max(due.at, this.#monotonicMs))
      due.run()
      this.endTurn()
    }
    this.#moveTo(until)
  }

  /** Steps the wall clock alone. */
  stepWallClock(ms: number): void {
    this.#wallMs += ms
  }

  #moveTo(monotonicMs: number): void {
    this.#wallMs += monotonicMs - this.#monotonicMs
    this.#monotonicMs = monotonicMs
  }
}

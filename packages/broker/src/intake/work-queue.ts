/**
 * Work of all intakes that is done a little at a time, so that whoever produces and reads beside it hardly notices:
 *
 *   turn:  requests ▶ their answers ▶ a slice of this ▶ turn: requests ▶ …
 *
 * A slice takes a tenth of a millisecond, or more where the loop is busy with others: up to half of what they took since the
 * slice before. So it is done in good time however many requests there are, and takes a third of the loop at most then.
 */
import type { Clock } from '../host/clock.ts'
import type { Turn, TurnTask } from '../host/turn.ts'

const SLICE_MS_MIN = 0.1
const SLICE_MS_MAX = 1
/** Of the time that others took. */
const SLICE_SHARE = 0.5

export interface Work {
  /** Does a part of it, a fraction of a millisecond. True where more can be done at once. */
  step(): boolean
}

export class WorkQueue implements TurnTask {
  readonly #clock: Clock
  readonly #turn: Turn
  readonly #waiting: Work[] = []
  #isDeferred = false
  /** Monotonic: when there was work to do and none was done, since. */
  #waitsSince = 0

  constructor(clock: Clock, turn: Turn) {
    this.#clock = clock
    this.#turn = turn
  }

  /** Adds work that is not in it. */
  add(work: Work): void {
    this.#waiting.push(work)
    this.#defer()
  }

  /** One slice: each has a step in turn. */
  endTurn(): void {
    this.#isDeferred = false
    const clock = this.#clock
    const waiting = this.#waiting
    // What was added during the slice before may have been done in it.
    if (waiting.length === 0) return
    const begunAt = clock.monotonic()
    const shareMs = (begunAt - this.#waitsSince) * SLICE_SHARE
    const until = begunAt + Math.min(Math.max(SLICE_MS_MIN, shareMs), SLICE_MS_MAX)
    try {
      do {
        const work = waiting.shift()!
        if (work.step()) waiting.push(work)
      } while (waiting.length > 0 && clock.monotonic() < until)
    } finally {
      if (waiting.length > 0) this.#defer()
    }
  }

  #defer(): void {
    if (this.#isDeferred) return
    this.#isDeferred = true
    this.#waitsSince = this.#clock.monotonic()
    this.#turn.defer('rest', this)
  }
}

/**
 * Partitions that could not be begun when they came, as their disk was full or too many files were open: it is tried again,
 * less and less often, until all are.
 */
import type { Timer, Timers } from '../host/clock.ts'

const FIRST_MS = 1_000
const LONGEST_MS = 60_000

export class LateBegins {
  readonly #timers: Timers
  readonly #begin: () => boolean
  #timer: Timer | null = null
  #pauseMs = FIRST_MS
  #isClosed = false

  /** `begin` tries to begin what waits for it, and returns whether nothing is left. */
  constructor(timers: Timers, begin: () => boolean) {
    this.#timers = timers
    this.#begin = begin
  }

  /** Something waits to be begun. */
  wait(): void {
    if (this.#timer !== null || this.#isClosed) return
    this.#timer = this.#timers.after(this.#pauseMs, () => {
      this.#timer = null
      this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_MS)
      if (!this.#begin()) this.wait()
      else this.#pauseMs = FIRST_MS
    })
  }

  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
  }
}

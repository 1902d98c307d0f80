/** Time comes in through these two. */
export interface Clock {
  /** Wall clock, whole milliseconds since the epoch. It may step. */
  now(): number
  /** Milliseconds from an arbitrary start, never going back. */
  monotonic(): number
}

export interface Timer {
  cancel(): void
}

export interface Timers {
  /** Calls `run` once after `delayMs` by the monotonic clock. A pending timer does not keep the process alive. */
  after(delayMs: number, run: () => void): Timer
  /** Calls `run` once when all input that is ready now has been read: where a turn's appends and answers are written. */
  endOfTurn(run: () => void): void
}

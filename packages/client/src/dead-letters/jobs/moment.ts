/** A point in time by both clocks: one of them stands still while the machine sleeps, the other may be set back. */
export interface Moment {
  readonly monotonicMs: number
  readonly wallMs: number
}

export function momentNow(): Moment {
  return { monotonicMs: performance.now(), wallMs: Date.now() }
}

/** Milliseconds since then, by the clock that says more. */
export function passedMs(since: Moment): number {
  return Math.max(performance.now() - since.monotonicMs, Date.now() - since.wallMs)
}

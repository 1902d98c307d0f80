import type { Clock } from '../clock.ts'

/** The machine's clocks: `Date.now` and `performance.now`. */
export function createNodeClock(): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
  }
}

const S = 1_000
const MIN = 60 * S
const H = 60 * MIN
const DAY = 24 * H
/** Lengths of a part that a person can read off an axis. */
const STEPS_MS = [
  1,
  10,
  100,
  S,
  5 * S,
  10 * S,
  30 * S,
  MIN,
  5 * MIN,
  10 * MIN,
  30 * MIN,
  H,
  3 * H,
  6 * H,
  12 * H,
  DAY,
  2 * DAY,
  7 * DAY,
  30 * DAY,
  365 * DAY,
]
const PARTS_MAX = 120

/** A window of time around `[from, to)` that begins and ends at whole parts of a round length, at most 120 and a few of them. */
export function roundWindow(from: number, to: number): { from: number; to: number; buckets: number } {
  const span = Math.max(1, to - from)
  const step = STEPS_MS.find((each) => span / each <= PARTS_MAX) ?? Math.ceil(span / PARTS_MAX)
  const start = Math.floor(from / step) * step
  const buckets = Math.max(1, Math.ceil((to - start) / step))
  return { from: start, to: start + buckets * step, buckets }
}

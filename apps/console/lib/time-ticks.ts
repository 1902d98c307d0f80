/** Where a time axis is labelled: at moments that are round on the clocks of the zone, never at fractions of what happens to be shown. */
import { fromWall, timeText } from './times.ts'

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const STEPS_MS = [
  ...[1, 2, 5, 10, 15, 30].map((count) => count * SECOND_MS),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE_MS),
  ...[1, 2, 3, 6, 12].map((count) => count * HOUR_MS),
  ...[1, 2, 5, 10, 30, 90, 365].map((count) => count * DAY_MS),
]

export interface TimeTicks {
  readonly stepMs: number
  /** Milliseconds since the epoch, ascending, none outside of what was asked for. */
  readonly moments: readonly number[]
}

/** At most `countMax` round moments from `from` to `to`, as near to each other as that allows. */
export function timeTicks(from: number, to: number, countMax: number, zone: string): TimeTicks {
  const length = Math.max(1, to - from)
  const stepMs = STEPS_MS.find((step) => length / step <= countMax) ?? Math.ceil(length / countMax / DAY_MS) * DAY_MS
  const moments: number[] = []
  const firstWall = Math.ceil(toWall(from, zone) / stepMs) * stepMs
  // Clocks may be put back within: then the walls reach further than the moments do.
  for (let wall = firstWall; wall <= firstWall + length + DAY_MS; wall += stepMs) {
    const at = fromWall(wall, zone)
    if (at > to) break
    if (at >= from && at > (moments.at(-1) ?? Number.NEGATIVE_INFINITY)) moments.push(at)
  }
  return { stepMs, moments }
}

/** A label: as exact as the steps are, and the day where one begins. */
export function tickText(at: number, stepMs: number, zone: string): string {
  const text = timeText(at, zone, 's')
  const clock = text.slice(11)
  if (stepMs >= DAY_MS || clock === '00:00:00') return text.slice(5, 10)
  return stepMs < MINUTE_MS ? clock : clock.slice(0, 5)
}

/** What clocks in the zone show, as if it were UTC. */
function toWall(at: number, zone: string): number {
  return Date.parse(`${timeText(at, zone, 'ms').replace(' ', 'T')}Z`)
}

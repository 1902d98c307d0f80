/** How much waits when: counts by due time, for a picture of it. */
import type { Timers } from '../host/clock.ts'
import type { PartitionIntake } from './partition-intake.ts'

export interface TimelineQuery {
  readonly partition?: number
  /** The window, epoch milliseconds: `to` is not in it. */
  readonly from: number
  readonly to: number
  /** Parts of equal length that the window is cut into. */
  readonly buckets: number
}

export interface WaitingTimeline {
  readonly from: number
  readonly to: number
  /** By bucket; the last may be shorter than the others. */
  readonly counts: readonly number[]
  readonly bucketMs: number
  /** Due before and after the window. */
  readonly before: number
  readonly after: number
  /** The first and the last due time of all that waits, epoch milliseconds; null for none. */
  readonly first: number | null
  readonly last: number | null
}

/** Entries counted between two pauses: two or three milliseconds. */
const ENTRIES_AT_ONCE = 50_000

/**
 * Counts what waits in some partitions. Others run in between, so that what comes or goes meanwhile may be counted or not;
 * a record that was told to be due at another time counts at both.
 */
export async function waitingTimeline(
  intakes: readonly PartitionIntake[],
  { partition, from, to, buckets }: TimelineQuery,
  timers: Timers,
): Promise<WaitingTimeline> {
  const bucketMs = Math.max(1, Math.ceil((to - from) / buckets))
  const counts = new Array<number>(Math.max(1, Math.ceil((to - from) / bucketMs))).fill(0)
  let before = 0
  let after = 0
  let first = Number.POSITIVE_INFINITY
  let last = Number.NEGATIVE_INFINITY
  let seen = 0
  for (const intake of intakes) {
    if (partition !== undefined && partition !== intake.index) continue
    for (const { due } of intake.machine.entries()) {
      if (due < first) first = due
      if (due > last) last = due
      if (due < from) before++
      else if (due >= to) after++
      else counts[Math.floor((due - from) / bucketMs)]!++
      if (++seen % ENTRIES_AT_ONCE === 0) await new Promise<void>((resolve) => timers.after(0, resolve))
    }
  }
  const told = (due: number) => (Number.isFinite(due) ? due : null)
  return { from, to, counts, bucketMs, before, after, first: told(first), last: told(last) }
}

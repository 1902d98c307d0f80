import type { DriveTimes } from '../drive.ts'
import type { RowLoad } from '../rows.ts'
import { measureAccept } from './measure-accept.ts'
import { measureFirstRetry } from './measure-first-retry.ts'
import { measureLateness } from './measure-lateness.ts'
import { measureStorm } from './measure-storm.ts'
import { measureWaiting } from './measure-waiting.ts'
import type { TimedResults } from './timed-table.ts'

const RATES = [1_000, 10_000]
const STORM_RECORDS = 200_000
/** Storms are long. */
const STORM_ROUNDS_MAX = 3
const WAITING = [1_000_000, 5_000_000]

const ROWS = {
  accept: 'timed messages: accepting',
  lateness: 'timed messages: lateness',
  firstRetry: 'timed messages: first retry of a group',
  storm: 'timed messages: storm',
  waiting: (count: number) => `timed messages: ${count.toLocaleString('en')} waiting`,
}

/** Whether any row about timed messages is asked for. */
export function wantsTimed(rows: RegExp): boolean {
  return [ROWS.accept, ROWS.lateness, ROWS.firstRetry, ROWS.storm, ...WAITING.map(ROWS.waiting)].some((name) =>
    rows.test(name),
  )
}

/** Measures the rows about timed messages that `rows` names; `produce` is the load of ordinary produce in 16 KiB batches. */
export async function measureTimed(
  rows: RegExp,
  produce: RowLoad,
  rounds: number,
  times: DriveTimes,
  touchGibibytes = 0,
): Promise<TimedResults> {
  const accept = rows.test(ROWS.accept) ? await measureAccept(produce, rounds, times) : null
  const lateness = rows.test(ROWS.lateness) ? await measureLateness(RATES) : null
  const firstRetryLateMs = rows.test(ROWS.firstRetry) ? await measureFirstRetry() : null
  const storm = rows.test(ROWS.storm)
    ? await measureStorm(STORM_RECORDS, Math.min(rounds, STORM_ROUNDS_MAX), touchGibibytes)
    : null
  const waiting = []
  for (const count of WAITING) {
    if (rows.test(ROWS.waiting(count))) waiting.push(await measureWaiting(count, produce, rounds, times))
  }
  return { accept, lateness, firstRetryLateMs, storm, waiting }
}

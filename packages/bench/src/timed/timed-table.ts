import { numberText, spreadText } from '../report/number-text.ts'
import { markdownTable } from '../report/table.ts'
import type { Spread } from '../spread.ts'
import type { AcceptResult } from './measure-accept.ts'
import type { LatenessResult } from './measure-lateness.ts'
import type { StormResult } from './measure-storm.ts'
import type { WaitingResult } from './measure-waiting.ts'

/** What was measured of timed messages; what was not asked for is null. */
export interface TimedResults {
  readonly accept: readonly AcceptResult[] | null
  readonly lateness: readonly LatenessResult[] | null
  readonly firstRetryLateMs: Spread | null
  readonly storm: StormResult | null
  readonly waiting: readonly WaitingResult[]
}

export function timedTable({ accept, lateness, firstRetryLateMs, storm, waiting }: TimedResults): string {
  const rows: [string, string][] = []
  for (const { name, megabytesPerSecond, requestsPerSecond, p99, speedRatio, cpuRatio } of accept ?? []) {
    rows.push(
      [`${name}: MB/s`, spreadText(megabytesPerSecond)],
      [`${name}: requests/s`, spreadText(requestsPerSecond)],
      [`${name}: p99, ms`, spreadText(p99)],
      [`${name}: MB/s over an ordinary topic`, spreadText(speedRatio)],
      [`${name}: CPU per GB over the same`, spreadText(cpuRatio)],
    )
  }
  for (const { perSecond, p50, p99, max } of lateness ?? []) {
    const name = `lateness at ${numberText(perSecond)} due a second, at the consumer: p50, p99, most, ms`
    rows.push([name, [p50, p99, max].map(numberText).join(', ')])
  }
  if (firstRetryLateMs !== null)
    rows.push(['first retry of a group nobody knew, later than its delay by, ms', spreadText(firstRetryLateMs)])
  if (storm !== null) {
    rows.push(
      [`storm of ${numberText(storm.records)} due in a second: records/s`, spreadText(storm.alonePerSecond)],
      ['the same beside ordinary produce: records/s', spreadText(storm.recordsPerSecond)],
      ['p99 of ordinary produce before it, ms', spreadText(storm.quietP99)],
      ['p99 of ordinary produce during it, ms', spreadText(storm.stormP99)],
      ['the second over the first', spreadText(storm.factor)],
    )
  }
  for (const result of waiting) {
    const name = `${numberText(result.waiting)} waiting`
    const more = result.residentMegabytes - result.beforeMegabytes
    rows.push(
      [`${name}: more resident memory, MB`, `${numberText(more)} (on ${numberText(result.beforeMegabytes)})`],
      [`${name}: bytes a record`, numberText(result.bytesPerRecord)],
      [`${name}: produce 16 KiB over a broker without, MB/s`, spreadText(result.produceRatio)],
      [`${name}: the same, p99`, spreadText(result.produceP99Ratio)],
      [`${name}: restart to the first delivery, ms`, numberText(result.restartMs)],
      [`${name}: resident memory then, MB`, numberText(result.restartedMegabytes)],
    )
  }
  return markdownTable(['timed messages of 1 KiB', 'median (min–max)'], rows)
}

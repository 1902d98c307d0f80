/** Hours of the day in a time zone, as `delete.when` and `delete.when.timezone` name them. */

const HOUR = /^([01]?\d|2[0-3])$/

/** What is wrong with one item of `delete.when`, or null. */
export function checkHour(item: string): string | null {
  return HOUR.test(item) ? null : `must be hours of the day, 00 to 23, separated by commas, not "${item}"`
}

/** What is wrong with `delete.when.timezone`, or null. */
export function checkTimeZone(value: string): string | null {
  return formatOf(value) === null
    ? `must be local or the name of a time zone, such as Asia/Shanghai, not "${value}"`
    : null
}

/** Making one takes a tenth of a millisecond. */
const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(timeZone: string): Intl.DateTimeFormat | null {
  const known = formats.get(timeZone)
  if (known !== undefined) return known
  try {
    const format = new Intl.DateTimeFormat('en-GB', {
      hour: '2-digit',
      hourCycle: 'h23',
      ...(timeZone === 'local' ? {} : { timeZone }),
    })
    formats.set(timeZone, format)
    return format
  } catch {
    return null
  }
}

/** The hour of the day, 0 to 23, at `time` (epoch milliseconds) in a zone that `checkTimeZone` took. */
export function hourAt(time: number, timeZone: string): number {
  return Number((formatOf(timeZone) ?? formatOf('local')!).format(time))
}

const QUARTER_MS = 15 * 60_000

/**
 * The first moment at or after `time` that lies in one of `hours` in a zone; epoch milliseconds. All zones differ from UTC
 * by whole quarters of an hour, so a new hour begins at one of those. An hour that a change of the clocks leaves out is
 * waited for until the next day.
 */
export function nextTimeInHours(time: number, hours: readonly string[], timeZone: string): number {
  // Forecasts ask for many times between two of those hours.
  const isKnown = hours === last.hours && timeZone === last.timeZone && time >= last.time && time <= last.next
  if (isKnown) return last.next
  const next = searchTimeInHours(time, hours, timeZone)
  if (next > time) last = { hours, timeZone, time, next }
  return next
}

let last: { hours: readonly string[]; timeZone: string; time: number; next: number } = {
  hours: [],
  timeZone: '',
  time: 0,
  next: -1,
}

function searchTimeInHours(time: number, hours: readonly string[], timeZone: string): number {
  const wanted = new Set(hours.map(Number))
  if (wanted.has(hourAt(time, timeZone))) return time
  const first = Math.floor(time / QUARTER_MS) + 1
  // Two days and a quarter: one may lack the hour.
  for (let quarter = first; quarter < first + 220; quarter++) {
    if (wanted.has(hourAt(quarter * QUARTER_MS, timeZone))) return quarter * QUARTER_MS
  }
  return Number.POSITIVE_INFINITY
}

import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from './units.ts'

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: SECOND_MS, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS }
const DURATION = /^(\d{1,9})(ms|s|m|h|d)$/

/** The milliseconds of a time written as `500ms`, `10s`, `2m`, `1h`, `3d`; null for anything else. */
export function parseDurationMs(text: string): number | null {
  const match = DURATION.exec(text)
  return match === null ? null : Number(match[1]) * UNITS[match[2]!]!
}

/** What is wrong with a time in a list of them, to be read after the key's name, or null. */
export function checkDuration(text: string): string | null {
  return parseDurationMs(text) === null ? `must be a list of times like 500ms, 10s, 2m, 1h or 3d, not "${text}"` : null
}

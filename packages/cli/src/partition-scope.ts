import { UsageError } from './command.ts'

/** `orders` or `orders:0,3`: a topic, and some of its partitions (null: all). The last colon counts. */
export function parseTopicScope(text: string): { topic: string; partitions: number[] | null } {
  const match = /^(.+):(\d+(?:,\d+)*)$/s.exec(text)
  return match ? { topic: match[1]!, partitions: match[2]!.split(',').map(Number) } : { topic: text, partitions: null }
}

/** A whole number, not below `min` and not above `max`. */
export function parseNumber(flag: string, text: string, min = 0, max = Number.MAX_SAFE_INTEGER): number {
  const value = Number(text)
  if (/^[+-]?\d+$/.test(text) && Number.isSafeInteger(value) && value >= min && value <= max) return value
  const bounds = `${min > 0 ? ` from ${min}` : ''}${max < Number.MAX_SAFE_INTEGER ? ` to ${max}` : ''}`
  throw new UsageError(`--${flag} must be a whole number${bounds}, not "${text}"`)
}

/** A day (in UTC), or a time that says its zone: one that does not would mean another instant on another machine. */
const isoTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/

/** A time: ISO 8601, epoch milliseconds, or how long ago (`2h`, `30m`, `7d`). */
export function parseTime(flag: string, text: string, now: number): number {
  const ago = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text)
  const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
  const time = ago
    ? now - Number(ago[1]) * units[ago[2] as keyof typeof units]
    : /^\d{10,16}$/.test(text)
      ? Number(text)
      : isoTime.test(text)
        ? Date.parse(text)
        : Number.NaN
  if (Number.isFinite(time) && time >= 0) return Math.floor(time)
  throw new UsageError(`--${flag} must be a time like 2026-11-22T14:00:00Z, 1795356000000 or 2h, not "${text}"`)
}

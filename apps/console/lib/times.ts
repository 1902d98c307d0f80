/** Moments as the console writes them: absolute, in the chosen zone, to the millisecond where that matters. */

const formats = new Map<string, Intl.DateTimeFormat>()

export type TimeForm = 'ms' | 's' | 'minute' | 'clock'

/**
 * A moment in a zone: `2026-11-23 01:40:12.123` (`ms`), without milliseconds (`s`), without seconds (`minute`), or only `01:40:12` (`clock`).
 * @param at milliseconds since the epoch; what is not a moment is said as `—`
 */
export function timeText(at: number, zone: string, form: TimeForm = 's'): string {
  if (!Number.isFinite(at) || Math.abs(at) > 8.64e15 || at < 0) return '—'
  const parts = Object.fromEntries(
    formatIn(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  )
  const clock = `${parts.hour}:${parts.minute}:${parts.second}`
  switch (form) {
    case 'clock':
      return clock
    case 'minute':
      return `${parts.year}-${parts.month}-${parts.day} ${parts.hour}:${parts.minute}`
    case 's':
      return `${parts.year}-${parts.month}-${parts.day} ${clock}`
    case 'ms':
      return `${parts.year}-${parts.month}-${parts.day} ${clock}.${String(Math.floor(at % 1000)).padStart(3, '0')}`
    default:
      return form satisfies never
  }
}

/** How far a moment is from another: `2 minutes ago`, `in 3 hours`. */
export function relativeTime(at: number, now: number, locale: string): string {
  const seconds = (at - now) / 1000
  const size = Math.abs(seconds)
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  if (size < 60) return format.format(Math.trunc(seconds), 'second')
  if (size < 3600) return format.format(Math.trunc(seconds / 60), 'minute')
  if (size < 86_400) return format.format(Math.trunc(seconds / 3600), 'hour')
  return format.format(Math.trunc(seconds / 86_400), 'day')
}

/** What a zone is called on the switch: `UTC`, or its city and present offset. */
export function zoneLabel(zone: string, at: number): string {
  if (zone === 'UTC') return 'UTC'
  const offset = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'shortOffset' })
    .formatToParts(at)
    .find(({ type }) => type === 'timeZoneName')?.value
  return `${(zone.split('/').at(-1) ?? zone).replaceAll('_', ' ')} ${(offset ?? '').replace('GMT', 'UTC')}`.trim()
}

/**
 * What someone typed or pasted as a moment: ISO text (with its own offset, else in `zone`), epoch seconds, milliseconds, or `2h ago`.
 * @returns milliseconds since the epoch, or null where it is none of these
 */
export function parseTime(text: string, zone: string, now: number): number | null {
  const trimmed = text.trim()
  if (/^\d{9,10}$/.test(trimmed)) return Number(trimmed) * 1000
  if (/^\d{12,14}$/.test(trimmed)) return Number(trimmed)
  const ago = /^(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|d|w)\s*(?:ago|前)?$/i.exec(trimmed)
  if (ago !== null) return now - Number(ago[1]) * (UNITS_MS[ago[2]!.toLowerCase()] ?? 0)
  if (/^now$/i.test(trimmed)) return now
  const iso = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,3}))?)?)?\s*(Z|[+-]\d\d:?\d\d)?$/i.exec(
    trimmed,
  )
  if (iso === null) return null
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '0', offset] = iso
  const wall = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
    Number(fraction.padEnd(3, '0')),
  )
  const written = new Date(wall)
  if (written.getUTCMonth() !== Number(month) - 1 || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59)
    return null
  if (offset === undefined) return fromWall(wall, zone)
  if (offset.toUpperCase() === 'Z') return wall
  const sign = offset.startsWith('-') ? -1 : 1
  const digits = offset.replace(/\D/g, '')
  return wall - sign * (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2))) * 60_000
}

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/**
 * The moment at which clocks in the zone show `wall` (given as if it were UTC). Two rounds settle a change of offset in between. Where
 * clocks are put back they show it twice: the first of both, for a rewind to the second would leave out what lies between.
 */
export function fromWall(wall: number, zone: string): number {
  let at = wall
  for (let round = 0; round < 2; round++) at += wall - wallOf(at, zone)
  const first = PUT_BACK_MS.map((ms) => at - ms).find((earlier) => wallOf(earlier, zone) === wall)
  return first ?? at
}

/** The second moment at which clocks in the zone show what they show at this one; null: they show it once, or it is the second. */
export function shownAgain(at: number, zone: string): number | null {
  const wall = wallOf(at, zone)
  return PUT_BACK_MS.map((ms) => at + ms).find((later) => wallOf(later, zone) === wall) ?? null
}

/** By how much clocks are put back: an hour, on Lord Howe Island half of one. */
const PUT_BACK_MS = [3_600_000, 1_800_000]

/** What clocks in the zone show, as if it were UTC. */
function wallOf(at: number, zone: string): number {
  return Date.parse(`${timeText(at, zone, 'ms').replace(' ', 'T')}Z`)
}

function formatIn(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    })
    formats.set(zone, format)
  }
  return format
}

import { durationText, shortBytes } from '../../lib/numbers.ts'

/** A number of milliseconds or bytes as people say it, or null where the number says it already. */
export function humanValue(value: string | null, unit: 'ms' | 'minutes' | 'hours' | 'bytes' | null): string | null {
  if (value === null || unit === null || !/^\d+$/.test(value)) return null
  const number = Number(value)
  if (!Number.isSafeInteger(number) || number > 9e15) return null
  switch (unit) {
    case 'ms':
      return number < 1000 ? null : `= ${durationText(number)}`
    case 'minutes':
      return number < 60 ? null : `= ${durationText(number * 60_000)}`
    case 'hours':
      return number < 24 ? null : `= ${durationText(number * 3_600_000)}`
    case 'bytes': {
      if (number < 1024) return null
      const short = shortBytes(number)
      return `= ${short.text.replace(/\.0+$/, '')} ${short.unit}`
    }
    default:
      return unit satisfies never
  }
}

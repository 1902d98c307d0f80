/** Numbers as the console writes them: thin spaces between thousands, a short form with its unit, and never a rounded exact value. */
const NARROW_SPACE = '\u202f'

/** `1234567` as `1 234 567`, with narrow no-break spaces. Takes what int64 travels as: a number, a bigint or decimal text. */
export function exactNumber(value: number | bigint | string): string {
  const text = typeof value === 'number' && !Number.isInteger(value) ? String(value) : BigInt(value).toString()
  const [whole = '', fraction] = text.split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, NARROW_SPACE)
  return fraction === undefined ? grouped : `${grouped}.${fraction}`
}

export interface ShortNumber {
  readonly text: string
  readonly unit: string
  /** Whether `text` and `unit` say all there is; if not, a tooltip has the exact value. */
  readonly exact: boolean
}

/** A count: exact below ten thousand, then three digits and k, M, G, T. */
export function shortCount(value: number): ShortNumber {
  const size = Math.abs(value)
  if (size < 10_000) {
    const rounded = Number.isInteger(value) ? value : Number(value.toFixed(size < 10 ? 2 : size < 100 ? 1 : 0))
    return { text: exactNumber(rounded), unit: '', exact: rounded === value }
  }
  return scaled(value, 1000, ['', 'k', 'M', 'G', 'T', 'P'])
}

/** The numbers beside a chart, all in one unit, that of the greatest, and no digit more than tells them apart: `0`, `5k`, `10k`. */
export function axisLabels(values: readonly number[]): string[] {
  const top = Math.max(0, ...values.map(Math.abs))
  if (top < 10_000) return values.map((value) => exactNumber(value))
  const units = ['', 'k', 'M', 'G', 'T', 'P']
  const step = Math.min(units.length - 1, Math.floor(Math.log10(top) / 3))
  return values.map((value) => (value === 0 ? '0' : `${Number((value / 1000 ** step).toPrecision(6))}${units[step]}`))
}

/** Bytes, in the binary units that log sizes are configured in. */
export function shortBytes(value: number): ShortNumber {
  if (Math.abs(value) < 1024) return { text: exactNumber(Math.round(value)), unit: 'B', exact: Number.isInteger(value) }
  return scaled(value, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'])
}

/** A duration in milliseconds by its two largest units: `2 d 3 h`, `840 ms`. */
export function durationText(ms: number): string {
  const size = Math.abs(ms)
  const sign = ms < 0 ? '−' : ''
  if (size < 1000) return `${sign}${Math.round(size)}${NARROW_SPACE}ms`
  if (size < 10_000) return `${sign}${(size / 1000).toFixed(1)}${NARROW_SPACE}s`
  const units: readonly (readonly [string, number])[] = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1000],
  ]
  const first = units.findIndex(([, length]) => size >= length)
  const [unit, length] = units[first]!
  const whole = Math.floor(size / length)
  const next = units[first + 1]
  const rest = next === undefined ? 0 : Math.floor((size - whole * length) / next[1])
  const tail = next === undefined || rest === 0 ? '' : ` ${rest}${NARROW_SPACE}${next[0]}`
  return `${sign}${whole}${NARROW_SPACE}${unit}${tail}`
}

function scaled(value: number, base: number, units: readonly string[]): ShortNumber {
  let step = 0
  let rest = value
  while (Math.abs(rest) >= base && step < units.length - 1) {
    rest /= base
    step++
  }
  // 999.7 would be shown as "1000".
  if (Math.abs(rest) >= base - 0.5 && step < units.length - 1) {
    rest /= base
    step++
  }
  const digits = Math.abs(rest) < 9.995 ? 2 : Math.abs(rest) < 99.95 ? 1 : 0
  const text = rest.toFixed(digits)
  return { text, unit: units[step] ?? '', exact: Number(text) * base ** step === value }
}

import type { ListRow, NumberRow, Row, Unit, Value } from './row.ts'
import { DAY_MS, GIB, HOUR_MS, INT_MAX, KIB, LONG_MAX, MIB, MINUTE_MS, SECOND_MS, TIB } from './units.ts'

/** A value, or what is wrong with the text; `problem` is a sentence without its subject, to be put behind the key's name. */
export type Parsed =
  | { readonly value: Value; readonly problem: null }
  | { readonly value: null; readonly problem: string }

export interface ParseOptions {
  /** Accept `500ms`, `7d`, `1GiB` for keys with a unit: in files and flags, never on the wire, where Kafka refuses them too. */
  readonly suffixes?: boolean
  /** Check minimum, maximum and the row's own check [true]; the type is always checked. */
  readonly bounds?: boolean
}

const LONG_MAX_TEXT = '9223372036854775807'
const WHOLE_NUMBER = /^[+-]?\d+$/
const DECIMAL_NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/
const WITH_SUFFIX = /^(\d+(?:\.\d+)?)\s*([A-Za-z]+)$/

const TIME_SUFFIXES: Record<string, number> = {
  ms: 1,
  s: SECOND_MS,
  m: MINUTE_MS,
  min: MINUTE_MS,
  h: HOUR_MS,
  d: DAY_MS,
}
const SIZE_SUFFIXES: Record<string, number> = { B: 1, KiB: KIB, MiB: MIB, GiB: GIB, TiB: TIB }
const MS_PER_UNIT: Record<Exclude<Unit, 'bytes'>, number> = { ms: 1, minutes: MINUTE_MS, hours: HOUR_MS }

const good = (value: Value): Parsed => ({ value, problem: null })
const bad = (problem: string): Parsed => ({ value: null, problem })

/**
 * Reads the text of a value as Kafka does: white space around it is ignored, booleans in any case, lists separated by commas.
 * Never throws; the problem names the bound or the values that are allowed.
 */
export function parseValue(row: Row, text: string, options: ParseOptions = {}): Parsed {
  const trimmed = text.trim()
  const bounds = options.bounds !== false
  switch (row.type) {
    case 'boolean': {
      const lower = trimmed.toLowerCase()
      return lower === 'true' || lower === 'false'
        ? good(lower === 'true')
        : bad(`must be true or false, not "${text}"`)
    }
    case 'int':
    case 'long':
    case 'double':
      return parseNumber(row, trimmed, options.suffixes === true, bounds)
    case 'enum':
      return row.values.includes(trimmed)
        ? good(trimmed)
        : bad(`must be one of ${row.values.join(', ')}, not "${text}"`)
    case 'list':
      return parseList(row, trimmed, bounds)
    case 'string': {
      const problem = bounds ? (row.check?.(trimmed) ?? null) : null
      return problem === null ? good(trimmed) : bad(problem)
    }
    default:
      return row satisfies never
  }
}

function parseNumber(row: NumberRow, text: string, suffixes: boolean, bounds: boolean): Parsed {
  const plain = row.type === 'double' ? DECIMAL_NUMBER : WHOLE_NUMBER
  let value: number
  if (plain.test(text)) value = text === LONG_MAX_TEXT ? LONG_MAX : Number(text)
  else {
    const withSuffix = suffixes && row.unit !== undefined ? parseSuffixed(row.unit, text) : null
    if (withSuffix === null) {
      const example = suffixes && row.unit !== undefined ? ` (or, for example, ${exampleOf(row.unit)})` : ''
      return bad(`must be a ${row.type === 'double' ? 'number' : 'whole number'}${example}, not "${text}"`)
    }
    value = withSuffix
  }
  const min = Math.max(bounds ? (row.min ?? -Infinity) : -Infinity, row.type === 'int' ? -INT_MAX - 1 : -Infinity)
  const max = Math.min(bounds ? (row.max ?? Infinity) : Infinity, row.type === 'int' ? INT_MAX : Infinity)
  if (value < min) return bad(`must be at least ${min}, not ${text}`)
  if (value > max) return bad(`must be at most ${max}, not ${text}`)
  // A rounded long would be another number than the one that was asked for.
  if (row.type === 'long' && text !== LONG_MAX_TEXT && !Number.isSafeInteger(value)) {
    return bad(`must be at most ${Number.MAX_SAFE_INTEGER} (or ${LONG_MAX_TEXT} for no limit), not ${text}`)
  }
  return good(value)
}

/** `90s` for a key in minutes is 1.5, and refused: null unless the result is whole. */
function parseSuffixed(unit: Unit, text: string): number | null {
  const match = WITH_SUFFIX.exec(text)
  if (match === null) return null
  const factor = unit === 'bytes' ? SIZE_SUFFIXES[match[2] ?? ''] : TIME_SUFFIXES[match[2] ?? '']
  if (factor === undefined) return null
  const value = (Number(match[1]) * factor) / (unit === 'bytes' ? 1 : MS_PER_UNIT[unit])
  return Number.isInteger(value) ? value : null
}

function exampleOf(unit: Unit): string {
  return unit === 'bytes' ? '16MiB' : unit === 'ms' ? '500ms' : '3d'
}

function parseList(row: ListRow, text: string, bounds: boolean): Parsed {
  const items = text === '' ? [] : text.split(',').map((item) => item.trim())
  for (const item of items) {
    if (row.values !== undefined && !row.values.includes(item)) {
      return bad(`must be a list of ${row.values.join(', ')}, not "${text}"`)
    }
    const problem = bounds ? (row.check?.(item) ?? null) : null
    if (problem !== null) return bad(problem)
  }
  if (bounds && items.length < (row.minItems ?? 0)) return bad('must not be empty')
  return good(Object.freeze(items))
}

/** Writes a value in Kafka's text form: the one DescribeConfigs answers and `parseValue` reads back. */
export function formatValue(row: Row, value: Value): string {
  if (typeof value === 'number') {
    if (row.type === 'long' && value === LONG_MAX) return LONG_MAX_TEXT
    // Java writes a whole double with its fraction: 1.0.
    return row.type === 'double' && Number.isInteger(value) ? value.toFixed(1) : String(value)
  }
  return typeof value === 'object' ? value.join(',') : String(value)
}

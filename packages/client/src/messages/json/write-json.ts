/**
 * Writes a decoded value as JSON text: bigints with all their digits, bytes as `"base64:…"`, dates as ISO text, maps as
 * objects, NaN and the infinities as text. `indent` [0]: spaces a level, 0 is one line.
 */
export function writeJson(value: unknown, indent = 0): string {
  return write(value, indent, 0)
}

const DEPTH_MAX = 512

function write(value: unknown, indent: number, depth: number): string {
  if (depth > DEPTH_MAX) throw new RangeError(`More than ${DEPTH_MAX} levels`)
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'bigint':
      return value.toString()
    case 'number':
      return Number.isFinite(value) ? String(value) : `"${value}"`
    case 'boolean':
      return String(value)
    case 'undefined':
    case 'function':
    case 'symbol':
      return 'null'
  }
  if (value === null) return 'null'
  if (value instanceof Uint8Array) return `"base64:${Buffer.from(value).toString('base64')}"`
  if (value instanceof Date) return JSON.stringify(Number.isNaN(value.getTime()) ? null : value.toISOString())
  const inner = `\n${' '.repeat(indent * (depth + 1))}`
  const outer = `\n${' '.repeat(indent * depth)}`
  if (Array.isArray(value)) {
    const items = value.map((item) => write(item, indent, depth + 1))
    return wrap('[', items, ']', indent, inner, outer)
  }
  const entries: Iterable<[unknown, unknown]> = value instanceof Map ? value : Object.entries(value as object)
  const colon = indent > 0 ? ': ' : ':'
  const fields: string[] = []
  for (const [name, field] of entries) {
    fields.push(`${JSON.stringify(String(name))}${colon}${write(field, indent, depth + 1)}`)
  }
  return wrap('{', fields, '}', indent, inner, outer)
}

function wrap(open: string, parts: string[], close: string, indent: number, inner: string, outer: string): string {
  if (parts.length === 0) return open + close
  if (indent === 0) return open + parts.join(',') + close
  return open + inner + parts.join(`,${inner}`) + outer + close
}

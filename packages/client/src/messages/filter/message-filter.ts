import type { FieldCondition } from './field-condition.ts'

/** What a message must be to be shown; all that is given must hold. Plain data: it travels in URLs and to workers. */
export interface MessageFilter {
  /** Bytes of the key or the value hold this text, letter by letter. */
  readonly contains?: string
  /** A CEL expression over key, value, headers, topic, partition, offset, timestamp, size, keyText and valueText. */
  readonly cel?: string
}

/** Numbers, true, false and null are themselves; quotes force text. */
function literalOf(value: string): string {
  if (/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value) || /^(true|false|null)$/.test(value)) return value
  return JSON.stringify(unquoted(value))
}

/** What stands between quotes, with its escapes undone; a text without quotes is itself. */
function unquoted(value: string): string {
  if (!/^".*"$/s.test(value)) return value
  try {
    return String(JSON.parse(value))
  } catch {
    return value
  }
}

/** A path's expression: a name behind a dot where it is one, an index where not. */
export function fieldPath(root: 'key' | 'value' | 'headers', names: readonly string[]): string {
  return names.reduce(
    (path, name) =>
      /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !CEL_WORDS.has(name)
        ? `${path}.${name}`
        : `${path}[${JSON.stringify(name)}]`,
    root as string,
  )
}

const CEL_WORDS = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
)

/** The CEL expression of a condition. */
export function conditionToCel({ field, operator, value }: FieldCondition): string {
  switch (operator) {
    case 'exists':
    case 'missing': {
      const index = /^(.*)\[("(?:[^"\\]|\\.)*")\]$/.exec(field)
      const test = index ? `(${index[2]} in ${index[1]})` : field.includes('.') ? `has(${field})` : `(${field} != null)`
      return operator === 'exists' ? test : `!${test}`
    }
    case 'contains':
    case 'startsWith':
    case 'endsWith':
    case 'matches':
      return `${field}.${operator}(${JSON.stringify(unquoted(value))})`
    default:
      return `${field} ${operator} ${literalOf(value)}`
  }
}

/** Every condition and the free expression, joined. Undefined where there is none. */
export function joinCel(conditions: readonly FieldCondition[], expression?: string): string | undefined {
  const parts = conditions.map(conditionToCel)
  if (expression?.trim()) parts.push(parts.length > 0 ? `(${expression.trim()})` : expression.trim())
  return parts.length === 0 ? undefined : parts.join(' && ')
}

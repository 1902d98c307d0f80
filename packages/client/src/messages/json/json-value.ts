import {
  BACKSLASH,
  CLOSE_LIST,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  OPEN_LIST,
  OPEN_OBJECT,
  QUOTE,
  skipScalar,
  skipSpace,
  skipString,
} from './json-bytes.ts'
import { JsonError } from './json-error.ts'

/**
 * A JSON value without loss: whole numbers are bigints of any size, numbers with a fraction or an exponent are doubles,
 * objects are maps (a field may be called `__proto__`).
 */
export type JsonValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | readonly JsonValue[]
  | ReadonlyMap<string, JsonValue>

/** Deeper than this is refused. */
const DEPTH_MAX = 512
const INTEGER = /^-?(?:0|[1-9]\d*)$/
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** Where `parseAt` stopped. One parse runs at a time. */
let stoppedAt = 0

/** Parses the one value in a range of bytes. Throws a JsonError. */
export function parseJsonBytes(buffer: Buffer, start: number, end: number): JsonValue {
  const value = parseAt(buffer, skipSpace(buffer, start, end), end, 0)
  const rest = skipSpace(buffer, stoppedAt, end)
  if (rest < end) throw new JsonError('Something follows the value', rest - start)
  return value
}

/** Parses the value that begins at `at`, whatever follows it. */
export function parseJsonAt(buffer: Buffer, at: number, end: number): JsonValue {
  return parseAt(buffer, at, end, 0)
}

/** The text of the string whose quotes are at `start` and before `end`. */
export function stringAt(buffer: Buffer, start: number, end: number): string {
  let plain = true
  for (let at = start + 1; at < end - 1; at++) {
    const byte = buffer[at]!
    if (byte === BACKSLASH) {
      plain = false
      break
    }
    if (byte < 0x20) throw new JsonError('A control character is inside a string', at)
  }
  if (plain) return buffer.toString('utf8', start + 1, end - 1)
  return unescaped(buffer.toString('utf8', start + 1, end - 1), start)
}

function parseAt(buffer: Buffer, at: number, end: number, depth: number): JsonValue {
  if (depth > DEPTH_MAX) throw new JsonError(`More than ${DEPTH_MAX} levels`, at)
  const first = at < end ? buffer[at] : undefined
  if (first === QUOTE) {
    stoppedAt = skipString(buffer, at, end)
    return stringAt(buffer, at, stoppedAt)
  }
  if (first === OPEN_OBJECT) return parseObject(buffer, at, end, depth)
  if (first === OPEN_LIST) return parseList(buffer, at, end, depth)
  if (first === undefined) throw new JsonError('A value is missing', at)
  stoppedAt = skipScalar(buffer, at, end)
  return scalarOf(buffer.toString('latin1', at, stoppedAt), at)
}

function scalarOf(text: string, at: number): JsonValue {
  if (INTEGER.test(text)) return BigInt(text)
  if (NUMBER.test(text)) return Number(text)
  if (text === 'true') return true
  if (text === 'false') return false
  if (text === 'null') return null
  throw new JsonError(`"${text.slice(0, 20)}" is no value`, at)
}

function parseObject(buffer: Buffer, start: number, end: number, depth: number): JsonValue {
  const fields = new Map<string, JsonValue>()
  let at = skipSpace(buffer, start + 1, end)
  if (buffer[at] === CLOSE_OBJECT && at < end) {
    stoppedAt = at + 1
    return fields
  }
  while (at < end) {
    if (buffer[at] !== QUOTE) throw new JsonError('A field has no name', at)
    const nameEnd = skipString(buffer, at, end)
    const name = stringAt(buffer, at, nameEnd)
    at = skipSpace(buffer, nameEnd, end)
    if (at >= end || buffer[at] !== COLON) throw new JsonError('A colon is missing', at)
    fields.set(name, parseAt(buffer, skipSpace(buffer, at + 1, end), end, depth + 1))
    at = skipSpace(buffer, stoppedAt, end)
    if (at < end && buffer[at] === CLOSE_OBJECT) {
      stoppedAt = at + 1
      return fields
    }
    if (at >= end || buffer[at] !== COMMA) break
    at = skipSpace(buffer, at + 1, end)
  }
  throw new JsonError('An object does not end', Math.min(at, end))
}

function parseList(buffer: Buffer, start: number, end: number, depth: number): JsonValue {
  const items: JsonValue[] = []
  let at = skipSpace(buffer, start + 1, end)
  if (at < end && buffer[at] === CLOSE_LIST) {
    stoppedAt = at + 1
    return items
  }
  while (at < end) {
    items.push(parseAt(buffer, at, end, depth + 1))
    at = skipSpace(buffer, stoppedAt, end)
    if (at < end && buffer[at] === CLOSE_LIST) {
      stoppedAt = at + 1
      return items
    }
    if (at >= end || buffer[at] !== COMMA) break
    at = skipSpace(buffer, at + 1, end)
  }
  throw new JsonError('A list does not end', Math.min(at, end))
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

function unescaped(text: string, at: number): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|([^u])|u)/g, (_whole, hex: string | undefined, letter?: string) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16))
    const meant = letter === undefined ? undefined : ESCAPES[letter]
    if (meant === undefined) throw new JsonError(`\\${letter ?? 'u'} is no escape`, at)
    return meant
  })
}

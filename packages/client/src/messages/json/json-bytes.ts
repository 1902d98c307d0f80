/**
 * Steps over JSON in place, in UTF-8 bytes: nothing is parsed that nobody asked for, and numbers stay text until someone
 * wants one. Positions are in the buffer, which is not copied.
 */
import { JsonError } from './json-error.ts'

const TAB = 0x09
const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
export const QUOTE = 0x22
export const COMMA = 0x2c
export const MINUS = 0x2d
export const COLON = 0x3a
export const OPEN_LIST = 0x5b
export const BACKSLASH = 0x5c
export const CLOSE_LIST = 0x5d
export const OPEN_OBJECT = 0x7b
export const CLOSE_OBJECT = 0x7d

/** The first position at or after `at` that is not white space. */
export function skipSpace(buffer: Uint8Array, at: number, end: number): number {
  while (at < end) {
    const byte = buffer[at]!
    if (byte !== SPACE && byte !== LF && byte !== CR && byte !== TAB) return at
    at++
  }
  return at
}

/** One past the closing quote of the string whose opening quote is at `at`. */
export function skipString(buffer: Uint8Array, at: number, end: number): number {
  for (let position = at + 1; position < end; position++) {
    const byte = buffer[position]!
    if (byte === QUOTE) return position + 1
    if (byte === BACKSLASH) position++
  }
  throw new JsonError('A string does not end', at)
}

/** One past the value that begins at `at` (not white space). Looks at brackets and strings only. */
export function skipValue(buffer: Uint8Array, at: number, end: number): number {
  const first = buffer[at]
  if (first === undefined || at >= end) throw new JsonError('A value is missing', at)
  if (first === QUOTE) return skipString(buffer, at, end)
  if (first !== OPEN_OBJECT && first !== OPEN_LIST) return skipScalar(buffer, at, end)
  let depth = 0
  for (let position = at; position < end; position++) {
    const byte = buffer[position]!
    if (byte === QUOTE) position = skipString(buffer, position, end) - 1
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth++
    else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
      depth--
      if (depth === 0) return position + 1
    }
  }
  throw new JsonError('An object or a list does not end', at)
}

/** One past a number or a word: up to a comma, a bracket or white space. */
export function skipScalar(buffer: Uint8Array, at: number, end: number): number {
  let position = at
  for (; position < end; position++) {
    const byte = buffer[position]!
    if (byte === COMMA || byte === CLOSE_OBJECT || byte === CLOSE_LIST || byte <= SPACE) break
  }
  if (position === at) throw new JsonError('A value is missing', at)
  return position
}

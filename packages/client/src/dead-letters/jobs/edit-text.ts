/** What was edited, for the header x-redrive-edit: JSON, at most 4 KiB. */
import type { DeadLetter } from '../dead-letter.ts'

const TEXT_BYTES_MAX = 4096
const CHANGES_MAX = 200

/** A field of a JSON value that was changed: its path as in RFC 6901, what it was and is; left out where there is none. */
export interface FieldChange {
  readonly path: string
  readonly from?: unknown
  readonly to?: unknown
}

interface Edited {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly edited: readonly { readonly key: string; readonly value: Buffer | null }[] | undefined
}

/** `{"value": [{path, from, to}]}` where it is JSON before and after, else `{"value": {bytesFrom, bytesTo}}`; headers by name. */
export function editText(letter: DeadLetter, { key, value, edited }: Edited): string {
  const parts: Record<string, unknown> = {}
  if (!isSame(letter.key, key)) parts.key = change(letter.key, key)
  if (!isSame(letter.value, value)) parts.value = change(letter.value, value)
  if (edited !== undefined) parts.headers = namesOf(letter.headers, edited)
  const text = JSON.stringify(parts)
  if (Buffer.byteLength(text) <= TEXT_BYTES_MAX) return text
  return JSON.stringify({ parts: Object.keys(parts), cut: true })
}

function change(before: Buffer | null, after: Buffer | null): unknown {
  const from = jsonOf(before)
  const to = jsonOf(after)
  if (from !== undefined && to !== undefined) {
    const changes: FieldChange[] = []
    compare('', from, to, changes)
    return changes
  }
  return { bytesFrom: before?.length ?? null, bytesTo: after?.length ?? null }
}

/** The fields in which two JSON values differ. */
export function compare(path: string, from: unknown, to: unknown, changes: FieldChange[]): void {
  if (changes.length >= CHANGES_MAX || Object.is(from, to)) return
  if (isObject(from) && isObject(to)) {
    for (const name of new Set([...Object.keys(from), ...Object.keys(to)])) {
      const inner = `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
      if (!Object.hasOwn(from, name)) changes.push({ path: inner, to: to[name] })
      else if (Object.hasOwn(to, name)) compare(inner, from[name], to[name], changes)
      else changes.push({ path: inner, from: from[name] })
    }
    return
  }
  if (JSON.stringify(from) !== JSON.stringify(to)) changes.push({ path, from, to })
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Numbers with more digits than a double keeps are no JSON here: what was changed in them would not be told. */
function jsonOf(bytes: Buffer | null): unknown {
  if (bytes === null) return undefined
  const text = bytes.toString()
  if (/\d{16}/.test(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isSame(one: Buffer | null, other: Buffer | null): boolean {
  return one === null || other === null ? one === other : one.equals(other)
}

function namesOf(before: DeadLetter['headers'], after: NonNullable<Edited['edited']>): object {
  const value = (headers: DeadLetter['headers'], name: string) => headers.findLast(({ key }) => key === name)
  const names = [...new Set([...before, ...after].map(({ key }) => key))]
  const changed = names.filter((name) => {
    const [one, other] = [value(before, name), value(after, name)]
    return one === undefined || other === undefined || !isSame(one.value, other.value)
  })
  return changed
}

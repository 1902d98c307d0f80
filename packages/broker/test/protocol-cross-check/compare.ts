import { deepStrictEqual, equal, fail } from 'node:assert/strict'
import { type AnyField, type Message, type Shape, type Slice, ZERO_UUID } from '@odradek/protocol'
import { type ReadRecord, readRecords } from './read-records.ts'

type Values = { readonly [name: string]: unknown }

/** What decoding gives after `message` was sent in `version`: fields the version lacks are at their defaults. */
export function asDecoded(of: Message<Shape>, message: unknown, version: number): unknown {
  return shaped(of, of.fields, message as Values, version, false)
}

/** `message` with all fields of all versions: those it leaves out at their defaults. */
export function inFull(of: Message<Shape>, message: unknown): unknown {
  return shaped(of, of.fields, message as Values, 'all', false)
}

/** What of `message` is sent in `version`, and nothing else. */
export function asSent(of: Message<Shape>, message: unknown, version: number): unknown {
  return shaped(of, of.fields, message as Values, version, true)
}

function shaped(of: Message<Shape>, shape: Shape, values: Values, version: number | 'all', onlySent: boolean): unknown {
  const result: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(shape)) {
    const sent = version === 'all' || isSent(of, field, version)
    if (sent || !onlySent) {
      const value = sent && values[name] !== undefined ? values[name] : defaultOf(field)
      result[name] = valueIn(of, field, value, version, onlySent)
    }
  }
  return result
}

function valueIn(
  of: Message<Shape>,
  field: AnyField,
  value: unknown,
  version: number | 'all',
  onlySent: boolean,
): unknown {
  if (value === null) return null
  if (field.kind === 'struct') return shaped(of, field.shape!, value as Values, version, onlySent)
  if (field.kind === 'records') return version === 'all' ? value : readRecords(value as Slice)
  if (field.kind !== 'array') return value
  return (value as unknown[]).map((element) => valueIn(of, field.element!, element, version, onlySent))
}

function isSent(of: Message<Shape>, field: AnyField, version: number): boolean {
  const { since = 0, until = Infinity, tag } = field.options
  return version >= since && version <= until && (tag === undefined || of.isFlexible(version))
}

function defaultOf(field: AnyField): unknown {
  if (field.options.default !== undefined) return field.options.default
  if (field.nullable) return null
  switch (field.kind) {
    case 'boolean':
      return false
    case 'string':
      return ''
    case 'bytes':
      return Buffer.alloc(0)
    case 'uuid':
      return ZERO_UUID
    case 'array':
      return []
    case 'struct':
      return {}
    default:
      return 0
  }
}

/** Records read, so that messages compare by content. */
export function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value
  if ('view' in value) return readRecords(value as Slice)
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]))
}

/** The names a client has for a field, and how it gives records. */
export interface Names {
  readonly of: (name: string) => readonly string[]
  /** The records that the client read. */
  readonly records: (heard: unknown) => ReadRecord[]
  /** Fields that the client reads past. */
  readonly skipped?: (path: string) => boolean
}

/** Fails unless `heard` has everything that is in `sent`, under any of the client's names. */
export function assertHeard(heard: unknown, sent: unknown, names: Names, path = ''): void {
  if (path.endsWith('.records')) {
    const read = names.records(heard)
    deepStrictEqual(
      read,
      (sent as ReadRecord[]).map(({ codec, ...record }) => record),
      path,
    )
  } else if (Array.isArray(sent)) {
    if (!Array.isArray(heard)) fail(`${path}: an array was sent, ${show(heard)} heard`)
    equal(heard.length, sent.length, `${path}: ${show(heard)}`)
    for (const [index, element] of sent.entries()) assertHeard(heard[index], element, names, `${path}[${index}]`)
  } else if (Buffer.isBuffer(sent)) {
    equal(Buffer.from(heard as Uint8Array).toString('hex'), sent.toString('hex'), path)
  } else if (typeof sent === 'object' && sent !== null) {
    if (typeof heard !== 'object' || heard === null) fail(`${path}: an object was sent, ${show(heard)} heard`)
    for (const [name, value] of Object.entries(sent)) {
      const here = `${path}.${name}`
      const known = names.of(name).find((candidate) => (heard as Values)[candidate] !== undefined)
      if (known !== undefined) assertHeard((heard as Values)[known], value, names, here)
      else if (names.skipped?.(here) !== true) fail(`${here} was sent, ${show(heard)} heard`)
    }
  } else if (sent === null && Array.isArray(heard)) {
    deepStrictEqual(heard, [], `${path}: null was sent`)
  } else {
    equal(typeof sent === 'number' ? asNumber(heard) : withoutHyphens(heard), sent, path)
  }
}

/** Both clients give int64s as something else than numbers. */
function asNumber(heard: unknown): unknown {
  return typeof heard === 'bigint' || (typeof heard === 'string' && /^-?\d+$/.test(heard)) ? Number(heard) : heard
}

function withoutHyphens(heard: unknown): unknown {
  if (typeof heard !== 'string' || !/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(heard)) return heard
  return Buffer.from(heard.replaceAll('-', ''), 'hex').toString('base64url')
}

function show(value: unknown): string {
  return JSON.stringify(value, (_, member) => (typeof member === 'bigint' ? `${member}n` : member))
}

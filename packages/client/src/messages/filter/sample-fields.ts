import { decodePayload } from '../decoders/payload.ts'
import type { SchemaCache } from '../decoders/schemas.ts'
import type { Decoders } from './cel-filter.ts'
import { fieldPath } from './message-filter.ts'

/** A field that was seen in a sample, as the filter writes it. */
export interface SampledField {
  /** `value.customer.country` */
  readonly path: string
  readonly types: readonly ('null' | 'bool' | 'int' | 'double' | 'string' | 'list' | 'bytes')[]
  /** In how many messages of the sample. */
  readonly count: number
  /** Some of its values, as the filter writes them. */
  readonly examples: readonly string[]
}

const DEPTH_MAX = 6
const FIELDS_MAX = 400
const EXAMPLES_MAX = 4
const EXAMPLE_CHARS = 80

/** Collects the fields of messages: paths, types, some values. */
export class FieldSample {
  readonly #fields = new Map<
    string,
    { types: Set<SampledField['types'][number]>; count: number; examples: Set<string> }
  >()
  messages = 0

  get fields(): SampledField[] {
    return [...this.#fields].map(([path, { types, count, examples }]) => ({
      path,
      types: [...types],
      count,
      examples: [...examples],
    }))
  }

  /** Looks at one message; its payloads' schemas are loaded or it throws SchemaWanted. */
  add(
    key: Buffer | null,
    value: Buffer | null,
    headers: readonly { readonly key: string; readonly value: Buffer | null }[],
    decoders: Decoders,
    schemas: SchemaCache,
  ): void {
    const payloads = [
      ['key', decodePayload(key, decoders.key, schemas).value],
      ['value', decodePayload(value, decoders.value, schemas).value],
    ] as const
    this.messages++
    for (const [root, payload] of payloads) this.#visit(root, [], payload)
    for (const header of headers) this.#note(fieldPath('headers', [header.key]), header.value?.toString('utf8') ?? null)
  }

  #visit(root: 'key' | 'value', names: readonly string[], value: unknown): void {
    const isMap = value instanceof Map || isPlain(value)
    if (!isMap) {
      this.#note(fieldPath(root, names), value)
      return
    }
    if (names.length >= DEPTH_MAX) return
    const entries: Iterable<[unknown, unknown]> = value instanceof Map ? value : Object.entries(value)
    for (const [name, field] of entries) this.#visit(root, [...names, String(name)], field)
  }

  #note(path: string, value: unknown): void {
    let field = this.#fields.get(path)
    if (field === undefined) {
      if (this.#fields.size >= FIELDS_MAX) return
      field = { types: new Set(), count: 0, examples: new Set() }
      this.#fields.set(path, field)
    }
    field.count++
    field.types.add(typeOf(value))
    if (field.examples.size >= EXAMPLES_MAX) return
    const text = typeof value === 'string' ? value : typeof value === 'object' ? null : String(value)
    if (text !== null && text.length <= EXAMPLE_CHARS) field.examples.add(text)
  }
}

function isPlain(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array) &&
    !(value instanceof Date)
  )
}

function typeOf(value: unknown): SampledField['types'][number] {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'bigint') return 'int'
  if (typeof value === 'number') return Number.isSafeInteger(value) ? 'int' : 'double'
  if (value instanceof Uint8Array) return 'bytes'
  return Array.isArray(value) ? 'list' : 'string'
}

/** Random values for any message, derived from its table. */
import fc from 'fast-check'
import { ZERO_UUID } from '../src/bytes/reader.ts'
import { sliceOf } from '../src/bytes/slice.ts'
import type { AnyField, Shape } from '../src/schema/fields.ts'
import type { Message } from '../src/schema/message.ts'

type Value = Record<string, unknown>

/** Values that `version` of a message can carry: fields it lacks have their default, as decoding gives them. */
export function arbitraryOf(message: Message<Shape>, version: number): fc.Arbitrary<Value> {
  return structArbitrary(message.fields, version, message.isFlexible(version))
}

/** Whether `version` sends a field. */
export function isSent(field: AnyField, version: number, flexible: boolean): boolean {
  const { since = 0, until = Number.MAX_SAFE_INTEGER, tag } = field.options
  return version >= since && version <= until && (flexible || tag === undefined)
}

/** What a field is where it is not sent. */
export function defaultOf(field: AnyField): unknown {
  const given = field.options.default
  if (field.kind === 'struct' && given !== null && (given !== undefined || !field.nullable)) {
    const own = (given ?? {}) as Value
    return Object.fromEntries(
      Object.entries(field.shape!).map(([name, inner]) => [
        name,
        own[name] === undefined ? defaultOf(inner) : own[name],
      ]),
    )
  }
  if (given !== undefined) return given
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
    default:
      return 0
  }
}

function structArbitrary(shape: Shape, version: number, flexible: boolean): fc.Arbitrary<Value> {
  const model: Record<string, fc.Arbitrary<unknown>> = {}
  for (const [name, field] of Object.entries(shape)) {
    model[name] = isSent(field, version, flexible)
      ? fieldArbitrary(field, version, flexible)
      : fc.constant(defaultOf(field))
  }
  return fc.record(model, { noNullPrototype: true })
}

function fieldArbitrary(field: AnyField, version: number, flexible: boolean): fc.Arbitrary<unknown> {
  const value = kindArbitrary(field, version, flexible)
  const nullable = field.nullable && version >= (field.options.nullSince ?? 0)
  const choices = [{ arbitrary: value, weight: 6 }]
  if (nullable) choices.push({ arbitrary: fc.constant(null), weight: 1 })
  // Often the default, for it decides whether a tagged field is sent.
  const byDefault = defaultOf(field)
  if (byDefault !== null) choices.push({ arbitrary: fc.constant(byDefault), weight: 2 })
  return fc.oneof(...choices)
}

function kindArbitrary(field: AnyField, version: number, flexible: boolean): fc.Arbitrary<unknown> {
  switch (field.kind) {
    case 'boolean':
      return fc.boolean()
    case 'int8':
      return fc.integer({ min: -128, max: 127 })
    case 'int16':
      return fc.integer({ min: -0x8000, max: 0x7fff })
    case 'uint16':
      return fc.integer({ min: 0, max: 0xffff })
    case 'int32':
      return fc.integer()
    case 'uint32':
      return fc.integer({ min: 0, max: 0xffffffff })
    case 'int64':
      return fc.oneof(
        fc.maxSafeInteger(),
        fc.integer({ min: -3, max: 3 }),
        fc.constantFrom(2 ** 32, 2 ** 32 - 1, -(2 ** 32), 2 ** 31, 2 ** 63, -(2 ** 63)),
      )
    case 'float64':
      return fc.double({ noNaN: true })
    case 'string':
      return fc.oneof(
        { arbitrary: fc.string({ unit: 'grapheme-ascii', maxLength: 12 }), weight: 4 },
        { arbitrary: fc.string({ unit: 'binary', maxLength: 12 }), weight: 3 },
        // Around the lengths at which a compact length takes a second byte.
        { arbitrary: fc.integer({ min: 40, max: 130 }).map((length) => 'é'.repeat(length)), weight: 1 },
      )
    case 'bytes':
      return fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes))
    case 'records':
      return fc.uint8Array({ maxLength: 200 }).map((bytes) => sliceOf(Buffer.from(bytes)))
    case 'uuid':
      return fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('base64url'))
    case 'array':
      return fc.array(fieldOfArray(field.element!, version, flexible), { maxLength: 3 })
    case 'struct':
      return structArbitrary(field.shape!, version, flexible)
    default:
      return field.kind satisfies never
  }
}

/** An element is null only where it is nullable itself, and has no default to prefer. */
function fieldOfArray(element: AnyField, version: number, flexible: boolean): fc.Arbitrary<unknown> {
  const value = kindArbitrary(element, version, flexible)
  return element.nullable && version >= (element.options.nullSince ?? 0) ? fc.option(value, { nil: null }) : value
}

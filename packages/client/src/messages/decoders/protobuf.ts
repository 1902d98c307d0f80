import protobuf from 'protobufjs'
import type { RegisteredSchema } from './schemas.ts'

const roots = new WeakMap<RegisteredSchema, { readonly root: protobuf.Root; readonly messages: protobuf.Type[] }>()

/**
 * Decodes what follows the schema id: the path of indexes to the message type (zigzag varints, a count first; a single 0
 * is the first type), then the message. Throws where that does not work out.
 */
export function decodeProtobuf(
  schema: RegisteredSchema,
  data: Buffer,
): { readonly type: string; readonly value: unknown } {
  const { messages } = loaded(schema)
  const reader = protobuf.Reader.create(data)
  const count = reader.sint32()
  if (count < 0 || count > 32) throw new RangeError(`A path of ${count} message indexes`)
  const path = count === 0 ? [0] : Array.from({ length: count }, () => reader.sint32())
  let level = messages
  let type: protobuf.Type | undefined
  for (const index of path) {
    type = level[index]
    if (type === undefined) throw new RangeError(`The schema has no message number ${path.join('.')}`)
    level = nestedTypes(type)
  }
  const message = type!.decode(data.subarray(reader.pos))
  return { type: type!.fullName.replace(/^\./, ''), value: plain(message, type!) }
}

function loaded(schema: RegisteredSchema) {
  const known = roots.get(schema)
  if (known !== undefined) return known
  const root = new protobuf.Root()
  for (const name of Object.keys(protobuf.common)) {
    const common = protobuf.common.get?.(name)
    if (common?.nested) root.addJSON(common.nested)
  }
  for (const { text } of schema.references) protobuf.parse(text, root, { keepCase: true })
  const before = new Set(typesIn(root))
  const parsed = protobuf.parse(schema.text, root, { keepCase: true })
  root.resolveAll()
  const scope = parsed.package === undefined ? root : root.lookup(parsed.package)
  const messages = (scope === null ? [] : nestedTypes(scope as protobuf.NamespaceBase)).filter(
    (type) => !before.has(type),
  )
  const entry = { root, messages }
  roots.set(schema, entry)
  return entry
}

function nestedTypes(scope: protobuf.NamespaceBase): protobuf.Type[] {
  return scope.nestedArray.filter(
    (item) => item instanceof protobuf.Type && !item.options?.map_entry,
  ) as protobuf.Type[]
}

function typesIn(scope: protobuf.NamespaceBase): protobuf.Type[] {
  return scope.nestedArray.flatMap((item) => [
    ...(item instanceof protobuf.Type ? [item] : []),
    ...(item instanceof protobuf.Namespace ? typesIn(item) : []),
  ])
}

/** A message as a map of its fields; int64s are bigints, enums their names, absent fields are left out. */
function plain(message: protobuf.Message, type: protobuf.Type): ReadonlyMap<string, unknown> {
  const fields = new Map<string, unknown>()
  for (const field of type.fieldsArray) {
    const value: unknown = Reflect.get(message, field.name)
    if (!Object.hasOwn(message, field.name)) {
      if (field.hasPresence || field.repeated || field.map) continue
      fields.set(field.name, fieldValue(field.typeDefault, field))
    } else if (field.map) {
      fields.set(
        field.name,
        new Map(Object.entries(value as object).map(([key, item]) => [key, fieldValue(item, field)])),
      )
    } else if (Array.isArray(value))
      fields.set(
        field.name,
        value.map((item) => fieldValue(item, field)),
      )
    else fields.set(field.name, fieldValue(value, field))
  }
  return fields
}

const LONG_TYPES = new Set(['int64', 'uint64', 'sint64', 'fixed64', 'sfixed64'])
const INT_TYPES = new Set(['int32', 'uint32', 'sint32', 'fixed32', 'sfixed32'])

function fieldValue(value: unknown, field: protobuf.Field): unknown {
  if (LONG_TYPES.has(field.type)) return BigInt(String(value))
  if (INT_TYPES.has(field.type)) return BigInt(Number(value))
  if (field.resolvedType instanceof protobuf.Enum)
    return field.resolvedType.valuesById[Number(value)] ?? BigInt(Number(value))
  if (field.resolvedType instanceof protobuf.Type && typeof value === 'object' && value !== null) {
    return plain(value as protobuf.Message, field.resolvedType)
  }
  return value
}

const WIRE_DEPTH_MAX = 16

/**
 * Reads a message without its schema: numbers of fields to values, as the wire has them. Varints and fixed numbers are
 * bigints, what may be text is text, what may be a message is one. Throws where the bytes are no message.
 */
export function decodeProtobufWire(data: Buffer, depth = 0): ReadonlyMap<string, unknown> {
  if (depth > WIRE_DEPTH_MAX) throw new RangeError(`More than ${WIRE_DEPTH_MAX} levels`)
  const reader = protobuf.Reader.create(data)
  const fields = new Map<string, unknown>()
  while (reader.pos < reader.len) {
    const tag = reader.uint32()
    const number = tag >>> 3
    if (number === 0) throw new RangeError('A field has the number 0')
    const value = wireValue(reader, tag & 7, depth)
    const name = String(number)
    const earlier = fields.get(name)
    if (earlier === undefined) fields.set(name, value)
    else if (Array.isArray(earlier)) earlier.push(value)
    else fields.set(name, [earlier, value])
  }
  return fields
}

function wireValue(reader: protobuf.Reader, wireType: number, depth: number): unknown {
  if (wireType === 0) return BigInt(String(reader.int64()))
  if (wireType === 1) return BigInt(String(reader.sfixed64()))
  if (wireType === 5) return BigInt(reader.sfixed32())
  if (wireType !== 2) throw new RangeError(`Wire type ${wireType} is not used`)
  const bytes = Buffer.from(reader.bytes())
  if (bytes.length === 0) return ''
  const text = textOf(bytes)
  if (text !== null) return text
  try {
    return decodeProtobufWire(bytes, depth + 1)
  } catch {
    return bytes
  }
}

/** The bytes as text, where they are UTF-8 without control characters. */
export function textOf(bytes: Buffer): string | null {
  for (const byte of bytes) if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) return null
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

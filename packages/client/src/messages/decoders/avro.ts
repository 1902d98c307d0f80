import avro from 'avsc'
import type { RegisteredSchema } from './schemas.ts'

const compiled = new WeakMap<RegisteredSchema, avro.Type>()

/** The Avro type of a schema; its references are known to it by name. Throws where the schema is not Avro. */
export function avroType(schema: RegisteredSchema): avro.Type {
  const known = compiled.get(schema)
  if (known !== undefined) return known
  const registry: Record<string, avro.Type> = {}
  const options = { registry, wrapUnions: true }
  for (const { text } of schema.references) avro.Type.forSchema(schemaOf(text), options)
  const type = avro.Type.forSchema(schemaOf(schema.text), options)
  compiled.set(schema, type)
  return type
}

/** A schema's text: JSON, or the bare name of a type. */
function schemaOf(text: string): avro.Schema {
  const trimmed = text.trim()
  return /^[{["]/.test(trimmed) ? (JSON.parse(trimmed) as avro.Schema) : trimmed
}

/**
 * Decodes one datum by its schema: long and int are bigints, records and maps are maps. Every length is held against the
 * bytes that are left before it is believed. Throws where the bytes are not of that type or something follows.
 */
export function decodeAvro(schema: RegisteredSchema, data: Buffer): unknown {
  const reader = new AvroReader(data)
  const value = reader.read(avroType(schema), 0)
  if (reader.at < data.length) throw new RangeError(`${data.length - reader.at} bytes follow the datum`)
  return value
}

const DEPTH_MAX = 256

class AvroReader {
  readonly #data: Buffer
  /** Items so far that may take no bytes: those have a bound of their own. */
  #items = 0
  at = 0

  constructor(data: Buffer) {
    this.#data = data
  }

  read(type: avro.Type, depth: number): unknown {
    if (depth > DEPTH_MAX) throw new RangeError(`More than ${DEPTH_MAX} levels`)
    const data = this.#data
    if (avro.Type.isType(type, 'null')) return null
    if (avro.Type.isType(type, 'boolean')) return data[this.#take(1)] !== 0
    if (avro.Type.isType(type, 'int', 'long')) return this.#long()
    if (avro.Type.isType(type, 'float')) return data.readFloatLE(this.#take(4))
    if (avro.Type.isType(type, 'double')) return data.readDoubleLE(this.#take(8))
    if (avro.Type.isType(type, 'string')) return this.#bytes().toString('utf8')
    if (avro.Type.isType(type, 'bytes')) return this.#bytes()
    if (type instanceof avro.types.FixedType) {
      const start = this.#take(type.size)
      return data.subarray(start, start + type.size)
    }
    if (type instanceof avro.types.EnumType) {
      const symbol = type.symbols[this.#count()]
      if (symbol === undefined) throw new RangeError('An enum has a number without a name')
      return symbol
    }
    if (type instanceof avro.types.WrappedUnionType || type instanceof avro.types.UnwrappedUnionType) {
      const branch = type.types[this.#count()]
      if (branch === undefined) throw new RangeError('A union has a branch that its schema lacks')
      return this.read(branch, depth + 1)
    }
    if (type instanceof avro.types.ArrayType) return this.#list(type.itemsType, depth)
    if (type instanceof avro.types.MapType) return this.#map(type.valuesType, depth)
    if (type instanceof avro.types.RecordType) {
      const fields = new Map<string, unknown>()
      for (const { name, type: fieldType } of type.fields) fields.set(name, this.read(fieldType, depth + 1))
      return fields
    }
    if (type instanceof avro.types.LogicalType) return this.read(type.underlyingType, depth + 1)
    throw new RangeError(`The type ${type.typeName} is not known`)
  }

  #list(items: avro.Type, depth: number): unknown[] {
    const list: unknown[] = []
    for (let left = this.#block(); left > 0; left = this.#block()) {
      for (; left > 0; left--) list.push(this.read(items, depth + 1))
    }
    return list
  }

  #map(values: avro.Type, depth: number): ReadonlyMap<string, unknown> {
    const map = new Map<string, unknown>()
    for (let left = this.#block(); left > 0; left = this.#block()) {
      for (; left > 0; left--) {
        const name = this.#bytes().toString('utf8')
        map.set(name, this.read(values, depth + 1))
      }
    }
    return map
  }

  /** Items of the next block of a list or map; a negative count is followed by the block's size. */
  #block(): number {
    let count = Number(this.#long())
    if (count < 0) {
      count = -count
      this.#long()
    }
    this.#items += count
    if (this.#items > this.#data.length) throw new RangeError(`A list claims ${count} items`)
    return count
  }

  #bytes(): Buffer {
    const length = this.#count()
    const start = this.#take(length)
    return this.#data.subarray(start, start + length)
  }

  #count(): number {
    const count = Number(this.#long())
    if (count < 0) throw new RangeError(`A length of ${count}`)
    return count
  }

  /** Zigzag varint of at most ten bytes. */
  #long(): bigint {
    let raw = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#data[this.#take(1)]!
      raw |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asIntN(64, (raw >> 1n) ^ -(raw & 1n))
    }
    throw new RangeError('A number of more than ten bytes')
  }

  #take(count: number): number {
    const start = this.at
    if (start + count > this.#data.length)
      throw new RangeError(`The bytes end ${start + count - this.#data.length} too early`)
    this.at = start + count
    return start
  }
}

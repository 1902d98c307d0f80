import avro from 'avsc'
import type { RegisteredSchema } from './schemas.ts'

/** int64 as bigint, so that no digit is lost. */
const longType = avro.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(value)
    return bytes
  },
  fromJSON: BigInt,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: (one: bigint, other: bigint) => (one === other ? 0 : one < other ? -1 : 1),
})

const compiled = new WeakMap<RegisteredSchema, avro.Type>()

/** The Avro type of a schema; its references are known to it by name. Throws where the schema is not Avro. */
export function avroType(schema: RegisteredSchema): avro.Type {
  const known = compiled.get(schema)
  if (known !== undefined) return known
  const registry: Record<string, avro.Type> = { long: longType }
  for (const { text } of schema.references) parseInto(text, registry)
  const type = parseInto(schema.text, registry)
  compiled.set(schema, type)
  return type
}

function parseInto(text: string, registry: Record<string, avro.Type>): avro.Type {
  return avro.Type.forSchema(schemaOf(text), { registry, wrapUnions: false })
}

/** A schema's text: JSON, or the bare name of a type. */
function schemaOf(text: string): avro.Schema {
  const trimmed = text.trim()
  return /^[{["]/.test(trimmed) ? (JSON.parse(trimmed) as avro.Schema) : trimmed
}

/** Decodes one datum. Throws where the bytes are not of that type or something follows. */
export function decodeAvro(schema: RegisteredSchema, data: Buffer): unknown {
  return avroType(schema).fromBuffer(data)
}

const MAGIC = Buffer.from('Obj\u0001')

/** Whether the bytes are an Avro object container, which brings its own schema. */
export function isAvroContainer(data: Buffer): boolean {
  return data.length > 4 && data.compare(MAGIC, 0, 4, 0, 4) === 0
}

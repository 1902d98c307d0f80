/** One schema as a registry keeps it. */
export interface RegisteredSchema {
  readonly id: number
  readonly type: 'AVRO' | 'PROTOBUF' | 'JSON'
  readonly text: string
  /** Where it was found under a subject, such as `orders-value`. */
  readonly subject: string | null
  /** Schemas that this one imports, by the name it imports them under. */
  readonly references: readonly { readonly name: string; readonly text: string }[]
}

/** Schemas by id, as far as they were loaded: decoding is synchronous, and says which id it lacks. */
export interface SchemaCache {
  /** undefined: not asked for yet; a text: why there is none. */
  get(id: number): RegisteredSchema | string | undefined
}

/** Thrown by a decoder that needs a schema which nobody has asked the registry for yet. */
export class SchemaWanted extends Error {
  readonly id: number

  constructor(id: number) {
    super(`Schema ${id} is not loaded`)
    this.name = 'SchemaWanted'
    this.id = id
  }
}

/**
 * The framing of Confluent's serializers: a zero byte, the schema's id as int32, then the data (Protobuf: behind the
 * message's index path). Null where the bytes do not have it.
 * Source: Confluent's documentation of the wire format.
 */
export function framedSchemaId(bytes: Buffer, start: number, end: number): number | null {
  if (end - start < 5 || bytes[start] !== 0) return null
  const id = bytes.readInt32BE(start + 1)
  return id > 0 ? id : null
}

import { JsonError } from '../json/json-error.ts'
import { type JsonValue, parseJsonBytes } from '../json/json-value.ts'
import { decodeAvro } from './avro.ts'
import { decodeCbor, decodeMsgpack, looksLikeCbor, looksLikeMsgpack } from './binary.ts'
import type { DecoderName } from './decoder-names.ts'
import { decodeOffsetsRecord } from './offsets-record.ts'
import { decodeInteger, decodeUuid } from './plain.ts'
import { decodeProtobuf, decodeProtobufWire, textOf } from './protobuf.ts'
import { framedSchemaId, type SchemaCache, SchemaWanted } from './schemas.ts'

/** What the bytes turned out to be. */
export type PayloadKind = 'null' | 'empty' | Exclude<DecoderName, 'auto'>

export interface DecoderProblem {
  readonly decoder: DecoderName
  /** Why that decoder could not read the bytes, in a sentence. */
  readonly reason: string
}

export interface DecodedPayload {
  readonly kind: PayloadKind
  /** The value: null for null, '' for empty, text, a map … For hex the bytes themselves. */
  readonly value: unknown
  /** For JSON, which bytes of the payload are its text (behind the framing of a registry). */
  readonly jsonStart: number
  readonly schema: { readonly id: number; readonly name: string } | null
  readonly problems: readonly DecoderProblem[]
}

/**
 * Decodes a payload. Never fails: what cannot be read is hex, and `problems` says which decoder failed and why.
 * Throws only SchemaWanted: load that schema and call again.
 */
export function decodePayload(bytes: Buffer | null, decoder: DecoderName, schemas: SchemaCache): DecodedPayload {
  if (bytes === null) return done('null', null)
  if (bytes.length === 0) return done('empty', '')
  const problems: DecoderProblem[] = []
  for (const name of decoder === 'auto' ? likely(bytes) : [decoder]) {
    try {
      const found = attempt(bytes, name, schemas)
      return problems.length === 0 ? found : { ...found, problems: [...problems, ...found.problems] }
    } catch (error) {
      if (error instanceof SchemaWanted) throw error
      problems.push({ decoder: name, reason: reasonOf(error) })
    }
  }
  return done('hex', bytes, { problems })
}

/** What `auto` tries, in order. */
function likely(bytes: Buffer): DecoderName[] {
  const order: DecoderName[] = []
  const first = bytes[firstVisible(bytes)]
  if (framedSchemaId(bytes, 0, bytes.length) !== null) order.push('avro')
  if (first === 0x7b || first === 0x5b) order.push('json')
  if (textOf(bytes) !== null) order.push('text')
  if (looksLikeMsgpack(bytes[0]!)) order.push('msgpack')
  if (looksLikeCbor(bytes)) order.push('cbor')
  return order
}

function attempt(bytes: Buffer, name: DecoderName, schemas: SchemaCache): DecodedPayload {
  switch (name) {
    case 'avro':
    case 'protobuf':
      return bySchema(bytes, name, schemas)
    case 'json':
      return jsonPayload(bytes, schemas)
    case 'text': {
      const text = textOf(bytes)
      if (text === null) throw new RangeError('The bytes are not UTF-8 text.')
      return done('text', text)
    }
    case 'msgpack':
      return done('msgpack', decodeMsgpack(bytes))
    case 'cbor':
      return done('cbor', decodeCbor(bytes))
    case 'integer':
      return done('integer', decodeInteger(bytes))
    case 'uuid':
      return done('uuid', decodeUuid(bytes))
    case 'offsets':
      return done('offsets', decodeOffsetsRecord(bytes))
    case 'base64':
      return done('base64', bytes.toString('base64'))
    case 'hex':
    case 'auto':
      return done('hex', bytes)
  }
}

function jsonPayload(bytes: Buffer, schemas: SchemaCache): DecodedPayload {
  const start = bytes[0] === 0 ? 5 : 0
  const id = start === 5 ? framedSchemaId(bytes, 0, bytes.length) : null
  const value: JsonValue = parseJsonBytes(bytes, start, bytes.length)
  const known = id === null ? undefined : schemas.get(id)
  const schema = id === null ? null : { id, name: typeof known === 'object' ? (known.subject ?? '') : '' }
  return done('json', value, { jsonStart: start, schema })
}

/** Reads bytes that a registry's schema describes: Avro, Protobuf or JSON, whichever the schema is. */
function bySchema(bytes: Buffer, name: 'avro' | 'protobuf', schemas: SchemaCache): DecodedPayload {
  const id = framedSchemaId(bytes, 0, bytes.length)
  if (id === null) {
    if (name === 'protobuf') return done('protobuf', decodeProtobufWire(bytes))
    throw new RangeError('The bytes do not begin with the id of a schema (a zero byte and an int32), so none is known.')
  }
  const schema = schemas.get(id)
  if (schema === undefined) throw new SchemaWanted(id)
  if (typeof schema === 'string') throw new RangeError(`The bytes name schema ${id}. ${schema}`)
  const label = { id, name: schema.subject ?? '' }
  if (schema.type === 'JSON') return jsonPayload(bytes, schemas)
  const data = bytes.subarray(5)
  if (schema.type === 'PROTOBUF') {
    const { type, value } = decodeProtobuf(schema, data)
    return done('protobuf', value, { schema: { id, name: type } })
  }
  return done('avro', decodeAvro(schema, data), { schema: label })
}

function done(kind: PayloadKind, value: unknown, rest: Partial<DecodedPayload> = {}): DecodedPayload {
  return { kind, value, jsonStart: 0, schema: null, problems: [], ...rest }
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return error instanceof JsonError ? `Not JSON: ${message}.` : message
}

function firstVisible(bytes: Buffer): number {
  let at = 0
  while (at < bytes.length && (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09))
    at++
  return at
}

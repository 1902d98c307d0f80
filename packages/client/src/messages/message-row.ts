import type { RecordCursor } from '@odradek/protocol'
import type { DecoderName } from './decoders/decoder-names.ts'
import { type DecodedPayload, type DecoderProblem, decodePayload, type PayloadKind } from './decoders/payload.ts'
import type { SchemaCache } from './decoders/schemas.ts'
import type { Decoders } from './filter/cel-filter.ts'
import { formatJson } from './json/format-json.ts'
import { writeJson } from './json/write-json.ts'

/** A payload as it is shown: text, and how it came to be. */
export interface PayloadView {
  readonly kind: PayloadKind
  readonly text: string
  /** Whether `text` is only the beginning. */
  readonly truncated: boolean
  readonly sizeInBytes: number
  readonly schema: { readonly id: number; readonly name: string } | null
  readonly problems: readonly DecoderProblem[]
}

export interface HeaderView {
  readonly key: string
  readonly value: PayloadView
}

/** A message in a list. */
export interface MessageRow {
  readonly partition: number
  readonly offset: number
  /** Epoch milliseconds, -1 without one. */
  readonly timestamp: number
  readonly timestampType: 'CreateTime' | 'LogAppendTime'
  readonly key: PayloadView
  readonly value: PayloadView
  /** The first of them; `headerCount` says how many there are. */
  readonly headers: readonly HeaderView[]
  readonly headerCount: number
}

/** Characters of a payload in a list. */
const PREVIEW_CHARS = 400
const PREVIEW_HEADERS = 8
const PREVIEW_HEX_BYTES = 64

/**
 * The record at a cursor as a row, its payloads cut to previews, or `whole`. Throws SchemaWanted where a schema must be
 * loaded first.
 */
export function rowOf(
  cursor: RecordCursor,
  partition: number,
  decoders: Decoders,
  schemas: SchemaCache,
  whole = false,
): MessageRow {
  const headers = cursor.headers()
  const charsMax = whole ? Number.POSITIVE_INFINITY : PREVIEW_CHARS
  return {
    partition,
    offset: cursor.offset,
    timestamp: cursor.timestamp,
    timestampType: cursor.header.timestampType,
    key: viewPayload(cursor.key(), decoders.key, schemas, charsMax),
    value: viewPayload(cursor.value(), decoders.value, schemas, charsMax),
    headers: headers
      .slice(0, whole ? headers.length : PREVIEW_HEADERS)
      .map(({ key, value }) => ({ key, value: viewPayload(value, 'auto', schemas, charsMax) })),
    headerCount: headers.length,
  }
}

/** A payload cut to a line of a list. */
export function viewPayload(
  bytes: Buffer | null,
  decoder: DecoderName,
  schemas: SchemaCache,
  charsMax = PREVIEW_CHARS,
): PayloadView {
  const decoded = decodePayload(bytes, decoder, schemas)
  const text = previewOf(decoded, bytes, charsMax === Number.POSITIVE_INFINITY)
  const cut = text.length > charsMax
  return {
    kind: decoded.kind,
    text: cut ? text.slice(0, charsMax) : text,
    truncated:
      cut ||
      (decoded.kind === 'hex' &&
        bytes !== null &&
        charsMax !== Number.POSITIVE_INFINITY &&
        bytes.length > PREVIEW_HEX_BYTES),
    sizeInBytes: bytes?.length ?? 0,
    schema: decoded.schema,
    problems: decoded.problems,
  }
}

function previewOf({ kind, value, jsonStart }: DecodedPayload, bytes: Buffer | null, whole = false): string {
  if (kind === 'null' || kind === 'empty' || bytes === null) return ''
  if (kind === 'json') return bytes.toString('utf8', jsonStart)
  if (isText(kind)) return value as string
  if (kind === 'hex') return hexText(whole ? bytes : bytes.subarray(0, PREVIEW_HEX_BYTES))
  return writeJson(value)
}

/** A payload laid out in full, at most `bytesMax` of it. */
export function formatPayload(
  bytes: Buffer | null,
  decoder: DecoderName,
  schemas: SchemaCache,
  bytesMax: number,
): PayloadView & { readonly base64: string } {
  const decoded = decodePayload(bytes, decoder, schemas)
  const size = bytes?.length ?? 0
  const shown = bytes === null ? null : bytes.subarray(0, bytesMax)
  return {
    kind: decoded.kind,
    text: size > bytesMax ? previewOf(decoded, bytes).slice(0, bytesMax) : fullText(decoded, bytes),
    truncated: size > bytesMax,
    sizeInBytes: size,
    schema: decoded.schema,
    problems: decoded.problems,
    base64: shown?.toString('base64') ?? '',
  }
}

/** Whether what was decoded is text as it is, not a value to write. */
export function isText(kind: PayloadKind): boolean {
  return kind === 'text' || kind === 'uuid' || kind === 'base64'
}

function fullText({ kind, value, jsonStart }: DecodedPayload, bytes: Buffer | null): string {
  if (kind === 'null' || kind === 'empty' || bytes === null) return ''
  if (kind === 'json') return formatJson(bytes.subarray(jsonStart))
  if (isText(kind)) return value as string
  if (kind === 'hex') return hexText(bytes)
  return writeJson(value, 2)
}

function hexText(bytes: Buffer): string {
  return bytes.toString('hex').replace(/(..)(?=.)/g, '$1 ')
}

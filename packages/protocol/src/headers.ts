/**
 * What precedes every message on the wire, after the four bytes of the frame's size.
 *
 *     request v1:  api key int16, api version int16, correlation id int32, client id nullable string
 *     request v2:  the same, then a tag section (flexible versions; the client id stays a classic string)
 *     response v0: correlation id int32
 *     response v1: the same, then a tag section (flexible versions, but never ApiVersions: KIP-511)
 */
import type { Reader } from './bytes/reader.ts'
import type { Writer } from './bytes/writer.ts'

export interface RequestHeader {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
}

const API_VERSIONS_KEY = 18

/**
 * Reads a request header. `isFlexible` says whether the request of that key and version is flexible, or null if it is
 * not known: then nothing after the client id is read, which is enough to answer "unsupported version".
 */
export function readRequestHeader(
  reader: Reader,
  isFlexible: (apiKey: number, apiVersion: number) => boolean | null,
): RequestHeader {
  const apiKey = reader.int16()
  const apiVersion = reader.int16()
  const correlationId = reader.int32()
  const clientId = reader.nullableString()
  if (isFlexible(apiKey, apiVersion) === true) reader.skipTags()
  return { apiKey, apiVersion, correlationId, clientId }
}

/** Writes a request header; `flexible` as the request that follows. */
export function writeRequestHeader(writer: Writer, header: RequestHeader, flexible: boolean): void {
  writer.int16(header.apiKey)
  writer.int16(header.apiVersion)
  writer.int32(header.correlationId)
  writer.nullableString(header.clientId)
  if (flexible) writer.unsignedVarint(0)
}

/** Whether the header of a response has a tag section, given whether the message is flexible. */
export function isResponseHeaderFlexible(apiKey: number, messageFlexible: boolean): boolean {
  return messageFlexible && apiKey !== API_VERSIONS_KEY
}

/** Writes a response header; `flexible` as `isResponseHeaderFlexible` says. */
export function writeResponseHeader(writer: Writer, correlationId: number, flexible: boolean): void {
  writer.int32(correlationId)
  if (flexible) writer.unsignedVarint(0)
}

/** Reads a response header and returns its correlation id; `flexible` as `isResponseHeaderFlexible` says. */
export function readResponseHeader(reader: Reader, flexible: boolean): number {
  const correlationId = reader.int32()
  if (flexible) reader.skipTags()
  return correlationId
}

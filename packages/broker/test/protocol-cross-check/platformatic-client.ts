/** The encoders and decoders of @platformatic/kafka, called through its public functions over a connection that sends nothing. */
import * as platformatic from '@platformatic/kafka'
import type { Names } from './compare.ts'

interface Bytes {
  readonly buffer: Buffer
}
/** `Reader.remaining` says what was not read. */
interface Unread {
  readonly remaining: number
}
type Parse = (correlationId: number, apiKey: number, version: number, reader: Unread) => unknown
interface Connection {
  send(
    apiKey: number,
    version: number,
    createRequest: () => Bytes | Promise<Bytes>,
    parse: Parse,
    requestHeaderHasTags: boolean,
    responseHeaderHasTags: boolean,
  ): void
}
type Call = (connection: Connection, ...request: readonly unknown[]) => void

const everything = platformatic as unknown as Record<string, { readonly api?: Call & { key: number; version: number } }>
const Reader = platformatic.Reader as unknown as { from(bytes: Buffer): Unread }

/** Every function of the client that calls an API, by API key and version. */
const calls = new Map<number, Map<number, Call>>()
for (const { api } of Object.values(everything).filter((member) => typeof member === 'object' && member !== null)) {
  if (typeof api !== 'function') continue
  const ofApi = calls.get(api.key) ?? new Map<number, Call>()
  calls.set(api.key, ofApi.set(api.version, api))
}

/** The versions of an API that the client speaks. */
export function platformaticVersions(apiKey: number): readonly number[] {
  return [...(calls.get(apiKey)?.keys() ?? [])].sort((a, b) => a - b)
}

/** What the client does for one request. */
export interface PlatformaticCall {
  /** The request, after its header. */
  readonly request: Buffer
  readonly requestHeaderHasTags: boolean
  readonly responseHeaderHasTags: boolean
  /** Reads a response, after its header; says how many bytes that took. */
  hear(response: Buffer): { heard: unknown; bytesRead: number }
}

/** Calls the client. */
export async function platformaticCall(
  apiKey: number,
  version: number,
  request: readonly unknown[],
): Promise<PlatformaticCall> {
  let made: (Omit<PlatformaticCall, 'request'> & { request: Bytes | Promise<Bytes> }) | undefined
  const connection: Connection = {
    send(key, of, createRequest, parse, requestHeaderHasTags, responseHeaderHasTags) {
      const hear = (response: Buffer) => {
        const reader = Reader.from(response)
        const heard = withoutErrors(() => parse(7, key, of, reader))
        return { heard, bytesRead: response.length - reader.remaining }
      }
      made = { request: createRequest(), requestHeaderHasTags, responseHeaderHasTags, hear }
    },
  }
  calls.get(apiKey)!.get(version)!(connection, ...request)
  return { ...made!, request: Buffer.from((await made!.request).buffer) }
}

/** The client throws for an error code; what it read comes with the error. */
function withoutErrors(parse: () => unknown): unknown {
  try {
    return parse()
  } catch (error) {
    if (error instanceof platformatic.ResponseError) return error.response
    throw error
  }
}

interface Batch {
  readonly firstOffset: bigint
  readonly firstTimestamp: bigint
  readonly records: readonly {
    readonly offsetDelta: number
    readonly timestampDelta: bigint
    readonly key: Buffer | null
    readonly value: Buffer | null
    readonly headers: readonly (readonly [Buffer, Buffer])[]
  }[]
}

/** The client's names for fields: nearly always Kafka's. */
export const platformaticNames: Names = {
  of: (name) => (name === 'topic' ? ['topic', 'topicId'] : [name]),
  records: (heard) =>
    ((heard ?? []) as Batch[]).flatMap(({ firstOffset, firstTimestamp, records }) =>
      records.map(({ offsetDelta, timestampDelta, key, value, headers }) => ({
        offset: Number(firstOffset) + offsetDelta,
        timestamp: Number(firstTimestamp + timestampDelta),
        key: key?.toString() ?? null,
        value: value?.toString() ?? null,
        headers: headers.map(([name, content]) => [name.toString(), content.toString()]),
      })),
    ),
  // Before version 7 it reads past the tags of a created topic.
  skipped: (path) => /^\.topics\[\d+\]\.topicConfigErrorCode$/.test(path),
}

/** kafkajs's own encoders and decoders. They are not exported and have no types, hence the deep requires. */
import { createRequire } from 'node:module'
import type { Names } from './compare.ts'

const require = createRequire(import.meta.url)

interface Version {
  readonly request: { readonly apiKey: number; readonly apiVersion: number; encode(): Promise<unknown> }
  readonly response: { decode(bytes: Buffer): Promise<unknown> }
}
interface Definition {
  readonly versions: readonly string[]
  protocol(of: { version: number }): (request: unknown) => Version
}

const { requests } = require('kafkajs/src/protocol/requests') as { requests: Record<string, Definition> }
const frame = require('kafkajs/src/protocol/request') as (of: {
  correlationId: number
  clientId: string
  request: Version['request']
}) => Promise<{ readonly buffer: Buffer }>
const Decoder = require('kafkajs/src/protocol/decoder') as { readonly prototype: object }
const apiKeys = require('kafkajs/src/protocol/requests/apiKeys') as Record<string, number>

/** The versions of an API that kafkajs speaks. */
export function kafkajsVersions(apiKey: number): readonly number[] {
  return definitionOf(apiKey)?.versions.map(Number) ?? []
}

/** A request as kafkajs puts it on the wire, after the frame's size. */
export async function kafkajsRequest(apiKey: number, version: number, request: unknown): Promise<Buffer> {
  const spoken = definitionOf(apiKey)!.protocol({ version })(request)
  const framed = await frame({ correlationId: 7, clientId: 'cross-check', request: spoken.request })
  return framed.buffer.subarray(4)
}

/**
 * A response (after its header) as kafkajs reads it, and how many bytes that took. Where tags may follow, it takes those of
 * the header for the response's own and leaves the last ones.
 */
export async function kafkajsResponse(
  apiKey: number,
  version: number,
  request: unknown,
  body: Buffer,
  hasTags: boolean,
): Promise<{ heard: unknown; bytesRead: number }> {
  const { response } = definitionOf(apiKey)!.protocol({ version })(request)
  const bytes = hasTags ? Buffer.concat([Buffer.alloc(1), body]) : body
  watched = bytes
  bytesRead = 0
  const heard = await response.decode(bytes)
  watched = null
  return { heard, bytesRead }
}

function definitionOf(apiKey: number): Definition | undefined {
  const name = Object.keys(apiKeys).find((candidate) => apiKeys[candidate] === apiKey)
  return name === undefined ? undefined : requests[name]
}

// A decoder sets its `offset` as it goes: this shows how far it came in the bytes of the response.
let watched: Buffer | null = null
let bytesRead = 0
const offsets = new WeakMap<object, number>()
Object.defineProperty(Decoder.prototype, 'offset', {
  get(this: { buffer: Buffer }) {
    return offsets.get(this)
  },
  set(this: { buffer: Buffer }, offset: number) {
    offsets.set(this, offset)
    if (this.buffer === watched) bytesRead = offset
  },
})

const SYNONYMS: Record<string, readonly string[]> = {
  // From the version on in which the client does the throttling, `throttleTime` is always 0.
  throttleTimeMs: ['clientSideThrottleTime', 'throttleTimeMs', 'throttleTime'],
  errorCode: ['errorCode', 'topicErrorCode', 'partitionErrorCode'],
  topics: ['topics', 'topicErrors', 'topicMetadata', 'responses'],
  responses: ['responses', 'topics', 'topicErrors', 'resources'],
  results: ['results', 'resources', 'topicErrors'],
  partitions: ['partitions', 'partitionMetadata'],
  partitionResponses: ['partitions'],
  name: ['name', 'topic', 'topicName', 'configName'],
  value: ['value', 'configValue'],
  source: ['configSource'],
  topic: ['topic', 'topicName'],
  partitionIndex: ['partition', 'partitionId'],
  index: ['partition'],
  leaderId: ['leader'],
  replicaNodes: ['replicas'],
  isrNodes: ['isr'],
  committedOffset: ['offset'],
  logAppendTimeMs: ['logAppendTime'],
  logStartOffset: ['logStartOffset', 'lastStartOffset'],
  records: ['messages'],
  protocolName: ['groupProtocol'],
  leader: ['leaderId'],
  metadata: ['metadata', 'memberMetadata'],
  assignment: ['memberAssignment'],
  groupState: ['state'],
  protocolData: ['protocol'],
  configs: ['configEntries'],
  synonyms: ['configSynonyms'],
  apiKeys: ['apiVersions'],
}

interface Message {
  readonly offset: string
  readonly timestamp: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Record<string, Buffer>
}

/** kafkajs's names for fields. */
export const kafkajsNames: Names = {
  of: (name) => SYNONYMS[name] ?? [name],
  records: (heard) =>
    (heard as Message[]).map(({ offset, timestamp, key, value, headers }) => ({
      offset: Number(offset),
      timestamp: Number(timestamp),
      key: key?.toString() ?? null,
      value: value?.toString() ?? null,
      headers: Object.entries(headers).map(([name, content]) => [name, content.toString()]),
    })),
}

import { BatchCursor, RecordCursor } from '@odradek/protocol'
import type { Cluster } from '../../cluster.ts'
import { topicPlaces } from '../../cluster-metadata.ts'
import { EARLIEST, LATEST, listOffsets, offsetOf } from '../../partition-offsets.ts'
import { type JsonValue, parseJsonBytes } from '../json/json-value.ts'
import { fetchBatches } from '../scan/fetch-batches.ts'
import type { RegisteredSchema, SchemaCache } from './schemas.ts'

/** Where Confluent's registry keeps its schemas. */
const SCHEMAS_TOPIC = '_schemas'
const READ_BYTES_MAX = 64 * 1024 * 1024
const HTTP_TIMEOUT_MS = 5_000
/** How long "there is no such schema" is believed. */
const MISSING_MS = 15_000

/**
 * Schemas by id: from the registry's address where the cluster has one configured, else from the topic `_schemas`, in which
 * a Confluent registry keeps them.
 */
export class SchemaSource implements SchemaCache {
  readonly #cluster: Cluster
  readonly #registryUrl: string | undefined
  readonly #schemas = new Map<number, RegisteredSchema>()
  readonly #missing = new Map<number, { readonly text: string; readonly until: number }>()
  #loading: Promise<void> | null = null
  #readUpTo = 0

  constructor(cluster: Cluster, registryUrl?: string) {
    this.#cluster = cluster
    this.#registryUrl = registryUrl
  }

  get(id: number): RegisteredSchema | string | undefined {
    const schema = this.#schemas.get(id)
    if (schema !== undefined) return schema
    const missing = this.#missing.get(id)
    return missing !== undefined && missing.until > Date.now() ? missing.text : undefined
  }

  /** Looks a schema up; afterwards `get` has it, or the reason why not. */
  async load(id: number): Promise<void> {
    try {
      const url = this.#registryUrl
      if (url === undefined) {
        this.#loading ??= this.#readTopic().finally(() => {
          this.#loading = null
        })
        await this.#loading
      } else {
        this.#schemas.set(id, await fetchSchema(url, id))
      }
      if (!this.#schemas.has(id)) this.#miss(id, `The topic ${SCHEMAS_TOPIC} of this cluster does not have it.`)
    } catch (error) {
      this.#miss(id, error instanceof Error ? error.message : String(error))
    }
  }

  #miss(id: number, text: string): void {
    this.#missing.set(id, { text, until: Date.now() + MISSING_MS })
  }

  async #readTopic(): Promise<void> {
    const topic = await topicPlaces(this.#cluster, SCHEMAS_TOPIC).catch(() => null)
    if (topic === null) {
      throw new Error(`No schema registry is configured, and the cluster has no topic ${SCHEMAS_TOPIC}.`)
    }
    const place = topic.partitions[0]
    if (place === undefined || place.leader < 0) throw new Error(`The topic ${SCHEMAS_TOPIC} has no leader.`)
    const question = [{ topic, partitions: [place.partition] }]
    const earliest = offsetOf(await listOffsets(this.#cluster, question, EARLIEST), SCHEMAS_TOPIC, place.partition)
    const end = offsetOf(await listOffsets(this.#cluster, question, LATEST), SCHEMAS_TOPIC, place.partition) ?? 0
    let offset = Math.max(this.#readUpTo, earliest ?? 0)
    const record = new RecordCursor()
    let bytes = 0
    while (offset < end && bytes < READ_BYTES_MAX) {
      const [fetched] = await fetchBatches(this.#cluster, SCHEMAS_TOPIC, [{ ...place, offset }], {
        isolation: 1,
        maxBytes: 4 * 1024 * 1024,
        partitionMaxBytes: 4 * 1024 * 1024,
      })
      if (fetched?.records == null || fetched.errorCode !== 0) break
      bytes += fetched.records.end - fetched.records.start
      const batches = new BatchCursor(fetched.records)
      while (batches.next()) {
        offset = Math.max(offset, batches.header.nextOffset)
        if (batches.header.isControl) continue
        record.open(batches.slice())
        while (record.next()) this.#take(record.key(), record.value())
      }
    }
    this.#readUpTo = offset
  }

  #take(key: Buffer | null, value: Buffer | null): void {
    if (key === null || value === null) return
    const fields = asMap(parsed(value))
    if (asMap(parsed(key))?.get('keytype') !== 'SCHEMA' || fields === null) return
    const id = fields.get('id')
    const text = fields.get('schema')
    if (typeof id !== 'bigint' || typeof text !== 'string' || fields.get('deleted') === true) return
    const subject = fields.get('subject')
    this.#schemas.set(Number(id), {
      id: Number(id),
      type: typeOf(fields.get('schemaType')),
      text,
      subject: typeof subject === 'string' ? subject : null,
      references: [],
    })
  }
}

async function fetchSchema(baseUrl: string, id: number): Promise<RegisteredSchema> {
  const base = baseUrl.replace(/\/+$/, '')
  const body = await getJson(`${base}/schemas/ids/${id}`)
  const text = body.get('schema')
  if (typeof text !== 'string') throw new Error(`The registry's answer about schema ${id} has no schema.`)
  const references: { name: string; text: string }[] = []
  const named = body.get('references')
  for (const item of Array.isArray(named) ? (named as readonly JsonValue[]) : []) {
    const reference = asMap(item)
    const [name, subject, version] = ['name', 'subject', 'version'].map((field) => reference?.get(field))
    const found = await getJson(`${base}/subjects/${encodeURIComponent(String(subject))}/versions/${version}`)
    references.push({ name: String(name), text: String(found.get('schema')) })
  }
  const subject = body.get('subject')
  return {
    id,
    type: typeOf(body.get('schemaType')),
    text,
    subject: typeof subject === 'string' ? subject : null,
    references,
  }
}

async function getJson(url: string): Promise<ReadonlyMap<string, JsonValue>> {
  const response = await fetch(url, { signal: AbortSignal.timeout(HTTP_TIMEOUT_MS), redirect: 'error' }).catch(
    (error) => {
      throw new Error(`The schema registry did not answer: ${error instanceof Error ? error.message : error}.`)
    },
  )
  if (!response.ok) throw new Error(`The schema registry answered ${response.status}.`)
  const fields = asMap(parsed(Buffer.from(await response.arrayBuffer())))
  if (fields === null) throw new Error("The schema registry's answer is not JSON.")
  return fields
}

function typeOf(name: JsonValue | undefined): RegisteredSchema['type'] {
  return name === 'PROTOBUF' || name === 'JSON' ? name : 'AVRO'
}

function parsed(bytes: Buffer): JsonValue {
  try {
    return parseJsonBytes(bytes, 0, bytes.length)
  } catch {
    return null
  }
}

function asMap(value: JsonValue | undefined): ReadonlyMap<string, JsonValue> | null {
  return value instanceof Map ? value : null
}

import { BatchCursor, controlTypes, RecordCursor, readControlRecord } from '@odradek/protocol'
import { KafkaError, RefusedError } from '../cluster-errors.ts'
import { EARLIEST, LATEST, listOffsets } from '../partition-offsets.ts'
import { decodersOf } from './decoders/offsets-record.ts'
import { decodePayload } from './decoders/payload.ts'
import { SchemaWanted } from './decoders/schemas.ts'
import type { Decoders } from './filter/cel-filter.ts'
import { formatPayload, type PayloadView } from './message-row.ts'
import { judgeAnswer } from './scan/fetch-answer.ts'
import { fetchBatches } from './scan/fetch-batches.ts'
import type { MessageSource } from './scan/message-source.ts'

/** A payload in full, up to a limit: decoded, and its bytes. */
export type FullPayload = PayloadView & { readonly base64: string }

export interface FullMessage {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
  readonly timestampType: 'CreateTime' | 'LogAppendTime'
  readonly key: FullPayload
  readonly value: FullPayload
  readonly headers: readonly { readonly key: string; readonly value: FullPayload }[]
  /** Of the batch that holds it. */
  readonly batch: {
    readonly baseOffset: number
    readonly records: number
    readonly sizeInBytes: number
    readonly codec: string
    readonly producerId: number
    readonly producerEpoch: number
    readonly baseSequence: number
    readonly leaderEpoch: number
    readonly isTransactional: boolean
  }
}

/** Why an offset holds no message. */
export type MissingReason = 'notWrittenYet' | 'belowStart' | 'commitMarker' | 'abortMarker' | 'controlRecord' | 'gone'

export interface FoundMessage {
  readonly message: FullMessage | null
  /** Set where `message` is null. */
  readonly missing: MissingReason | null
  /** First offset of the partition, and the one behind its last. */
  readonly startOffset: number
  readonly endOffset: number
}

/** Bytes of a payload that are given unless more is asked for, and the most that may be. */
export const PAYLOAD_BYTES = 256 * 1024
export const PAYLOAD_BYTES_MAX = 16 * 1024 * 1024
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

/** Reads the message at an offset, or tells what is there instead. Sees what is not committed too. */
export async function getMessage(
  source: MessageSource,
  topicName: string,
  partition: number,
  offset: number,
  chosen: Decoders,
  bytesMax: number = PAYLOAD_BYTES,
): Promise<FoundMessage> {
  const decoders = decodersOf(topicName, chosen)
  const topic = await source.topic(topicName)
  const place = topic.partitions.find((candidate) => candidate.partition === partition)
  const tried = `read ${topicName}/${partition}@${offset}`
  if (place === undefined) {
    const last = topic.partitions.length - 1
    throw new RefusedError(`The topic has no partition ${partition}.`, tried, `Choose one of 0 to ${last}.`)
  }
  const question = [{ topic, partitions: [partition] }]
  const [first, last] = await Promise.all([
    listOffsets(source.cluster, question, EARLIEST),
    listOffsets(source.cluster, question, LATEST),
  ])
  const low = first.get(topicName)?.get(partition)
  const high = last.get(topicName)?.get(partition)
  if (low?.errorCode !== 0 || high?.errorCode !== 0) throw new KafkaError(low?.errorCode || high?.errorCode || 5, tried)
  const bounds = { startOffset: low.offset, endOffset: high.offset }
  if (offset < low.offset) return { message: null, missing: 'belowStart', ...bounds }
  if (offset >= high.offset) return { message: null, missing: 'notWrittenYet', ...bounds }
  const [answer] = await fetchBatches(source.cluster, topicName, [{ ...place, offset }], {
    isolation: 0,
    maxBytes: 1024 * 1024,
    partitionMaxBytes: 1024 * 1024,
    maxWaitMs: 500,
  })
  if (answer === undefined || judgeAnswer(topicName, answer) !== 'read')
    throw new KafkaError(answer?.errorCode || 6, tried)
  if (answer.records === null) return { message: null, missing: 'gone', ...bounds }
  const batches = new BatchCursor(answer.records)
  const cursor = new RecordCursor()
  while (batches.next()) {
    const { header } = batches
    if (header.nextOffset <= offset) continue
    if (header.baseOffset > offset) break
    cursor.open(batches.slice())
    while (cursor.next()) {
      if (cursor.offset !== offset) continue
      if (header.isControl) return { message: null, missing: markerOf(cursor), ...bounds }
      const message = await read(source, cursor, topicName, partition, decoders, bytesMax)
      return { message, missing: null, ...bounds }
    }
    break
  }
  return { message: null, missing: 'gone', ...bounds }
}

function markerOf(cursor: RecordCursor): MissingReason {
  const type = readControlRecord(cursor)?.type
  if (type === controlTypes.COMMIT) return 'commitMarker'
  return type === controlTypes.ABORT ? 'abortMarker' : 'controlRecord'
}

async function read(
  { schemas }: MessageSource,
  cursor: RecordCursor,
  topic: string,
  partition: number,
  decoders: Decoders,
  bytesMax: number,
): Promise<FullMessage> {
  const key = cursor.key()
  const value = cursor.value()
  for (const [bytes, decoder] of [
    [key, decoders.key],
    [value, decoders.value],
  ] as const) {
    try {
      decodePayload(bytes, decoder, schemas)
    } catch (error) {
      if (!(error instanceof SchemaWanted)) throw error
      await schemas.load(error.id)
    }
  }
  const { header } = cursor
  return {
    topic,
    partition,
    offset: cursor.offset,
    timestamp: cursor.timestamp,
    timestampType: header.timestampType,
    key: formatPayload(key, decoders.key, schemas, bytesMax),
    value: formatPayload(value, decoders.value, schemas, bytesMax),
    headers: cursor
      .headers()
      .map((item) => ({ key: item.key, value: formatPayload(item.value, 'text', schemas, bytesMax) })),
    batch: {
      baseOffset: header.baseOffset,
      records: header.count,
      sizeInBytes: header.sizeInBytes,
      codec: CODECS[header.codec] ?? String(header.codec),
      producerId: header.producerId,
      producerEpoch: header.producerEpoch,
      baseSequence: header.baseSequence,
      leaderEpoch: header.leaderEpoch,
      isTransactional: header.isTransactional,
    },
  }
}

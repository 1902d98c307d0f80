import type { TopicConfig } from '@odradek/config'
import { type CodecName, codecWithId, RecordBatchBuilder, type RecordInput } from '@odradek/protocol'
import type { RecordHeaders, StoredRecord } from './intake-reader.ts'

const BORN_TIMESTAMP = 'BORN_TIMESTAMP'

/** How a batch is made for its target. */
export interface DeliveryOptions {
  readonly producerId: number
  readonly epoch: number
  readonly sequence: number
  /** The time of the delivery, epoch milliseconds: the timestamp that records have from now on. */
  readonly nowMs: number
  /** `compression.type` of the target. */
  readonly compression: TopicConfig['compression.type']
  /** What becomes of a record's headers. */
  headersOf(record: StoredRecord): RecordHeaders
}

/** The batch by which `records` become visible. The same records give the same count, so that its sequences are the same. */
export function deliveryBatch(records: readonly StoredRecord[], options: DeliveryOptions): Buffer {
  const { producerId, epoch, sequence, nowMs, compression, headersOf } = options
  const codec: CodecName =
    compression === 'producer'
      ? codecWithId(records[0]?.codec ?? 0).name
      : compression === 'uncompressed'
        ? 'none'
        : compression
  const builder = new RecordBatchBuilder({ producerId, producerEpoch: epoch, baseSequence: sequence, codec })
  for (const record of records) {
    const input: RecordInput = { key: record.key, value: record.value, headers: headersOf(record), timestamp: nowMs }
    builder.append(input)
  }
  return builder.build()
}

/** The headers of a record with the time that its client gave it as BORN_TIMESTAMP. */
export function withBornTimestamp(record: StoredRecord, headers: RecordHeaders = record.headers): RecordHeaders {
  const others = headers.filter(({ key }) => !isNamed(key, BORN_TIMESTAMP))
  return [...others, { key: BORN_TIMESTAMP, value: String(record.timestamp) }]
}

function isNamed(key: Uint8Array | string, name: string): boolean {
  if (typeof key === 'string') return key === name
  return key.length === name.length && Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1') === name
}

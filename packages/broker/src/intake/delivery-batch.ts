import type { TopicConfig } from '@odradek/config'
import { type CodecName, codecWithId, RecordBatchBuilder } from '@odradek/protocol'
import type { RecordHeaders, StoredRecord } from './stored-record.ts'

/** The header that tells the time which a record's client gave it. */
export const BORN_TIMESTAMP = 'BORN_TIMESTAMP'

/** How a batch is made for its target. */
export interface DeliveryOptions {
  readonly producerId: number
  readonly epoch: number
  readonly sequence: number
  /** The time of the delivery, epoch milliseconds: the timestamp that records have from now on. */
  readonly nowMs: number
  /** `compression.type` of the target. */
  readonly compression: TopicConfig['compression.type']
  /** The headers that a record has from now on; null for its own and BORN_TIMESTAMP. */
  headersOf(record: StoredRecord): RecordHeaders | null
}

/** The batch by which `records` become visible. The same records give the same count, so that its sequences are the same. */
export function deliveryBatch(records: readonly StoredRecord[], options: DeliveryOptions): Buffer {
  const { producerId, epoch, sequence, nowMs, headersOf } = options
  const codec = codecOf(options.compression, records)
  const builder = new RecordBatchBuilder({ producerId, producerEpoch: epoch, baseSequence: sequence, codec })
  for (const record of records) {
    const headers = headersOf(record)
    const { parts, headersStart, headerCount, timestamp } = record
    const born = { key: BORN_TIMESTAMP, value: String(timestamp) }
    if (headers !== null) builder.append({ key: record.key, value: record.value, headers, timestamp: nowMs })
    else if (!record.hasBornTimestamp) builder.appendParts(parts, headersStart, headerCount, nowMs, born)
    else {
      const others = record.headers.filter(({ key }) => key.toString('latin1') !== BORN_TIMESTAMP)
      builder.append({ key: record.key, value: record.value, headers: [...others, born], timestamp: nowMs })
    }
  }
  return builder.build()
}

function codecOf(compression: TopicConfig['compression.type'], records: readonly StoredRecord[]): CodecName {
  if (compression === 'producer') return codecWithId(records[0]?.codec ?? 0).name
  return compression === 'uncompressed' ? 'none' : compression
}

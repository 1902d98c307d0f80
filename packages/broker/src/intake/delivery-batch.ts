import type { TopicConfig } from '@odradek/config'
import { type CodecName, codecWithId, encodeHeader, RecordBatchBuilder } from '@odradek/protocol'
import type { RecordHeaders, StoredRecord } from './stored-record.ts'
import { DELAY_DUE_TIME } from './timer-headers.ts'

/** The header that tells the time which a record's client gave it. */
export const BORN_TIMESTAMP = 'BORN_TIMESTAMP'
const OWN_HEADERS: ReadonlySet<string> = new Set([BORN_TIMESTAMP, DELAY_DUE_TIME])

/** How a batch is made for its target. */
export interface DeliveryOptions {
  readonly producerId: number
  readonly epoch: number
  readonly sequence: number
  /** The time of the delivery, epoch milliseconds: the timestamp that records have from now on. */
  readonly nowMs: number
  /** `compression.type` of the target. */
  readonly compression: TopicConfig['compression.type']
  /** About how many bytes it will have. */
  readonly bytesHint: number
  /** The headers that a record has from now on; null for its own and BORN_TIMESTAMP. */
  headersOf(record: StoredRecord): RecordHeaders | null
}

/** The batch by which records become visible. The same records give the same count, so that its sequences are the same. */
export class DeliveryBatch {
  /** Intake offsets of what is in it. */
  readonly offsets: number[] = []
  /** Bytes of its records as their clients sent them. */
  bytes = 0
  readonly #options: DeliveryOptions
  readonly #records: StoredRecord[] = []
  readonly #builder: RecordBatchBuilder
  #bornTimestamp = Number.NaN
  #bornHeader: Buffer = Buffer.alloc(0)

  /** `first` is the record that will be added first. */
  constructor(first: StoredRecord, options: DeliveryOptions) {
    this.#options = options
    const { producerId, epoch, sequence, compression, bytesHint } = options
    const codec = codecOf(compression, first)
    const batchOptions = { producerId, producerEpoch: epoch, baseSequence: sequence, codec }
    this.#builder = new RecordBatchBuilder(batchOptions, bytesHint)
  }

  get count(): number {
    return this.offsets.length
  }

  add(offset: number, record: StoredRecord): void {
    this.offsets.push(offset)
    this.#records.push(record)
    this.bytes += record.sizeInBytes
    const { nowMs, headersOf } = this.#options
    const builder = this.#builder
    const headers = headersOf(record)
    if (headers !== null) {
      builder.append({ key: record.key, value: record.value, headers, timestamp: nowMs })
      return
    }
    if (!record.hasOwnHeaders) {
      builder.appendParts(record, nowMs, this.#bornHeaderOf(record.timestamp))
      return
    }
    const born = { key: BORN_TIMESTAMP, value: String(record.timestamp) }
    const others = record.headers.filter(({ key }) => !OWN_HEADERS.has(key.toString('latin1')))
    builder.append({ key: record.key, value: record.value, headers: [...others, born], timestamp: nowMs })
  }

  /** Neighbours often have the same timestamp. */
  #bornHeaderOf(timestamp: number): Buffer {
    if (timestamp !== this.#bornTimestamp) {
      this.#bornTimestamp = timestamp
      this.#bornHeader = encodeHeader(BORN_TIMESTAMP, String(timestamp))
    }
    return this.#bornHeader
  }

  /** The same without what is not wanted: itself where all is, null where nothing is. */
  only(isWanted: (offset: number) => boolean): DeliveryBatch | null {
    const { offsets } = this
    if (offsets.every(isWanted)) return this
    const first = offsets.findIndex(isWanted)
    if (first < 0) return null
    const rest = new DeliveryBatch(this.#records[first]!, this.#options)
    for (const [at, offset] of offsets.entries()) if (isWanted(offset)) rest.add(offset, this.#records[at]!)
    return rest
  }

  build(): Buffer {
    return this.#builder.build()
  }
}

function codecOf(compression: TopicConfig['compression.type'], first: StoredRecord): CodecName {
  if (compression === 'producer') return codecWithId(first.codec).name
  return compression === 'uncompressed' ? 'none' : compression
}

/**
 * The Produce requests of one connection, encoded before the clock starts and lying one behind the other, so that any
 * number of neighbours is one write. Only correlation id and partition are written into a frame before it is used again,
 * which is when its answer has come: nobody reads it then.
 */
import { Produce, type Slice } from '@odradek/protocol'
import { encodeRequest, PRODUCE_VERSION } from './control-client.ts'

/** Where a request's correlation id lies in its frame. */
export const CORRELATION_ID = 8
/** Tag sections of the partition, the topic and the request. */
const TAGS_BYTES = 3
const PARTITION_BYTES = 4

export class ProduceFrames {
  readonly count: number
  readonly frameBytes: number
  readonly #buffer: Buffer
  readonly #view: DataView
  /** Where the partition's index lies in a frame. */
  readonly partitionAt: number

  constructor(topic: string, batch: Slice, count: number) {
    const frame = encodeRequest(Produce, PRODUCE_VERSION, 0, {
      acks: 1,
      timeoutMs: 30_000,
      topicData: [{ name: topic, partitionData: [{ index: 0, records: batch }] }],
    })
    const batchBytes = batch.end - batch.start
    this.count = count
    this.frameBytes = frame.length
    this.partitionAt = frame.length - TAGS_BYTES - batchBytes - varintBytes(batchBytes + 1) - PARTITION_BYTES
    this.#buffer = Buffer.allocUnsafeSlow(frame.length * count)
    for (let slot = 0; slot < count; slot++) frame.copy(this.#buffer, slot * frame.length)
    this.#view = new DataView(this.#buffer.buffer, 0, this.#buffer.length)
  }

  /** Makes the frame in `slot` the request `correlationId` to `partition`. */
  prepare(slot: number, correlationId: number, partition: number): void {
    const at = slot * this.frameBytes
    this.#view.setInt32(at + CORRELATION_ID, correlationId)
    this.#view.setInt32(at + this.partitionAt, partition)
  }

  /** The bytes of `count` frames from `slot` on. */
  bytes(slot: number, count: number): Buffer {
    return this.#buffer.subarray(slot * this.frameBytes, (slot + count) * this.frameBytes)
  }
}

function varintBytes(value: number): number {
  let bytes = 1
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes++
  return bytes
}

/**
 * The Produce requests of one connection, encoded before the clock starts. Only correlation id and partition are written
 * into a frame before it is used again, which is when its answer has come: nobody reads it then.
 *
 * Small frames lie one behind the other, so that any number of neighbours is one write. Large ones have heads of their own
 * and share the batch, so that what is sent stays in the processor's cache.
 */
import type { Socket } from 'node:net'
import { Produce, type Slice } from '@odradek/protocol'
import { encodeRequest, PRODUCE_VERSION } from './control-client.ts'

/** Where a request's correlation id lies in its frame. */
export const CORRELATION_ID = 8
/** Tag sections of the partition, the topic and the request. */
const TAGS_BYTES = 3
const PARTITION_BYTES = 4
/** Frames from this size on share their batch. */
const SHARED_BYTES_MIN = 256 * 1024

export class ProduceFrames {
  readonly count: number
  readonly frameBytes: number
  /** Where the partition's index lies in a frame. */
  readonly partitionAt: number
  /** Bytes of a frame that are its own. */
  readonly #ownBytes: number
  readonly #own: Buffer
  readonly #view: DataView
  /** What follows a frame's own bytes; empty when all are. */
  readonly #common: Buffer

  constructor(topic: string, batch: Slice, count: number, acks: 1 | -1 = 1) {
    const frame = encodeRequest(Produce, PRODUCE_VERSION, 0, {
      acks,
      timeoutMs: 30_000,
      topicData: [{ name: topic, partitionData: [{ index: 0, records: batch }] }],
    })
    const batchBytes = batch.end - batch.start
    const batchAt = frame.length - TAGS_BYTES - batchBytes
    this.count = count
    this.frameBytes = frame.length
    this.partitionAt = batchAt - varintBytes(batchBytes + 1) - PARTITION_BYTES
    this.#ownBytes = frame.length < SHARED_BYTES_MIN ? frame.length : batchAt
    this.#own = Buffer.allocUnsafeSlow(this.#ownBytes * count)
    for (let slot = 0; slot < count; slot++) frame.copy(this.#own, slot * this.#ownBytes, 0, this.#ownBytes)
    this.#view = new DataView(this.#own.buffer, 0, this.#own.length)
    this.#common = frame.subarray(this.#ownBytes)
  }

  /** Makes the frame in `slot` the request `correlationId` to `partition`. */
  prepare(slot: number, correlationId: number, partition: number): void {
    const at = slot * this.#ownBytes
    this.#view.setInt32(at + CORRELATION_ID, correlationId)
    this.#view.setInt32(at + this.partitionAt, partition)
  }

  /** Sends `count` frames from `slot` on, as one write. */
  send(socket: Socket, slot: number, count: number): void {
    if (this.#common.length === 0) {
      socket.write(this.#own.subarray(slot * this.#ownBytes, (slot + count) * this.#ownBytes))
      return
    }
    socket.cork()
    for (let at = slot; at < slot + count; at++) {
      socket.write(this.#own.subarray(at * this.#ownBytes, (at + 1) * this.#ownBytes))
      socket.write(this.#common)
    }
    socket.uncork()
  }

  /** A copy of one frame. */
  copy(slot: number): Buffer {
    return Buffer.concat([this.#own.subarray(slot * this.#ownBytes, (slot + 1) * this.#ownBytes), this.#common])
  }
}

function varintBytes(value: number): number {
  let bytes = 1
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes++
  return bytes
}

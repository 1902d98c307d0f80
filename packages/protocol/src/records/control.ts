import { encodeBatch } from './encode-batch.ts'
import type { RecordCursor } from './record-cursor.ts'

/**
 * Control records: what the broker writes among the producers' records, and consumers skip. The key is int16 version,
 * int16 type; the value of a transaction's end marker is int16 version, int32 coordinator epoch.
 * Source: https://kafka.apache.org/documentation/#controlbatch
 */
export const controlTypes = {
  ABORT: 0,
  COMMIT: 1,
  LEADER_CHANGE: 2,
  SNAPSHOT_HEADER: 3,
  SNAPSHOT_FOOTER: 4,
  KRAFT_VERSION: 5,
  KRAFT_VOTERS: 6,
} as const

/** The end of a producer's transaction in one partition. */
export interface EndTransactionMarker {
  readonly committed: boolean
  readonly producerId: number
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
  /** Epoch milliseconds. */
  readonly timestamp: number
  /** [0] */
  readonly baseOffset?: number
  /** [-1] */
  readonly leaderEpoch?: number
}

/** What a control record says. */
export interface ControlRecord {
  readonly version: number
  /** One of `controlTypes`, or a number of the future. */
  readonly type: number
  /** The epoch of the transaction coordinator that ended the transaction; -1 when the record is not an end marker. */
  readonly coordinatorEpoch: number
}

/** The batch of one record that ends a transaction. It has no sequence. */
export function encodeEndTransactionMarker(marker: EndTransactionMarker): Buffer {
  const key = Buffer.alloc(4)
  key.writeInt16BE(marker.committed ? controlTypes.COMMIT : controlTypes.ABORT, 2)
  const value = Buffer.alloc(6)
  value.writeInt32BE(marker.coordinatorEpoch, 2)
  return encodeBatch({
    records: [{ key, value, timestamp: marker.timestamp }],
    baseOffset: marker.baseOffset ?? 0,
    leaderEpoch: marker.leaderEpoch ?? -1,
    producerId: marker.producerId,
    producerEpoch: marker.producerEpoch,
    transactional: true,
    control: true,
  })
}

/** Reads the control record a cursor is at, or returns null when its key or value is too short to be one. */
export function readControlRecord(cursor: RecordCursor): ControlRecord | null {
  const { buffer, keyStart, keyEnd, valueStart, valueEnd } = cursor
  if (keyEnd - keyStart < 4) return null
  const version = buffer.readInt16BE(keyStart)
  const type = buffer.readInt16BE(keyStart + 2)
  if (version < 0 || type < 0) return null
  if (type !== controlTypes.ABORT && type !== controlTypes.COMMIT) return { version, type, coordinatorEpoch: -1 }
  if (valueEnd - valueStart < 6) return null
  return { version, type, coordinatorEpoch: buffer.readInt32BE(valueStart + 2) }
}

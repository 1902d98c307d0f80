import type { BatchHeader, BlamedRecord, RecordCursor, Slice } from '@odradek/protocol'
import type { Lane } from './intake-note.ts'
import type { RecordHeaders, StoredRecord } from './stored-record.ts'

/** Who sent a batch. */
export interface Sender {
  readonly clientId: string | null
  /** The address it came from. */
  readonly host: string
}

/** A batch that may be appended to the intake log, and what its records wait for. */
export interface Admission {
  readonly errorCode: 0
  readonly batch: Slice
  /** By record: epoch milliseconds. */
  readonly dues: Float64Array
  /** By record: 1 for dead letters. Null where there are none. */
  readonly lanes: Uint8Array | null
}

/** Why a batch is refused, all of it. */
export interface AdmissionRefusal {
  readonly errorCode: number
  /** The records that are to blame, in their order; none when it is the batch. */
  readonly blamed: readonly BlamedRecord[]
  readonly text: string
}

/** What records of a message type wait for, and how they look when they are delivered. */
export interface IntakeRules {
  /** Whether records can be given up, and have somewhere to go then. */
  readonly hasDeadLetters: boolean
  /** Looks at a batch that a client sent and that was validated; `header` is the one it was read into. */
  admit(batch: Slice, header: BatchHeader, nowMs: number, sender: Sender): Admission | AdmissionRefusal
  /** When the record that `cursor` is at is due: one that is in the log, accepted at `acceptedMs`. */
  dueOf(cursor: RecordCursor, acceptedMs: number): number
  /** Where it goes then. */
  laneOf(cursor: RecordCursor): Lane
  /** The headers that a record has from its delivery on; null for its own and BORN_TIMESTAMP. */
  headersOf(record: StoredRecord, lane: Lane): RecordHeaders | null
}

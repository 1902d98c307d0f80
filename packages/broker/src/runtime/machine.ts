import type { Decision, Now } from './decision.ts'

/**
 * State that lives in one partition of an internal topic. It decides and replays and never acts: no socket, disk,
 * timer or clock. `replay` is the only writer of what must survive; decisions may change what need not (waits,
 * deadlines), because a machine whose records could not be appended is dropped and loaded anew.
 */
export interface Machine<R> {
  /** Applies a record: one just decided, or one read back from the log. */
  replay(record: R): void
  /** Called once, when all of the log has been replayed: waits and sessions start here. */
  loaded(now: Now): Decision<null, R>
  /** Deals with at most one thing that is due; called again while `nextDeadline` has passed. */
  due(now: Now): Decision<null, R>
  /** The monotonic time at which `due` wants to be called, Infinity for never. It may be too early, never too late. */
  nextDeadline(): number
}

/** A record of a machine as key and value of a log record. A null value is a tombstone. */
export interface EncodedRecord {
  readonly key: Buffer
  readonly value: Buffer | null
}

/** The table between a machine's records and bytes. */
export interface RecordCodec<R> {
  encode(record: R): EncodedRecord
  /** Null for a record that this machine does not know (a newer broker's): it is passed over. Buffers are borrowed. */
  decode(key: Buffer, value: Buffer | null): R | null
}

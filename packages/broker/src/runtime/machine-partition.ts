import type { Slice } from '@odradek/protocol'

/** What became of an append. Read before the next call; the object may be reused. */
export interface MachineAppend {
  /** NONE, or why nothing was appended. */
  readonly errorCode: number
  readonly baseOffset: number
}

/** The leader's side of a partition, as a machine's shell needs it. */
export interface MachinePartition {
  readonly index: number
  readonly leaderEpoch: number
  readonly startOffset: number
  /** The offset after the last record appended. */
  readonly endOffset: number
  /** All below is committed. */
  readonly highWatermark: number
  /** Appends one batch, made with base offset 0; it is borrowed. Throws when the disk fails. */
  append(batch: Slice): MachineAppend
  /**
   * Whole batches from the one that contains `from` (or the next there is) on, about `maxBytes` but one batch at least;
   * empty at the end. They may begin before `from`. Throws when the disk fails.
   */
  readForReplay(from: number, maxBytes: number): Buffer
  /**
   * Calls `done(NONE)` when the high watermark is at or above `offset`, at the end of this turn at the earliest, or
   * `done(code)` when leadership or the log is lost.
   */
  waitFor(offset: number, done: (errorCode: number) => void): void
  /**
   * The same when it is certain that this broker leads the partition, and no other has told anything newer. Returns what
   * gives the wait up: `done` is not called any more.
   */
  waitForProof(done: (errorCode: number) => void): () => void
}

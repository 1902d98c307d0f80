import type { JournalSlot } from './journal-slot.ts'

/** A log, as far as the journal knows it. */
export interface JournaledLog {
  readonly topicId: string
  readonly partition: number
  readonly latestEpoch: number
  /** All below is durable in its own files: the journal need not hold it. */
  readonly recoveryPoint: number
  readonly journalSlot: JournalSlot<JournaledLog>
}

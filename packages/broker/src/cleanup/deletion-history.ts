import type { DeletionReason } from './planned-log.ts'

/** What was deleted of one partition in one pass, for one reason. */
export interface DeletionRecord {
  /** Epoch milliseconds. */
  readonly time: number
  readonly topic: string
  readonly partition: number
  readonly reason: DeletionReason
  readonly segments: number
  readonly bytes: number
  /** Where the log began afterwards. */
  readonly startOffset: number
}

const RECORDS_MAX = 1000

/** What was deleted since the start: the newest deletions, and totals by reason. */
export class DeletionHistory {
  readonly totals: Readonly<Record<DeletionReason, { segments: number; bytes: number }>> = {
    time: { segments: 0, bytes: 0 },
    size: { segments: 0, bytes: 0 },
    forced: { segments: 0, bytes: 0 },
  }
  readonly #records: DeletionRecord[] = []

  add(record: DeletionRecord): void {
    const total = this.totals[record.reason]
    total.segments += record.segments
    total.bytes += record.bytes
    if (this.#records.length === RECORDS_MAX) this.#records.shift()
    this.#records.push(record)
  }

  /** The newest first. */
  get newest(): readonly DeletionRecord[] {
    return this.#records.toReversed()
  }
}

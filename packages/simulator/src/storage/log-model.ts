/**
 * What is known from outside of one log, and what must hold of it whatever happens:
 *
 *      start         durable          written             end
 *     ───┼──────────────┼────────────────┼─────────────────┤
 *        │ outlives power failures       │ was staged, or   │
 *        │              │ outlives kills │ is being written │
 *
 * `end` is the most that can be found, `durable` and `written` are the least. While a cut is under way both what was before
 * and what comes after it may be found; once it is done, nothing that was cut off comes back.
 */

import type { End } from '../partition-history.ts'

/** What is at one offset. */
export interface ModelRecord {
  /** Unique in the world. */
  readonly id: string
  readonly key: string | null
  /** -1 without. */
  readonly producerId: number
  readonly sequence: number
  readonly leaderEpoch: number
  /** Of its batch. */
  readonly baseOffset: number
  readonly lastOffset: number
  readonly kind: 'data' | 'transactional' | 'commit' | 'abort'
}

/** An aborted transaction, as the log tells of it. */
export interface ModelAbort {
  readonly producerId: number
  readonly firstOffset: number
  readonly lastOffset: number
}

/** A flush that was asked for: what it makes durable if it ends well. */
export interface FlushTarget {
  offset: number
}

/** The timestamp of the data record at `offset`. Those of markers are 1. */
export function timestampOf(offset: number): number {
  return 1000 + offset
}

/** The id of topic number `number`: base64url of 16 bytes. */
export function topicIdOf(number: number): string {
  return `AAAAAAAAQACAAAA${String(number).padStart(6, '0')}A`
}

export class LogModel {
  readonly topic: string
  readonly partition: number
  readonly topicId: string
  readonly isCompacted: boolean
  readonly records = new Map<number, ModelRecord>()
  readonly flushes = new Set<FlushTarget>()
  end = 0
  written = 0
  durable = 0
  /** The greatest start that was asked for, and the greatest that was noted durably. */
  durableStart = 0
  /** The greatest start there ever was: epochs below may have been forgotten. */
  startEver = 0
  /** Compaction may have taken records below. */
  compactedTo = 0
  /** A cut took the newer ones for the sake of which compaction may have taken records below. */
  lostTo = 0
  /** The same, ever: what was the last of a producer nobody can tell from outside. */
  isLossy = false
  /** Who wrote below may be forgotten, unless it can still be read. */
  producersFrom = 0
  /** The offset of an emptying that did not come to its end; -1: none. */
  emptying = -1
  /** Where the cut that is under way ends it. */
  cutTo = 0
  leaderEpoch = 0
  /** The worst of how lives ended since it was last looked at. */
  ended: End = 'clean'
  #start = 0

  constructor(topic: string, partition: number, topicId: string, isCompacted: boolean) {
    this.topic = topic
    this.partition = partition
    this.topicId = topicId
    this.isCompacted = isCompacted
  }

  get start(): number {
    return this.#start
  }

  set start(offset: number) {
    this.#start = offset
    this.startEver = Math.max(this.startEver, offset)
  }

  get name(): string {
    return `${this.topic}-${this.partition}`
  }

  /** Notes records that are being appended, over whatever might have been there. */
  put(records: readonly ModelRecord[]): void {
    const { baseOffset, lastOffset } = records[0]!
    this.#forgetFrom(baseOffset)
    for (const [at, record] of records.entries()) this.records.set(baseOffset + at, record)
    this.end = lastOffset + 1
  }

  /** A cut to `offset` begins: from now on less may be found. */
  cutBegins(offset: number): void {
    this.written = Math.min(this.written, offset)
    this.durable = Math.min(this.durable, offset)
    this.durableStart = Math.min(this.durableStart, offset)
    for (const flush of this.flushes) flush.offset = Math.min(flush.offset, offset)
  }

  /** It is done: what was cut off never comes back. */
  cutDone(end: number): void {
    this.#forgetFrom(end)
    this.end = end
    this.start = Math.min(this.start, end)
    this.#compactedOrCut(end)
  }

  /** All was removed; the next record gets `offset`. */
  emptied(offset: number): void {
    this.records.clear()
    this.end = offset
    this.start = offset
    // Where a log begins in which nothing was ever durable a crash may forget.
    this.durableStart = 0
    this.written = 0
    this.durable = 0
    this.compactedTo = offset
    this.emptying = -1
  }

  /** What a new life found: it is all there is now. */
  found(end: number, start: number, isDurable: boolean): void {
    this.#forgetFrom(end)
    this.#compactedOrCut(end)
    this.end = end
    this.written = end
    this.start = start
    this.durableStart = Math.min(this.durableStart, start)
    if (isDurable && end > start) this.durable = end
    this.emptying = -1
    this.ended = 'clean'
    this.flushes.clear()
  }

  /** The life of the machine ended. */
  died(death: 'process' | 'power'): void {
    if (this.ended !== 'power') this.ended = death
  }

  /** All logs were closed in good order. */
  stopped(): void {
    this.durable = this.end
    this.durableStart = Math.max(this.durableStart, this.start)
  }

  /** Where the batch begins that holds `offset`; `offset` where there is none. */
  batchStart(offset: number): number {
    return Math.min(offset, this.records.get(offset)?.baseOffset ?? offset)
  }

  /** Whether a log may end at `offset`: between batches. */
  canEndAt(offset: number): boolean {
    const record = this.records.get(offset)
    return record === undefined || record.baseOffset === offset
  }

  /** The sequence of the last record of a producer, -1 without any; and its offset. */
  lastOf(producerId: number): { sequence: number; offset: number } {
    let last = { sequence: -1, offset: -1 }
    for (const [offset, record] of this.records) {
      if (record.producerId === producerId && offset > last.offset) last = { sequence: record.sequence, offset }
    }
    return last
  }

  /** The newest batches of a producer, newest first: base offset and what is at it. */
  batchesOf(producerId: number): [offset: number, record: ModelRecord][] {
    return [...this.records]
      .filter(([offset, record]) => record.producerId === producerId && record.baseOffset === offset)
      .sort(([a], [b]) => b - a)
  }

  /** The transactions of `producerId`: those aborted, and where an open one began (-1: none). */
  transactions(producerId: number): { aborted: ModelAbort[]; open: number } {
    const aborted: ModelAbort[] = []
    let open = -1
    for (const [offset, record] of [...this.records].sort(([a], [b]) => a - b)) {
      if (record.producerId !== producerId) continue
      if (record.kind === 'transactional') {
        if (open < 0) open = offset
        continue
      }
      if (open >= 0 && record.kind === 'abort') aborted.push({ producerId, firstOffset: open, lastOffset: offset })
      open = -1
    }
    return { aborted, open }
  }

  /** The newest record of each key below `end`. */
  newestOfKeys(): Map<string, number> {
    const newest = new Map<string, number>()
    for (const [offset, { key }] of this.records) {
      if (key !== null && offset > (newest.get(key) ?? -1)) newest.set(key, offset)
    }
    return newest
  }

  /** The log ends at `end` now. */
  #compactedOrCut(end: number): void {
    if (this.compactedTo > end) this.isLossy = true
    this.lostTo = this.compactedTo > end ? end : Math.min(this.lostTo, end)
    this.compactedTo = Math.min(this.compactedTo, end)
  }

  #forgetFrom(offset: number): void {
    for (const known of this.records.keys()) if (known >= offset) this.records.delete(known)
  }
}

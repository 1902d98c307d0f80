import { BatchCursor, CorruptBatchError, controlTypes, RecordCursor, readControlRecord } from '@odradek/protocol'
import type { FetchedPartition } from './fetch-batches.ts'

/** What a walk met that are no records for a reader, by offset counts; meant to be reused. */
export class WalkCounts {
  markers = 0
  rolledBack = 0
  readonly notes: string[] = []
}

/** Told of each record; false ends the walk behind it. */
export type Visit = (cursor: RecordCursor) => boolean

const NOTES_MAX = 20

/**
 * Steps through what a Fetch gave of one partition, from offset `from` up to, not including, `upTo`, and tells `visit` of
 * each record that is data and, with `readCommitted`, was not rolled back.
 */
export class BatchWalk {
  readonly #cursor = new RecordCursor()
  readonly #counts: WalkCounts
  /** The offset that was reached: the next one to be read. What `visit` throws on is not behind it. */
  reached = 0

  constructor(counts: WalkCounts) {
    this.#counts = counts
  }

  /** Returns false where `visit` ended it. */
  run(fetched: FetchedPartition, from: number, upTo: number, readCommitted: boolean, visit: Visit): boolean {
    this.reached = from
    if (fetched.records === null) return true
    const batches = new BatchCursor(fetched.records)
    const rolledBack = readCommitted ? new RolledBack(fetched.abortedTransactions) : null
    while (batches.next()) {
      const { header } = batches
      if (header.baseOffset >= upTo) break
      const isRolledBack = rolledBack?.passes(header.lastOffset, header.producerId, header.isTransactional) ?? false
      if (header.nextOffset <= from) {
        if (header.isControl) this.#endTransaction(batches, rolledBack)
        continue
      }
      if (header.isControl) {
        this.#endTransaction(batches, rolledBack)
        this.#counts.markers += header.count
      } else if (isRolledBack) {
        this.#counts.rolledBack += header.count
      } else if (!this.#records(batches, upTo, visit)) return false
      this.reached = Math.min(upTo, Math.max(this.reached, header.nextOffset))
    }
    return true
  }

  #records(batches: BatchCursor, upTo: number, visit: Visit): boolean {
    const cursor = this.#cursor
    try {
      cursor.open(batches.slice())
      while (cursor.next()) {
        if (cursor.offset < this.reached) continue
        if (cursor.offset >= upTo) break
        const goOn = visit(cursor)
        this.reached = cursor.offset + 1
        if (!goOn) return false
      }
    } catch (error) {
      if (!(error instanceof CorruptBatchError)) throw error
      if (this.#counts.notes.length < NOTES_MAX) {
        this.#counts.notes.push(`The batch at offset ${batches.header.baseOffset} is damaged: ${error.message}`)
      }
    } finally {
      cursor.release()
    }
    return true
  }

  #endTransaction(batches: BatchCursor, rolledBack: RolledBack | null): void {
    if (rolledBack === null) return
    this.#cursor.open(batches.slice())
    if (this.#cursor.next() && readControlRecord(this.#cursor)?.type === controlTypes.ABORT) {
      rolledBack.end(batches.header.producerId)
    }
    this.#cursor.release()
  }
}

/** Which producers' transactions are being rolled back at a point of the log, from what a Fetch tells of them. */
class RolledBack {
  readonly #ahead: { readonly producerId: number; readonly firstOffset: number }[]
  readonly #producers = new Set<number>()

  constructor(aborted: FetchedPartition['abortedTransactions']) {
    this.#ahead = aborted.toSorted((one, other) => one.firstOffset - other.firstOffset)
  }

  /** Moves on to a batch and tells whether it was rolled back. */
  passes(lastOffset: number, producerId: number, isTransactional: boolean): boolean {
    while (this.#ahead.length > 0 && this.#ahead[0]!.firstOffset <= lastOffset) {
      this.#producers.add(this.#ahead.shift()!.producerId)
    }
    return isTransactional && this.#producers.has(producerId)
  }

  end(producerId: number): void {
    this.#producers.delete(producerId)
  }
}

/** The offset behind the last whole batch that was fetched, or `from` where there is none. */
export function offsetAfter(fetched: FetchedPartition, from: number): number {
  if (fetched.records === null) return from
  const batches = new BatchCursor(fetched.records)
  let next = from
  while (batches.next()) next = Math.max(next, batches.header.nextOffset)
  return next
}

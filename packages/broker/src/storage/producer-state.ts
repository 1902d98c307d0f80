/**
 * What a partition knows of its producers: idempotence (sequences and epochs over the last five batches of each) and
 * transactions (which are open, which were aborted where, up to where the log is stable).
 *
 * `check` decides about a batch that a producer sent; `apply` notes a batch that is in the log, whoever put it there. Only
 * `apply` changes anything, and replaying the log through it gives the same state.
 *
 * Sources: KIP-98, KIP-360, KIP-890.
 */
import { type BatchHeader, type ControlRecord, controlTypes, errors } from '@odradek/protocol'
import { follows, ProducerEntry } from './producer-entry.ts'
import { RESERVED_PRODUCER_ID_MIN } from './reserved-producer-ids.ts'
import type { AbortedTransaction } from './transaction-index.ts'

const NONE = errors.NONE.code

export class ProducerState {
  /** After `check`: the last offset of the batch kept that this one repeats, -1 when it is new. */
  duplicateOffset = -1
  readonly #producers = new Map<number, ProducerEntry>()
  /** Open transactions: first offset → producer id, in the order they began. */
  readonly #open = new Map<number, number>()
  /** Ended ones whose marker the high watermark may not have passed: first offset → marker's offset. */
  readonly #ended = new Map<number, number>()

  get size(): number {
    return this.#producers.size
  }

  entries(): IterableIterator<ProducerEntry> {
    return this.#producers.values()
  }

  get(producerId: number): ProducerEntry | undefined {
    return this.#producers.get(producerId)
  }

  /** Takes over the producers of a snapshot in place of all that is known. */
  load(producers: readonly ProducerEntry[]): void {
    this.clear()
    const open: ProducerEntry[] = []
    for (const entry of producers) {
      this.#producers.set(entry.producerId, entry)
      if (entry.transactionStartOffset >= 0) open.push(entry)
    }
    open.sort((a, b) => a.transactionStartOffset - b.transactionStartOffset)
    for (const entry of open) this.#open.set(entry.transactionStartOffset, entry.producerId)
  }

  clear(): void {
    this.#producers.clear()
    this.#open.clear()
    this.#ended.clear()
  }

  /**
   * Whether the batch may be appended: NONE (and `duplicateOffset` >= 0 when it is there already), else the error to
   * answer with. A batch without sequence (base sequence -1) is the broker's own: only its epoch is checked.
   */
  check(header: BatchHeader, control: ControlRecord | null): number {
    this.duplicateOffset = -1
    const entry = this.#producers.get(header.producerId)
    if (entry === undefined) return NONE
    const epoch = header.producerEpoch
    if (control !== null) {
      if (epoch < entry.epoch) return errors.INVALID_PRODUCER_EPOCH.code
      if (control.coordinatorEpoch < entry.coordinatorEpoch) return errors.TRANSACTION_COORDINATOR_FENCED.code
      return NONE
    }
    const sequence = header.baseSequence
    if (epoch === entry.epoch && sequence >= 0) {
      const duplicate = entry.lastOffsetOf(sequence, header.lastSequence)
      if (duplicate >= 0) {
        this.duplicateOffset = duplicate
        return NONE
      }
    }
    if (epoch < entry.epoch) return errors.INVALID_PRODUCER_EPOCH.code
    if (sequence >= 0) {
      const expected = epoch === entry.epoch ? follows(entry.lastSequence, sequence) : sequence === 0
      if (!expected && entry.epoch >= 0) return errors.OUT_OF_ORDER_SEQUENCE_NUMBER.code
    }
    if (entry.transactionStartOffset >= 0 && !header.isTransactional) return errors.INVALID_TXN_STATE.code
    return NONE
  }

  /**
   * Notes a batch that is in the log, at the offsets in its header. `control` is its record when it is a control batch
   * (null for one that compaction emptied). Returns the transaction that it aborted, if it did.
   */
  apply(header: BatchHeader, control: ControlRecord | null): AbortedTransaction | null {
    if (header.producerId < 0) return null
    if (header.isControl) return control === null ? null : this.#end(header, control)
    let entry = this.#producers.get(header.producerId)
    if (entry === undefined) {
      entry = new ProducerEntry(header.producerId)
      this.#producers.set(header.producerId, entry)
    }
    entry.enterEpoch(header.producerEpoch)
    entry.addBatch(header.lastSequence, header.lastOffset, header.lastOffsetDelta)
    entry.lastTimestamp = header.maxTimestamp
    if (header.isTransactional && entry.transactionStartOffset < 0) {
      entry.transactionStartOffset = header.baseOffset
      this.#open.set(header.baseOffset, header.producerId)
    }
    return null
  }

  #end(header: BatchHeader, control: ControlRecord): AbortedTransaction | null {
    if (control.type !== controlTypes.ABORT && control.type !== controlTypes.COMMIT) return null
    let entry = this.#producers.get(header.producerId)
    if (entry === undefined) {
      entry = new ProducerEntry(header.producerId)
      this.#producers.set(header.producerId, entry)
    }
    entry.enterEpoch(header.producerEpoch)
    entry.coordinatorEpoch = control.coordinatorEpoch
    entry.lastTimestamp = header.maxTimestamp
    const firstOffset = entry.transactionStartOffset
    if (firstOffset < 0) return null
    entry.transactionStartOffset = -1
    this.#open.delete(firstOffset)
    this.#ended.set(firstOffset, header.baseOffset)
    if (control.type === controlTypes.COMMIT) return null
    let lastStableOffset = header.baseOffset + 1
    for (const offset of this.#open.keys()) {
      lastStableOffset = offset
      break
    }
    return { producerId: header.producerId, firstOffset, lastOffset: header.baseOffset, lastStableOffset }
  }

  /**
   * The end for readers of committed records: the first offset of a transaction that is open, or whose marker is not
   * below the high watermark; else the high watermark.
   */
  lastStableOffset(highWatermark: number): number {
    let stable = highWatermark
    for (const offset of this.#open.keys()) {
      if (offset < stable) stable = offset
      break
    }
    if (this.#ended.size > 0) {
      for (const [firstOffset, markerOffset] of this.#ended) {
        if (markerOffset < highWatermark) this.#ended.delete(firstOffset)
        else if (firstOffset < stable) stable = firstOffset
      }
    }
    return stable
  }

  /** Where the oldest open transaction began, -1 without any. */
  get firstOpenOffset(): number {
    for (const offset of this.#open.keys()) return offset
    return -1
  }

  /**
   * Forgets those that wrote longest ago until a sixteenth of `max` is free, so that this costs little per producer. One
   * with an open transaction stays, and so does `currentId`.
   */
  forgetOldest(max: number, currentId: number): void {
    const idle: ProducerEntry[] = []
    for (const entry of this.#producers.values()) {
      const { producerId, transactionStartOffset } = entry
      if (transactionStartOffset < 0 && producerId !== currentId && !isReserved(producerId)) idle.push(entry)
    }
    idle.sort((a, b) => a.lastTimestamp - b.lastTimestamp)
    const excess = this.#producers.size - (max - (max >> 4))
    for (const { producerId } of idle.slice(0, Math.max(excess, 0))) this.#producers.delete(producerId)
  }

  /** Forgets producers that wrote nothing for `expirationMs` and have no open transaction. */
  expire(now: number, expirationMs: number): void {
    for (const [producerId, entry] of this.#producers) {
      const isIdle = entry.transactionStartOffset < 0 && now - entry.lastTimestamp >= expirationMs
      if (isIdle && !isReserved(producerId)) this.#producers.delete(producerId)
    }
  }
}

function isReserved(producerId: number): boolean {
  return producerId >= RESERVED_PRODUCER_ID_MIN
}

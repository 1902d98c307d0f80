/** Batches kept per producer: so many may be in flight, and each may be sent again. */
export const BATCHES_KEPT = 5
const SEQUENCES = 0x8000_0000

/**
 * What a partition knows of one producer: its epoch, its last five batches (for duplicates), its open transaction. All
 * numbers, so that a check allocates nothing.
 */
export class ProducerEntry {
  readonly producerId: number
  /** -1 while unknown. */
  epoch = -1
  /** Of the transaction coordinator whose marker came last, -1 without any. */
  coordinatorEpoch = -1
  /** Epoch milliseconds of the newest batch or marker. */
  lastTimestamp = -1
  /** Where its open transaction began, -1 without one. */
  transactionStartOffset = -1
  /** Batches of this epoch that are known, at most five. */
  batches = 0
  #newest = 0
  readonly #lastSequences = new Int32Array(BATCHES_KEPT)
  readonly #offsetDeltas = new Int32Array(BATCHES_KEPT)
  readonly #lastOffsets = new Float64Array(BATCHES_KEPT)

  constructor(producerId: number) {
    this.producerId = producerId
  }

  /** Of the newest batch; -1 without any. */
  get lastSequence(): number {
    return this.batches === 0 ? -1 : this.#lastSequences[this.#newest]!
  }

  get lastOffset(): number {
    return this.batches === 0 ? -1 : this.#lastOffsets[this.#newest]!
  }

  /** Last minus first offset of the newest batch. */
  get offsetDelta(): number {
    return this.batches === 0 ? 0 : this.#offsetDeltas[this.#newest]!
  }

  /** Takes over a higher (or, replicated, any other) epoch: the batches of the one before no longer count. */
  enterEpoch(epoch: number): void {
    if (epoch === this.epoch) return
    this.epoch = epoch
    this.batches = 0
  }

  addBatch(lastSequence: number, lastOffset: number, offsetDelta: number): void {
    this.#newest = (this.#newest + 1) % BATCHES_KEPT
    if (this.batches < BATCHES_KEPT) this.batches++
    this.#lastSequences[this.#newest] = lastSequence
    this.#lastOffsets[this.#newest] = lastOffset
    this.#offsetDeltas[this.#newest] = offsetDelta
  }

  /** The batch that is so many before the newest: 0 to `batches` - 1. */
  batch(age: number): { lastSequence: number; lastOffset: number; offsetDelta: number } {
    const at = (this.#newest - age + BATCHES_KEPT) % BATCHES_KEPT
    return {
      lastSequence: this.#lastSequences[at]!,
      lastOffset: this.#lastOffsets[at]!,
      offsetDelta: this.#offsetDeltas[at]!,
    }
  }

  /** The last offset of the batch kept with exactly these sequences, -1 when there is none. */
  lastOffsetOf(baseSequence: number, lastSequence: number): number {
    for (let age = 0; age < this.batches; age++) {
      const at = (this.#newest - age + BATCHES_KEPT) % BATCHES_KEPT
      const last = this.#lastSequences[at]!
      if (last === lastSequence && sequenceBefore(last, this.#offsetDeltas[at]!) === baseSequence)
        return this.#lastOffsets[at]!
    }
    return -1
  }
}

/** The sequence `count` before: below 0 comes 2^31 - 1. */
function sequenceBefore(sequence: number, count: number): number {
  return sequence >= count ? sequence - count : sequence - count + SEQUENCES
}

/** Whether a batch that begins with `next` follows one that ended with `last`. */
export function follows(last: number, next: number): boolean {
  return next === last + 1 || (next === 0 && last === SEQUENCES - 1)
}

/**
 * What a log must hold after a run, from the acknowledgements alone. Every batch has the same number of records, so the
 * base offsets acknowledged for a partition are `before, before + n, before + 2n, …`, each once: their count and their sum
 * say so without keeping them.
 */
import { type BatchCursor, CRC, verifyBatchCrc } from '@odradek/protocol'
import type { ControlClient } from './control-client.ts'
import { LoadError } from './load.ts'

/** How much of each partition is read back, at its beginning and at its end. */
const READ_BACK_BYTES = 1024 * 1024
/** Partitions that are read back. */
const READ_BACK_PARTITIONS_MAX = 4

export class Acknowledged {
  readonly #topic: string
  readonly #recordsPerBatch: number
  readonly #before: readonly number[]
  readonly #counts: number[]
  readonly #sums: number[]

  constructor(topic: string, recordsPerBatch: number, endOffsetsBefore: readonly number[]) {
    this.#topic = topic
    this.#recordsPerBatch = recordsPerBatch
    this.#before = endOffsetsBefore
    this.#counts = endOffsetsBefore.map(() => 0)
    this.#sums = endOffsetsBefore.map(() => 0)
  }

  add(partition: number, baseOffset: number): void {
    this.#counts[partition]! += 1
    // Counted in batches from where the run began: exact far beyond what a run can send.
    this.#sums[partition]! += (baseOffset - this.#before[partition]!) / this.#recordsPerBatch
  }

  /** Whether each offset was acknowledged once, and none left out. Throws a LoadError otherwise. */
  verifyOffsets(): void {
    for (const [partition, count] of this.#counts.entries()) {
      if (this.#sums[partition] !== (count * (count - 1)) / 2) {
        throw new LoadError(`${this.#topic}-${partition}: the offsets acknowledged are not those of the log, each once`)
      }
    }
  }

  /** Asks the server for its ends, and for some of what it holds. Throws a LoadError where that is not what it acknowledged. */
  async verify(client: ControlClient, sentCrcs: ReadonlySet<number>): Promise<void> {
    const ends = await client.endOffsets(this.#topic, this.#before.length)
    this.verifyOffsets()
    for (let partition = 0; partition < ends.length; partition++) {
      const name = `${this.#topic}-${partition}`
      const count = this.#counts[partition]!
      const acknowledged = count * this.#recordsPerBatch
      const grown = ends[partition]! - this.#before[partition]!
      if (grown !== acknowledged) {
        throw new LoadError(`${name}: ${acknowledged} records were acknowledged, but the log grew by ${grown}`)
      }
      if (partition >= READ_BACK_PARTITIONS_MAX || count === 0) continue
      const tail = Math.min(count, Math.max(1, Math.floor(READ_BACK_BYTES / 2 / (this.#recordsPerBatch * 1024))))
      for (const offset of [this.#before[partition]!, ends[partition]! - tail * this.#recordsPerBatch]) {
        verifyBatches(name, await client.batches(this.#topic, partition, offset, READ_BACK_BYTES), offset, sentCrcs)
      }
    }
  }
}

/** Every batch follows the one before, is whole, and is one of those that were sent. */
function verifyBatches(name: string, cursor: BatchCursor, offset: number, sentCrcs: ReadonlySet<number>): void {
  let expected = offset
  let count = 0
  for (; cursor.next(); count++) {
    const { header } = cursor
    const { buffer, view } = cursor.slice()
    if (header.baseOffset !== expected) {
      throw new LoadError(`${name}: a batch of offset ${header.baseOffset} lies where ${expected} was acknowledged`)
    }
    if (!verifyBatchCrc(buffer, view, cursor.start) || !sentCrcs.has(view.getUint32(cursor.start + CRC))) {
      throw new LoadError(`${name}: the batch at offset ${expected} is not as it was sent`)
    }
    expected = header.nextOffset
  }
  if (count === 0) throw new LoadError(`${name}: no batch could be read back at offset ${offset}`)
}

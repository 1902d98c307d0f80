import { BatchHeader, errors, readBatchHeader, type Slice } from '@odradek/protocol'
import type { Partition } from '../replication/partition.ts'
import type { MachineAppend, MachinePartition } from './machine-partition.ts'

const NOT_ENOUGH_REPLICAS: MachineAppend = { errorCode: errors.NOT_ENOUGH_REPLICAS.code, baseOffset: -1 }

/** A partition that this broker leads, as the shell of its machine sees it. Machines append with acks=all. */
export class LedPartition implements MachinePartition {
  readonly #partition: Partition
  readonly #header = new BatchHeader()

  constructor(partition: Partition) {
    this.#partition = partition
  }

  get index(): number {
    return this.#partition.index
  }

  get leaderEpoch(): number {
    return this.#partition.leaderEpoch
  }

  get startOffset(): number {
    return this.#partition.startOffset
  }

  get endOffset(): number {
    return this.#partition.endOffset
  }

  get highWatermark(): number {
    return this.#partition.highWatermark
  }

  append(batch: Slice): MachineAppend {
    if (!this.#partition.hasMinInsyncReplicas) return NOT_ENOUGH_REPLICAS
    readBatchHeader(batch.view, batch.start, this.#header)
    return this.#partition.append(batch, this.#header)
  }

  readForReplay(from: number, maxBytes: number): Buffer {
    const { log } = this.#partition
    const { errorCode, range } = log.read(from, maxBytes, log.endOffset, true)
    if (errorCode !== errors.NONE.code) {
      throw new RangeError(`Offset ${from} is not in the log, which begins at ${log.startOffset}.`)
    }
    return range === null ? Buffer.alloc(0) : log.readBatches(range)
  }

  waitFor(offset: number, done: (errorCode: number) => void): void {
    this.#partition.waitFor(offset, { reached: done, needsInSync: true })
  }

  waitForProof(done: (errorCode: number) => void): () => void {
    const wait = { reached: done }
    this.#partition.waitForProof(wait)
    return () => this.#partition.removeProof(wait)
  }
}

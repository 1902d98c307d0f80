import { BatchCursor, errors, patchBaseOffset, patchLeaderEpoch, type Slice, sliceOf, viewOf } from '@odradek/protocol'
import type { Turn, TurnTask } from '../src/host/turn.ts'
import type { MachineAppend, MachinePartition } from '../src/runtime/machine-partition.ts'

interface Wait {
  readonly offset: number
  readonly done: (errorCode: number) => void
}

/** A partition without a disk, for tests of machines and shells. What is committed, and what fails, is told to it. */
export class MemoryPartition implements MachinePartition, TurnTask {
  readonly index: number
  readonly leaderEpoch: number
  startOffset = 0
  endOffset = 0
  highWatermark = 0
  /** Whether what is appended is committed at once, as on a single broker. */
  isCommittedAtOnce = true
  /** What the next appends are answered with. */
  appendError: number = errors.NONE.code
  /** What the next appends and reads throw. */
  diskError: Error | null = null
  readonly batches: Buffer[] = []
  readonly #turn: Turn
  #waits: Wait[] = []
  #isDeferred = false

  constructor(turn: Turn, index = 0, leaderEpoch = 0) {
    this.#turn = turn
    this.index = index
    this.leaderEpoch = leaderEpoch
  }

  append(batch: Slice): MachineAppend {
    if (this.diskError !== null) throw this.diskError
    const baseOffset = this.endOffset
    if (this.appendError !== errors.NONE.code) return { errorCode: this.appendError, baseOffset: -1 }
    const bytes = Buffer.from(batch.buffer.subarray(batch.start, batch.end))
    const view = viewOf(bytes)
    patchBaseOffset(view, 0, baseOffset)
    patchLeaderEpoch(view, 0, this.leaderEpoch)
    const cursor = new BatchCursor(sliceOf(bytes))
    cursor.next()
    this.endOffset = cursor.header.nextOffset
    this.batches.push(bytes)
    if (this.isCommittedAtOnce) this.commit()
    return { errorCode: errors.NONE.code, baseOffset }
  }

  readForReplay(from: number, maxBytes: number): Buffer {
    if (this.diskError !== null) throw this.diskError
    const chunk: Buffer[] = []
    let size = 0
    for (const batch of this.batches) {
      const cursor = new BatchCursor(sliceOf(batch))
      cursor.next()
      if (cursor.header.nextOffset <= from) continue
      if (size > 0 && size + batch.length > maxBytes) break
      chunk.push(batch)
      size += batch.length
    }
    return Buffer.concat(chunk)
  }

  /** Whether nobody else leads is certain. */
  isProven = true
  #proofs: ((errorCode: number) => void)[] = []

  waitForProof(done: (errorCode: number) => void): () => void {
    if (this.isProven) done(errors.NONE.code)
    else this.#proofs.push(done)
    return () => {
      this.#proofs = this.#proofs.filter((each) => each !== done)
    }
  }

  /** Waits for the proof. */
  get proofsWaiting(): number {
    return this.#proofs.length
  }

  /** It is certain now that it leads, or that it does not. */
  prove(errorCode: number = errors.NONE.code): void {
    for (const done of this.#proofs.splice(0)) done(errorCode)
  }

  waitFor(offset: number, done: (errorCode: number) => void): void {
    this.#waits.push({ offset, done })
    this.#defer()
  }

  /** Raises the high watermark [to the end]. */
  commit(offset = this.endOffset): void {
    this.highWatermark = offset
    this.#defer()
  }

  /** Leadership or the log is lost: all who wait are told. */
  lose(errorCode: number): void {
    for (const wait of this.#waits.splice(0)) wait.done(errorCode)
  }

  endTurn(): void {
    this.#isDeferred = false
    const ready = this.#waits.filter((wait) => wait.offset <= this.highWatermark)
    this.#waits = this.#waits.filter((wait) => wait.offset > this.highWatermark)
    for (const wait of ready) wait.done(errors.NONE.code)
  }

  #defer(): void {
    if (this.#isDeferred) return
    this.#isDeferred = true
    this.#turn.defer('answer', this)
  }
}

/**
 * Where each leader's epoch began in a log: `leader-epoch-checkpoint`, text, one line `<epoch> <first offset>` for each.
 * Followers find by it where their history parts from the leader's (KIP-101, KIP-279, KIP-320).
 *
 * Both columns rise. The file is written when a flush makes the epoch's first batch durable, not at every change: what
 * it lacks after a crash lies above the recovery point and is read again from the batches.
 */
import type { Disk, DiskFile } from '../host/disk.ts'
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts'
import { EPOCH_CHECKPOINT } from './segment-files.ts'

export interface EpochStart {
  readonly epoch: number
  readonly startOffset: number
}

/** A new epoch file that waits for the disk. */
export interface PendingEpochs {
  /** To be synced and closed. */
  readonly file: DiskFile
  /** Gives it its name, which is durable with the directory. */
  finish(): void
}

export class EpochCache {
  #entries: EpochStart[] = []
  /** Whether the file says something else. */
  dirty = false
  /** Raised by `write`: what was being written then is out of date. */
  #generation = 0

  get entries(): readonly EpochStart[] {
    return this.#entries
  }

  /** The newest epoch, -1 without any. */
  get latest(): number {
    return this.#entries.length === 0 ? -1 : this.#entries[this.#entries.length - 1]!.epoch
  }

  /** Epoch `epoch` begins at `startOffset`; entries that contradict it (later, or as late) go. */
  assign(epoch: number, startOffset: number): void {
    const last = this.#entries[this.#entries.length - 1]
    if (last !== undefined && last.epoch === epoch && last.startOffset <= startOffset) return
    while (this.#entries.length > 0) {
      const newest = this.#entries[this.#entries.length - 1]!
      if (newest.epoch < epoch && newest.startOffset < startOffset) break
      this.#entries.pop()
    }
    this.#entries.push({ epoch, startOffset })
    this.dirty = true
  }

  /**
   * The greatest epoch at or below `epoch` and where it ended (the start of the next, or `logEndOffset` for the newest);
   * an epoch before all that is known ends where the first begins; null for one that is not known yet.
   */
  endOffsetFor(epoch: number, logEndOffset: number): { epoch: number; endOffset: number } | null {
    if (epoch < 0) return null
    if (epoch === this.latest) return { epoch, endOffset: logEndOffset }
    const next = this.#entries.findIndex((entry) => entry.epoch > epoch)
    if (next === -1) return null
    const endOffset = this.#entries[next]!.startOffset
    return { epoch: next === 0 ? epoch : this.#entries[next - 1]!.epoch, endOffset }
  }

  /** The epoch of the batch at `offset`, -1 when not known. */
  epochOf(offset: number): number {
    for (let at = this.#entries.length - 1; at >= 0; at--) {
      if (this.#entries[at]!.startOffset <= offset) return this.#entries[at]!.epoch
    }
    return -1
  }

  /** Forgets epochs that begin at `endOffset` or later: the log was cut there. */
  truncateFromEnd(endOffset: number): void {
    while (this.#entries.length > 0 && this.#entries[this.#entries.length - 1]!.startOffset >= endOffset) {
      this.#entries.pop()
      this.dirty = true
    }
  }

  /** Forgets epochs that ended at or before `startOffset`; the one it falls into begins there now. */
  truncateFromStart(startOffset: number): void {
    let covered: EpochStart | undefined
    while (this.#entries.length > 0 && this.#entries[0]!.startOffset <= startOffset) covered = this.#entries.shift()
    if (covered === undefined) return
    this.#entries.unshift({ epoch: covered.epoch, startOffset })
    if (covered.startOffset !== startOffset) this.dirty = true
  }

  /**
   * Adds those of `others` whose epoch is not known, or not to begin so early: what batches say. (Where the log's start was
   * moved and a crash has moved it back, epochs are known only from that start on.) Entries that contradict them go.
   */
  merge(others: readonly EpochStart[]): void {
    for (const other of others) {
      const { epoch, startOffset } = other
      if (this.#entries.some((entry) => entry.epoch === epoch && entry.startOffset <= startOffset)) continue
      const kept = this.#entries.filter(
        (entry) => entry.epoch !== epoch && entry.epoch < epoch === entry.startOffset < startOffset,
      )
      const next = kept.findIndex((entry) => entry.epoch > epoch)
      this.#entries = kept.toSpliced(next === -1 ? kept.length : next, 0, other)
      this.dirty = true
    }
  }

  clear(): void {
    this.#entries = []
    this.dirty = true
  }

  /** Takes back what was forgotten: `entries` are as they were. */
  restore(entries: readonly EpochStart[]): void {
    this.#entries = [...entries]
    this.dirty = true
  }

  /** Reads the file of a partition's directory; returns what is wrong when it is missing or not what it should be. */
  read(disk: Disk, directory: string): string | null {
    const bytes = disk.readFile(`${directory}/${EPOCH_CHECKPOINT}`)
    this.#entries = []
    this.dirty = false
    if (bytes === null) return 'the file is missing'
    const lines = decodeCheckpoint(bytes.toString(), 2)
    if (typeof lines === 'string') return lines
    for (const [epoch, startOffset] of lines) {
      if (!/^\d+$/.test(epoch!)) return `"${epoch}" is no epoch`
      this.assign(Number(epoch), Number(startOffset))
    }
    this.dirty = this.#entries.length !== lines.length
    return null
  }

  /** Writes the file, durably. */
  write(disk: Disk, directory: string): void {
    disk.replaceFile(`${directory}/${EPOCH_CHECKPOINT}`, this.#text())
    this.#generation++
    this.dirty = false
  }

  /**
   * Begins to replace the file without waiting for the disk. Where `write` comes in between, that holds and this comes to
   * nothing.
   */
  writeLater(disk: Disk, directory: string): PendingEpochs {
    const path = `${directory}/${EPOCH_CHECKPOINT}`
    const generation = this.#generation
    const file = disk.open(`${path}.new`, 'create')
    const bytes = Buffer.from(this.#text())
    try {
      file.write(bytes, 0, bytes.length, 0)
      file.truncate(bytes.length)
    } catch (error) {
      file.close()
      throw error
    }
    this.dirty = false
    const finish = () => {
      if (generation === this.#generation) disk.rename(`${path}.new`, path)
      else disk.remove(`${path}.new`)
    }
    return { file, finish }
  }

  #text(): string {
    return encodeCheckpoint(this.#entries.map((entry) => `${entry.epoch} ${entry.startOffset}`))
  }
}

/** The checkpoints of a data directory: per partition its recovery point, its start offset, its high watermark. */
import type { Logger } from 'pino'
import type { Disk } from '../host/disk.ts'
import { OffsetCheckpoint } from './checkpoint.ts'
import { CheckpointFile } from './checkpoint-file.ts'
import { isNoRoom } from './disk-room.ts'
import type { Log } from './log.ts'
import type { QueuedCut } from './log-cuts.ts'
import { countdown, type FlushDone } from './log-flush.ts'

const RECOVERY_POINTS = 'recovery-point-offset-checkpoint'
const START_OFFSETS = 'log-start-offset-checkpoint'
const HIGH_WATERMARKS = 'replication-offset-checkpoint'

/** So many names of deleted logs are remembered until the files are known to be without them. */
const DELETED_MAX = 10_000

/** For so many cuts at once it is not looked for each at what the files say. */
const UNASKED_CUTS_MIN = 16

interface Entry {
  readonly offsets: OffsetCheckpoint
  readonly file: CheckpointFile
}

export class LogCheckpoints {
  readonly #disk: Disk
  readonly #directory: string
  readonly #failed: (error: Error) => void
  readonly #recoveryPoints: Entry
  readonly #startOffsets: Entry
  readonly #highWatermarks: Entry
  /** Logs of which the files may still tell, though they are gone. */
  readonly #deleted = new Set<string>()

  /** Reads the files of `directory`; one that is damaged is taken for empty. `failed` hears of writes and syncs that fail. */
  constructor(disk: Disk, directory: string, logger: Logger, failed: (error: Error) => void) {
    this.#disk = disk
    this.#directory = directory
    this.#failed = failed
    const read = (name: string): Entry => {
      const path = `${directory}/${name}`
      const offsets = OffsetCheckpoint.read(disk, path)
      const file = new CheckpointFile(disk, path, failed)
      if (typeof offsets !== 'string') return { offsets, file }
      logger.warn(
        { problem: offsets },
        'A checkpoint is damaged: it is taken for empty, logs are checked from their start.',
      )
      return { offsets: new OffsetCheckpoint(), file }
    }
    this.#recoveryPoints = read(RECOVERY_POINTS)
    this.#startOffsets = read(START_OFFSETS)
    this.#highWatermarks = read(HIGH_WATERMARKS)
  }

  /** Up to where the log is durable and right, 0 when not known. */
  recoveryPoint(topic: string, partition: number): number {
    return this.#recoveryPoints.offsets.get(topic, partition) ?? 0
  }

  /** Where the log starts, 0 when its first segment says it. */
  startOffset(topic: string, partition: number): number {
    return this.#startOffsets.offsets.get(topic, partition) ?? 0
  }

  highWatermark(topic: string, partition: number): number | undefined {
    return this.#highWatermarks.offsets.get(topic, partition)
  }

  delete(topic: string, partition: number): void {
    for (const { offsets } of this.#all()) offsets.delete(topic, partition)
    this.#deleted.add(`${topic}-${partition}`)
  }

  /** Whether the files may say, after a crash, that a log was durable beyond `offset`, or starts there. */
  mayPass(topic: string, partition: number, offset: number): boolean {
    const name = topic.replaceAll('.', '\\.')
    const line = new RegExp(`^${name} ${partition} (\\d+)$`, 'm')
    return [this.#recoveryPoints, this.#startOffsets].some(({ file }) =>
      file.mayHave(line, (match) => Number(match[1]) > offset),
    )
  }

  /** The same for one of `cuts`, at least. */
  mayPassAny(cuts: readonly QueuedCut[]): boolean {
    if (cuts.length >= UNASKED_CUTS_MIN) return true
    return cuts.some(({ topic, partition, cut }) => this.mayPass(topic, partition, cut.lostFrom))
  }

  /**
   * Before a new log takes the name of one that is gone: nothing that the files say of that one may hold for it, not even
   * after a crash in the next moment, or its end would be taken for a loss of what was durable. Throws I/O errors.
   */
  forget(topic: string, partition: number): void {
    // Of a log that was never written to they say 0, which holds for any.
    const isTold = this.#all().some(({ offsets }) => (offsets.get(topic, partition) ?? 0) > 0)
    if (!isTold && !this.#deleted.has(`${topic}-${partition}`)) return
    this.delete(topic, partition)
    this.#writeFiles()
  }

  /** Writes what holds for `logs` now, soon. */
  write(logs: Iterable<Log>, highWatermarks: ReadonlyMap<Log, number>): void {
    this.#update(logs, highWatermarks)
    if (this.#deleted.size > DELETED_MAX) this.#writeFiles()
    else for (const { offsets, file } of this.#all()) file.write(offsets.toString())
  }

  /** The same, durable when it returns. */
  writeNow(logs: Iterable<Log>, highWatermarks: ReadonlyMap<Log, number>): void {
    this.#update(logs, highWatermarks)
    this.#writeFiles()
  }

  /**
   * Writes what holds for `logs` now, but for high watermarks; `done` is called when it is durable, or with why it is not. Where
   * it is not for an I/O error, `failed` of the constructor has heard of it.
   */
  writeLater(logs: Iterable<Log>, done: FlushDone): void {
    this.#update(logs, new Map())
    const entries = [this.#recoveryPoints, this.#startOffsets]
    const written = countdown(entries.length, (error) => {
      if (error !== null) {
        done(error)
        return
      }
      const renamed = entries.map(({ file }) => file.renamed)
      this.#disk.syncDirectoryLater(this.#directory, (failure) => {
        if (failure !== null) {
          // For want of room, too, it is final: a second one would prove nothing.
          const text = `The names in ${this.#directory} could not be made durable: ${failure.message}`
          const final = isNoRoom(failure) ? new Error(text, { cause: failure }) : failure
          this.#failed(final)
          done(final)
          return
        }
        for (const [at, { file }] of entries.entries()) file.named(renamed[at]!)
        done(null)
      })
    })
    for (const { offsets, file } of entries) file.write(offsets.toString(), written)
  }

  #all(): readonly Entry[] {
    return [this.#recoveryPoints, this.#startOffsets, this.#highWatermarks]
  }

  #writeFiles(): void {
    for (const { offsets, file } of this.#all()) file.writeNow(offsets.toString())
    this.#deleted.clear()
  }

  #update(logs: Iterable<Log>, highWatermarks: ReadonlyMap<Log, number>): void {
    for (const log of logs) {
      const { topic, partition, startOffsetToBe: startOffset } = log
      const highWatermark = highWatermarks.get(log)
      if (highWatermark !== undefined) this.#highWatermarks.offsets.set(topic, partition, highWatermark)
      // Of a log that failed, what was known before holds: from there on it will be checked.
      if (log.failed !== null && !log.isClosed) continue
      this.#recoveryPoints.offsets.set(topic, partition, log.recoveryPoint)
      // Also where the first segment says it: its name may not outlive a power failure, the offsets before it must not come again.
      if (startOffset > 0) this.#startOffsets.offsets.set(topic, partition, startOffset)
      else this.#startOffsets.offsets.delete(topic, partition)
    }
  }
}

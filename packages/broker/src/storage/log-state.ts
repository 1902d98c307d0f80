/**
 * What a log is made of, and the steps that more than one of its operations take: beginning and closing segments, writing
 * what is staged, loading what was left on disk until it is needed. log.ts shows it to the rest of the broker.
 */
import type { TopicConfig } from '@odradek/config'
import { CorruptBatchError } from '@odradek/protocol'
import { isNoFile } from '../host/no-room.ts'
import { isNoRoom, noRoomError } from './disk-room.ts'
import type { EpochCache, PendingEpochs } from './epoch-cache.ts'
import { LogCut } from './log-cut.ts'
import type { Cutting } from './log-cutting.ts'
import { type FlushDone, type FlushedLog, LogFlush } from './log-flush.ts'
import type { LogPlace } from './log-place.ts'
import { LogProducers } from './log-producers.ts'
import { encodePartitionMetadata } from './partition-metadata.ts'
import { PositionRing } from './position-ring.ts'
import { type LoadedLog, loadEpochs } from './recovery.ts'
import { RecoveryMarks } from './recovery-marks.ts'
import { Segment } from './segment.ts'
import { fileName, LOG_SUFFIX, PARTITION_METADATA } from './segment-files.ts'
import type { SegmentList } from './segment-list.ts'
import { SegmentReplacement } from './segment-replacement.ts'
import { Stage } from './stage.ts'

/** So many times that appends were undone are remembered: what was accepted before counts as undone, too. */
const UNDONE_KEPT_MAX = 64
/** What a log keeps staged over the end of a turn at most, and so much room is reserved for that. */
const KEPT_BYTES_MAX = 64 * 1024

export class LogState implements FlushedLog {
  readonly topicId: string
  readonly place: LogPlace
  readonly segments: SegmentList
  readonly flush: LogFlush
  readonly producers: LogProducers
  readonly stage = new Stage()
  readonly marks: RecoveryMarks
  /** Bytes of batches that were read and checked when it was opened. */
  readonly recoveredBytes: number
  config: TopicConfig
  startOffset: number
  endOffset: number
  /** All below is durable: in the log's own files, or in the journal. */
  flushedOffset: number
  /** All below is durable in the log's own files. */
  recoveryPoint: number
  /** Bytes appended since the last flush began, and the first of their offsets. */
  dirtyBytes = 0
  /** How many of them were there when the newest writeback began. */
  bytesWrittenBack = 0
  dirtyFrom: number
  /** How often appends were undone, and where the log ended after the last of those, oldest first. */
  undone = 0
  readonly undoneTo: number[] = []
  /** How often it was cut: what was planned of its offsets before holds no more. */
  cuts = 0
  /** Where the log ended, and how large its growing segment was, when all was in the files. */
  #writtenEnd = 0
  #writtenBytes = 0
  /** The same, when what is staged was last kept over the end of a turn; below that where nothing is. */
  #keptEnd = 0
  #keptBytes = 0
  /** What the disk is being told of that is to be cut from it. */
  cutting: Cutting | null = null
  /** A cut that is under way. */
  cut: LogCut | null = null
  failed: Error | null = null
  /** The segment that grows, once something was appended; null after a start. */
  active: Segment | null = null
  /** Where its newest batches begin. */
  recent: PositionRing | null = null
  #epochs: EpochCache | null
  #isOnDisk: boolean
  /** Segments are being replaced by what compaction made of them. */
  #replacement: SegmentReplacement | null = null
  /** What the flush in flight makes durable. */
  #flushingBytes = 0

  constructor(place: LogPlace, topicId: string, config: TopicConfig, loaded: LoadedLog) {
    this.place = place
    this.topicId = topicId
    this.config = config
    this.segments = loaded.segments
    this.#epochs = loaded.epochs
    this.#isOnDisk = loaded.isOnDisk
    this.startOffset = loaded.startOffset
    this.endOffset = loaded.endOffset
    this.flushedOffset = loaded.flushedOffset
    this.recoveryPoint = loaded.flushedOffset
    this.dirtyFrom = loaded.flushedOffset
    this.flush = new LogFlush(this, place)
    this.producers = new LogProducers(this, loaded.producers, loaded.snapshotOffset)
    this.marks = new RecoveryMarks(place, loaded.markedTo)
    this.recoveredBytes = loaded.readBytes
    this.dirtyBytes = loaded.readBytes
    for (const segment of loaded.unflushed) this.flush.dirty(segment)
  }

  get directory(): string {
    return this.place.directory
  }

  get isOnDisk(): boolean {
    return this.#isOnDisk
  }

  get epochs(): EpochCache {
    if (this.#epochs === null) {
      this.#epochs = loadEpochs(this.place, this.segments)
      this.#epochs.truncateFromEnd(this.endOffset)
      this.#epochs.truncateFromStart(this.startOffset)
    }
    return this.#epochs
  }

  fail(error: Error): void {
    this.failed ??= error
  }

  /** Does `run`; an I/O error in it ends the log's use. */
  guarded<T>(run: () => T): T {
    if (this.failed !== null) throw this.failed
    try {
      return run()
    } catch (error) {
      this.fail(error as Error)
      throw error
    }
  }

  /** The same for what may find that the disk has no room: then it is thrown, and the log is as good as before. */
  guardedRoom<T>(run: () => T): T {
    if (this.failed !== null) throw this.failed
    try {
      return run()
    } catch (error) {
      if (isNoFile(error) && this.#isAsWritten) this.place.room.missedFile()
      else if (isNoRoom(error)) this.undo(error)
      else this.fail(error as Error)
      throw error
    }
  }

  /** The same for what only reads: that too many files are open is no failure of the log. */
  guardedRead<T>(run: () => T): T {
    if (this.failed !== null) throw this.failed
    try {
      return run()
    } catch (error) {
      if (isNoFile(error)) this.place.room.missedFile()
      else this.fail(error as Error)
      throw error
    }
  }

  /** The same for what opens records: that those of a client cannot be opened is no failure of the log either. */
  guardedOpening<T>(run: () => T): T {
    if (this.failed !== null) throw this.failed
    try {
      return run()
    } catch (error) {
      if (isNoFile(error)) this.place.room.missedFile()
      else if (!(error instanceof CorruptBatchError)) {
        this.fail(error as Error)
        this.place.unreadable()
      }
      throw error
    }
  }

  /** Where the log ended when all of it was in the files. */
  get writtenEnd(): number {
    return this.#writtenEnd
  }

  /** Bytes of the growing segment that are in its file. */
  get writtenBytes(): number {
    return this.#writtenBytes
  }

  /** Writes what is staged, with one write. Where the disk has no room for it, it is undone: see `undone`. */
  write(): void {
    const { stage, active } = this
    if (stage.length === 0) return
    try {
      active!.write(stage.buffer, 0, stage.length, this.#writtenBytes)
    } catch (error) {
      if (!isNoRoom(error)) throw error
      this.undo(error)
      return
    }
    stage.clear()
    this.noteWritten()
  }

  /**
   * Keeps what is staged over the end of a turn, for the journal to make durable: a flush, a reader or a full stage writes it
   * later, in one piece with what follows. Room is reserved for it, so that it cannot turn out then that there is none. False
   * where it is to be written now.
   */
  keep(): boolean {
    const { stage, active, place } = this
    if (stage.length === 0) return true
    if (place.journal === null || stage.length > KEPT_BYTES_MAX || place.keptStages.isFull) return false
    if (!active!.holds(this.#writtenBytes, KEPT_BYTES_MAX)) return false
    stage.keep(place.keptStages)
    this.#keptEnd = this.endOffset
    this.#keptBytes = active!.size
    return true
  }

  /** Writes what was kept: it may have been acknowledged, is in the journal then, and has room. */
  #writeKept(): void {
    const length = this.#keptBytes - this.#writtenBytes
    if (this.stage.length === 0 || this.#keptEnd <= this.#writtenEnd || length <= 0) return
    try {
      this.active!.write(this.stage.buffer, 0, length, this.#writtenBytes)
    } catch (error) {
      throw new Error(`${this.directory} has no room for what room was reserved for.`, { cause: error })
    }
    this.stage.drop(length)
    this.#writtenEnd = this.#keptEnd
    this.#writtenBytes = this.#keptBytes
  }

  /** All that was appended is in the files. */
  noteWritten(): void {
    this.#writtenEnd = this.endOffset
    this.#writtenBytes = this.active!.size
    this.#keptEnd = 0
  }

  /** Whether there is nothing to undo: to undo that could need the file, which cannot be opened where too many are. */
  get #isAsWritten(): boolean {
    const { active } = this
    if (this.stage.length > 0 || active === null) return active === null
    return active.holdsIndexes && active.size === this.#writtenBytes && this.endOffset === this.#writtenEnd
  }

  /**
   * The disk has no room, for `cause`: the log ends again where it did when all of it was in the files or kept, as if what
   * came since had never come. Nobody was told of it. An I/O error is thrown and sets `failed`.
   */
  undo(cause: unknown): void {
    this.guarded(() => {
      this.place.room.missedFor(cause)
      this.#undo()
    })
  }

  #undo(): void {
    const { active } = this
    this.#writeKept()
    this.undone++
    this.undoneTo.push(this.#writtenEnd)
    if (this.undoneTo.length > UNDONE_KEPT_MAX) this.undoneTo.shift()
    this.stage.clear()
    if (active === null) return
    const undoneBytes = active.size - this.#writtenBytes
    active.undo(this.#writtenBytes, this.#writtenEnd)
    this.flush.dirty(active)
    this.recent?.clear()
    if (this.endOffset === this.#writtenEnd) return
    this.dirtyBytes = Math.max(0, this.dirtyBytes - undoneBytes)
    this.bytesWrittenBack = Math.min(this.bytesWrittenBack, this.dirtyBytes)
    this.endOffset = this.#writtenEnd
    this.epochs.truncateFromEnd(this.endOffset)
    this.producers.forget()
  }

  /** The segment to append to: the newest, or the first one in a directory that is made now. */
  activate(): Segment {
    if (this.active !== null) return this.active
    const last = this.segments.last
    if (last === undefined) {
      if (!this.#isOnDisk) this.#makeDirectory()
      return this.begin(this.endOffset)
    }
    const problem = this.#endProblem(last)
    if (problem !== null) {
      // Found only now: after a clean stop nothing of it was read. It is known to later lives, and told.
      const file = fileName(last.baseOffset, LOG_SUFFIX)
      this.place.damaged({ file, position: -1, problem, foundMs: this.place.clock.now() })
      throw this.failed ?? new CorruptBatchError(`${this.directory}/${file}: ${problem}`)
    }
    this.active = last
    this.noteWritten()
    this.marks.resumed(last)
    this.recent?.clear()
    return last
  }

  /** Prepares to append to the last segment; says what is wrong with it, null where it ends as the log does. */
  #endProblem(last: Segment): string | null {
    try {
      const nextOffset = last.resume()
      if (nextOffset === this.endOffset || last.size === 0) return null
      return `it is the last, and ends before offset ${nextOffset}; the log ended at ${this.endOffset}`
    } catch (error) {
      if (error instanceof CorruptBatchError) return error.message
      throw error
    }
  }

  /** Begins a new active segment. */
  begin(baseOffset: number): Segment {
    const segment = Segment.create(this.place, baseOffset)
    this.flush.made(this.directory)
    this.segments.push(segment)
    if (this.config.preallocate) segment.reserveAll(this.config['segment.bytes'])
    this.marks.reset(baseOffset)
    this.active = segment
    this.#writtenEnd = this.endOffset
    this.#writtenBytes = 0
    this.#keptEnd = 0
    if (this.recent === null) this.recent = new PositionRing()
    else this.recent.clear()
    return segment
  }

  /** Closes the active segment and begins the next at `baseOffset`. */
  roll(baseOffset: number): void {
    const { undone } = this
    this.write()
    if (this.undone !== undone) throw noRoomError(this.directory)
    this.giveBack(this.active!)
    this.flush.add(this.active!.writeIndexes())
    this.producers.takeSnapshot()
    this.begin(baseOffset)
  }

  /** Gives back what room `segment` does not use; the next flush makes that durable. */
  giveBack(segment: Segment): void {
    if (segment.giveBack()) this.flush.dirty(segment)
  }

  /** Puts what compaction made of `old` in their place; see segment-replacement.ts. One at a time. */
  replaceSegments(old: readonly Segment[], done: (error: Error | null) => void): void {
    this.guarded(() => {
      this.finishReplacement()
      this.finishCut()
    })
    const made = () => new Segment(this.place, old[0]!.baseOffset)
    const replacement = new SegmentReplacement(this, old, made, (error) => {
      this.#replacement = null
      done(error)
    })
    this.#replacement = replacement
    replacement.begin()
  }

  /** Segments are as they are to be: a replacement that is under way is done with. Throws I/O errors. */
  finishReplacement(): void {
    this.#replacement?.finishNow()
  }

  /** Cuts it without waiting for the disk; see log-cut.ts. */
  cutLater(cutting: Cutting, done: FlushDone): void {
    this.cut = new LogCut(this, cutting, done)
    this.cut.begin()
  }

  /** A cut that is under way is done with. Throws I/O errors. */
  finishCut(): void {
    this.cut?.finishNow()
  }

  /** The same; false where there is no room for that: then the log is as it was, or cut. */
  finishCutIfRoom(): boolean {
    try {
      this.finishCut()
      return true
    } catch (error) {
      if (this.failed !== null) throw error
      return false
    }
  }

  /** A replacement that is under way comes to nothing in this life. */
  abandonReplacement(error: Error): void {
    this.#replacement?.abandon(error)
  }

  prepareFlush(): boolean {
    this.write()
    const isBegun = this.beginEmptied()
    this.#flushingBytes = this.dirtyBytes
    this.dirtyBytes = 0
    this.bytesWrittenBack = 0
    this.dirtyFrom = this.endOffset
    if (this.active !== null && this.marks.isDue(this.active)) this.#mark(this.active)
    return isBegun
  }

  /**
   * A log that was emptied while there was no room for a new segment gets it now: its name says where the log begins. Without it
   * a start finds the log at 0, and a recovery point beyond that would pass for damage. False where there is no room yet.
   */
  beginEmptied(): boolean {
    if (this.segments.length > 0 || !this.#isOnDisk || this.recoveryPoint >= this.endOffset) return true
    try {
      this.activate()
      return true
    } catch (error) {
      if (!isNoRoom(error)) throw error
      this.place.room.missed()
      return false
    }
  }

  /** Marks the log's end; see recovery-marks.ts. It can do without, where there is no room for it. */
  #mark(active: Segment): void {
    try {
      this.flush.add(active.mark())
      this.flush.made(this.directory)
      this.producers.takeSnapshot()
    } catch (error) {
      if (!isNoRoom(error)) throw error
      return
    }
    this.marks.made(active, this.endOffset)
  }

  prepareEpochs(): PendingEpochs | 'no room' | null {
    const { disk, room } = this.place
    if (!this.#epochs?.dirty || !this.#isOnDisk) return null
    try {
      return this.#epochs.writeLater(disk, this.directory)
    } catch (error) {
      if (!isNoRoom(error)) throw error
      room.missedFor(error)
      return 'no room'
    }
  }

  /** Writes the epochs where their file says something else: before the recovery point passes what they tell about. */
  writeEpochs(): void {
    if (this.#epochs?.dirty && this.#isOnDisk) this.#epochs.write(this.place.disk, this.directory)
  }

  advanceFlushed(offset: number): void {
    if (offset > this.recoveryPoint) this.recoveryPoint = offset
    this.advanceJournaled(offset)
    this.place.flushed(this.#flushingBytes)
    this.#flushingBytes = 0
  }

  advanceJournaled(offset: number): void {
    if (offset > this.flushedOffset) this.flushedOffset = offset
  }

  #makeDirectory(): void {
    const { disk, directory } = this.place
    disk.makeDirectory(directory)
    const file = disk.open(`${directory}/${PARTITION_METADATA}`, 'create')
    const bytes = encodePartitionMetadata(this.topicId)
    file.write(bytes, 0, bytes.length, 0)
    this.flush.add([file])
    this.flush.made(directory.slice(0, directory.lastIndexOf('/')))
    this.#isOnDisk = true
  }
}

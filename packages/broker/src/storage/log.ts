/**
 * One partition's log: a directory of segments (segment.ts), what is known of its producers (producer-state.ts) and of its
 * leaders' epochs (epoch-cache.ts).
 *
 *      start offset                          flushed offset      end offset (LEO)
 *          │                                       │                 │
 *     ─────┼───────────┬────────────────┬──────────┼─────────────────┤
 *          segment     segment          active segment     staged ───┘
 *
 * Batches are stored as their producer sent them; only base offset and leader epoch are patched, in the caller's buffer.
 * An append costs no allocation and at most one write: small batches are staged and written together at the end of the
 * turn, large ones go straight from the caller's buffer to the file.
 *
 * The disk decides about failures: after any I/O error `failed` is set and all that would change the log is refused.
 */
import type { TopicConfig } from '@odradek/config'
import {
  BatchHeader,
  CorruptBatchError,
  errors,
  type FileRange,
  patchBaseOffset,
  patchLeaderEpoch,
  readBatchHeader,
  type Slice,
  setLogAppendTime,
  verifyBatchCrc,
} from '@odradek/protocol'
import { isNoFile } from '../host/no-room.ts'
import { controlRecordOf } from './control-record-of.ts'
import { noRoomError } from './disk-room.ts'
import type { EpochStart } from './epoch-cache.ts'
import type { Journal, JournaledLog } from './journal.ts'
import { JournalSlot } from './journal-slot.ts'
import { putBatch } from './log-append.ts'
import { advanceStartOffset, cutNow, cuttingTo, cuttingWhole, deleteBelowStart, deleteSegments } from './log-cutting.ts'
import type { FlushDone, JournalRange, Writeback } from './log-flush.ts'
import type { LogPlace } from './log-place.ts'
import { abortedBetween, type LogRead, readRange } from './log-reader.ts'
import { LogState } from './log-state.ts'
import type { ProducerEntry } from './producer-entry.ts'
import type { TimestampOffset } from './record-search.ts'
import { emptyLog, type LoadedLog, loadLog } from './recovery.ts'
import type { Segment } from './segment.ts'
import { fileName, LOG_SUFFIX } from './segment-files.ts'
import type { SegmentReader } from './segment-reader.ts'
import { maxTimestampBelow, type SearchBeside, timestampLookup } from './time-lookup.ts'

const NONE = errors.NONE.code
/** The one code that every client retries and none takes for appended. */
const NO_ROOM = errors.NOT_ENOUGH_REPLICAS.code
const KAFKA_STORAGE_ERROR = errors.KAFKA_STORAGE_ERROR.code
const NOTHING: LogRead = { errorCode: NONE, range: null }
const OUT_OF_RANGE: LogRead = { errorCode: errors.OFFSET_OUT_OF_RANGE.code, range: null }
const UNREADABLE: LogRead = { errorCode: KAFKA_STORAGE_ERROR, range: null }

/** What became of an append. One object per log, filled anew by the next append. */
export interface AppendResult {
  /** NONE, or why nothing was appended. */
  errorCode: number
  baseOffset: number
  lastOffset: number
  /** Epoch milliseconds with `message.timestamp.type=LogAppendTime`, else -1. */
  logAppendTime: number
  /** The batch was there already: the offsets are those it has. */
  duplicate: boolean
}

export interface LogOptions {
  readonly place: LogPlace
  readonly topic: string
  readonly partition: number
  /** 22 characters of base64url. */
  readonly topicId: string
  readonly config: TopicConfig
  /** Whether the broker was stopped cleanly. */
  readonly clean: boolean
  /** All below is durable and right, as the checkpoint says [0]. */
  readonly recoveryPoint: number
  /** The log's start, as the checkpoint says [0]. */
  readonly startOffset: number
  /** Whether the journal may have what follows on the log's end: then it may end before its start for now. */
  readonly isJournaled: boolean
  /** Whether the caller makes durable what recovery writes; see LogToLoad. */
  readonly isSyncedTogether: boolean
  /** How long a producer that writes nothing is remembered: `producer.id.expiration.ms`. */
  readonly producerIdExpirationMs: number
}

export class Log {
  readonly topic: string
  readonly partition: number
  readonly topicId: string
  readonly journalSlot: JournalSlot<JournaledLog>
  readonly #state: LogState
  readonly #producerIdExpirationMs: number
  readonly #result: AppendResult = {
    errorCode: NONE,
    baseOffset: -1,
    lastOffset: -1,
    logAppendTime: -1,
    duplicate: false,
  }
  /** A leader's epoch of which no batch has come yet: it enters the cache with its first. */
  #nextEpoch = -1
  /** The ends at the last two calls of `settle`. */
  #lastEnd = -1
  #settledEnd = -1
  #isClosed = false
  /** Of segments that were not opened, as the log is damaged. */
  #unopenedBytes = 0
  /** The start that is noted of a log that begins anew there; -1 otherwise. */
  #notedStart = -1
  #isFlushSynchronous: boolean

  private constructor(options: LogOptions, loaded: LoadedLog) {
    this.topic = options.topic
    this.partition = options.partition
    this.topicId = options.topicId
    this.journalSlot = new JournalSlot(options.topicId, options.partition)
    this.#producerIdExpirationMs = options.producerIdExpirationMs
    this.#state = new LogState(options.place, options.topicId, options.config, loaded)
    this.#isFlushSynchronous = isSynchronous(options.config)
  }

  /**
   * Opens the log in `place.directory`. A directory that is not there is an empty log that begins at `startOffset`; it
   * is made by the first append. After an unclean stop (`clean: false`) everything from the segment of `recoveryPoint`
   * on is validated, and the log ends before the first batch that is damaged. Throws a CorruptBatchError when what is
   * below the recovery point turns out to be damaged.
   */
  static open(options: LogOptions): Log {
    options.place.indexIntervalBytes = options.config['index.interval.bytes']
    return new Log(options, loadLog(options))
  }

  /**
   * A log that could not be opened because of `error`: it refuses everything, and its files stay as they are. They have
   * `sizeInBytes` bytes, 0 where that cannot be known.
   */
  static damaged(options: LogOptions, error: Error, sizeInBytes = 0): Log {
    const log = new Log(options, emptyLog(options.startOffset, true))
    log.#unopenedBytes = sizeInBytes
    log.#state.fail(error)
    return log
  }

  get directory(): string {
    return this.#state.directory
  }

  get config(): TopicConfig {
    return this.#state.config
  }

  /** The first offset that can be read. */
  get startOffset(): number {
    return this.#state.startOffset
  }

  /** The offset of the next record. */
  get endOffset(): number {
    return this.#state.endOffset
  }

  /** Where it begins once what it is about to be cut to is durable: for the checkpoint that comes before. */
  get startOffsetToBe(): number {
    const { cutting, startOffset } = this.#state
    // Never more: where there is no room to cut it the log goes on, and one that ends before its start begins anew.
    return cutting === null ? startOffset : Math.min(Math.max(startOffset, this.#notedStart), cutting.startOffset)
  }

  /** Whether a cut is under way: until it is done, what changes the log waits for the disk. */
  get isCutting(): boolean {
    return this.#state.cut !== null
  }

  /** All below is durable: in its own files, or in the journal. */
  get flushedOffset(): number {
    return this.#state.flushedOffset
  }

  /** All below is durable in its own files. */
  get recoveryPoint(): number {
    return this.#state.recoveryPoint
  }

  /** Bytes appended since the last flush began. */
  get dirtyBytes(): number {
    return this.#state.dirtyBytes
  }

  /** Those of them that came since the newest writeback began. */
  get waitingBytes(): number {
    return this.#state.dirtyBytes - this.#state.bytesWrittenBack
  }

  /** Records appended since the last flush began. */
  get dirtyRecords(): number {
    return this.#state.endOffset - this.#state.dirtyFrom
  }

  /** How often it was cut or emptied. */
  get cuts(): number {
    return this.#state.cuts
  }

  /** How often appends that were accepted were undone because the disk had no room to write them. */
  get undone(): number {
    return this.#state.undone
  }

  /** Whether an append that ended at `offset` was undone since; `undone` is as it was when that was accepted. */
  isUndone(offset: number, undone: number): boolean {
    const { undone: now, undoneTo } = this.#state
    if (undone === now) return false
    const first = undone - (now - undoneTo.length)
    return first < 0 || undoneTo.some((end, at) => at >= first && offset > end)
  }

  /** The least offset at which the log ended after it was undone, since `undone` was what is given. */
  undoneTo(undone: number): number {
    const { undone: now, undoneTo } = this.#state
    return Math.min(...undoneTo.slice(Math.max(0, undone - (now - undoneTo.length))))
  }

  /** Whether an acknowledgement waits for the disk. */
  get isFlushSynchronous(): boolean {
    return this.#isFlushSynchronous
  }

  /** What small writes are made durable by together with other logs'; null without. */
  get journal(): Journal | null {
    return this.#state.place.journal
  }

  /** The I/O error that ended the log's use. */
  get failed(): Error | null {
    return this.#state.failed
  }

  /** Ends the log's use because of `error`: its disk failed elsewhere. */
  fail(error: Error): void {
    this.#state.fail(error)
  }

  /** Bytes of batches that were read and checked when it was opened: 0 after a clean stop. */
  get recoveredBytes(): number {
    return this.#state.recoveredBytes
  }

  /** Whether it was closed without having failed before. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Bytes of batches in all segments; of a log that was opened as damaged, of their files. */
  get sizeInBytes(): number {
    let size = this.#unopenedBytes
    for (const segment of this.#state.segments.all) size += segment.size
    return size
  }

  /** Segments in order, the active one last. */
  segments(): readonly Segment[] {
    return this.#state.segments.all
  }

  /** Takes over what its topic's configuration says now. */
  configure(config: TopicConfig): void {
    this.#state.config = config
    this.#isFlushSynchronous = isSynchronous(config)
    this.#state.place.indexIntervalBytes = config['index.interval.bytes']
  }

  /**
   * The leader's append of one validated batch that `header` was read from: checks its producer, gives it its offsets and
   * `leaderEpoch` (in `batch` and in `header`), and stages or writes it. An I/O error is thrown and sets `failed`.
   */
  append(batch: Slice, header: BatchHeader, leaderEpoch: number): AppendResult {
    const state = this.#state
    const result = this.#result
    result.errorCode = NONE
    result.logAppendTime = -1
    result.duplicate = false
    if (state.failed !== null) return refuse(result, KAFKA_STORAGE_ERROR)
    if (state.cut !== null) state.finishCut()
    if (state.place.room.isRefusing) return refuse(result, NO_ROOM)
    const { undone } = state
    const control = header.isControl ? controlRecordOf(batch) : null
    if (header.producerId >= 0) {
      const producers = state.producersUnlessCrowded
      if (producers === null) return refuse(result, NO_ROOM)
      const errorCode = producers.check(header, control)
      if (errorCode !== NONE) return refuse(result, errorCode)
      if (producers.duplicateOffset >= 0) {
        result.duplicate = true
        result.lastOffset = producers.duplicateOffset
        result.baseOffset = producers.duplicateOffset - header.lastOffsetDelta
        return result
      }
    }
    // To know the producers, what is staged had to be written, and there was no room.
    if (state.undone !== undone) return refuse(result, NO_ROOM)
    const baseOffset = state.endOffset
    patchBaseOffset(batch.view, batch.start, baseOffset)
    patchLeaderEpoch(batch.view, batch.start, leaderEpoch)
    header.baseOffset = baseOffset
    header.leaderEpoch = leaderEpoch
    if (state.config['message.timestamp.type'] === 'LogAppendTime' && !header.isControl) {
      const now = state.place.clock.now()
      setLogAppendTime(batch.buffer, batch.view, batch.start, now)
      header.maxTimestamp = now
      result.logAppendTime = now
    }
    if (!putBatch(state, batch, header, control)) return refuse(result, NO_ROOM)
    result.baseOffset = baseOffset
    result.lastOffset = header.lastOffset
    return result
  }

  /**
   * A follower's append of batches as its leader sent them, offsets and epochs included. Throws a CorruptBatchError for
   * bytes that are not whole, right batches that follow the log's end; what came before them is in the log then.
   */
  appendReplicated(batches: Slice): void {
    if (this.failed !== null) throw this.failed
    this.#state.finishCut()
    const { buffer, view } = batches
    const header = new BatchHeader()
    for (let start = batches.start; start < batches.end; start += header.sizeInBytes) {
      if (!verifyBatchCrc(buffer, view, start))
        throw new CorruptBatchError(`No whole, undamaged batch at byte ${start}.`)
      readBatchHeader(view, start, header)
      const end = start + header.sizeInBytes
      if (end > batches.end || header.magic !== 2) throw new CorruptBatchError(`No whole batch at byte ${start}.`)
      if (header.baseOffset < this.endOffset || header.lastOffsetDelta < 0)
        throw new CorruptBatchError(`Batch at offset ${header.baseOffset} does not follow the end ${this.endOffset}.`)
      const batch = { buffer, view, start, end }
      if (!putBatch(this.#state, batch, header, header.isControl ? controlRecordOf(batch) : null))
        throw noRoomError(this.directory)
    }
  }

  /** Writes what is staged, with one write; an I/O error is thrown and sets `failed`. */
  write(): void {
    if (this.#state.stage.length > 0) this.#state.guarded(() => this.#state.write())
  }

  /**
   * End of a turn in which something was appended: it is written, or, where an acknowledgement waits for the disk and a
   * journal may be what it waits for, kept for that (log-state.ts). An I/O error is thrown and sets `failed`.
   */
  endTurn(): void {
    const state = this.#state
    if (state.stage.length === 0) return
    if (state.failed !== null) throw state.failed
    // As `guarded`, but without a closure for every log of every turn.
    try {
      if (!this.#isFlushSynchronous || !state.keep()) state.write()
    } catch (error) {
      state.fail(error as Error)
      throw error
    }
  }

  /** What is below is in the files. */
  get writtenOffset(): number {
    return this.#state.stage.length === 0 ? this.#state.endOffset : this.#state.writtenEnd
  }

  /** Closes the active segment and begins the next one at the end of the log. Does nothing while it is empty. */
  roll(): void {
    const state = this.#state
    state.guardedRoom(() => {
      state.finishCut()
      if (state.activate().size > 0) state.roll(state.endOffset)
    })
  }

  /** Makes all that is appended now durable, off the loop, and calls `done`; see log-flush.ts. */
  flush(done: FlushDone): void {
    this.#state.flush.flush(done)
  }

  /** Begins to write what is appended to the device, so that the next flush has less to do; see log-flush.ts. */
  startWriteback(done: FlushDone): Writeback {
    const state = this.#state
    const begun = state.flush.startWriteback(done)
    if (begun !== 'unknown') state.bytesWrittenBack = state.dirtyBytes
    return begun
  }

  /** What the journal is to take for all that is appended to be durable; null where only a flush can do that. */
  journalRange(): JournalRange | null {
    const state = this.#state
    if (state.failed !== null) throw state.failed
    // As `guarded`, but without a closure for every log of every round.
    try {
      return state.flush.journalRange()
    } catch (error) {
      state.fail(error as Error)
      throw error
    }
  }

  /** The journal takes `range`: `journaled` is to be called when it is durable. */
  journaling(range: JournalRange): void {
    this.#state.flush.journaling(range)
  }

  journaled(range: JournalRange): void {
    this.#state.flush.journaled(range)
  }

  /** The same, blocking. An I/O error is thrown and sets `failed`. */
  flushNow(): void {
    const state = this.#state
    state.guarded(() => {
      state.finishCut()
      state.flush.flushNow()
    })
  }

  /**
   * The batches from the one that holds `fetchOffset` (or the next there is) up to `upToOffset`, within one segment, whole
   * ones and at most `maxBytes`; with `atLeastOneBatch` the first even if it is larger. An empty answer has range null. A
   * log that cannot be read fails and answers KAFKA_STORAGE_ERROR; one that cannot be for now, as too many files are open,
   * answers the same.
   */
  read(fetchOffset: number, maxBytes: number, upToOffset: number, atLeastOneBatch: boolean): LogRead {
    const state = this.#state
    if (state.failed !== null) return UNREADABLE
    if (fetchOffset < state.startOffset || fetchOffset > state.endOffset) return OUT_OF_RANGE
    const upTo = Math.min(upToOffset, state.endOffset)
    if (fetchOffset >= upTo) return NOTHING
    try {
      state.write()
      const range = readRange(state, { fetchOffset, maxBytes, upToOffset: upTo, atLeastOneBatch })
      return range === null ? NOTHING : { errorCode: NONE, range }
    } catch (error) {
      this.#unreadable(fetchOffset, error as Error)
      return UNREADABLE
    }
  }

  /** What is at an offset cannot be read. Where the disk lost or changed it, later lives know of it too. */
  #unreadable(offset: number, error: Error): void {
    const { place, segments, directory } = this.#state
    if (isNoFile(error)) {
      place.room.missedFile()
      return
    }
    place.logger.error({ directory, offset, err: error }, 'A log cannot be read: it is offline now.')
    if (error instanceof CorruptBatchError) {
      const segment = segments.at(Math.max(0, segments.floorIndex(offset)))
      const file = fileName(segment?.baseOffset ?? offset, LOG_SUFFIX)
      const problem = `it cannot be read at offset ${offset}: ${error.message}`
      place.damaged({ file, position: -1, problem, foundMs: place.clock.now() })
    }
    this.#state.fail(error)
    if (!(error instanceof CorruptBatchError)) place.unreadable()
  }

  /** The bytes of a range that `read` gave. */
  readBatches(range: FileRange): Buffer {
    const buffer = Buffer.allocUnsafe(range.length)
    const length = (range.file as SegmentReader).read(buffer, 0, range.length, range.position)
    return length === range.length ? buffer : buffer.subarray(0, length)
  }

  /**
   * The end for readers of committed records, given the end for all readers. Where too many files are open to find out, nothing
   * counts as committed for now.
   */
  lastStableOffset(highWatermark: number): number {
    const state = this.#state
    if (state.failed !== null && state.producersIfLoaded === null) return highWatermark
    const producers = state.producersUnlessCrowded
    if (producers === null) return Math.min(highWatermark, state.startOffset)
    return producers.lastStableOffset(highWatermark)
  }

  /** Whether what `lastStableOffset` has just said is where that is, and not only less. */
  get isLastStableOffsetKnown(): boolean {
    return this.#state.producersIfLoaded !== null
  }

  /** The aborted transactions with records in `[from, to)`. Throws I/O errors; too many open files do not set `failed`. */
  abortedTransactions(from: number, to: number): { producerId: number; firstOffset: number }[] {
    return this.#state.guardedRead(() => abortedBetween(this.#state.segments, from, to))
  }

  /**
   * The first record at or above the log's start (and `fromOffset`) and below `upToOffset` whose timestamp is at least
   * `timestamp`. Throws a CorruptBatchError where the batch cannot be opened. With `beside`, what takes long is left to that.
   */
  offsetForTimestamp(
    timestamp: number,
    upToOffset: number,
    beside: SearchBeside | null = null,
    fromOffset = 0,
  ): TimestampOffset | null {
    const state = this.#state
    return state.guardedOpening(() => {
      state.write()
      const from = Math.max(state.startOffset, fromOffset)
      return timestampLookup(state.segments, timestamp, from, Math.min(upToOffset, state.endOffset), beside)
    })
  }

  /** The first record below `upToOffset` that has the greatest timestamp of all. Throws, and leaves to `beside`, as above. */
  maxTimestamp(upToOffset: number, beside: SearchBeside | null = null): TimestampOffset | null {
    const state = this.#state
    return state.guardedOpening(() => {
      const { segments, startOffset, endOffset } = state
      state.write()
      return maxTimestampBelow(segments, startOffset, Math.min(upToOffset, endOffset), endOffset, beside)
    })
  }

  /** The newest epoch that has records or a leader, -1 without any. */
  get latestEpoch(): number {
    return Math.max(this.#nextEpoch, this.#state.epochs.latest)
  }

  /** The epochs that have records, and where each began. */
  get epochs(): readonly EpochStart[] {
    return this.#state.epochs.entries
  }

  /** A leader of that epoch begins: its records come next. Nothing is written before they do. */
  assignEpoch(epoch: number): void {
    if (epoch > this.#nextEpoch) this.#nextEpoch = epoch
  }

  /** Where `epoch`, or the greatest known one below it, ended; null when it is not known. */
  endOffsetForEpoch(epoch: number): { epoch: number; endOffset: number } | null {
    const { epochs, endOffset } = this.#state
    // The leader's own epoch, of which there may be no record yet, begins where the log ends.
    if (this.#nextEpoch > epochs.latest && epoch >= epochs.latest && epoch >= 0) {
      if (epoch > this.#nextEpoch) return null
      return { epoch: epoch === this.#nextEpoch ? epoch : Math.max(epochs.latest, 0), endOffset }
    }
    return epochs.endOffsetFor(epoch, endOffset)
  }

  /** Cuts the log so that it ends at or before `offset`, durably: before the batch that holds it. */
  truncateTo(offset: number): void {
    const state = this.#state
    state.guardedRoom(() => {
      state.finishCut()
      const cutting = cuttingTo(state, offset)
      if (cutting !== null) cutNow(state, cutting)
    })
  }

  /**
   * The same without waiting for the disk: `done` is called when it is durable, or with why it cannot be; for want of room the
   * log is as it was, and `failed` not set. Until then nothing is to be appended. Returns where the log will end. An I/O error
   * that comes before is thrown and sets `failed`.
   */
  truncateLater(offset: number, done: FlushDone): number {
    const state = this.#state
    return state.guardedRoom(() => {
      state.finishCut()
      const cutting = cuttingTo(state, offset)
      if (cutting === null) done(null)
      else state.cutLater(cutting, done)
      return cutting?.endOffset ?? state.endOffset
    })
  }

  /** Empties the log, durably; its next record gets `offset`. */
  truncateFullyAndStartAt(offset: number): void {
    const state = this.#state
    state.guardedRoom(() => {
      state.finishCut()
      cutNow(state, cuttingWhole(state, offset))
    })
  }

  /**
   * At a start: empties the log, which ends before the start that is noted of it, `offset`. That stays noted meanwhile: after
   * another crash the log begins there again, and not with records that were deleted.
   */
  beginAnewAt(offset: number): void {
    this.#notedStart = offset
    try {
      this.truncateFullyAndStartAt(offset)
    } finally {
      this.#notedStart = -1
    }
  }

  /** The same without waiting for the disk; see `truncateLater`. */
  truncateFullyLater(offset: number, done: FlushDone): void {
    const state = this.#state
    state.guardedRoom(() => {
      state.finishCut()
      state.cutLater(cuttingWhole(state, offset), done)
    })
  }

  /** Moves the log's start up to `offset` (DeleteRecords); segments that lie below it as a whole go. */
  advanceStartOffset(offset: number): void {
    const state = this.#state
    state.guardedRoom(() => {
      state.finishCut()
      advanceStartOffset(state, offset)
    })
  }

  /** Lets go of `segments`, which are the oldest ones; the active one is closed first where it is among them. */
  deleteSegments(segments: readonly Segment[]): void {
    const state = this.#state
    state.guardedRoom(() => {
      state.finishCut()
      deleteSegments(state, segments)
    })
  }

  /**
   * Puts the segment that compaction wrote as `.cleaned` files in the place of `old`, neighbours of each other. The loop does
   * not wait for the disk: `done` is called when it is there, or with why it cannot be, which sets `failed`.
   */
  replaceSegments(old: readonly Segment[], done: FlushDone): void {
    this.#state.replaceSegments(old, done)
  }

  /** What is known of its producers. */
  producers(): Iterable<ProducerEntry> {
    return this.#state.producers.entries()
  }

  /** What is known of one producer. An I/O error is thrown and sets `failed`. */
  producer(producerId: number): ProducerEntry | undefined {
    const state = this.#state
    return (state.producersIfLoaded ?? state.guarded(() => state.producers)).get(producerId)
  }

  /** Forgets producers that wrote nothing for long. */
  expireProducers(now: number): void {
    this.#state.producersIfLoaded?.expire(now, this.#producerIdExpirationMs)
  }

  /**
   * Called every few seconds: segments below the start go when they are durable, and a log that nothing was appended to since
   * the call before the last gives back the room that it reserved. An I/O error is thrown and sets `failed`.
   */
  settle(): void {
    const state = this.#state
    if (state.cut !== null) return
    if (state.failed === null) state.guardedRoom(() => deleteBelowStart(state))
    const isIdle = this.#settledEnd === state.endOffset
    this.#settledEnd = this.#lastEnd
    this.#lastEnd = state.endOffset
    if (!isIdle || state.failed !== null || state.active === null) return
    const { active } = state
    state.guarded(() => {
      state.write()
      state.giveBack(active)
    })
  }

  /**
   * Closes the log for good. Cleanly: everything is written and durable, so that the next start can trust it. A failed
   * log is only let go of.
   */
  close(clean: boolean): void {
    const state = this.#state
    const closed = new Error(`${state.directory} is closed.`)
    if (clean && state.failed === null && state.isOnDisk) {
      state.guarded(() => {
        state.finishReplacement()
        state.cut?.abandon(closed)
        state.write()
        const { last } = state.segments
        if (last !== undefined) {
          state.giveBack(last)
          state.flush.add(last.writeIndexes())
          state.takeSnapshot()
        }
        state.flush.flushNow()
      })
    }
    this.#isClosed = state.failed === null
    state.stage.clear()
    state.fail(closed)
    state.cut?.end(closed)
    state.abandonReplacement(closed)
    for (const segment of state.segments.all) segment.close()
  }

  /**
   * Closes the log and renames its directory, which is to be removed then: nothing finds it under its old name any more.
   * False when nothing of it is on disk.
   */
  moveTo(directory: string): boolean {
    const { place, isOnDisk } = this.#state
    this.close(false)
    if (isOnDisk) place.disk.rename(place.directory, directory)
    place.directory = directory
    return isOnDisk
  }
}

/** Kafka flushes in the append that reaches `flush.messages`: with 1, before each acknowledgement. */
function isSynchronous(config: TopicConfig): boolean {
  return config['flush.mode'] === 'sync' || config['flush.messages'] === 1
}

function refuse(result: AppendResult, errorCode: number): AppendResult {
  result.errorCode = errorCode
  result.baseOffset = -1
  result.lastOffset = -1
  return result
}

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
  type BatchHeader,
  errors,
  patchBaseOffset,
  patchLeaderEpoch,
  type Slice,
  setLogAppendTime,
} from '@odradek/protocol'
import { controlRecordOf } from './control-record-of.ts'
import { putBatch } from './log-append.ts'
import { advanceStartOffset, cutNow, cuttingTo, cuttingWhole, deleteBelowStart, deleteSegments } from './log-cutting.ts'
import type { FlushDone, JournalRange, Writeback } from './log-flush.ts'
import type { LogOptions } from './log-options.ts'
import { LogView } from './log-view.ts'
import { emptyLog, type LoadedLog, loadLog } from './recovery.ts'
import { appendReplicated } from './replicated-append.ts'
import type { Segment } from './segment.ts'

const NONE = errors.NONE.code
/** The one code that every client retries and none takes for appended. */
const NO_ROOM = errors.NOT_ENOUGH_REPLICAS.code
const KAFKA_STORAGE_ERROR = errors.KAFKA_STORAGE_ERROR.code

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

export class Log extends LogView {
  readonly #producerIdExpirationMs: number
  readonly #result: AppendResult = {
    errorCode: NONE,
    baseOffset: -1,
    lastOffset: -1,
    logAppendTime: -1,
    duplicate: false,
  }
  /** The ends at the last two calls of `settle`. */
  #lastEnd = -1
  #settledEnd = -1
  #isClosed = false
  /** The start that is noted of a log that begins anew there; -1 otherwise. */
  #notedStart = -1
  #isFlushSynchronous: boolean

  private constructor(options: LogOptions, loaded: LoadedLog, unopenedBytes = 0) {
    super(options, loaded, unopenedBytes)
    this.#producerIdExpirationMs = options.producerIdExpirationMs
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
    const log = new Log(options, emptyLog(options.startOffset, true), sizeInBytes)
    log.state.fail(error)
    return log
  }

  /** Where it begins once what it is about to be cut to is durable: for the checkpoint that comes before. */
  get startOffsetToBe(): number {
    const { cutting, startOffset } = this.state
    // Never more: where there is no room to cut it the log goes on, and one that ends before its start begins anew.
    return cutting === null ? startOffset : Math.min(Math.max(startOffset, this.#notedStart), cutting.startOffset)
  }

  /** Whether an acknowledgement waits for the disk. */
  get isFlushSynchronous(): boolean {
    return this.#isFlushSynchronous
  }

  /** Ends the log's use because of `error`: its disk failed elsewhere. */
  fail(error: Error): void {
    this.state.fail(error)
  }

  /** Whether it was closed without having failed before. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Takes over what its topic's configuration says now. */
  configure(config: TopicConfig): void {
    this.state.config = config
    this.#isFlushSynchronous = isSynchronous(config)
    this.state.place.indexIntervalBytes = config['index.interval.bytes']
  }

  /**
   * The leader's append of one validated batch that `header` was read from: checks its producer, gives it its offsets and
   * `leaderEpoch` (in `batch` and in `header`), and stages or writes it. An I/O error is thrown and sets `failed`.
   */
  append(batch: Slice, header: BatchHeader, leaderEpoch: number): AppendResult {
    const state = this.state
    const result = this.#result
    result.errorCode = NONE
    result.logAppendTime = -1
    result.duplicate = false
    if (state.failed !== null) return refuse(result, KAFKA_STORAGE_ERROR)
    if (state.cut !== null && !state.finishCutIfRoom()) return refuse(result, NO_ROOM)
    if (state.place.room.isRefusing) return refuse(result, NO_ROOM)
    const { undone } = state
    const control = header.isControl ? controlRecordOf(batch) : null
    if (header.producerId >= 0) {
      const producers = state.producers.currentUnlessCrowded
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
    appendReplicated(this.state, batches)
  }

  /** Writes what is staged, with one write; an I/O error is thrown and sets `failed`. */
  write(): void {
    if (this.state.stage.length > 0) this.state.guarded(() => this.state.write())
  }

  /**
   * End of a turn in which something was appended: it is written, or, where an acknowledgement waits for the disk and a
   * journal may be what it waits for, kept for that (log-state.ts). An I/O error is thrown and sets `failed`.
   */
  endTurn(): void {
    const state = this.state
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

  /**
   * Makes the directory and the first segment of an empty log, durably: the name of that says where it begins. Where there is no
   * room the first append does.
   */
  makeFiles(): void {
    const state = this.state
    try {
      state.guardedRoom(() => {
        state.activate()
        state.flush.flushNow()
      })
    } catch (error) {
      if (state.failed !== null) throw error
    }
  }

  /** Closes the active segment and begins the next one at the end of the log. Does nothing while it is empty. */
  roll(): void {
    const state = this.state
    state.guardedRoom(() => {
      state.finishCut()
      if (state.activate().size > 0) state.roll(state.endOffset)
    })
  }

  /** Makes all that is appended now durable, off the loop, and calls `done`; see log-flush.ts. */
  flush(done: FlushDone): void {
    this.state.flush.flush(done)
  }

  /** Begins to write what is appended to the device, so that the next flush has less to do; see log-flush.ts. */
  startWriteback(done: FlushDone): Writeback {
    const state = this.state
    const begun = state.flush.startWriteback(done)
    if (begun !== 'unknown') state.bytesWrittenBack = state.dirtyBytes
    return begun
  }

  /** What the journal is to take for all that is appended to be durable; null where only a flush can do that. */
  journalRange(): JournalRange | null {
    const state = this.state
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
    this.state.flush.journaling(range)
  }

  journaled(range: JournalRange): void {
    this.state.flush.journaled(range)
  }

  /** The same, blocking. An I/O error is thrown and sets `failed`. */
  flushNow(): void {
    const state = this.state
    state.guarded(() => {
      state.finishCut()
      state.flush.flushNow()
    })
  }

  /** A leader of that epoch begins: its records come next. Nothing is written before they do. */
  assignEpoch(epoch: number): void {
    if (epoch > this.nextEpoch) this.nextEpoch = epoch
  }

  /** Cuts the log so that it ends at or before `offset`, durably: before the batch that holds it. */
  truncateTo(offset: number): void {
    const state = this.state
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
    const state = this.state
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
    const state = this.state
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
    const state = this.state
    state.guardedRoom(() => {
      state.finishCut()
      state.cutLater(cuttingWhole(state, offset), done)
    })
  }

  /** Moves the log's start up to `offset` (DeleteRecords); segments that lie below it as a whole go. */
  advanceStartOffset(offset: number): void {
    const state = this.state
    state.guardedRoom(() => {
      state.finishCut()
      advanceStartOffset(state, offset)
    })
  }

  /** Lets go of `segments`, which are the oldest ones; the active one is closed first where it is among them. */
  deleteSegments(segments: readonly Segment[]): void {
    const state = this.state
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
    this.state.replaceSegments(old, done)
  }

  /** Forgets producers that wrote nothing for long. */
  expireProducers(now: number): void {
    this.state.producers.known?.expire(now, this.#producerIdExpirationMs)
  }

  /**
   * Called every few seconds: segments below the start go when they are durable, and a log that nothing was appended to since
   * the call before the last gives back the room that it reserved. An I/O error is thrown and sets `failed`.
   */
  settle(): void {
    const state = this.state
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
    const state = this.state
    const closed = new Error(`${state.directory} is closed.`)
    if (clean && state.failed === null && state.isOnDisk) {
      state.guarded(() => {
        state.finishReplacement()
        state.cut?.abandon(closed)
        state.write()
        state.beginEmptied()
        const { last } = state.segments
        if (last !== undefined) {
          state.giveBack(last)
          state.flush.add(last.writeIndexes())
          state.producers.takeSnapshot()
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
    const { place, isOnDisk } = this.state
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

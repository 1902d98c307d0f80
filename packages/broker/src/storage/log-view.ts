/**
 * What others see of a log: where it begins and ends, how far it is durable, what is in it. Looking changes nothing, but that
 * a log that its disk cannot read is failed by whoever finds that out. log.ts has what changes it.
 */
import type { TopicConfig } from '@odradek/config'
import { CorruptBatchError, errors, type FileRange } from '@odradek/protocol'
import { isNoFile } from '../host/no-room.ts'
import type { EpochStart } from './epoch-cache.ts'
import type { Journal } from './journal.ts'
import { JournalSlot } from './journal-slot.ts'
import type { JournaledLog } from './journaled-log.ts'
import type { LogOptions } from './log-options.ts'
import { abortedBetween, type LogRead, readRange } from './log-reader.ts'
import { LogState } from './log-state.ts'
import type { ProducerEntry } from './producer-entry.ts'
import type { TimestampOffset } from './record-search.ts'
import type { LoadedLog } from './recovery.ts'
import type { Segment } from './segment.ts'
import { fileName, LOG_SUFFIX } from './segment-files.ts'
import type { SegmentReader } from './segment-reader.ts'
import { maxTimestampBelow, type SearchBeside, timestampLookup } from './time-lookup.ts'

const NONE = errors.NONE.code
const NOTHING: LogRead = { errorCode: NONE, range: null }
const OUT_OF_RANGE: LogRead = { errorCode: errors.OFFSET_OUT_OF_RANGE.code, range: null }
const UNREADABLE: LogRead = { errorCode: errors.KAFKA_STORAGE_ERROR.code, range: null }

/** A log, for whoever looks at it. */
export class LogView {
  readonly topic: string
  readonly partition: number
  readonly topicId: string
  readonly journalSlot: JournalSlot<JournaledLog>
  protected readonly state: LogState
  /** A leader's epoch of which no batch has come yet: it enters the cache with its first. */
  protected nextEpoch = -1
  /** Of segments that were not opened, as the log is damaged. */
  readonly #unopenedBytes: number

  protected constructor(options: LogOptions, loaded: LoadedLog, unopenedBytes: number) {
    this.topic = options.topic
    this.partition = options.partition
    this.topicId = options.topicId
    this.journalSlot = new JournalSlot(options.topicId, options.partition)
    this.state = new LogState(options.place, options.topicId, options.config, loaded)
    this.#unopenedBytes = unopenedBytes
  }

  get directory(): string {
    return this.state.directory
  }

  get config(): TopicConfig {
    return this.state.config
  }

  /** The first offset that can be read. */
  get startOffset(): number {
    return this.state.startOffset
  }

  /** The offset of the next record. */
  get endOffset(): number {
    return this.state.endOffset
  }

  /** Whether a cut is under way: until it is done, what changes the log waits for the disk. */
  get isCutting(): boolean {
    return this.state.cut !== null
  }

  /** All below is durable: in its own files, or in the journal. */
  get flushedOffset(): number {
    return this.state.flushedOffset
  }

  /** All below is durable in its own files. */
  get recoveryPoint(): number {
    return this.state.recoveryPoint
  }

  /** Bytes appended since the last flush began. */
  get dirtyBytes(): number {
    return this.state.dirtyBytes
  }

  /** Those of them that came since the newest writeback began. */
  get waitingBytes(): number {
    return this.state.dirtyBytes - this.state.bytesWrittenBack
  }

  /** Records appended since the last flush began. */
  get dirtyRecords(): number {
    return this.state.endOffset - this.state.dirtyFrom
  }

  /** How often it was cut or emptied. */
  get cuts(): number {
    return this.state.cuts
  }

  /** How often appends that were accepted were undone because the disk had no room to write them. */
  get undone(): number {
    return this.state.undone
  }

  /** Whether an append that ended at `offset` was undone since; `undone` is as it was when that was accepted. */
  isUndone(offset: number, undone: number): boolean {
    const { undone: now, undoneTo } = this.state
    if (undone === now) return false
    const first = undone - (now - undoneTo.length)
    return first < 0 || undoneTo.some((end, at) => at >= first && offset > end)
  }

  /** The least offset at which the log ended after it was undone, since `undone` was what is given. */
  undoneTo(undone: number): number {
    const { undone: now, undoneTo } = this.state
    return Math.min(...undoneTo.slice(Math.max(0, undone - (now - undoneTo.length))))
  }

  /** What small writes are made durable by together with other logs'; null without. */
  get journal(): Journal | null {
    return this.state.place.journal
  }

  /** The I/O error that ended the log's use. */
  get failed(): Error | null {
    return this.state.failed
  }

  /** Bytes of batches that were read and checked when it was opened: 0 after a clean stop. */
  get recoveredBytes(): number {
    return this.state.recoveredBytes
  }

  /** Bytes of batches in all segments; of a log that was opened as damaged, of their files. */
  get sizeInBytes(): number {
    let size = this.#unopenedBytes
    for (const segment of this.state.segments.all) size += segment.size
    return size
  }

  /** Segments in order, the active one last. */
  segments(): readonly Segment[] {
    return this.state.segments.all
  }

  /** What is below is in the files. */
  get writtenOffset(): number {
    return this.state.stage.length === 0 ? this.state.endOffset : this.state.writtenEnd
  }

  /**
   * The batches from the one that holds `fetchOffset` (or the next there is) up to `upToOffset`, within one segment, whole
   * ones and at most `maxBytes`; with `atLeastOneBatch` the first even if it is larger. An empty answer has range null. A
   * log that cannot be read fails and answers KAFKA_STORAGE_ERROR; one that cannot be for now, as too many files are open,
   * answers the same.
   */
  read(fetchOffset: number, maxBytes: number, upToOffset: number, atLeastOneBatch: boolean): LogRead {
    const state = this.state
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
    const { place, segments, directory } = this.state
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
    this.state.fail(error)
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
    const state = this.state
    if (state.failed !== null && state.producers.known === null) return highWatermark
    const producers = state.producers.currentUnlessCrowded
    if (producers === null) return Math.min(highWatermark, state.startOffset)
    return producers.lastStableOffset(highWatermark)
  }

  /** Whether what `lastStableOffset` has just said is where that is, and not only less. */
  get isLastStableOffsetKnown(): boolean {
    return this.state.producers.known !== null
  }

  /** The aborted transactions with records in `[from, to)`. Throws I/O errors; too many open files do not set `failed`. */
  abortedTransactions(from: number, to: number): { producerId: number; firstOffset: number }[] {
    return this.state.guardedRead(() => abortedBetween(this.state.segments, from, to))
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
    const state = this.state
    return state.guardedOpening(() => {
      state.write()
      const from = Math.max(state.startOffset, fromOffset)
      return timestampLookup(state.segments, timestamp, from, Math.min(upToOffset, state.endOffset), beside)
    })
  }

  /** The first record below `upToOffset` that has the greatest timestamp of all. Throws, and leaves to `beside`, as above. */
  maxTimestamp(upToOffset: number, beside: SearchBeside | null = null): TimestampOffset | null {
    const state = this.state
    return state.guardedOpening(() => {
      const { segments, startOffset, endOffset } = state
      state.write()
      return maxTimestampBelow(segments, startOffset, Math.min(upToOffset, endOffset), endOffset, beside)
    })
  }

  /** The newest epoch that has records or a leader, -1 without any. */
  get latestEpoch(): number {
    return Math.max(this.nextEpoch, this.state.epochs.latest)
  }

  /** The epochs that have records, and where each began. */
  get epochs(): readonly EpochStart[] {
    return this.state.epochs.entries
  }

  /** Where `epoch`, or the greatest known one below it, ended; null when it is not known. */
  endOffsetForEpoch(epoch: number): { epoch: number; endOffset: number } | null {
    const { epochs, endOffset } = this.state
    // The leader's own epoch, of which there may be no record yet, begins where the log ends.
    if (this.nextEpoch > epochs.latest && epoch >= epochs.latest && epoch >= 0) {
      if (epoch > this.nextEpoch) return null
      return { epoch: epoch === this.nextEpoch ? epoch : Math.max(epochs.latest, 0), endOffset }
    }
    return epochs.endOffsetFor(epoch, endOffset)
  }

  /** What is known of its producers. An I/O error is thrown and sets `failed`, but for too many open files. */
  producers(): Iterable<ProducerEntry> {
    const state = this.state
    return (state.producers.known ?? state.guardedRead(() => state.producers.current)).entries()
  }

  /**
   * What is known of one producer, undefined for nothing; null where that cannot be read for now, as too many files are open. An
   * I/O error is thrown and sets `failed`.
   */
  producer(producerId: number): ProducerEntry | undefined | null {
    const producers = this.state.producers.currentUnlessCrowded
    return producers === null ? null : producers.get(producerId)
  }
}

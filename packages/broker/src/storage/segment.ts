/**
 * One segment of a log: a file of batches and its indexes. The newest segment of a log is the active one; only it grows.
 *
 * Files are opened when needed and may be closed in between (open-files.ts). The indexes of the active segment live in
 * memory and are written when it is closed: after an unclean stop the log is read from the recovery point on anyway, and
 * the indexes are made again by that. Those of older segments are read when first needed and checked then; one that is
 * missing or cannot be right is made again from the batches.
 */
import { type BatchHeader, CorruptBatchError } from '@odradek/protocol'
import type { DiskFile } from '../host/disk.ts'
import { BatchReader } from './batch-reader.ts'
import { batchScanner } from './batch-scanner.ts'
import type { LogPlace } from './log-place.ts'
import { OFFSET_INDEX_ENTRY_BYTES, OffsetIndex } from './offset-index.ts'
import type { FileHolder } from './open-files.ts'
import {
  fileName,
  INDEX_SUFFIX,
  LOG_SUFFIX,
  SEGMENT_SUFFIXES,
  TIME_INDEX_SUFFIX,
  TRANSACTION_INDEX_SUFFIX,
} from './segment-files.ts'
import { TIME_INDEX_ENTRY_BYTES, TimeIndex } from './time-index.ts'
import { type AbortedTransaction, decodeAborted, encodeAborted } from './transaction-index.ts'

/** The greatest distance from a segment's base offset that its indexes can hold. */
export const RELATIVE_OFFSET_MAX = 0x7fff_ffff

/** What a range of a segment refers to: it outlives the closing of the file it reads. */
export class SegmentReader {
  readonly #segment: Segment

  constructor(segment: Segment) {
    this.#segment = segment
  }

  get path(): string {
    return this.#segment.path(LOG_SUFFIX)
  }

  /** As DiskFile.read. */
  read(buffer: Uint8Array, start: number, end: number, position: number): number {
    return this.#segment.file.read(buffer, start, end, position)
  }
}

export class Segment implements FileHolder {
  readonly baseOffset: number
  /** For reading, as long as the segment is there: opens the data file again where it was closed meanwhile. */
  readonly reader: SegmentReader = new SegmentReader(this)
  /** Whether a flush is still to make bytes of it durable; keeps its file open. */
  dirty = false
  /** Timestamp of its first batch, epoch milliseconds: its age goes by it. -1 without any. */
  firstTimestamp = -1
  /** When it was begun, or opened after a start; epoch milliseconds. */
  readonly createdMs: number

  readonly #place: LogPlace
  #file: DiskFile | null = null
  #size = -1
  #maxTimestamp = -1
  #maxTimestampOffset = -1
  #timestampsKnown = false
  #offsets: OffsetIndex | null = null
  #times: TimeIndex | null = null
  #aborted: AbortedTransaction[] | null = null
  #bytesSinceIndexEntry = 0
  #syncing = 0
  /** Whether the indexes in memory say more than their files. */
  #indexesDirty = false

  constructor(place: LogPlace, baseOffset: number) {
    this.#place = place
    this.baseOffset = baseOffset
    this.createdMs = place.clock.now()
  }

  /** Begins a new, empty segment on disk, in place of any left-over files of that name. */
  static create(place: LogPlace, baseOffset: number): Segment {
    const segment = new Segment(place, baseOffset)
    for (const suffix of SEGMENT_SUFFIXES) if (suffix !== LOG_SUFFIX) place.disk.remove(segment.path(suffix))
    segment.#file = place.disk.open(segment.path(LOG_SUFFIX), 'create')
    if (segment.#file.size() > 0) segment.#file.truncate(0)
    place.openFiles.use(segment)
    segment.resetIndexes()
    segment.#size = 0
    return segment
  }

  /** Bytes of batches, with those that are staged but not written yet. */
  get size(): number {
    if (this.#size < 0) this.#size = this.file.size()
    return this.#size
  }

  set size(size: number) {
    this.#size = size
  }

  get pinned(): boolean {
    return this.dirty || this.#syncing > 0
  }

  /** Makes what is written durable, off the loop; the file stays open until then. */
  sync(done: (error: Error | null) => void): void {
    const { file } = this
    this.#syncing++
    file.sync((error) => {
      this.#syncing--
      if (this.#syncing === 0 && this.#file !== file) file.close()
      done(error)
    })
  }

  /** The open data file. */
  get file(): DiskFile {
    if (this.#file === null) this.#file = this.#place.disk.open(this.path(LOG_SUFFIX), 'write')
    this.#place.openFiles.use(this)
    return this.#file
  }

  path(suffix: string): string {
    return `${this.#place.directory}/${fileName(this.baseOffset, suffix)}`
  }

  /** The greatest timestamp of its records, -1 without any. */
  get maxTimestamp(): number {
    if (!this.#timestampsKnown) this.#readTimestamps()
    return this.#maxTimestamp
  }

  /** The last offset of the first batch that has it. */
  get maxTimestampOffset(): number {
    if (!this.#timestampsKnown) this.#readTimestamps()
    return this.#maxTimestampOffset
  }

  /** Whether `offset` can be told from the base offset in the 31 bits of an index entry. */
  canHold(offset: number): boolean {
    return offset - this.baseOffset <= RELATIVE_OFFSET_MAX
  }

  /** Whether an index has reached `indexBytesMax`; the time index keeps an entry free for when the segment is closed. */
  isIndexFull(indexBytesMax: number): boolean {
    return (
      this.offsets.entries >= Math.floor(indexBytesMax / OFFSET_INDEX_ENTRY_BYTES) ||
      this.times.entries >= Math.floor(indexBytesMax / TIME_INDEX_ENTRY_BYTES) - 1
    )
  }

  /** Notes a batch that is put at the end: its place in the indexes, its timestamp. `header` has its final offsets. */
  track(header: BatchHeader, size: number): void {
    const position = this.#size
    const lastOffset = header.baseOffset + header.lastOffsetDelta
    this.#indexesDirty = true
    if (position === 0) this.firstTimestamp = header.maxTimestamp
    if (header.maxTimestamp > this.#maxTimestamp) {
      this.#maxTimestamp = header.maxTimestamp
      this.#maxTimestampOffset = lastOffset
    }
    if (this.#bytesSinceIndexEntry > this.#place.indexIntervalBytes) {
      this.offsets.append(lastOffset, position)
      this.times.append(this.#maxTimestamp, this.#maxTimestampOffset)
      this.#bytesSinceIndexEntry = 0
    }
    this.#bytesSinceIndexEntry += size
    this.#size = position + size
  }

  /** Puts an aborted transaction in the index: its marker is in this segment. */
  addAborted(aborted: AbortedTransaction): void {
    const known = this.aborted
    const file = this.#place.disk.open(this.path(TRANSACTION_INDEX_SUFFIX), 'create')
    const bytes = encodeAborted(aborted)
    file.write(bytes, 0, bytes.length, known.length * bytes.length)
    file.close()
    known.push(aborted)
  }

  /** The aborted transactions whose marker is in this segment, in the order of the markers. */
  get aborted(): AbortedTransaction[] {
    if (this.#aborted === null) {
      const bytes = this.#place.disk.readFile(this.path(TRANSACTION_INDEX_SUFFIX))
      const found = bytes === null ? [] : decodeAborted(bytes, this.baseOffset)
      if (found === null) throw new CorruptBatchError(`${this.path(TRANSACTION_INDEX_SUFFIX)} is damaged.`)
      this.#aborted = found
    }
    return this.#aborted
  }

  get offsets(): OffsetIndex {
    if (this.#offsets === null) this.#readIndexes()
    return this.#offsets!
  }

  get times(): TimeIndex {
    if (this.#times === null) this.#readIndexes()
    return this.#times!
  }

  /**
   * The position of the first batch whose last offset is at least `offset`, -1 when there is none. The shared scanner
   * is left on it.
   */
  positionOf(offset: number): number {
    batchScanner.open(this.file, this.offsets.positionFor(offset), this.size)
    while (batchScanner.next()) {
      if (batchScanner.header.lastOffset >= offset) return batchScanner.position
    }
    return -1
  }

  /**
   * Prepares to append to a segment that was closed: reads what follows its last index entry. Returns the offset after
   * its last batch.
   */
  resume(): number {
    const offsets = this.offsets
    const size = this.size
    const start = offsets.entries === 0 ? 0 : offsets.position(offsets.entries - 1)
    let nextOffset = this.baseOffset
    this.#readTimestamps()
    batchScanner.open(this.file, start, size)
    while (batchScanner.next()) {
      const { header, position } = batchScanner
      nextOffset = header.nextOffset
      if (position === 0) this.firstTimestamp = header.maxTimestamp
      if (header.maxTimestamp > this.#maxTimestamp) {
        this.#maxTimestamp = header.maxTimestamp
        this.#maxTimestampOffset = header.lastOffset
      }
    }
    if (batchScanner.nextPosition !== size)
      throw new CorruptBatchError(
        `${this.path(LOG_SUFFIX)} ends inside a batch at position ${batchScanner.nextPosition}.`,
      )
    if (start > 0) this.firstTimestamp = this.#readFirstTimestamp()
    this.#bytesSinceIndexEntry = size - start
    return nextOffset
  }

  #readFirstTimestamp(): number {
    batchScanner.open(this.file, 0, this.size)
    return batchScanner.next() ? batchScanner.header.maxTimestamp : -1
  }

  /** Forgets what the indexes say: `track` will fill them again, from an empty segment on. */
  resetIndexes(): void {
    this.#offsets = new OffsetIndex(this.baseOffset)
    this.#times = new TimeIndex(this.baseOffset)
    this.#aborted = []
    this.#bytesSinceIndexEntry = 0
    this.#maxTimestamp = -1
    this.#maxTimestampOffset = -1
    this.#timestampsKnown = true
    this.#indexesDirty = true
    this.firstTimestamp = -1
    this.#size = 0
  }

  /**
   * Cuts the segment before the batch at `position`, which begins at `offset`: file (durably) and indexes. The index
   * files go; they are written again when the segment is closed.
   */
  truncate(position: number, offset: number): void {
    const { disk } = this.#place
    this.offsets.truncateToPosition(position)
    this.times.truncateTo(offset)
    this.#aborted = this.aborted.filter((aborted) => aborted.lastOffset < offset)
    this.file.truncate(position)
    this.file.syncNow()
    this.#size = position
    disk.remove(this.path(INDEX_SUFFIX))
    disk.remove(this.path(TIME_INDEX_SUFFIX))
    this.#writeAborted()
    this.#maxTimestamp = this.times.lastTimestamp
    this.#maxTimestampOffset = this.times.lastOffset
    this.#timestampsKnown = true
    this.#indexesDirty = true
    this.resume()
  }

  /**
   * Writes the index files where they differ from memory, and returns them open: they are to be synced and closed before
   * the recovery point passes this segment.
   */
  writeIndexes(): DiskFile[] {
    if (!this.#indexesDirty) return []
    this.times.append(this.#maxTimestamp, this.#maxTimestampOffset)
    this.#indexesDirty = false
    return [this.#write(INDEX_SUFFIX, this.offsets.bytes()), this.#write(TIME_INDEX_SUFFIX, this.times.bytes())]
  }

  /** Replaces the transaction index file by what recovery found. */
  setAborted(aborted: AbortedTransaction[]): void {
    this.#aborted = aborted
    this.#writeAborted()
  }

  #writeAborted(): void {
    if (this.#aborted!.length === 0) this.#place.disk.remove(this.path(TRANSACTION_INDEX_SUFFIX))
    else this.#write(TRANSACTION_INDEX_SUFFIX, Buffer.concat(this.#aborted!.map(encodeAborted))).close()
  }

  #write(suffix: string, bytes: Buffer): DiskFile {
    const file = this.#place.disk.open(this.path(suffix), 'create')
    if (bytes.length > 0) file.write(bytes, 0, bytes.length, 0)
    if (file.size() > bytes.length) file.truncate(bytes.length)
    return file
  }

  release(): void {
    this.#file?.close()
    this.#file = null
    // What can be read again is let go of; the indexes of the active segment are nowhere else.
    if (this.#indexesDirty) return
    this.#offsets = null
    this.#times = null
  }

  /** Closes the data file. */
  close(): void {
    this.#place.openFiles.drop(this)
    if (this.#syncing === 0) this.#file?.close()
    this.#file = null
  }

  /** From the last entry of the time index, without reading the others: retention asks every segment. */
  #readTimestamps(): void {
    if (this.#timestampsKnown) return
    const times = this.#times ?? this.#readLastTime() ?? this.times
    this.#maxTimestamp = times.lastTimestamp
    this.#maxTimestampOffset = times.entries === 0 ? -1 : times.lastOffset
    this.#timestampsKnown = true
  }

  #readLastTime(): TimeIndex | null {
    const { disk } = this.#place
    if (!disk.exists(this.path(TIME_INDEX_SUFFIX))) return null
    const file = disk.open(this.path(TIME_INDEX_SUFFIX), 'read')
    const size = file.size()
    const bytes = Buffer.alloc(size === 0 ? 0 : TIME_INDEX_ENTRY_BYTES)
    if (size > 0) file.read(bytes, 0, bytes.length, size - bytes.length)
    file.close()
    const last = new TimeIndex(this.baseOffset, bytes)
    const isPlausible = size % TIME_INDEX_ENTRY_BYTES === 0 && last.problem() === null && (size > 0 || this.size === 0)
    return isPlausible ? last : null
  }

  #readIndexes(): void {
    const { disk, logger } = this.#place
    const offsetBytes = disk.readFile(this.path(INDEX_SUFFIX))
    const timeBytes = disk.readFile(this.path(TIME_INDEX_SUFFIX))
    const size = this.size
    if (offsetBytes !== null && timeBytes !== null) {
      const offsets = new OffsetIndex(this.baseOffset, offsetBytes)
      const times = new TimeIndex(this.baseOffset, timeBytes)
      const problem = offsets.problem(size) ?? times.problem() ?? this.#disagreement(offsets, times)
      if (problem === null) {
        this.#offsets = offsets
        this.#times = times
        return
      }
      logger.warn(
        { segment: this.path(LOG_SUFFIX), problem },
        'An index is damaged: it is made again from the batches.',
      )
    } else if (size > 0) {
      logger.info({ segment: this.path(LOG_SUFFIX) }, 'An index is missing: it is made again from the batches.')
    }
    this.#rebuildIndexes()
  }

  /**
   * How the indexes disagree with the log, or null: the last entry points at a batch that ends with its offset, no entry is
   * missing after it, and there are timestamps if the log has any.
   */
  #disagreement(offsets: OffsetIndex, times: TimeIndex): string | null {
    const last = offsets.entries - 1
    const position = last < 0 ? 0 : offsets.position(last)
    let bytesSinceEntry = 0
    batchScanner.open(this.file, position, this.size)
    try {
      while (batchScanner.next()) {
        const { header } = batchScanner
        if (bytesSinceEntry === 0 && last >= 0 && header.lastOffset !== offsets.offset(last))
          return `the batch at position ${position} ends with offset ${header.lastOffset}, not ${offsets.offset(last)}`
        if (bytesSinceEntry > this.#place.indexIntervalBytes) return `no entry after position ${position}`
        if (times.entries === 0 && header.maxTimestamp >= 0) return 'no timestamps'
        bytesSinceEntry += header.sizeInBytes
      }
    } catch (error) {
      if (error instanceof CorruptBatchError) return error.message
      throw error
    }
    return bytesSinceEntry === 0 && last >= 0 ? `no batch at position ${position}` : null
  }

  #rebuildIndexes(): void {
    const { logger } = this.#place
    const size = this.size
    const aborted = this.#aborted
    this.resetIndexes()
    this.#aborted = aborted
    const reader = new BatchReader()
    reader.open(this.file, 0, size, false)
    while (reader.next()) this.track(reader.header, reader.end - reader.start)
    if (reader.problem !== null)
      throw new CorruptBatchError(`${this.path(LOG_SUFFIX)} at position ${reader.position}: ${reader.problem}.`)
    for (const file of this.writeIndexes()) {
      file.syncNow()
      file.close()
    }
    logger.debug({ segment: this.path(LOG_SUFFIX), entries: this.#offsets!.entries }, 'Index made again.')
  }
}

/**
 * What is derived from a segment's batches: its offset, time and transaction index, and its greatest timestamp.
 *
 * The indexes of the active segment live in memory. They are written when it is closed, and as far as they go at each mark
 * (recovery-marks.ts), so that after an unclean stop only what follows the mark is read. (Only the transaction index, which
 * grows by an entry at times, is written as it grows.) Those of older segments are read when first needed and checked then;
 * one that is missing or cannot be right is made again from the batches.
 */
import { type BatchHeader, CorruptBatchError } from '@odradek/protocol'
import type { DiskFile } from '../host/disk.ts'
import { BatchReader } from './batch-reader.ts'
import { batchScanner } from './batch-scanner.ts'
import type { LogPlace } from './log-place.ts'
import { OFFSET_INDEX_ENTRY_BYTES, OffsetIndex } from './offset-index.ts'
import { BY_OFFSET, BY_POSITION, type FoundEntry, searchOffsetIndexFile } from './offset-index-file.ts'
import type { Holder } from './recency-bound.ts'
import { INDEX_SUFFIX, TIME_INDEX_SUFFIX, TRANSACTION_INDEX_SUFFIX } from './segment-files.ts'
import { TIME_INDEX_ENTRY_BYTES, TimeIndex } from './time-index.ts'
import {
  type AbortedTransaction,
  abortedBefore,
  decodeAborted,
  encodeAborted,
  TRANSACTION_INDEX_ENTRY_BYTES,
} from './transaction-index.ts'

/** The batches that the indexes are about. */
export interface IndexedBatches {
  readonly baseOffset: number
  readonly file: DiskFile
  readonly size: number
  /** Where the file of that kind is. */
  path(suffix: string): string
}

/** So many look-ups in a row are made in the file where there is no room for the index: then others make room. */
const FILE_LOOKUPS_MAX = 64

export class SegmentIndexes implements Holder {
  /** Bytes from the batch that the last entry is about to the end. */
  bytesSinceEntry = 0
  readonly #place: LogPlace
  readonly #batches: IndexedBatches
  #offsets: OffsetIndex | null = null
  #times: TimeIndex | null = null
  #aborted: AbortedTransaction[] | null = null
  #maxTimestamp = -1
  #maxTimestampOffset = -1
  #timestampsKnown = false
  /** Whether memory says more than the files. */
  #dirty = false
  /** Whether the segment is being appended to: its file may be behind what the indexes are about. */
  #active = false
  /** Whether the transaction index file has entries that are not durable. */
  #abortedDirty = false
  /** The transaction index file, where it is about to be shortened. */
  #abortedFile: DiskFile | null = null
  /** Bytes of both files when they were in memory last and were right: nobody has written them since. 0: never. */
  #checkedBytes = 0
  #fileLookups = 0
  /** So many bytes of the offset and the time index were written by marks. */
  #offsetBytesMarked = 0
  #timeBytesMarked = 0

  constructor(place: LogPlace, batches: IndexedBatches) {
    this.#place = place
    this.#batches = batches
  }

  get pinned(): boolean {
    return this.#dirty || this.#active
  }

  /** Bytes of them in memory. */
  get weight(): number {
    return (this.#offsets?.heldBytes ?? 0) + (this.#times?.heldBytes ?? 0)
  }

  /** Keeps them in memory until `write`: the segment is going to be appended to. */
  hold(): void {
    this.#load()
    this.#active = true
    // The bound is of those that can be let go of.
    this.#place.loadedIndexes.drop(this)
  }

  release(): void {
    if (this.pinned) return
    this.#checkedBytes = this.weight
    this.#fileLookups = 0
    this.#offsets = null
    this.#times = null
  }

  get offsets(): OffsetIndex {
    this.#load()
    return this.#offsets!
  }

  get times(): TimeIndex {
    this.#load()
    return this.#times!
  }

  /** Where to begin to look for the batch that holds `offset`: at or before it. */
  positionFor(offset: number): number {
    const found = this.#searchFile(BY_OFFSET, offset - this.#batches.baseOffset)
    return found >= 0 ? found : this.offsets.positionFor(offset)
  }

  /** The greatest indexed batch beginning at or before `position`; 0 when there is none. */
  floorPosition(position: number): number {
    const found = this.#searchFile(BY_POSITION, position)
    return found >= 0 ? found : this.offsets.floorPosition(position)
  }

  /** The aborted transactions whose marker is in the segment, in the order of the markers. */
  get aborted(): AbortedTransaction[] {
    if (this.#aborted === null) {
      const path = this.#path(TRANSACTION_INDEX_SUFFIX)
      const bytes = this.#place.disk.readFile(path)
      const found = bytes === null ? [] : decodeAborted(bytes, this.#batches.baseOffset)
      if (found === null) throw new CorruptBatchError(`${path} is damaged.`)
      this.#aborted = found
    }
    return this.#aborted
  }

  /** The greatest timestamp of the records, -1 without any. */
  get maxTimestamp(): number {
    if (!this.#timestampsKnown) this.#readTimestamps()
    return this.#maxTimestamp
  }

  /** The last offset of the first batch that has it. */
  get maxTimestampOffset(): number {
    if (!this.#timestampsKnown) this.#readTimestamps()
    return this.#maxTimestampOffset
  }

  /** Whether an index has reached `bytesMax`; the time index keeps an entry free for when the segment is closed. */
  isFull(bytesMax: number): boolean {
    return (
      this.offsets.entries >= Math.floor(bytesMax / OFFSET_INDEX_ENTRY_BYTES) ||
      this.times.entries >= Math.floor(bytesMax / TIME_INDEX_ENTRY_BYTES) - 1
    )
  }

  /** Notes a batch of `size` bytes that is put at `position`, the end. */
  track(header: BatchHeader, position: number, size: number): void {
    const lastOffset = header.baseOffset + header.lastOffsetDelta
    this.#dirty = true
    this.noteTimestamp(header.maxTimestamp, lastOffset)
    if (this.bytesSinceEntry > this.#place.indexIntervalBytes) {
      this.offsets.append(lastOffset, position)
      this.times.append(this.#maxTimestamp, this.#maxTimestampOffset)
      this.bytesSinceEntry = 0
    }
    this.bytesSinceEntry += size
  }

  noteTimestamp(timestamp: number, lastOffset: number): void {
    if (timestamp <= this.maxTimestamp) return
    this.#maxTimestamp = timestamp
    this.#maxTimestampOffset = lastOffset
  }

  /** Begins anew, for an empty segment or to be filled again by `track`. */
  reset(): void {
    this.#offsets = new OffsetIndex(this.#batches.baseOffset)
    this.#times = new TimeIndex(this.#batches.baseOffset)
    this.#aborted = []
    this.bytesSinceEntry = 0
    this.#maxTimestamp = -1
    this.#maxTimestampOffset = -1
    this.#timestampsKnown = true
    this.#dirty = true
    this.#forgetMarks()
  }

  /**
   * Takes over what the files say of the batches before the one at `offset`; null where they cannot be trusted in that. The
   * rest is to be tracked from the position returned on; what is known of the batches from the last entry on is not yet
   * noted. The files may say more: that was written after the mark, and is not looked at.
   */
  trustUpTo(offset: number): { position: number } | null {
    const { disk } = this.#place
    const { baseOffset, size } = this.#batches
    const offsetBytes = disk.readFile(this.#path(INDEX_SUFFIX))
    const timeBytes = disk.readFile(this.#path(TIME_INDEX_SUFFIX))
    if (offsetBytes === null || timeBytes === null) return null
    const offsets = OffsetIndex.beginningOf(baseOffset, offsetBytes, offset, size)
    const times = TimeIndex.beginningOf(baseOffset, timeBytes, offset)
    const abortedBytes = disk.readFile(this.#path(TRANSACTION_INDEX_SUFFIX))
    const aborted = abortedBytes === null ? [] : abortedBefore(abortedBytes, baseOffset, offset)
    this.#offsets = offsets
    this.#times = times
    this.#aborted = aborted
    this.#maxTimestamp = times.lastTimestamp
    this.#maxTimestampOffset = times.entries === 0 ? -1 : times.lastOffset
    this.#timestampsKnown = true
    this.#dirty = true
    this.#forgetMarks()
    return { position: offsets.entries === 0 ? 0 : offsets.position(offsets.entries - 1) }
  }

  /** Reads and opens what `truncate` to `offset` needs, until `endTruncate`. */
  prepareTruncate(offset: number): void {
    this.#load()
    const kept = this.#abortedBefore(offset)
    if (kept > 0 && kept < this.aborted.length)
      this.#abortedFile = this.#place.disk.open(this.#path(TRANSACTION_INDEX_SUFFIX), 'write')
  }

  endTruncate(): void {
    this.#abortedFile?.close()
    this.#abortedFile = null
  }

  /** How many transactions have their marker below `offset`: they come first. */
  #abortedBefore(offset: number): number {
    const at = this.aborted.findIndex(({ lastOffset }) => lastOffset >= offset)
    return at < 0 ? this.aborted.length : at
  }

  /** Forgets the batches from `position` on, where offset `offset` begins. The files go until the segment is closed again. */
  truncate(position: number, offset: number): void {
    this.offsets.truncateToPosition(position)
    this.times.truncateTo(offset)
    this.#dirty = true
    this.#place.disk.remove(this.#path(INDEX_SUFFIX))
    this.#place.disk.remove(this.#path(TIME_INDEX_SUFFIX))
    this.#forgetMarks()
    this.#truncateAborted(this.#abortedBefore(offset))
    this.#maxTimestamp = this.times.lastTimestamp
    this.#maxTimestampOffset = this.times.lastOffset
    this.#timestampsKnown = true
  }

  /** Keeps the first `count` transactions. The file is shortened, not written again: that needs neither room nor another file. */
  #truncateAborted(count: number): void {
    if (count === this.aborted.length) return
    const kept = this.aborted.slice(0, count)
    if (this.#abortedFile === null) {
      this.setAborted(kept)
      return
    }
    this.#abortedFile.truncate(count * TRANSACTION_INDEX_ENTRY_BYTES)
    this.#aborted = kept
    this.#abortedDirty = true
  }

  /** Forgets the batches from `position` on, the first of which begins at `offset`: they never came to be in the file. */
  undo(position: number, offset: number): void {
    this.offsets.truncateToPosition(position)
    this.times.truncateTo(offset)
    this.#dirty = true
    const aborted = this.aborted.filter(({ lastOffset }) => lastOffset < offset)
    if (aborted.length < this.aborted.length) this.setAborted(aborted)
    this.#maxTimestamp = this.times.lastTimestamp
    this.#maxTimestampOffset = this.times.lastOffset
    this.#timestampsKnown = true
  }

  /**
   * Writes the files where they differ from memory, and returns them open: they are to be synced and closed before the
   * recovery point passes the segment.
   */
  write(): DiskFile[] {
    const files: DiskFile[] = []
    if (this.#dirty) {
      this.times.append(this.#maxTimestamp, this.#maxTimestampOffset)
      files.push(this.#write(INDEX_SUFFIX, this.offsets.bytes()), this.#write(TIME_INDEX_SUFFIX, this.times.bytes()))
    }
    if (this.#abortedDirty && this.aborted.length > 0)
      files.push(this.#place.disk.open(this.#path(TRANSACTION_INDEX_SUFFIX), 'write'))
    this.#dirty = false
    this.#active = false
    this.#abortedDirty = false
    // From now on they can be let go of, as those that were read.
    this.#place.loadedIndexes.use(this)
    return files
  }

  /**
   * Writes what was added since the last mark, and returns the files open: they are to be synced and closed before the
   * recovery point passes the mark.
   */
  mark(): DiskFile[] {
    const offsets = this.offsets.bytes()
    const times = this.times.bytes()
    const files = [
      this.#append(INDEX_SUFFIX, offsets, this.#offsetBytesMarked),
      this.#append(TIME_INDEX_SUFFIX, times, this.#timeBytesMarked),
    ]
    this.#offsetBytesMarked = offsets.length
    this.#timeBytesMarked = times.length
    if (this.#abortedDirty && this.aborted.length > 0)
      files.push(this.#place.disk.open(this.#path(TRANSACTION_INDEX_SUFFIX), 'write'))
    this.#abortedDirty = false
    return files
  }

  /** Adds a transaction whose marker is in the segment. */
  addAborted(aborted: AbortedTransaction): void {
    const known = this.aborted
    const file = this.#place.disk.open(this.#path(TRANSACTION_INDEX_SUFFIX), 'create')
    const bytes = encodeAborted(aborted)
    try {
      file.write(bytes, 0, bytes.length, known.length * bytes.length)
    } catch (error) {
      file.truncate(known.length * bytes.length)
      throw error
    } finally {
      file.close()
    }
    known.push(aborted)
    this.#abortedDirty = true
  }

  /** Replaces the transaction index. */
  setAborted(aborted: AbortedTransaction[]): void {
    this.#aborted = aborted
    this.#abortedDirty = true
    if (aborted.length === 0) this.#place.disk.remove(this.#path(TRANSACTION_INDEX_SUFFIX))
    else this.#write(TRANSACTION_INDEX_SUFFIX, Buffer.concat(aborted.map(encodeAborted))).close()
  }

  #path(suffix: string): string {
    return this.#batches.path(suffix)
  }

  #write(suffix: string, bytes: Buffer): DiskFile {
    return this.#append(suffix, bytes, 0)
  }

  #forgetMarks(): void {
    this.#offsetBytesMarked = 0
    this.#timeBytesMarked = 0
  }

  /** Makes `bytes` the contents of a file that has those up to `from` already. */
  #append(suffix: string, bytes: Buffer, from: number): DiskFile {
    const file = this.#place.disk.open(this.#path(suffix), 'create')
    if (bytes.length > from) file.write(bytes, from, bytes.length, from)
    if (file.size() > bytes.length) file.truncate(bytes.length)
    return file
  }

  /** From the last entry of the time index, without reading the others: retention asks every segment. */
  #readTimestamps(): void {
    const times = this.#times ?? this.#readLastTime() ?? this.times
    this.#maxTimestamp = times.lastTimestamp
    this.#maxTimestampOffset = times.entries === 0 ? -1 : times.lastOffset
    this.#timestampsKnown = true
  }

  #readLastTime(): TimeIndex | null {
    const { disk } = this.#place
    const path = this.#path(TIME_INDEX_SUFFIX)
    if (!disk.exists(path)) return null
    const file = disk.open(path, 'read')
    const size = file.size()
    const bytes = Buffer.alloc(size === 0 ? 0 : TIME_INDEX_ENTRY_BYTES)
    if (size > 0) file.read(bytes, 0, bytes.length, size - bytes.length)
    file.close()
    const last = new TimeIndex(this.#batches.baseOffset, bytes)
    const isPlausible =
      size > 0 ? size % TIME_INDEX_ENTRY_BYTES === 0 && last.problem() === null : this.#batches.size === 0
    return isPlausible ? last : null
  }

  /**
   * Looks up in the file where the index is not in memory and others would have to go for it: to read in turn in more
   * segments than there is room for would read and check whole indexes each time. -1 where it is to be in memory.
   */
  #searchFile(by: typeof BY_OFFSET | typeof BY_POSITION, most: number): number {
    if (this.#offsets !== null || this.#checkedBytes === 0) return -1
    const { disk, loadedIndexes } = this.#place
    const path = this.#path(INDEX_SUFFIX)
    if (loadedIndexes.hasRoomFor(this.#checkedBytes) || ++this.#fileLookups > FILE_LOOKUPS_MAX) return -1
    // Where somebody took it away it is made again.
    if (!disk.exists(path)) return -1
    const file = disk.open(path, 'read')
    try {
      const found = searchOffsetIndexFile(file, by, most)
      if (found === null) return 0
      return this.#isEndOfBatch(found) ? found.position : -1
    } finally {
      file.close()
    }
  }

  /** Whether an entry that was read by itself is true: where the file is damaged, what is loaded next finds that. */
  #isEndOfBatch({ relativeOffset, position }: FoundEntry): boolean {
    const { baseOffset, file, size } = this.#batches
    if (position < 0 || position >= size) return false
    batchScanner.open(file, position, size)
    try {
      return batchScanner.next() && batchScanner.header.lastOffset === baseOffset + relativeOffset
    } catch (error) {
      if (error instanceof CorruptBatchError) return false
      throw error
    }
  }

  /** Has them in memory, and notes that they were used. */
  #load(): void {
    if (this.#offsets !== null && this.#times !== null) {
      if (!this.pinned) this.#place.loadedIndexes.use(this)
      return
    }
    const { disk, logger, loadedIndexes } = this.#place
    const { baseOffset, size } = this.#batches
    const log = this.#path('.log')
    const offsetBytes = disk.readFile(this.#path(INDEX_SUFFIX))
    const timeBytes = disk.readFile(this.#path(TIME_INDEX_SUFFIX))
    if (offsetBytes === null || timeBytes === null) {
      if (size > 0) logger.info({ log }, 'An index is missing: it is made again from the batches.')
      this.#rebuild()
      return
    }
    const offsets = new OffsetIndex(baseOffset, offsetBytes)
    const times = new TimeIndex(baseOffset, timeBytes)
    const problem = offsets.problem(size) ?? times.problem() ?? this.#disagreement(offsets, times)
    if (problem !== null) {
      logger.warn({ log, problem }, 'An index is damaged: it is made again from the batches.')
      this.#rebuild()
      return
    }
    this.#offsets = offsets
    this.#times = times
    loadedIndexes.use(this)
  }

  /**
   * How the indexes disagree with the log, or null: the last entry points at a batch that ends with its offset, no entry is
   * missing after it, and there are timestamps if the log has any.
   */
  #disagreement(offsets: OffsetIndex, times: TimeIndex): string | null {
    const last = offsets.entries - 1
    const position = last < 0 ? 0 : offsets.position(last)
    let bytesSinceEntry = 0
    batchScanner.open(this.#batches.file, position, this.#batches.size)
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

  #rebuild(): void {
    const { aborted } = this
    const reader = new BatchReader()
    this.reset()
    this.#aborted = aborted
    reader.open(this.#batches.file, 0, this.#batches.size, false)
    while (reader.next()) this.track(reader.header, reader.position, reader.end - reader.start)
    if (reader.problem !== null)
      throw new CorruptBatchError(`${this.#path('.log')} at position ${reader.position}: ${reader.problem}.`)
    for (const file of this.write()) {
      file.syncNow()
      file.close()
    }
  }
}

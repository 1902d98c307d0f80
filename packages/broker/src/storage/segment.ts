/**
 * One segment of a log: a file of batches, and what is derived from them (segment-indexes.ts). The newest segment of a log
 * is the active one; only it grows. Files are opened when needed and may be closed in between (recency-bound.ts).
 */
import { type BatchHeader, CorruptBatchError } from '@odradek/protocol'
import type { DiskFile } from '../host/disk.ts'
import { isNoFile } from '../host/no-room.ts'
import { batchScanner } from './batch-scanner.ts'
import type { LogPlace } from './log-place.ts'
import type { OffsetIndex } from './offset-index.ts'
import type { Holder } from './recency-bound.ts'
import { fileName, LOG_SUFFIX, SEGMENT_SUFFIXES } from './segment-files.ts'
import { SegmentIndexes } from './segment-indexes.ts'
import { SegmentReader } from './segment-reader.ts'
import type { TimeIndex } from './time-index.ts'
import type { AbortedTransaction } from './transaction-index.ts'
import { ROOM_BYTES } from './unused-room.ts'

/** The greatest distance from a segment's base offset that its indexes can hold. */
export const RELATIVE_OFFSET_MAX = 0x7fff_ffff

const MIB = 1024 * 1024
const EXTENTS_FROM_BYTES = MIB
const EXTENT_BYTES_MIN = 4 * MIB
const EXTENT_BYTES_MAX = 64 * MIB

export class Segment implements Holder {
  readonly baseOffset: number
  /** For reading, as long as the segment is there. */
  readonly reader: SegmentReader = new SegmentReader(this)
  /** Whether a flush is still to make bytes of it durable; keeps its file open. */
  dirty = false
  /** Timestamp of its first batch, epoch milliseconds: its age goes by it. -1 without any. */
  firstTimestamp = -1
  /** When it was begun, or opened after a start; epoch milliseconds. */
  readonly createdMs: number
  readonly #place: LogPlace
  readonly #indexes: SegmentIndexes
  #file: DiskFile | null = null
  #size = -1
  /** The disk has room for the bytes below. */
  #reservedTo = 0
  /** It would not reserve more: it is not asked again. */
  #isReservingRefused = false
  /** Zeros were written up to here; Infinity where the disk had no room for them. */
  #zeroedTo = 0
  #syncing = 0
  /** Ranges of it that are on their way to a client. */
  #readers = 0
  #closesWhenRead = false
  #oldestTime = -1
  #retired = false
  /** Behind the names of its files. */
  #stateSuffix = ''

  constructor(place: LogPlace, baseOffset: number) {
    this.#place = place
    this.baseOffset = baseOffset
    this.createdMs = place.clock.now()
    this.#indexes = new SegmentIndexes(place, this)
  }

  /** Begins a new, empty segment on disk, in place of any left-over files of that name. */
  static create(place: LogPlace, baseOffset: number): Segment {
    const segment = new Segment(place, baseOffset)
    for (const suffix of SEGMENT_SUFFIXES) if (suffix !== LOG_SUFFIX) place.disk.remove(segment.path(suffix))
    segment.#file = segment.#open('create')
    if (segment.#file.size() > 0) segment.#file.truncate(0)
    place.openFiles.use(segment)
    segment.resetIndexes()
    return segment
  }

  path(suffix: string): string {
    return `${this.#place.directory}/${fileName(this.baseOffset, suffix)}${this.#stateSuffix}`
  }

  /** Its files have another name now: `.deleted` behind the one they had. */
  renamed(stateSuffix: string): void {
    this.#stateSuffix = stateSuffix
  }

  /** Bytes of batches, with those that are staged but not written yet. */
  get size(): number {
    if (this.#size < 0) {
      this.#size = this.#file === null ? this.#place.disk.fileSize(this.path(LOG_SUFFIX)) : this.#file.size()
    }
    return this.#size
  }

  /** The open data file. */
  get file(): DiskFile {
    if (this.#retired) {
      if (this.#file === null)
        throw Object.assign(new Error(`${this.path(LOG_SUFFIX)} was removed`), { code: 'ENOENT' })
      return this.#file
    }
    if (this.#file === null) this.#file = this.#open('write')
    this.#place.openFiles.use(this)
    return this.#file
  }

  /**
   * Gives up its name, which another may take: its file, if it is open, stays so for those who are reading, but is not
   * opened again.
   */
  retire(): void {
    this.#retired = true
    this.#place.openFiles.drop(this)
    this.#place.loadedIndexes.drop(this.#indexes)
  }

  #open(mode: 'write' | 'create'): DiskFile {
    const path = this.path(LOG_SUFFIX)
    try {
      return this.#place.disk.open(path, mode)
    } catch (error) {
      if (!isNoFile(error)) throw error
      this.#place.openFiles.releaseAll()
      try {
        return this.#place.disk.open(path, mode)
      } catch (again) {
        if (isNoFile(again)) this.#place.room.missedFile()
        throw again
      }
    }
  }

  get pinned(): boolean {
    return this.dirty || this.#syncing > 0 || this.#readers > 0
  }

  release(): void {
    this.#file?.close()
    this.#file = null
  }

  /** Begins to write a range of it to the device; see DiskFile. The file stays open until `done`. */
  startWriteback(position: number, length: number, done: (error: Error | null) => void): boolean {
    const { file } = this
    const isBegun = file.startWriteback(position, length, (error) => {
      this.#syncing--
      if (this.#syncing === 0 && this.#file !== file) file.close()
      done(error)
    })
    if (isBegun) this.#syncing++
    return isBegun
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

  /** Keeps the file open until `letGo`: a range of it is on its way to a client. Throws where it was removed. */
  hold(): void {
    if (this.file !== null) this.#readers++
  }

  letGo(): void {
    this.#readers--
    if (this.#readers === 0 && this.#closesWhenRead) this.close()
  }

  /** Closes the data file for good, as soon as nothing of it is on its way to a client. */
  closeWhenRead(): void {
    this.retire()
    if (this.#readers === 0) this.close()
    else this.#closesWhenRead = true
  }

  /** Closes the data file, for good. */
  close(): void {
    this.retire()
    if (this.#syncing === 0) this.#file?.close()
    this.#file = null
  }

  get offsets(): OffsetIndex {
    return this.#indexes.offsets
  }

  get times(): TimeIndex {
    return this.#indexes.times
  }

  /** The greatest indexed batch beginning at or before `position`; 0 when there is none. */
  floorPosition(position: number): number {
    return this.#indexes.floorPosition(position)
  }

  /** Bytes of its indexes that are in memory. */
  get indexBytesHeld(): number {
    return this.#indexes.weight
  }

  /** The aborted transactions whose marker is in this segment, in the order of the markers. */
  get aborted(): readonly AbortedTransaction[] {
    return this.#indexes.aborted
  }

  /** The greatest timestamp of its records, -1 without any. */
  get maxTimestamp(): number {
    return this.#indexes.maxTimestamp
  }

  /** When its first batch was written, as far as that is known; epoch milliseconds. */
  oldestTime(): number {
    if (this.firstTimestamp >= 0) return this.firstTimestamp
    if (this.#oldestTime < 0) {
      batchScanner.open(this.file, 0, this.size)
      const timestamp = batchScanner.next() ? batchScanner.header.maxTimestamp : -1
      this.#oldestTime = timestamp >= 0 ? timestamp : this.createdMs
    }
    return this.#oldestTime
  }

  /** The last offset of the first batch that has it. */
  get maxTimestampOffset(): number {
    return this.#indexes.maxTimestampOffset
  }

  /** Whether `offset` can be told from the base offset in the 31 bits of an index entry. */
  canHold(offset: number): boolean {
    return offset - this.baseOffset <= RELATIVE_OFFSET_MAX
  }

  /** Whether its indexes are in memory to stay, as appends need them: not so once they were written. */
  get holdsIndexes(): boolean {
    return this.#indexes.pinned
  }

  isIndexFull(indexBytesMax: number): boolean {
    return this.#indexes.isFull(indexBytesMax)
  }

  /**
   * Sees to it that there is room on the disk for `size` more bytes: from the first MiB on, segments grow by extents as
   * large as themselves, 4 to 64 MiB. Writing into them costs a fraction of what growing the file with each write does.
   * Bytes up to `writtenTo` are in the file.
   */
  reserve(size: number, writtenTo: number): void {
    const end = this.size + size
    if (end <= this.#reservedTo || end < EXTENTS_FROM_BYTES || this.#isReservingRefused) return
    const to = end + Math.min(Math.max(end, EXTENT_BYTES_MIN), EXTENT_BYTES_MAX)
    this.#reserveTo(Math.ceil(to / ROOM_BYTES) * ROOM_BYTES, writtenTo)
  }

  /**
   * Whether what is staged, all from `writtenTo` on, lies in room that is reserved: then it can be written at any time. Where
   * it does not, room for that and `ahead` bytes more is asked for.
   */
  holds(writtenTo: number, ahead: number): boolean {
    if (this.#size > this.#reservedTo && !this.#isReservingRefused)
      this.#reserveTo(Math.ceil((this.#size + ahead) / ROOM_BYTES) * ROOM_BYTES, writtenTo)
    return this.#size <= this.#reservedTo
  }

  /** Reserves the room for the whole of a segment of `size` bytes: `preallocate`. */
  reserveAll(size: number): void {
    if (size > this.#reservedTo) this.#reserveTo(size, this.size)
  }

  #reserveTo(end: number, writtenTo: number): void {
    const from = Math.max(writtenTo, this.#reservedTo)
    if (this.#place.mayReserve?.(end - from) === false) return
    // What was reserved before stays so: something may count on it.
    if (this.file.reserve(from, end - from)) this.#reservedTo = end
    else this.#isReservingRefused = true
  }

  /**
   * Gives back the room that is reserved and not used. Everything that `size` counts must be written. True where the file was
   * longer for it: until it is synced, a power failure can give it the zeros back.
   */
  giveBack(): boolean {
    const isReserved = this.#reservedTo > this.size
    const isZeroed = this.#zeroedTo > this.size
    if (isReserved || isZeroed) this.file.truncate(this.size)
    this.#forgetRoom()
    return isZeroed
  }

  #forgetRoom(): void {
    this.#reservedTo = 0
    this.#isReservingRefused = false
    this.#zeroedTo = 0
  }

  /**
   * Writes batches, `buffer[start, end)`, at `position`, where those before them end, and zeros behind them to the end of those
   * 64 KiB of the file. The page cache holds what comes in a long write as one unit; what comes in short ones, as pages that each
   * have to be found, made and counted. Writing into a unit that is there costs a third. What of it was not used is given back
   * with the rest of the room, or by recovery. Where the disk has no room for zeros, it may have some for batches.
   */
  write(buffer: Uint8Array, start: number, end: number, position: number): void {
    const { file } = this
    const to = position + end - start
    const zerosTo = Math.ceil(to / ROOM_BYTES) * ROOM_BYTES
    const hasZeros = to <= this.#zeroedTo || to < EXTENTS_FROM_BYTES
    // Giving up would give back what is reserved, and something may count on that.
    const isReservedInPart = position < this.#reservedTo && zerosTo > this.#reservedTo
    if (hasZeros || isReservedInPart) file.write(buffer, start, end, position)
    else if (file.writeWithZeros(buffer, start, end, position, zerosTo)) this.#zeroedTo = zerosTo
    else {
      file.truncate(to)
      this.#zeroedTo = Number.POSITIVE_INFINITY
    }
  }

  /** Notes a batch of `size` bytes that is put at the end. `header` has its final offsets. */
  track(header: BatchHeader, size: number): void {
    const position = this.#size
    if (position === 0) this.firstTimestamp = header.maxTimestamp
    this.#indexes.track(header, position, size)
    this.#size = position + size
  }

  /** Puts an aborted transaction in the index: its marker is in this segment. */
  addAborted(aborted: AbortedTransaction): void {
    this.#indexes.addAborted(aborted)
  }

  /** Replaces the transaction index by what recovery found. */
  setAborted(aborted: AbortedTransaction[]): void {
    this.#indexes.setAborted(aborted)
  }

  /** Forgets what is in it: `track` will fill it again from the start. */
  resetIndexes(): void {
    this.#indexes.reset()
    this.firstTimestamp = -1
    this.#size = 0
  }

  /** Writes the index files; see SegmentIndexes.write. */
  writeIndexes(): DiskFile[] {
    return this.#indexes.write()
  }

  /**
   * The position of the first batch whose last offset is at least `offset`, -1 when there is none. The shared scanner
   * is left on it.
   */
  positionOf(offset: number): number {
    const start = this.#indexes.positionFor(offset)
    batchScanner.open(this.file, start, this.size)
    while (batchScanner.next()) {
      if (batchScanner.header.lastOffset >= offset) return batchScanner.position
    }
    return -1
  }

  /** The offset after the last batch before `position`, where a batch begins or the segment ends; the segment's first without. */
  endBefore(position: number): number {
    const { offsets } = this
    let entry = offsets.entries - 1
    while (entry >= 0 && offsets.position(entry) >= position) entry--
    batchScanner.open(this.file, entry < 0 ? 0 : offsets.position(entry), position)
    let nextOffset = this.baseOffset
    while (batchScanner.next()) nextOffset = batchScanner.header.nextOffset
    return nextOffset
  }

  /**
   * Prepares to append to a segment that was closed: reads what follows its last index entry. Returns the offset after
   * its last batch.
   */
  resume(): number {
    this.#indexes.hold()
    const { offsets, size } = this
    const start = offsets.entries === 0 ? 0 : offsets.position(offsets.entries - 1)
    let nextOffset = this.baseOffset
    let timestamp = -1
    let lastOffset = -1
    batchScanner.open(this.file, 0, size)
    this.firstTimestamp = batchScanner.next() ? batchScanner.header.maxTimestamp : -1
    batchScanner.open(this.file, start, size)
    while (batchScanner.next()) {
      const { header } = batchScanner
      nextOffset = header.nextOffset
      if (header.maxTimestamp <= timestamp) continue
      timestamp = header.maxTimestamp
      lastOffset = header.lastOffset
    }
    const end = batchScanner.nextPosition
    if (end !== size) throw new CorruptBatchError(`${this.path(LOG_SUFFIX)} ends inside a batch at position ${end}.`)
    this.#indexes.noteTimestamp(timestamp, lastOffset)
    this.#indexes.bytesSinceEntry = size - start
    return nextOffset
  }

  /** Writes the indexes as far as they go; see SegmentIndexes.mark. */
  mark(): DiskFile[] {
    return this.#indexes.mark()
  }

  /**
   * Takes what the index files say of the batches before `offset` for true, which were marked (recovery-marks.ts): `track`
   * goes on from there. False where that cannot be: then it has to be read as a whole.
   */
  trustUpTo(offset: number): boolean {
    const fileSize = this.file.size()
    this.#size = fileSize
    const trusted = this.#indexes.trustUpTo(offset)
    if (trusted === null) return false
    const { position } = trusted
    let end = position
    let nextOffset = this.baseOffset
    try {
      batchScanner.open(this.file, 0, fileSize)
      this.firstTimestamp = batchScanner.next() ? batchScanner.header.maxTimestamp : -1
      batchScanner.open(this.file, position, fileSize)
      while (nextOffset < offset && batchScanner.next()) {
        const { header } = batchScanner
        nextOffset = header.nextOffset
        end = batchScanner.nextPosition
        this.#indexes.noteTimestamp(header.maxTimestamp, header.lastOffset)
      }
    } catch (error) {
      if (error instanceof CorruptBatchError) return false
      throw error
    }
    this.#indexes.bytesSinceEntry = end - position
    this.#size = end
    return nextOffset === offset
  }

  /** Gives back what was not written whole behind `position`, where the batch at `offset` was to begin. */
  undo(position: number, offset: number): void {
    this.#indexes.undo(position, offset)
    this.file.truncate(position)
    this.#size = position
    this.#forgetRoom()
    this.resume()
  }

  /**
   * Opens and reads what `truncate` to `offset` needs, until `endTruncate`: it does not fail half way for want of that. Throws
   * I/O errors, and nothing is to be ended then.
   */
  prepareTruncate(offset: number): void {
    void this.file
    this.#indexes.prepareTruncate(offset)
  }

  endTruncate(): void {
    this.#indexes.endTruncate()
  }

  /** Cuts the segment before the batch at `position`, which begins at `offset`: file and indexes. Durable when it is synced. */
  truncate(position: number, offset: number): void {
    this.#indexes.truncate(position, offset)
    this.file.truncate(position)
    this.#size = position
    this.#forgetRoom()
    this.resume()
  }
}

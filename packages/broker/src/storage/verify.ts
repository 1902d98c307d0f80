/** Checking a log offline: every batch, and whether everything that was derived from the batches agrees with them. */
import { RecordCursor } from '@odradek/protocol'
import type { Disk, DiskFile } from '../host/disk.ts'
import { BatchReader } from './batch-reader.ts'
import { CLEANER_CHECKPOINT, checkpointedOffset, RECOVERY_POINTS, START_OFFSETS } from './checkpointed-offset.ts'
import { DAMAGE_NOTE, readDamage } from './damage.ts'
import { EpochCache } from './epoch-cache.ts'
import { nextGoodPosition } from './good-batches.ts'
import { listLogFiles, lostSegments, type SegmentFiles } from './log-files.ts'
import { OffsetIndex } from './offset-index.ts'
import { decodeSnapshot } from './producer-snapshot.ts'
import {
  DELETED_SUFFIX,
  EPOCH_CHECKPOINT,
  fileName,
  INDEX_SUFFIX,
  LOG_SUFFIX,
  PARTITION_METADATA,
} from './segment-files.ts'
import { TimeIndex } from './time-index.ts'
import { decodeAborted } from './transaction-index.ts'
import { isUnusedRoom } from './unused-room.ts'

export interface Finding {
  /** error: records are lost or wrong. warning: will be made again, or removed, by the next start. */
  readonly severity: 'error' | 'warning'
  readonly file: string
  /** Byte in the file, -1 when it is about the file as a whole. */
  readonly position: number
  readonly problem: string
}

export interface Verification {
  readonly segments: number
  readonly batches: number
  readonly records: number
  readonly sizeInBytes: number
  /** Of the first record and after the last. */
  readonly startOffset: number
  readonly endOffset: number
  readonly findings: readonly Finding[]
}

export interface VerifyOptions {
  /** The log's start, where it is known to lie above its first batch [the first batch's]. */
  readonly startOffset?: number
  /** Also opens every batch and checks its records. */
  readonly deep?: boolean
}

/** Checks the partition in `directory` without changing it. No findings: all is well. */
export function verifyLog(disk: Disk, directory: string, options: VerifyOptions = {}): Verification {
  return new Check(disk, directory, options).run()
}

/** Findings per file; past it a damaged file would drown the others. */
const FINDINGS_PER_FILE_MAX = 20

interface SeenBatch {
  readonly position: number
  readonly lastOffset: number
}

/** What was seen of a segment. */
interface SeenSegment {
  readonly batches: SeenBatch[]
  /** Bytes that cannot be read; ends are exclusive. */
  readonly unreadable: { readonly position: number; readonly end: number }[]
  maxTimestamp: number
}

class Check {
  readonly #disk: Disk
  readonly #directory: string
  readonly #deep: boolean
  readonly #knownStart: number
  readonly #findings: Finding[] = []
  readonly #cursor = new RecordCursor()
  #batches = 0
  #records = 0
  #sizeInBytes = 0
  #startOffset = -1
  #nextOffset = 0
  #epoch = -1
  /** See `#compactedTo`; -1 until it was read. */
  #cleanedTo = -1
  /** First offsets of the epochs in the batches. */
  readonly #epochStarts = new Map<number, number>()

  constructor(disk: Disk, directory: string, { deep = false, startOffset = -1 }: VerifyOptions) {
    this.#knownStart = startOffset
    this.#disk = disk
    this.#directory = directory
    this.#deep = deep
  }

  run(): Verification {
    // Read first: of a log that is in use it may be further by the time that the segments were read.
    const recoveryPoint = checkpointedOffset(this.#disk, this.#directory, RECOVERY_POINTS)
    const names = this.#disk.list(this.#directory).map(({ name }) => name)
    const { segments, snapshots, leftovers } = listLogFiles(this.#disk, this.#directory)
    const damage = readDamage(this.#disk, this.#directory)
    if (damage !== null)
      this.#error(`${this.#directory}/${DAMAGE_NOTE}`, -1, `damage was found in ${damage.file}: ${damage.problem}`)
    // Deleted ones wait for file.delete.delay.ms, in any log in use.
    for (const file of leftovers) if (!file.endsWith(DELETED_SUFFIX)) this.#warn(file, -1, 'left over from a crash')
    if (segments.length === 0 && !this.#disk.exists(`${this.#directory}/${PARTITION_METADATA}`))
      this.#error(this.#directory, -1, 'is no log: it has neither segments nor partition.metadata')
    for (const [at, segment] of segments.entries()) this.#segment(segment, segments[at + 1]?.baseOffset ?? null)
    for (const offset of lostSegments(names, segments[0]?.baseOffset ?? 0, segments.at(-1)?.baseOffset ?? -1)) {
      // Compaction may have been about to take it while the names were read.
      if (this.#disk.exists(`${this.#directory}/${fileName(offset, INDEX_SUFFIX)}`))
        this.#error(`${this.#directory}/${fileName(offset, LOG_SUFFIX)}`, -1, 'is missing, and its index is there')
    }
    // An emptied log that was ended before it had a segment again begins where it is said to start.
    if (segments.length === 0)
      this.#nextOffset = Math.max(this.#nextOffset, checkpointedOffset(this.#disk, this.#directory, START_OFFSETS))
    if (this.#nextOffset < recoveryPoint) {
      const problem = `the log ends at offset ${this.#nextOffset}, and all below ${recoveryPoint} was durable`
      this.#error(segments.at(-1)?.log ?? this.#directory, -1, problem)
    }
    this.#epochs()
    for (const { offset, path } of snapshots) {
      const bytes = this.#disk.readFile(path)
      if (bytes === null) continue
      const problem = decodeSnapshot(bytes)
      if (typeof problem === 'string') this.#warn(path, -1, problem)
      if (offset > this.#nextOffset)
        this.#warn(path, -1, `snapshot of offset ${offset}, after the end ${this.#nextOffset}`)
    }
    return {
      segments: segments.length,
      batches: this.#batches,
      records: this.#records,
      sizeInBytes: this.#sizeInBytes,
      startOffset: this.#startOffset < 0 ? this.#nextOffset : this.#startOffset,
      endOffset: this.#nextOffset,
      findings: this.#findings,
    }
  }

  /** `nextBase`: where the next segment begins, null of the last. */
  #segment(segment: SegmentFiles, nextBase: number | null): void {
    const { baseOffset, log } = segment
    const isLast = nextBase === null
    if (baseOffset < this.#nextOffset)
      this.#error(log, -1, `begins at offset ${baseOffset}, before the end ${this.#nextOffset} of the one before`)
    const file = this.#open(log)
    if (file === null) {
      // Retention took it, and all before it, since the files were listed.
      this.#nextOffset = Math.max(this.#nextOffset, nextBase ?? 0)
      return
    }
    try {
      const size = file.size()
      if (size === 0) this.#gap(log, -1, baseOffset)
      if (size === 0 || this.#batches === 0) this.#nextOffset = Math.max(this.#nextOffset, baseOffset)
      const seen = this.#read(log, file, size, nextBase)
      this.#index(segment, seen, size, isLast)
      this.#timeIndex(segment, seen, isLast)
      this.#transactionIndex(segment)
    } finally {
      file.close()
    }
  }

  /** Null where the file is gone. */
  #open(path: string): DiskFile | null {
    try {
      return this.#disk.open(path, 'read')
    } catch (error) {
      if (this.#disk.exists(path)) throw error
      return null
    }
  }

  /** Looks at all batches; where one cannot be read, goes on with the next that can. */
  #read(log: string, file: DiskFile, size: number, nextBase: number | null): SeenSegment {
    const seen: SeenSegment = { batches: [], unreadable: [], maxTimestamp: -1 }
    const limit = nextBase ?? Number.POSITIVE_INFINITY
    const reader = new BatchReader()
    for (let from = 0; from < size; ) {
      reader.open(file, from, size, true)
      while (reader.next()) {
        this.#batch(log, reader)
        seen.batches.push({ position: reader.position, lastOffset: reader.header.lastOffset })
        seen.maxTimestamp = Math.max(seen.maxTimestamp, reader.header.maxTimestamp)
      }
      const { position, problem } = reader
      this.#sizeInBytes += position - from
      if (problem === null || (nextBase === null && isUnusedRoom(file, position, size))) break
      from = nextGoodPosition(file, position + 1, size, this.#nextOffset, limit)
      if (nextBase === null && from >= size && isWholeNow(file, position)) break
      this.#sizeInBytes += from - position
      const next = from < size ? `the next that can be read begins at byte ${from}` : 'nothing that can be read follows'
      this.#error(log, position, `${problem}; ${next}`)
      seen.unreadable.push({ position, end: from })
    }
    return seen
  }

  #batch(log: string, reader: BatchReader): void {
    const { header, position } = reader
    if (this.#startOffset < 0) this.#startOffset = header.baseOffset
    if (header.baseOffset < this.#nextOffset)
      this.#error(log, position, `offset ${header.baseOffset} comes after ${this.#nextOffset - 1}`)
    this.#gap(log, position, header.baseOffset)
    if (header.lastOffsetDelta < 0) this.#error(log, position, `last offset delta ${header.lastOffsetDelta}`)
    this.#batches++
    this.#records += header.count
    this.#nextOffset = Math.max(this.#nextOffset, header.nextOffset)
    if (header.leaderEpoch < this.#epoch)
      this.#error(log, position, `leader epoch ${header.leaderEpoch} comes after ${this.#epoch}`)
    if (header.leaderEpoch > this.#epoch) {
      this.#epoch = header.leaderEpoch
      this.#epochStarts.set(header.leaderEpoch, header.baseOffset)
    }
    if (!this.#deep) return
    try {
      let last = -1
      this.#cursor.open(reader.slice())
      while (this.#cursor.next()) {
        const { offsetDelta } = this.#cursor
        if (offsetDelta <= last || offsetDelta > header.lastOffsetDelta)
          this.#error(log, position, `a record has offset delta ${offsetDelta} after ${last}`)
        last = offsetDelta
        this.#cursor.headers()
      }
    } catch (error) {
      this.#error(log, position, (error as Error).message)
    }
  }

  /** Whether what begins at `offset` follows what came before. Before the first batch everything may have expired. */
  #gap(file: string, position: number, offset: number): void {
    if (this.#batches > 0 && offset > this.#nextOffset && offset > this.#compactedTo())
      this.#error(file, position, `offsets ${this.#nextOffset} to ${offset - 1} are missing`)
  }

  /** Below it compaction may have left gaps: the broker notes it for each compacted log. */
  #compactedTo(): number {
    if (this.#cleanedTo < 0) this.#cleanedTo = checkpointedOffset(this.#disk, this.#directory, CLEANER_CHECKPOINT)
    return this.#cleanedTo
  }

  #index({ baseOffset, log, index }: SegmentFiles, seen: SeenSegment, size: number, isLast: boolean): void {
    if (index === null) {
      if (!isLast && size > 0) this.#warn(log, -1, 'has no offset index')
      return
    }
    const entries = new OffsetIndex(baseOffset, this.#disk.readFile(index))
    const problem = entries.problem(size)
    if (problem !== null) {
      this.#warn(index, -1, problem)
      return
    }
    const offsets = new Map(seen.batches.map(({ position, lastOffset }) => [position, lastOffset]))
    for (let at = 0; at < entries.entries; at++) {
      const position = entries.position(at)
      if (offsets.get(position) === entries.offset(at)) continue
      // That of a batch that cannot be read says nothing wrong.
      if (seen.unreadable.some((bytes) => position >= bytes.position && position < bytes.end)) continue
      this.#warn(index, at * 8, `no batch at position ${position} ends with offset ${entries.offset(at)}`)
    }
  }

  #timeIndex({ baseOffset, log, timeIndex }: SegmentFiles, seen: SeenSegment, isLast: boolean): void {
    if (timeIndex === null) {
      if (!isLast && seen.batches.length > 0) this.#warn(log, -1, 'has no time index')
      return
    }
    const entries = new TimeIndex(baseOffset, this.#disk.readFile(timeIndex))
    const problem = entries.problem()
    const { maxTimestamp, unreadable } = seen
    if (problem !== null) this.#warn(timeIndex, -1, problem)
    else if (!isLast && unreadable.length === 0 && entries.lastTimestamp !== maxTimestamp)
      this.#warn(timeIndex, -1, `ends with timestamp ${entries.lastTimestamp}, the newest is ${maxTimestamp}`)
  }

  #transactionIndex({ baseOffset, transactionIndex }: SegmentFiles): void {
    if (transactionIndex === null) return
    if (decodeAborted(this.#disk.readFile(transactionIndex)!, baseOffset) === null)
      this.#error(transactionIndex, -1, 'is not a transaction index')
  }

  #epochs(): void {
    const file = `${this.#directory}/${EPOCH_CHECKPOINT}`
    if (!this.#disk.exists(file)) return
    const epochs = new EpochCache()
    const problem = epochs.read(this.#disk, this.#directory)
    if (problem !== null) {
      this.#warn(file, -1, problem)
      return
    }
    // Where the log starts in the midst of a segment, its first epoch begins there, and batches before it are still there.
    const noted = checkpointedOffset(this.#disk, this.#directory, START_OFFSETS)
    const start = Math.max(this.#startOffset, this.#knownStart, noted)
    for (const { epoch, startOffset } of epochs.entries) {
      const seen = this.#epochStarts.get(epoch)
      if (seen !== undefined && seen < startOffset && startOffset > start)
        this.#warn(file, -1, `epoch ${epoch} begins at ${startOffset}, but a batch at ${seen} has it`)
    }
  }

  #error(file: string, position: number, problem: string): void {
    this.#add('error', file, position, problem)
  }

  #warn(file: string, position: number, problem: string): void {
    this.#add('warning', file, position, problem)
  }

  #add(severity: Finding['severity'], file: string, position: number, problem: string): void {
    if (this.#findings.filter((finding) => finding.file === file).length < FINDINGS_PER_FILE_MAX)
      this.#findings.push({ severity, file, position, problem })
  }
}

/** Whether the batch at `position`, of which only a part was there before, is whole meanwhile: the log is being written to. */
function isWholeNow(file: DiskFile, position: number): boolean {
  const reader = new BatchReader()
  reader.open(file, position, file.size(), true)
  return reader.next()
}

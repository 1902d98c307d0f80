/**
 * Compaction of a stretch of closed segments: of each key only the newest record stays, offsets stay what they were.
 *
 *   1  collect: key → offset of its newest record, over what is new since the last pass, as far as there is memory
 *   2  rewrite: group by group of neighbouring segments into `.cleaned` files, without the records that are superseded;
 *      what lies above the last key collected stays as it is
 *
 * What else stays, and goes:
 * - A tombstone (null value) stays for `delete.retention.ms` after the pass that first sees it; that time is noted in its
 *   batch (attribute bit 6, in place of the base timestamp), the pass after it takes the tombstone.
 * - Records of aborted transactions go at once. A transaction's marker goes like a tombstone, once no record of the
 *   transaction is left.
 * - The last batch of each producer stays, empty if need be, so that its sequence survives; so does the last of each
 *   group, so that segments follow one another without gaps.
 * - Records without key go: a compacted topic takes none, but may have been another before.
 *
 * Sources: https://kafka.apache.org/documentation/#compaction, KIP-534.
 */
import {
  type BatchHeader,
  CorruptBatchError,
  codecWithId,
  encodeBatch,
  BatchHeader as Header,
  RecordBatchBuilder,
  RecordCursor,
  readBatchHeader,
  viewOf,
} from '@odradek/protocol'
import type { Disk } from '../host/disk.ts'
import type { Job, Pace } from '../host/offload.ts'
import { BatchReader } from '../storage/batch-reader.ts'
import { fileName, LOG_SUFFIX } from '../storage/segment-files.ts'
import { SegmentWriter } from '../storage/segment-writer.ts'
import type { AbortedTransaction } from '../storage/transaction-index.ts'
import { KeyOffsets } from './key-offsets.ts'
import { Throttle } from './throttle.ts'
import { TransactionTrace } from './transaction-trace.ts'

const OFFSETS_PER_SEGMENT_MAX = 0x7fff_ffff
const POSITION_MAX = 0x7fff_ffff
/**
 * Segments are joined by what the next one has before it is cleaned. Were `segment.bytes` the bound, full segments would
 * never be joined however little is left of them.
 */
const OVERSIZE_MAX = 1.5
const OFFSET_INDEX_ENTRY_BYTES = 8

export interface CompactionArgs {
  readonly directory: string
  /** Neighbours, in order. They do not change any more. */
  readonly segments: readonly { readonly baseOffset: number; readonly size: number }[]
  readonly firstDirtyOffset: number
  /** Where the last segment ends. */
  readonly upTo: number
  /** Epoch milliseconds. */
  readonly now: number
  readonly deleteRetentionMs: number
  readonly indexIntervalBytes: number
  readonly segmentBytesMax: number
  readonly segmentIndexBytesMax: number
  /** Who may still write, and the last offset of their newest batch (-1: only a marker of theirs is known). */
  readonly producers: readonly { readonly producerId: number; readonly epoch: number; readonly lastOffset: number }[]
  readonly aborted: readonly AbortedTransaction[]
  /** For the keys. */
  readonly keyBytesMax: number
  /** Read and written together, in bytes. */
  readonly ioBytesPerSecond: number
  /** An Int32Array of one: KiB read so far, for whoever looks at it meanwhile. */
  readonly progress: SharedArrayBuffer
}

/** Segments that are replaced by one, which lies in `.cleaned` files at the first one's base offset. */
export interface CompactedGroup {
  readonly baseOffsets: readonly number[]
  readonly bytesBefore: number
  readonly bytesAfter: number
}

export interface CompactionResult {
  readonly groups: readonly CompactedGroup[]
  /** Everything before is compacted now. */
  readonly compactedTo: number
  /** Read and written. */
  readonly ioBytes: number
  /** What ended the pass early: a segment that does not hold what was written to it. Nothing is made then. */
  readonly damage: SegmentDamage | null
}

export interface SegmentDamage {
  /** The name of the file, without its directory. */
  readonly file: string
  readonly position: number
  readonly problem: string
}

export const job: Job<CompactionArgs, CompactionResult> = {
  module: import.meta.url,
  run: compact,
}

function compact(disk: Disk, args: CompactionArgs, pace?: Pace): CompactionResult {
  const source = new Source(disk, args, pace)
  try {
    return compactFrom(source, disk, args)
  } catch (error) {
    if (source.damage === null) throw error
    const { damage, throttle } = source
    return { groups: [], compactedTo: args.firstDirtyOffset, ioBytes: throttle.bytes, damage }
  }
}

function compactFrom(source: Source, disk: Disk, args: CompactionArgs): CompactionResult {
  const { keys, end, compactedTo } = collectKeys(source, args)
  const segments = args.segments.slice(0, end)
  const trace = new TransactionTrace(args.aborted)
  const groups: CompactedGroup[] = []
  let group: Group | null = null
  for (const [at, segment] of segments.entries()) {
    const segmentEnd = args.segments[at + 1]?.baseOffset ?? args.upTo
    if (group !== null && !group.takes(segment, segmentEnd)) {
      group.finish(groups)
      group = null
    }
    group ??= new Group(disk, args, new Cleaner(args, source, keys, compactedTo, trace), segment.baseOffset)
    try {
      group.add(segment, segmentEnd)
    } catch (error) {
      group.discard()
      throw error
    }
  }
  group?.finish(groups)
  return { groups, compactedTo, ioBytes: source.throttle.bytes, damage: null }
}

/** The newest offset of each key, how many segments that took in, and up to where. */
function collectKeys(source: Source, args: CompactionArgs) {
  const keys = new KeyOffsets(args.keyBytesMax)
  const trace = new TransactionTrace(args.aborted)
  const cursor = new RecordCursor()
  const { reader } = source
  for (const [at, segment] of args.segments.entries()) {
    const segmentEnd = args.segments[at + 1]?.baseOffset ?? args.upTo
    if (segmentEnd <= args.firstDirtyOffset) continue
    const isWhole = source.read(segment, () => {
      const { header, buffer } = reader
      if (header.isControl || header.lastOffset < args.firstDirtyOffset || trace.isAborted(header)) return true
      if (!keys.hasRoomFor(header.count)) return false
      cursor.openAt(buffer, reader.view, reader.start, reader.end)
      while (cursor.next()) {
        if (cursor.keyStart >= 0) keys.set(cursor.buffer, cursor.keyStart, cursor.keyEnd, cursor.offset)
      }
      return true
    })
    if (!isWhole) return { keys, end: at + 1, compactedTo: reader.header.baseOffset }
  }
  return { keys, end: args.segments.length, compactedTo: args.upTo }
}

/** Reads segments, at the rate that is allowed. */
class Source {
  readonly reader = new BatchReader()
  readonly throttle: Throttle
  damage: SegmentDamage | null = null
  readonly #disk: Disk
  readonly #directory: string
  readonly #progress: Int32Array
  #bytesRead = 0

  constructor(disk: Disk, args: CompactionArgs, pace: Pace | undefined) {
    this.#disk = disk
    this.#directory = args.directory
    this.#progress = new Int32Array(args.progress)
    this.throttle = new Throttle(args.ioBytesPerSecond, pace)
  }

  /** Moves `reader` from batch to batch until `visit` says no; whether it never did. */
  read({ baseOffset, size }: SegmentSize, visit: () => boolean): boolean {
    const { reader } = this
    const path = `${this.#directory}/${fileName(baseOffset, LOG_SUFFIX)}`
    const file = this.#disk.open(path, 'read')
    try {
      reader.open(file, 0, size, true)
      while (reader.next()) {
        const bytes = reader.end - reader.start
        this.#bytesRead += bytes
        this.#progress[0] = this.#bytesRead / 1024
        this.throttle.spend(bytes)
        if (!visit()) return false
      }
      const { problem, position } = reader
      if (problem === null) return true
      this.damage = { file: fileName(baseOffset, LOG_SUFFIX), position, problem }
      throw new CorruptBatchError(`${path} at position ${position}: ${problem}.`)
    } finally {
      file.close()
    }
  }
}

type SegmentSize = CompactionArgs['segments'][number]

/** Neighbours that, cleaned, fit into one segment together, so that segments do not shrink to crumbs. */
class Group {
  readonly #cleaner: Cleaner
  readonly #writer: SegmentWriter
  readonly #baseOffsets: number[] = []
  readonly #bytesMax: number
  #bytesBefore = 0

  constructor(disk: Disk, args: CompactionArgs, cleaner: Cleaner, baseOffset: number) {
    this.#cleaner = cleaner
    this.#writer = new SegmentWriter(disk, args.directory, baseOffset, args.indexIntervalBytes)
    const indexedBytesMax = (args.segmentIndexBytesMax / OFFSET_INDEX_ENTRY_BYTES) * args.indexIntervalBytes
    this.#bytesMax = Math.min(args.segmentBytesMax * OVERSIZE_MAX, indexedBytesMax, POSITION_MAX)
  }

  takes(segment: SegmentSize, segmentEnd: number): boolean {
    const isNear = segmentEnd - this.#writer.baseOffset <= OFFSETS_PER_SEGMENT_MAX
    return isNear && this.#writer.size + segment.size <= this.#bytesMax
  }

  add(segment: SegmentSize, segmentEnd: number): void {
    this.#baseOffsets.push(segment.baseOffset)
    this.#bytesBefore += segment.size
    this.#cleaner.clean(segment, segmentEnd, this.#writer)
  }

  /** Gives up. */
  discard(): void {
    this.#writer.discard()
  }

  finish(groups: CompactedGroup[]): void {
    this.#cleaner.finish()
    // Nothing was taken and nothing joined: the segment stays as it is.
    if (this.#baseOffsets.length === 1 && !this.#cleaner.hasChanged) {
      this.#writer.discard()
      return
    }
    this.#writer.finish()
    groups.push({ baseOffsets: this.#baseOffsets, bytesBefore: this.#bytesBefore, bytesAfter: this.#writer.size })
  }
}

/** Copies batches without what goes. */
class Cleaner {
  hasChanged = false
  readonly #args: CompactionArgs
  readonly #source: Source
  readonly #keys: KeyOffsets
  /** Batches from here on stay as they are. */
  readonly #compactedTo: number
  readonly #trace: TransactionTrace
  readonly #producers: ReadonlyMap<number, CompactionArgs['producers'][number]>
  readonly #reader: BatchReader
  readonly #cursor = new RecordCursor()
  #writer: SegmentWriter | null = null
  /** Where the segment at hand ends. */
  #end = 0
  /** An empty batch that is needed only if nothing comes after it in the group. */
  #lastBatch: Buffer | null = null

  constructor(args: CompactionArgs, source: Source, keys: KeyOffsets, compactedTo: number, trace: TransactionTrace) {
    this.#args = args
    this.#source = source
    this.#reader = source.reader
    this.#keys = keys
    this.#compactedTo = compactedTo
    this.#trace = trace
    this.#producers = new Map(args.producers.map((producer) => [producer.producerId, producer]))
  }

  clean(segment: SegmentSize, end: number, writer: SegmentWriter): void {
    this.#end = end
    this.#writer = writer
    this.#lastBatch = null
    this.#source.read(segment, () => {
      if (this.#reader.header.isControl) this.#cleanMarker()
      else this.#cleanBatch()
      return true
    })
  }

  #cleanMarker(): void {
    const { header } = this.#reader
    const { now, deleteRetentionMs } = this.#args
    const { aborted, isDone } = this.#trace.end(header)
    if (header.baseOffset >= this.#compactedTo) {
      if (aborted !== null) this.#writer!.addAborted(aborted)
      this.#copy()
      return
    }
    if (isDone && header.deleteHorizon >= 0 && header.deleteHorizon <= now) {
      this.#drop(header)
      return
    }
    if (aborted !== null) this.#writer!.addAborted(aborted)
    if (isDone && header.deleteHorizon < 0 && header.count > 0) this.#rewrite(() => true, now + deleteRetentionMs)
    else this.#copy()
  }

  #cleanBatch(): void {
    const { header } = this.#reader
    const cursor = this.#cursor
    const { now, deleteRetentionMs } = this.#args
    const isAborted = this.#trace.observe(header)
    if (header.baseOffset >= this.#compactedTo) {
      this.#copy()
      return
    }
    if (isAborted) {
      this.#drop(header)
      return
    }
    const takesTombstones = header.deleteHorizon >= 0 && header.deleteHorizon <= now
    const stays = () => {
      if (cursor.keyStart < 0) return false
      if (this.#keys.get(cursor.buffer, cursor.keyStart, cursor.keyEnd) > cursor.offset) return false
      return cursor.valueStart >= 0 || !takesTombstones
    }
    let kept = 0
    let tombstones = 0
    this.#open()
    while (cursor.next()) {
      if (!stays()) continue
      kept++
      if (cursor.valueStart < 0) tombstones++
    }
    if (kept === 0) this.#drop(header)
    else if (tombstones > 0 && header.deleteHorizon < 0) this.#rewrite(stays, now + deleteRetentionMs)
    else if (kept < header.count) this.#rewrite(stays, header.deleteHorizon)
    else this.#copy()
  }

  /** Ends a group. */
  finish(): void {
    if (this.#lastBatch !== null) this.#append(this.#lastBatch)
    this.#lastBatch = null
  }

  /** Takes all records away, and the batch itself unless somebody needs its header. */
  #drop(header: BatchHeader): void {
    if (header.count > 0) this.hasChanged = true
    const { maxTimestamp } = header
    const isProducers = this.#isLastOfProducer(header)
    if (!isProducers && header.nextOffset !== this.#end) {
      this.hasChanged = true
      return
    }
    const empty = encodeBatch({ ...optionsOf(header), maxTimestamp, codec: 'none', records: [] })
    if (isProducers) this.#append(empty)
    else this.#lastBatch = empty
  }

  #isLastOfProducer(header: BatchHeader): boolean {
    const producer = header.producerId >= 0 ? this.#producers.get(header.producerId) : undefined
    if (producer === undefined) return false
    return producer.lastOffset >= 0
      ? producer.lastOffset === header.lastOffset
      : header.isControl && header.producerEpoch === producer.epoch
  }

  /** The batch as it is. */
  #copy(): void {
    const { buffer, start, end, header } = this.#reader
    this.#source.throttle.spend(end - start)
    this.#writer!.append(buffer, start, end, header)
  }

  /** The batch with the records that stay, and a delete horizon unless that is -1. */
  #rewrite(stays: () => boolean, deleteHorizon: number): void {
    const { header } = this.#reader
    const builder = new RecordBatchBuilder({
      ...optionsOf(header),
      ...(header.timestampType === 'LogAppendTime' ? { maxTimestamp: header.maxTimestamp } : {}),
      ...(deleteHorizon >= 0 ? { deleteHorizon } : {}),
    })
    this.#open()
    while (this.#cursor.next()) if (stays()) builder.copy(this.#cursor)
    this.#append(builder.build())
    this.hasChanged = true
  }

  #append(batch: Buffer): void {
    const header = new Header()
    readBatchHeader(viewOf(batch), 0, header)
    this.#source.throttle.spend(batch.length)
    this.#writer!.append(batch, 0, batch.length, header)
  }

  #open(): void {
    const { buffer, view, start, end } = this.#reader
    this.#cursor.openAt(buffer, view, start, end)
  }
}

/** What a batch made from another takes over. */
function optionsOf(header: BatchHeader) {
  return {
    baseOffset: header.baseOffset,
    lastOffsetDelta: header.lastOffsetDelta,
    leaderEpoch: header.leaderEpoch,
    codec: codecWithId(header.codec).name,
    timestampType: header.timestampType,
    transactional: header.isTransactional,
    control: header.isControl,
    producerId: header.producerId,
    producerEpoch: header.producerEpoch,
    baseSequence: header.baseSequence,
  } as const
}

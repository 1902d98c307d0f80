/** Reading a log offline: what is in its segments, indexes and snapshots, as plain objects for a table or JSON. */
import {
  BatchHeader,
  codecWithId,
  RECORDS,
  RecordCursor,
  readBatchHeader,
  readControlRecord,
  viewOf,
} from '@odradek/protocol'
import type { Disk, DiskFile } from '../host/disk.ts'
import { BatchReader } from './batch-reader.ts'
import { EpochCache } from './epoch-cache.ts'
import { nextGoodPosition } from './good-batches.ts'
import { listLogFiles, type SegmentFiles } from './log-files.ts'
import { OffsetIndex } from './offset-index.ts'
import { decodeSnapshot } from './producer-snapshot.ts'
import { TimeIndex } from './time-index.ts'
import { decodeAborted } from './transaction-index.ts'
import { isUnusedRoom } from './unused-room.ts'

export interface DumpOptions {
  /** Also the records of each batch. */
  readonly records?: boolean
  /** Also the entries of offset, time and transaction indexes. */
  readonly indexes?: boolean
  /** Only batches that hold this offset or later ones. */
  readonly from?: number
  /** Only batches that begin before this offset. */
  readonly to?: number
}

/** One line of a dump. Timestamps are epoch milliseconds, -1 without; positions and sizes are bytes. */
export type DumpEntry =
  | { readonly kind: 'segment'; readonly file: string; readonly baseOffset: number; readonly size: number }
  | {
      readonly kind: 'batch'
      readonly file: string
      readonly position: number
      readonly size: number
      readonly baseOffset: number
      readonly lastOffset: number
      readonly count: number
      readonly leaderEpoch: number
      readonly producerId: number
      readonly producerEpoch: number
      readonly baseSequence: number
      readonly codec: string
      readonly timestampType: string
      readonly maxTimestamp: number
      readonly isTransactional: boolean
      readonly isControl: boolean
      readonly deleteHorizon: number
      /** Its CRC does not match: what is said of it is what its header says now. */
      readonly isDamaged: boolean
    }
  | {
      readonly kind: 'record'
      readonly offset: number
      readonly timestamp: number
      readonly key: Buffer | null
      readonly value: Buffer | null
      readonly headers: readonly { readonly key: string; readonly value: Buffer | null }[]
      /** What the record of a control batch says: `COMMIT`, `ABORT`, or the number of another type. */
      readonly control: string | null
    }
  | { readonly kind: 'offsetIndexEntry'; readonly file: string; readonly offset: number; readonly position: number }
  | { readonly kind: 'timeIndexEntry'; readonly file: string; readonly timestamp: number; readonly offset: number }
  | {
      readonly kind: 'abortedTransaction'
      readonly file: string
      readonly producerId: number
      readonly firstOffset: number
      readonly lastOffset: number
      readonly lastStableOffset: number
    }
  | {
      readonly kind: 'producer'
      readonly file: string
      readonly producerId: number
      readonly epoch: number
      readonly lastSequence: number
      readonly lastOffset: number
      readonly lastTimestamp: number
      readonly coordinatorEpoch: number
      readonly transactionStartOffset: number
    }
  | { readonly kind: 'epoch'; readonly epoch: number; readonly startOffset: number }
  /** What of a file could not be read, and why. What follows it is read again from the next batch that is right. */
  | { readonly kind: 'problem'; readonly file: string; readonly position: number; readonly problem: string }

/**
 * What the partition in `directory` holds, in order: epochs, then each segment with its batches and indexes, then the
 * producers of the snapshots. Changes nothing; damage is an entry, and what can be read behind it follows.
 */
export function* dumpLog(disk: Disk, directory: string, options: DumpOptions = {}): Generator<DumpEntry> {
  const files = listLogFiles(disk, directory)
  const epochs = new EpochCache()
  epochs.read(disk, directory)
  for (const { epoch, startOffset } of epochs.entries) yield { kind: 'epoch', epoch, startOffset }
  for (const [at, segment] of files.segments.entries()) {
    const next = files.segments[at + 1]?.baseOffset ?? Number.POSITIVE_INFINITY
    if (next <= (options.from ?? 0) || segment.baseOffset >= (options.to ?? Number.POSITIVE_INFINITY)) continue
    yield* dumpBatches(disk, segment, options, next)
    if (options.indexes) yield* dumpIndexes(disk, segment)
  }
  for (const { path } of files.snapshots) yield* dumpSnapshot(disk, path)
}

/** `limit`: where the next segment begins, Infinity of the last. */
function* dumpBatches(disk: Disk, segment: SegmentFiles, options: DumpOptions, limit: number): Generator<DumpEntry> {
  const { log, baseOffset } = segment
  const file = disk.open(log, 'read')
  const reader = new BatchReader()
  const { from = 0, to = Number.POSITIVE_INFINITY } = options
  let nextOffset = baseOffset
  try {
    const size = file.size()
    yield { kind: 'segment', file: log, baseOffset, size }
    for (let start = 0; start < size; ) {
      reader.open(file, start, size, true)
      while (reader.next()) {
        const { header } = reader
        nextOffset = Math.max(nextOffset, header.nextOffset)
        if (header.baseOffset >= to) return
        if (header.lastOffset < from) continue
        yield batchEntry(log, header, reader.position)
        if (options.records) yield* dumpRecords(log, reader)
      }
      const { position, problem } = reader
      if (problem === null || (limit === Number.POSITIVE_INFINITY && isUnusedRoom(file, position, size))) return
      yield { kind: 'problem', file: log, position, problem }
      const header = wholeHeader(file, position, size)
      if (header !== null) yield batchEntry(log, header, position, true)
      start = nextGoodPosition(file, position + 1, size, nextOffset, limit)
    }
  } finally {
    file.close()
  }
}

/** What the header of a damaged batch says, where its length is possible; null where it is no header at all. */
function wholeHeader(file: DiskFile, position: number, size: number): BatchHeader | null {
  const bytes = Buffer.alloc(RECORDS)
  if (file.read(bytes, 0, RECORDS, position) < RECORDS) return null
  const header = new BatchHeader()
  readBatchHeader(viewOf(bytes), 0, header)
  const isWhole = header.magic === 2 && header.sizeInBytes >= RECORDS && position + header.sizeInBytes <= size
  return isWhole ? header : null
}

function batchEntry(file: string, header: BatchHeader, position: number, isDamaged = false): DumpEntry {
  const { baseOffset, lastOffset, count, leaderEpoch, producerId, producerEpoch, baseSequence, maxTimestamp } = header
  const { timestampType, isTransactional, isControl, deleteHorizon } = header
  return {
    kind: 'batch',
    file,
    position,
    size: header.sizeInBytes,
    baseOffset,
    lastOffset,
    count,
    leaderEpoch,
    producerId,
    producerEpoch,
    baseSequence,
    codec: header.codec <= 4 ? codecWithId(header.codec).name : `codec ${header.codec}`,
    timestampType,
    maxTimestamp,
    isTransactional,
    isControl,
    deleteHorizon,
    isDamaged,
  }
}

function* dumpRecords(file: string, reader: BatchReader): Generator<DumpEntry> {
  const cursor = new RecordCursor()
  try {
    cursor.open(reader.slice())
    while (cursor.next()) {
      const { offset, timestamp } = cursor
      const control = reader.header.isControl ? controlName(cursor) : null
      yield {
        kind: 'record',
        offset,
        timestamp,
        key: cursor.key(),
        value: cursor.value(),
        headers: cursor.headers(),
        control,
      }
    }
  } catch (error) {
    yield { kind: 'problem', file, position: reader.position, problem: (error as Error).message }
  }
}

function controlName(cursor: RecordCursor): string {
  const control = readControlRecord(cursor)
  if (control === null) return 'unreadable'
  return control.type === 0 ? 'ABORT' : control.type === 1 ? 'COMMIT' : String(control.type)
}

function* dumpIndexes(disk: Disk, segment: SegmentFiles): Generator<DumpEntry> {
  const { baseOffset, index, timeIndex, transactionIndex } = segment
  if (index !== null) {
    const entries = new OffsetIndex(baseOffset, disk.readFile(index))
    for (let at = 0; at < Math.floor(entries.entries); at++)
      yield { kind: 'offsetIndexEntry', file: index, offset: entries.offset(at), position: entries.position(at) }
  }
  if (timeIndex !== null) {
    const entries = new TimeIndex(baseOffset, disk.readFile(timeIndex))
    for (let at = 0; at < Math.floor(entries.entries); at++)
      yield { kind: 'timeIndexEntry', file: timeIndex, timestamp: entries.timestamp(at), offset: entries.offset(at) }
  }
  if (transactionIndex !== null) {
    const aborted = decodeAborted(disk.readFile(transactionIndex)!, baseOffset)
    if (aborted === null)
      yield { kind: 'problem', file: transactionIndex, position: 0, problem: 'not a transaction index' }
    else for (const entry of aborted) yield { kind: 'abortedTransaction', file: transactionIndex, ...entry }
  }
}

function* dumpSnapshot(disk: Disk, path: string): Generator<DumpEntry> {
  const producers = decodeSnapshot(disk.readFile(path)!)
  if (typeof producers === 'string') {
    yield { kind: 'problem', file: path, position: 0, problem: producers }
    return
  }
  for (const producer of producers) {
    const { producerId, epoch, lastSequence, lastOffset, lastTimestamp, coordinatorEpoch, transactionStartOffset } =
      producer
    yield {
      kind: 'producer',
      file: path,
      producerId,
      epoch,
      lastSequence,
      lastOffset,
      lastTimestamp,
      coordinatorEpoch,
      transactionStartOffset,
    }
  }
}

/** Reading a log offline: what is in its segments, indexes and snapshots, as plain objects for a table or JSON. */
import { codecWithId, RecordCursor, readControlRecord } from '@odradek/protocol'
import type { Disk } from '../host/disk.ts'
import { BatchReader } from './batch-reader.ts'
import { EpochCache } from './epoch-cache.ts'
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
  /** Where reading a file had to stop, and why. */
  | { readonly kind: 'problem'; readonly file: string; readonly position: number; readonly problem: string }

/**
 * What the partition in `directory` holds, in order: epochs, then each segment with its batches and indexes, then the
 * producers of the snapshots. Changes nothing; a damaged file is read up to the damage, which is an entry then.
 */
export function* dumpLog(disk: Disk, directory: string, options: DumpOptions = {}): Generator<DumpEntry> {
  const files = listLogFiles(disk, directory)
  const epochs = new EpochCache()
  epochs.read(disk, directory)
  for (const { epoch, startOffset } of epochs.entries) yield { kind: 'epoch', epoch, startOffset }
  for (const [at, segment] of files.segments.entries()) {
    const next = files.segments[at + 1]?.baseOffset ?? Number.POSITIVE_INFINITY
    if (next <= (options.from ?? 0) || segment.baseOffset >= (options.to ?? Number.POSITIVE_INFINITY)) continue
    yield* dumpBatches(disk, segment, options, at === files.segments.length - 1)
    if (options.indexes) yield* dumpIndexes(disk, segment)
  }
  for (const { path } of files.snapshots) yield* dumpSnapshot(disk, path)
}

function* dumpBatches(disk: Disk, segment: SegmentFiles, options: DumpOptions, isLast: boolean): Generator<DumpEntry> {
  const file = disk.open(segment.log, 'read')
  const reader = new BatchReader()
  const { from = 0, to = Number.POSITIVE_INFINITY } = options
  try {
    const size = file.size()
    yield { kind: 'segment', file: segment.log, baseOffset: segment.baseOffset, size }
    reader.open(file, 0, size, true)
    while (reader.next()) {
      const { header } = reader
      if (header.baseOffset >= to) return
      if (header.lastOffset < from) continue
      yield batchEntry(segment.log, reader)
      if (options.records) yield* dumpRecords(segment.log, reader)
    }
    if (reader.problem !== null && !(isLast && isUnusedRoom(file, reader.position, size)))
      yield { kind: 'problem', file: segment.log, position: reader.position, problem: reader.problem }
  } finally {
    file.close()
  }
}

function batchEntry(file: string, { header, position }: BatchReader): DumpEntry {
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

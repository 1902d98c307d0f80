/**
 * Carrying out a repair (repair-plan.ts). Each step leaves a log that another repair can go on with; what is written anew takes
 * its place as a compacted segment does (swap.ts), after the old file was copied to `<directory>.<n>-damaged`.
 */
import { BatchHeader, encodeBatch, readBatchHeader, viewOf } from '@odradek/protocol'
import type { Disk, DiskFile } from '../host/disk.ts'
import { BatchReader } from './batch-reader.ts'
import { controlRecordOf } from './control-record-of.ts'
import { DAMAGE_NOTE } from './damage.ts'
import { EpochCache } from './epoch-cache.ts'
import type { SegmentFiles } from './log-files.ts'
import { decodeSnapshot } from './producer-snapshot.ts'
import { ProducerState } from './producer-state.ts'
import type { RepairPlan, SegmentRepair } from './repair-plan.ts'
import {
  fileName,
  INDEX_SUFFIX,
  SEGMENT_SUFFIXES,
  SNAPSHOT_SUFFIX,
  TIME_INDEX_SUFFIX,
  TRANSACTION_INDEX_SUFFIX,
} from './segment-files.ts'
import { SegmentIndexBuilder } from './segment-index-builder.ts'
import { SegmentWriter } from './segment-writer.ts'
import { markDeleted, nameAsDecided, nameAsFinal } from './swap.ts'
import { type AbortedTransaction, decodeAborted, encodeAborted } from './transaction-index.ts'

const COPY_BYTES = 1024 * 1024
/** `index.interval.bytes`: a broker takes any that is as dense or denser. */
const INDEX_INTERVAL_BYTES = 4096
/** Offset deltas are int32. */
const FILL_OFFSETS_MAX = 0x7fff_ffff

/** What is known of the batches before the ones at hand. */
interface Before {
  epoch: number
  timestamp: number
  readonly epochs: EpochCache
}

/** Does what the plan says. Returns the directory in which damaged files were set aside; null when none were. */
export function applyRepair(disk: Disk, plan: RepairPlan): string | null {
  const { directory } = plan
  const before: Before = { epoch: -1, timestamp: -1, epochs: new EpochCache() }
  const aside = unusedName(disk, directory)
  let isUsed = false
  for (const segment of plan.segments) {
    const { files, deed } = segment
    if (deed === 'rewrite' || deed === 'set aside') {
      disk.makeDirectory(aside)
      isUsed = true
      setAside(disk, files, aside)
    }
    if (deed === 'set aside') remove(disk, directory, files.baseOffset)
    else repairSegment(disk, directory, segment, before)
  }
  for (const path of [...plan.snapshots, ...plan.orphans]) disk.remove(path)
  repairEpochs(disk, plan, before.epochs)
  disk.syncDirectory(directory)
  if (isUsed) disk.syncDirectory(directory.slice(0, directory.lastIndexOf('/')) || '.')
  // Last: until all is done the log is damaged.
  disk.remove(`${directory}/${DAMAGE_NOTE}`)
  disk.syncDirectory(directory)
  return isUsed ? aside : null
}

function repairSegment(disk: Disk, directory: string, segment: SegmentRepair, before: Before): void {
  const { files, batches, deed, endOffset } = segment
  if (deed === 'rewrite') {
    rewrite(disk, directory, segment, before)
    return
  }
  const { position, nextOffset } = { position: batches.good.at(-1)?.end ?? 0, nextOffset: goodEnd(segment) }
  if (deed === 'cut' || deed === 'fill') {
    observe(disk, segment, before)
    const file = disk.open(files.log, 'write')
    // Also before filling: room that was not used may follow.
    file.truncate(position)
    if (deed === 'fill') appendFill(file, position, nextOffset, endOffset, before)
    file.syncNow()
    file.close()
  } else observe(disk, segment, before)
  if (deed !== 'nothing') writeIndexes(disk, directory, files)
}

/** The good batches and what fills the holes between them, in the place of the segment. */
function rewrite(disk: Disk, directory: string, segment: SegmentRepair, before: Before): void {
  const { files, batches, endOffset } = segment
  const { baseOffset } = files
  const writer = new SegmentWriter(disk, directory, baseOffset, INDEX_INTERVAL_BYTES)
  const source = disk.open(files.log, 'read')
  const reader = new BatchReader()
  let next = baseOffset
  for (const [at, stretch] of batches.good.entries()) {
    const isAfterDamage = at > 0 || stretch.position > 0
    if (isAfterDamage) for (const batch of fill(next, stretch.firstOffset, before)) append(writer, batch)
    reader.open(source, stretch.position, stretch.end, true)
    while (reader.next()) {
      note(reader.header, before)
      writer.append(reader.buffer, reader.start, reader.end, reader.header)
    }
    next = stretch.nextOffset
  }
  source.close()
  for (const batch of fill(next, endOffset, before)) append(writer, batch)
  for (const aborted of abortedIn(disk, directory, segment)) writer.addAborted(aborted)
  writer.finish()
  nameAsDecided(disk, directory, baseOffset)
  disk.syncDirectory(directory)
  const deleted = markDeleted(disk, directory, baseOffset, false)
  disk.syncDirectory(directory)
  nameAsFinal(disk, directory, baseOffset)
  disk.syncDirectory(directory)
  for (const path of deleted) disk.remove(path)
}

function append(writer: SegmentWriter, batch: Buffer): void {
  const header = new BatchHeader()
  readBatchHeader(viewOf(batch), 0, header)
  writer.append(batch, 0, batch.length, header)
}

function appendFill(file: DiskFile, position: number, from: number, to: number, before: Before): void {
  let at = position
  for (const batch of fill(from, to, before)) {
    file.write(batch, 0, batch.length, at)
    at += batch.length
  }
}

/** Empty batches with the offsets `[from, to)`. */
function* fill(from: number, to: number, before: Before): Generator<Buffer> {
  for (let baseOffset = from; baseOffset < to; ) {
    const count = Math.min(to - baseOffset, FILL_OFFSETS_MAX)
    if (before.epoch < 0) {
      before.epoch = 0
      before.epochs.assign(0, baseOffset)
    }
    const { epoch, timestamp } = before
    yield encodeBatch({
      baseOffset,
      leaderEpoch: epoch,
      lastOffsetDelta: count - 1,
      baseTimestamp: timestamp,
      maxTimestamp: timestamp,
      records: [],
    })
    baseOffset += count
  }
}

function note({ leaderEpoch, baseOffset, maxTimestamp }: BatchHeader, before: Before): void {
  if (leaderEpoch > before.epoch) before.epochs.assign(leaderEpoch, baseOffset)
  before.epoch = Math.max(before.epoch, leaderEpoch)
  before.timestamp = Math.max(before.timestamp, maxTimestamp)
}

function observe(disk: Disk, { files, batches }: SegmentRepair, before: Before): void {
  const file = disk.open(files.log, 'read')
  const reader = new BatchReader()
  for (const { position, end } of batches.good) {
    reader.open(file, position, end, false)
    while (reader.next()) note(reader.header, before)
  }
  file.close()
}

/** The aborted transactions whose marker can be read: those of the index, where that is one, and those that a replay finds. */
function abortedIn(disk: Disk, directory: string, { files, batches }: SegmentRepair): AbortedTransaction[] {
  const { baseOffset, transactionIndex } = files
  const found = new Map<number, AbortedTransaction>()
  const producers = new ProducerState()
  const snapshot = disk.readFile(`${directory}/${fileName(baseOffset, SNAPSHOT_SUFFIX)}`)
  const known = snapshot === null ? 'none' : decodeSnapshot(snapshot)
  if (typeof known !== 'string') producers.load(known)
  const source = disk.open(files.log, 'read')
  const reader = new BatchReader()
  for (const { position, end } of batches.good) {
    reader.open(source, position, end, false)
    while (reader.next()) {
      const { header } = reader
      const ended = producers.apply(header, header.isControl ? controlRecordOf(reader.slice()) : null)
      if (ended !== null) found.set(ended.lastOffset, ended)
    }
  }
  source.close()
  const indexed = transactionIndex === null ? null : decodeAborted(disk.readFile(transactionIndex)!, baseOffset)
  for (const aborted of indexed ?? []) {
    const { lastOffset } = aborted
    if (batches.good.some(({ firstOffset, nextOffset }) => lastOffset >= firstOffset && lastOffset < nextOffset))
      found.set(lastOffset, aborted)
  }
  return [...found.values()].sort((a, b) => a.lastOffset - b.lastOffset)
}

/** Makes the indexes of a segment again from its batches. */
function writeIndexes(disk: Disk, directory: string, files: SegmentFiles): void {
  const { baseOffset, log } = files
  const indexes = new SegmentIndexBuilder(baseOffset, INDEX_INTERVAL_BYTES)
  const file = disk.open(log, 'read')
  const size = file.size()
  const reader = new BatchReader()
  let firstOffset = -1
  let nextOffset = baseOffset
  reader.open(file, 0, size, false)
  while (reader.next()) {
    indexes.track(reader.header, reader.position, reader.end - reader.start)
    if (firstOffset < 0) firstOffset = reader.header.baseOffset
    nextOffset = reader.header.nextOffset
  }
  file.close()
  indexes.finish()
  const good = size === 0 ? [] : [{ position: 0, end: size, firstOffset, nextOffset }]
  const repaired: SegmentRepair = { files, batches: { size, good, bad: [] }, deed: 'indexes', endOffset: nextOffset }
  const aborted = abortedIn(disk, directory, repaired)
  const path = (suffix: string) => `${directory}/${fileName(baseOffset, suffix)}`
  disk.replaceFile(path(INDEX_SUFFIX), indexes.offsets.bytes())
  disk.replaceFile(path(TIME_INDEX_SUFFIX), indexes.times.bytes())
  if (aborted.length === 0) disk.remove(path(TRANSACTION_INDEX_SUFFIX))
  else disk.replaceFile(path(TRANSACTION_INDEX_SUFFIX), Buffer.concat(aborted.map(encodeAborted)))
}

function repairEpochs(disk: Disk, plan: RepairPlan, found: EpochCache): void {
  const { directory } = plan
  const epochs = new EpochCache()
  if (epochs.read(disk, directory) !== null) epochs.clear()
  epochs.truncateFromEnd(plan.segments.at(-1)?.endOffset ?? 0)
  epochs.merge(found.entries)
  if (epochs.dirty) epochs.write(disk, directory)
}

function goodEnd({ files, batches }: SegmentRepair): number {
  return batches.good.at(-1)?.nextOffset ?? files.baseOffset
}

/** Copies the files of a segment, durably. */
function setAside(disk: Disk, { log, index, timeIndex, transactionIndex }: SegmentFiles, aside: string): void {
  for (const path of [log, index, timeIndex, transactionIndex])
    if (path !== null) copyFile(disk, path, `${aside}/${path.slice(path.lastIndexOf('/') + 1)}`)
  disk.syncDirectory(aside)
}

function copyFile(disk: Disk, from: string, to: string): void {
  const source = disk.open(from, 'read')
  const target = disk.open(to, 'create')
  const size = source.size()
  const buffer = Buffer.allocUnsafe(Math.min(size, COPY_BYTES))
  for (let position = 0; position < size; ) {
    const length = source.read(buffer, 0, Math.min(buffer.length, size - position), position)
    if (length === 0) break
    target.write(buffer, 0, length, position)
    position += length
  }
  source.close()
  target.syncNow()
  target.close()
}

function remove(disk: Disk, directory: string, baseOffset: number): void {
  for (const suffix of [...SEGMENT_SUFFIXES, SNAPSHOT_SUFFIX])
    disk.remove(`${directory}/${fileName(baseOffset, suffix)}`)
}

function unusedName(disk: Disk, directory: string): string {
  for (let number = 1; ; number++)
    if (!disk.exists(`${directory}.${number}-damaged`)) return `${directory}.${number}-damaged`
}

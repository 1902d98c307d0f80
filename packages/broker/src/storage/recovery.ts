/**
 * Opening a log that is on disk.
 *
 *           mark           recovery point       end
 *     ───────┼──────────────────┼────────────────┤
 *     trusted│ read: damage here│ read: cut where│
 *            │ is thrown        │ it is not right│
 *
 * After a clean stop nothing is read but the names of the files: the newest producer snapshot was taken at the log's end,
 * so its name says where that is. Sizes, indexes, producers and epochs are read when first needed.
 *
 * After an unclean stop the log is read from the last mark below the recovery point on (recovery-marks.ts), and every batch
 * is checked: CRC, length, offsets that rise. The log ends before the first batch that is not right (a write that did not
 * reach the disk, or only in part): the file is cut there, durably, and later segments are removed. Indexes, epochs and
 * producers of that stretch are made again from the batches. The high watermark has no say in this: what was acknowledged
 * by others stays.
 *
 * What lies below the recovery point was durable, and no crash takes it away: if it is not right, or not there, the disk lost
 * it. Of closed segments that are not read their ends are looked at: one that is gone or too short is found. Then nothing is changed, and a DamagedLogError thrown (damage.ts).
 */
import type { TopicConfig } from '@odradek/config'
import { BatchReader } from './batch-reader.ts'
import { DAMAGE_NOTE, DamagedLogError, readDamage } from './damage.ts'
import { EpochCache } from './epoch-cache.ts'
import { lostSegments } from './log-files.ts'
import type { LogPlace } from './log-place.ts'
import { producersAt, snapshotOffsets } from './producer-replay.ts'
import { decodeSnapshot } from './producer-snapshot.ts'
import { ProducerState } from './producer-state.ts'
import { trustedMark } from './recovery-marks.ts'
import { Segment } from './segment.ts'
import {
  fileName,
  LOG_SUFFIX,
  PARTITION_METADATA,
  parseFileName,
  SEGMENT_SUFFIXES,
  SNAPSHOT_SUFFIX,
} from './segment-files.ts'
import { SegmentList } from './segment-list.ts'
import { closedSegmentProblem, recoverSegment, syncAndClose, writeAgain } from './segment-recovery.ts'
import { settleLeftovers } from './swap.ts'

export interface LogToLoad {
  readonly place: LogPlace
  readonly config: TopicConfig
  /** Whether the broker was stopped cleanly. */
  readonly clean: boolean
  /** All below is durable and right, as the checkpoint says. */
  readonly recoveryPoint: number
  /** The log's start, as the checkpoint says. */
  readonly startOffset: number
  /** Whether the journal may have what follows on the log's end: then it may end before its start for now. */
  readonly isJournaled: boolean
  /** Whether the caller makes durable what recovery writes, with other logs', before anything relies on it. */
  readonly isSyncedTogether: boolean
}

export interface LoadedLog {
  readonly segments: SegmentList
  /** Null: to be read when needed. */
  readonly epochs: EpochCache | null
  readonly producers: ProducerState | null
  /** Of the newest snapshot, -1 without any. */
  readonly snapshotOffset: number
  readonly isOnDisk: boolean
  readonly startOffset: number
  readonly endOffset: number
  readonly flushedOffset: number
  /** Segments that may have bytes that are not durable. */
  readonly unflushed: readonly Segment[]
  /** Bytes of batches that were read and checked. */
  readonly readBytes: number
  /** The position in the last segment up to which it is marked; -1: to its end. */
  readonly markedTo: number
}

export function loadLog(log: LogToLoad): LoadedLog {
  const { place, startOffset } = log
  const { disk, directory, logger } = place
  if (!disk.exists(directory)) return emptyLog(startOffset, false)
  const found = disk.list(directory).map((entry) => entry.name)
  let names = found
  if (names.includes(DAMAGE_NOTE)) throw new DamagedLogError(directory, readDamage(disk, directory)!)
  if (settleLeftovers(place, names)) names = disk.list(directory).map((entry) => entry.name)
  const segments = new SegmentList()
  for (const name of names) {
    const parsed = parseFileName(name)
    if (parsed !== null && parsed.state === '' && parsed.kind === LOG_SUFFIX)
      segments.push(new Segment(place, parsed.offset))
  }
  if (log.clean) checkNoneMissing(place, segments, found)
  removeOrphans(place, segments, names)
  if (segments.length === 0) {
    if (!log.clean) {
      checkEnd(log, startOffset)
      if (names.includes(PARTITION_METADATA)) writeMetadataAgain(log)
    }
    removeSnapshots(place)
    // Its segments may have been removed by a life that was ended before that was durable: they must not come back.
    // Not even before the sync that many logs share: the recovery point is at its start, and may be written before that.
    if (!log.clean) disk.syncDirectory(directory)
    return { ...emptyLog(startOffset, true), epochs: null }
  }
  const loaded = log.clean ? openClean(log, segments, names) : recover(log, segments, names)
  if (loaded.endOffset >= startOffset) return loaded
  if (log.isJournaled) return { ...loaded, startOffset: Math.min(loaded.startOffset, loaded.endOffset) }
  logger.warn(
    { directory, endOffset: loaded.endOffset, startOffset },
    'The log ends before its recorded start: its files are removed and it begins anew there.',
  )
  for (const segment of loaded.segments.all) removeSegment(place, segment)
  removeSnapshots(place)
  disk.syncDirectory(directory)
  const epochs = new EpochCache()
  epochs.clear()
  return { ...emptyLog(startOffset, true), epochs }
}

/** A log without records, whose first will get `offset`. */
export function emptyLog(offset: number, isOnDisk: boolean): LoadedLog {
  return {
    segments: new SegmentList(),
    epochs: isOnDisk ? null : new EpochCache(),
    producers: isOnDisk ? null : new ProducerState(),
    snapshotOffset: -1,
    isOnDisk,
    startOffset: offset,
    endOffset: offset,
    flushedOffset: offset,
    unflushed: [],
    readBytes: 0,
    markedTo: 0,
  }
}

function openClean(log: LogToLoad, segments: SegmentList, names: readonly string[]): LoadedLog {
  const { place } = log
  const last = segments.last!
  const snapshots = snapshotOffsets(names)
  const newest = snapshots[snapshots.length - 1] ?? -1
  // Without a snapshot at the end (files of another broker) the last segment says where it is.
  const endOffset = newest >= last.baseOffset ? newest : last.resume()
  const bases = new Set(segments.all.map((segment) => segment.baseOffset))
  for (const offset of snapshots) {
    if (offset !== newest && !bases.has(offset))
      place.disk.remove(`${place.directory}/${fileName(offset, SNAPSHOT_SUFFIX)}`)
  }
  return {
    segments,
    epochs: null,
    producers: null,
    snapshotOffset: newest,
    isOnDisk: true,
    startOffset: Math.max(log.startOffset, segments.first!.baseOffset),
    endOffset,
    flushedOffset: endOffset,
    unflushed: [],
    readBytes: 0,
    markedTo: newest === endOffset ? -1 : 0,
  }
}

function recover(log: LogToLoad, segments: SegmentList, names: readonly string[]): LoadedLog {
  const { place } = log
  const { disk, directory, logger } = place
  const epochs = loadEpochs(place, segments)
  // Of a segment that ends at the recovery point the batches are durable, but perhaps not its indexes.
  const firstIndex = Math.max(0, segments.floorIndex(log.recoveryPoint - 1))
  const first = segments.at(firstIndex)!
  checkClosed(place, segments, firstIndex)
  const epochsFound = new EpochCache()
  const snapshots = snapshotOffsets(names)
  const mark = trustedMark(place, first, snapshots, log.recoveryPoint)
  const markPosition = mark === null ? 0 : first.size
  const producers = mark === null ? producersAt(place, segments, snapshots, first.baseOffset) : new ProducerState()
  if (mark !== null) producers.load(mark.producers)
  const unflushed: Segment[] = []
  let readBytes = 0
  let nextOffset = first.baseOffset
  let at = firstIndex
  let damaged = false
  for (; at < segments.length && !damaged; at++) {
    const segment = segments.at(at)!
    // A gap is a write that was lost: neither appending nor compaction leaves one, but for offsets beyond an index's reach.
    const isGap = at > firstIndex && segment.baseOffset > nextOffset && segments.at(at - 1)!.canHold(segment.baseOffset)
    if (segment.baseOffset < nextOffset || isGap) {
      checkEnd(log, nextOffset)
      logger.warn({ segment: segment.path(LOG_SUFFIX), nextOffset }, 'A segment does not follow the one before it.')
      break
    }
    // What was known when the segment began says more than batches of which compaction left a part.
    if (at > firstIndex && snapshots.includes(segment.baseOffset)) {
      const found = decodeSnapshot(disk.readFile(`${directory}/${fileName(segment.baseOffset, SNAPSHOT_SUFFIX)}`)!)
      if (typeof found !== 'string') producers.load(found)
    }
    const recovered = recoverSegment(segment, {
      place,
      recoveryPoint: log.recoveryPoint,
      epochs: epochsFound,
      producers,
      from: mark !== null && segment === first ? mark.offset : segment.baseOffset,
      isSyncedTogether: log.isSyncedTogether,
    })
    const { problem } = recovered
    readBytes += recovered.readBytes
    nextOffset = recovered.nextOffset
    unflushed.push(segment)
    if (problem !== null) {
      damaged = true
      logger.warn(
        { segment: segment.path(LOG_SUFFIX), position: segment.size, endOffset: nextOffset, problem },
        'The log was not written to its end: it is cut after its last good batch.',
      )
    }
  }
  checkEnd(log, nextOffset)
  for (const segment of segments.all.slice(at)) {
    logger.warn({ segment: segment.path(LOG_SUFFIX) }, 'A segment after the end of the log is removed.')
    segments.remove(segment)
    removeSegment(place, segment)
  }
  for (const segment of unflushed) {
    if (segment === segments.last) continue
    // Durable before the recovery point passes them: from then on they are trusted.
    for (const file of segment.writeIndexes()) syncAndClose(file, log.isSyncedTogether)
  }
  let newest = -1
  const bases = new Set(segments.all.map((segment) => segment.baseOffset))
  for (const offset of snapshotOffsets(disk.list(directory).map((entry) => entry.name))) {
    const path = `${directory}/${fileName(offset, SNAPSHOT_SUFFIX)}`
    // One that was not flushed may be damaged; it must not stand for the one that the next stop would write.
    // Nor may one within a segment, but the mark, as it would vouch for indexes that were not flushed.
    const isInLog = offset <= nextOffset && (bases.has(offset) || offset === mark?.offset)
    const isRight = isInLog && typeof decodeSnapshot(disk.readFile(path)!) !== 'string'
    if (!isRight) disk.remove(path)
    else {
      if (offset >= first.baseOffset) {
        const file = disk.open(path, 'write')
        writeAgain(file, 0, file.size())
        syncAndClose(file, log.isSyncedTogether)
      }
      newest = offset
    }
  }
  if (names.includes(PARTITION_METADATA)) writeMetadataAgain(log)
  if (!log.isSyncedTogether) disk.syncDirectory(directory)
  const startOffset = Math.max(log.startOffset, segments.first!.baseOffset)
  // The file may lack the newest, or have some of batches that are lost; the batches may lack some that compaction left none of.
  epochs.truncateFromEnd(nextOffset)
  epochs.merge(epochsFound.entries)
  epochs.truncateFromStart(startOffset)
  return {
    segments,
    epochs,
    producers,
    snapshotOffset: newest,
    isOnDisk: true,
    startOffset,
    endOffset: nextOffset,
    flushedOffset: Math.min(log.recoveryPoint, nextOffset),
    unflushed,
    readBytes,
    markedTo: first === segments.last ? markPosition : 0,
  }
}

/** Makes it durable whose the log is, before anything in it is. */
function writeMetadataAgain({ place: { disk, directory }, isSyncedTogether }: LogToLoad): void {
  const file = disk.open(`${directory}/${PARTITION_METADATA}`, 'write')
  writeAgain(file, 0, file.size())
  syncAndClose(file, isSyncedTogether)
}

/** Looks at the ends of the segments before the one at `count`, all of which are durable. Throws where one is damaged. */
function checkClosed(place: LogPlace, segments: SegmentList, count: number): void {
  for (let at = 0; at < count; at++) {
    const segment = segments.at(at)!
    const problem = closedSegmentProblem(place, segment, segments.at(at + 1)!.baseOffset)
    if (problem === null) continue
    throw new DamagedLogError(place.directory, {
      file: fileName(segment.baseOffset, LOG_SUFFIX),
      position: -1,
      problem,
      foundMs: place.clock.now(),
    })
  }
}

/** Throws where the log ends before what was durable. */
function checkEnd({ place, recoveryPoint }: LogToLoad, endOffset: number): void {
  if (endOffset >= recoveryPoint) return
  throw new DamagedLogError(place.directory, {
    file: fileName(endOffset, LOG_SUFFIX),
    position: -1,
    problem: `the log ends at offset ${endOffset}, and all below ${recoveryPoint} was durable`,
    foundMs: place.clock.now(),
  })
}

/** The epochs of a log from its checkpoint file, or from all its batches where that cannot be read. */
export function loadEpochs(place: LogPlace, segments: SegmentList): EpochCache {
  const epochs = new EpochCache()
  const problem = epochs.read(place.disk, place.directory)
  if (problem === null) return epochs
  if (segments.all.every((segment) => segment.size === 0)) return epochs
  place.logger.info({ directory: place.directory, problem }, 'The leader epochs are read from the batches.')
  epochs.clear()
  const reader = new BatchReader()
  for (const segment of segments.all) {
    reader.open(segment.file, 0, segment.size, false)
    while (reader.next()) {
      const { leaderEpoch, baseOffset } = reader.header
      if (leaderEpoch > epochs.latest) epochs.assign(leaderEpoch, baseOffset)
    }
  }
  return epochs
}

/**
 * After a clean stop no segment is gone whose index is still there, amid others, unless it was deleted in the last life: the
 * disk, or somebody, lost it. `found` are the names before leftovers were settled. Throws a DamagedLogError.
 */
function checkNoneMissing({ directory, clock }: LogPlace, segments: SegmentList, found: readonly string[]): void {
  const first = segments.first?.baseOffset ?? Number.POSITIVE_INFINITY
  const last = segments.last?.baseOffset ?? -1
  const [lost] = lostSegments(found, first, last)
  if (lost === undefined) return
  throw new DamagedLogError(directory, {
    file: fileName(lost, LOG_SUFFIX),
    position: -1,
    problem: 'it is missing, and its index is there',
    foundMs: clock.now(),
  })
}

/** Index files without their log. */
function removeOrphans(place: LogPlace, segments: SegmentList, names: readonly string[]): void {
  const bases = new Set(segments.all.map((segment) => segment.baseOffset))
  for (const name of names) {
    const parsed = parseFileName(name)
    if (parsed === null || parsed.kind === SNAPSHOT_SUFFIX || bases.has(parsed.offset)) continue
    place.logger.warn({ file: `${place.directory}/${name}` }, 'An index without its log is removed.')
    place.disk.remove(`${place.directory}/${name}`)
  }
}

/** Without segments what snapshots say is about records that are no more. */
function removeSnapshots({ disk, directory }: LogPlace): void {
  for (const offset of snapshotOffsets(disk.list(directory).map((entry) => entry.name)))
    disk.remove(`${directory}/${fileName(offset, SNAPSHOT_SUFFIX)}`)
}

function removeSegment(place: LogPlace, segment: Segment): void {
  segment.close()
  for (const suffix of [...SEGMENT_SUFFIXES, SNAPSHOT_SUFFIX]) place.disk.remove(segment.path(suffix))
}

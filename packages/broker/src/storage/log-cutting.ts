/** Taking records away from a log: its end (a follower's history parts from the leader's), its start, whole segments. */
import type { LogState } from './log-state.ts'
import { producersAt } from './producer-replay.ts'
import { encodeSnapshot } from './producer-snapshot.ts'
import type { Segment } from './segment.ts'
import { fileName, LOG_SUFFIX, SNAPSHOT_SUFFIX } from './segment-files.ts'
import { markDeleted } from './swap.ts'

/** Segments of which a cut leaves nothing are unlinked off the loop from this size on: a gigabyte takes 64 ms. */
const UNLINKED_LATER_BYTES = 16 * 1024 * 1024

/** What is to be cut from a log. */
export interface Cutting {
  /** Where the log begins and ends then. */
  readonly startOffset: number
  readonly endOffset: number
  /** The segment that is the last then, and where it is to end: -1 where it stays as it is. Null: all segments go. */
  readonly segment: Segment | null
  readonly position: number
}

/**
 * What is to go for the log to end at or before `offset`: before the batch that holds it, or the next one where none does. Null
 * where it does. Throws I/O errors.
 */
export function cuttingTo(state: LogState, offset: number): Cutting | null {
  if (offset >= state.endOffset) return null
  state.finishReplacement()
  state.write()
  // There may have been no room for what was staged: then the log ends before that.
  if (offset >= state.endOffset) return null
  const { segments } = state
  const at = segments.floorIndex(offset)
  if (at < 0) return cuttingAll(offset)
  const segment = segments.at(at)!
  const position = segment.positionOf(offset)
  // Compaction may have left nothing right before it: a log ends where its last batch does.
  const endOffset = segment.size > 0 ? segment.endBefore(position < 0 ? segment.size : position) : offset
  return { startOffset: Math.min(state.startOffset, endOffset), endOffset, segment, position }
}

/** What is to go for the log to be empty, and its next record to get `offset`. Throws I/O errors. */
export function cuttingWhole(state: LogState, offset: number): Cutting {
  state.finishReplacement()
  state.write()
  return cuttingAll(offset)
}

function cuttingAll(offset: number): Cutting {
  return { startOffset: offset, endOffset: offset, segment: null, position: -1 }
}

/** Nothing from there on counts as durable until the cut is. */
export function lostFrom({ segment, endOffset }: Cutting): number {
  return segment === null ? 0 : endOffset
}

/**
 * Cuts the log, waiting for the disk: durable when it returns, so that no crash brings back what was cut. The disk is told
 * first that what is to go is not durable, so that what a crash leaves is not taken for damage. Where there is no room for
 * that the log stays as long as it is; what was to go counts as not durable, for the disk may say so already.
 */
export function cutNow(state: LogState, cutting: Cutting): void {
  beginCut(state, cutting)
  state.cutting = cutting
  try {
    if (state.isOnDisk) state.place.cut(lostFrom(cutting))
  } finally {
    state.cutting = null
  }
  cutFiles(state, cutting)
  syncCut(state, cutting)
}

/** What is to go is not durable any more: flushes and rounds of the journal that are in flight prove nothing for it. */
export function beginCut(state: LogState, cutting: Cutting): void {
  const offset = lostFrom(cutting)
  state.cuts++
  state.flush.truncated(offset)
  state.flushedOffset = Math.min(state.flushedOffset, offset)
  state.recoveryPoint = Math.min(state.recoveryPoint, offset)
  state.dirtyFrom = Math.min(state.dirtyFrom, offset)
}

/**
 * Cuts the log in memory and in its files. That is durable when the epochs, the last segment and the directory are. Throws I/O
 * errors: for want of room the log is as it was, or cut and without a segment that grows; any other sets `failed`.
 */
export function cutFiles(state: LogState, cutting: Cutting): void {
  const { endOffset, segment, position } = cutting
  // What has to be opened is, before anything is changed: too many files may be open for that.
  void state.epochs
  const snapshots = state.producers.snapshots()
  if (segment !== null && position >= 0) segment.prepareTruncate(endOffset)
  try {
    shorten(state, cutting, snapshots)
  } catch (error) {
    // It is neither as it was nor cut.
    state.fail(error as Error)
    throw error
  } finally {
    segment?.endTruncate()
  }
  if (!state.isOnDisk) return
  try {
    state.activate()
  } catch (error) {
    // Who cuts it may give up here: the next flush makes durable what is done.
    if (segment !== null && position >= 0) state.flush.dirty(segment)
    state.flush.made(state.directory)
    throw error
  }
}

function shorten(state: LogState, cutting: Cutting, snapshots: readonly number[]): void {
  const { startOffset, endOffset, segment, position } = cutting
  state.cuts++
  if (segment === null) state.epochs.clear()
  else state.epochs.truncateFromEnd(endOffset)
  state.startOffset = startOffset
  state.endOffset = endOffset
  state.active = null
  state.recent?.clear()
  // First, or a crash would leave them to speak of producers whose records are gone.
  const keptTo = segment === null ? -1 : endOffset
  state.producers.keepSnapshots(keptTo, snapshots)
  state.marks.keep(0, keptTo)
  const kept = segment === null ? 0 : state.segments.all.indexOf(segment) + 1
  for (const victim of state.segments.all.slice(kept)) remove(state, victim)
  if (segment !== null && position >= 0) segment.truncate(position, endOffset)
  state.producers.forget()
  state.marks.reset(endOffset)
}

/** Makes a cut durable, waiting for the disk. */
export function syncCut(state: LogState, { endOffset, segment, position }: Cutting): void {
  if (segment !== null && position >= 0) segment.file.syncNow()
  state.writeEpochs()
  if (state.isOnDisk) {
    state.flush.syncDirectories()
    state.place.disk.syncDirectory(state.directory)
  }
  if (segment !== null) return
  // All that there is.
  state.flushedOffset = endOffset
  state.recoveryPoint = endOffset
  if (state.isOnDisk) state.place.cut(endOffset, true)
}

/** Moves the log's start up to `offset`; segments that lie below it as a whole go. */
export function advanceStartOffset(state: LogState, offset: number): void {
  if (offset <= state.startOffset) return
  state.startOffset = Math.min(offset, state.endOffset)
  state.epochs.truncateFromStart(state.startOffset)
  deleteBelowStart(state)
}

/**
 * Lets go of the segments that lie below the log's start as a whole, if what follows them is durable. Others wait: a power
 * failure could take that, and with it the last that is known of their producers.
 */
export function deleteBelowStart(state: LogState): void {
  const { all } = state.segments
  const limit = Math.min(state.startOffset, state.recoveryPoint)
  let count = 0
  while (count + 1 < all.length && all[count + 1]!.baseOffset <= limit) count++
  if (count > 0) deleteSegments(state, all.slice(0, count))
}

/**
 * Lets go of the oldest segments: the log starts after them. Their files are renamed and removed after
 * `file.delete.delay.ms`. The active segment is closed first where it is among them.
 */
export function deleteSegments(state: LogState, chosen: readonly Segment[]): void {
  const { place } = state
  state.finishReplacement()
  // What was chosen may have been replaced by that.
  const victims = chosen.filter((segment) => state.segments.all.includes(segment))
  const { last } = state.segments
  // An empty one has the name already that the next would get.
  const segments = victims.filter((segment) => segment !== last || segment.size > 0)
  if (segments.length === 0) return
  if (segments.includes(last!)) {
    state.activate()
    state.roll(state.endOffset)
  }
  // The name of the new segment tells where the log ends: it must outlast the old ones.
  state.flush.syncDirectories()
  syncSnapshotAfter(state, segments)
  const discarded: string[] = []
  const gone: Segment[] = []
  try {
    for (const segment of segments) {
      const path = segment.path(LOG_SUFFIX)
      // Before its files have other names: it may not have been asked for yet.
      const { size } = segment
      discarded.push(...letGo(state, segment))
      gone.push(segment)
      place.logger.info({ segment: path, size }, 'Segment deleted.')
    }
  } finally {
    // Where there was no room for a new name the rest stay, for the next time.
    if (gone.length > 0) {
      state.startOffset = Math.max(state.startOffset, state.segments.first!.baseOffset)
      state.epochs.truncateFromStart(state.startOffset)
      state.marks.keep(state.segments.first!.baseOffset, Number.POSITIVE_INFINITY)
      place.discard(discarded, gone, state.config['file.delete.delay.ms'])
    }
  }
}

/**
 * What is known of the producers of `segments` is in the snapshot at their end alone, once they are gone. The flush that took
 * the recovery point beyond it has made it durable; otherwise the loop waits for that here. A recovery that found it damaged
 * has removed it: then it is made again.
 */
function syncSnapshotAfter(state: LogState, segments: readonly Segment[]): void {
  const { place, directory } = state
  const next = state.segments.all.find((segment) => !segments.includes(segment))
  if (next === undefined) return
  const path = `${directory}/${fileName(next.baseOffset, SNAPSHOT_SUFFIX)}`
  const isMissing = !place.disk.exists(path)
  if (!isMissing && next.baseOffset < state.recoveryPoint) return
  const producers = isMissing ? producersAt(place, state.segments, state.producers.snapshots(), next.baseOffset) : null
  const file = place.disk.open(path, 'create')
  try {
    if (producers !== null) {
      const bytes = encodeSnapshot(producers.entries(), producers.size)
      file.write(bytes, 0, bytes.length, 0)
    }
    file.syncNow()
  } catch (error) {
    // A part of one would pass for one the next time.
    if (isMissing) place.disk.remove(path)
    throw error
  } finally {
    file.close()
  }
  if (isMissing) place.disk.syncDirectory(directory)
}

/** Throws I/O errors: then nothing was done. */
function letGo(state: LogState, segment: Segment): string[] {
  const marked = markDeleted(state.place.disk, state.directory, segment.baseOffset, true)
  state.flush.forget(segment)
  state.segments.remove(segment)
  segment.retire()
  return marked
}

function remove(state: LogState, segment: Segment): void {
  const { size } = segment
  const paths = letGo(state, segment)
  if (size >= UNLINKED_LATER_BYTES) state.place.discard(paths, [segment], 0)
  else {
    segment.close()
    for (const path of paths) state.place.disk.remove(path)
  }
}

/** Taking records away from a log: its end (a follower's history parts from the leader's), its start, whole segments. */
import { isNoRoom } from './disk-room.ts'
import type { LogState } from './log-state.ts'
import { producersAt } from './producer-replay.ts'
import { encodeSnapshot } from './producer-snapshot.ts'
import type { Segment } from './segment.ts'
import { fileName, LOG_SUFFIX, SNAPSHOT_SUFFIX } from './segment-files.ts'
import { markDeleted } from './swap.ts'

/**
 * Cuts the log so that it ends at or before `offset`: before the batch that holds it, or the next one where none does.
 * Durable when it returns, epochs first, so that no crash brings back what was cut; and the recovery point before the files,
 * so that what a crash leaves is not taken for damage.
 */
export function truncateTo(state: LogState, offset: number): void {
  if (offset >= state.endOffset) return
  state.finishReplacement()
  state.write()
  // There may have been no room for what was staged: then the log ends before that.
  if (offset >= state.endOffset) return
  state.cuts++
  const { segments, place } = state
  let cut: Segment | null = null
  let position = -1
  let endOffset = Math.max(offset, segments.first?.baseOffset ?? offset)
  const at = segments.floorIndex(offset)
  if (at >= 0) {
    cut = segments.at(at)!
    position = cut.positionOf(offset)
    // Compaction may have left nothing right before it: a log ends where its last batch does.
    if (cut.size > 0) endOffset = cut.endBefore(position < 0 ? cut.size : position)
  }
  if (at < 0 && segments.length > 0) {
    truncateFullyAndStartAt(state, offset)
    return
  }

  announce(state, () => {
    state.epochs.truncateFromEnd(endOffset)
    state.writeEpochs()
    state.flush.truncated(endOffset)
    state.flushedOffset = Math.min(state.flushedOffset, endOffset)
    state.recoveryPoint = Math.min(state.recoveryPoint, endOffset)
    state.dirtyFrom = Math.min(state.dirtyFrom, endOffset)
    state.startOffset = Math.min(state.startOffset, endOffset)
    state.endOffset = endOffset
    place.cut(endOffset)
  })
  for (const segment of segments.all.slice(at + 1)) removeNow(state, segment)
  if (cut !== null && position >= 0) cut.truncate(position, endOffset)
  state.active = null
  state.recent?.clear()
  state.forgetProducers()
  state.keepSnapshots(0, endOffset)
  state.marks.reset(endOffset)
  place.disk.syncDirectory(state.directory)
  state.activate()
}

/**
 * Says on the disk where the log is about to end. Where there is no room for that the log stays as long as it is; what is to
 * go counts as not durable from now on, for the disk may say already that it is gone.
 */
function announce(state: LogState, cut: () => void): void {
  const { startOffset, endOffset } = state
  const epochs = [...state.epochs.entries]
  try {
    cut()
  } catch (error) {
    if (isNoRoom(error)) {
      state.startOffset = startOffset
      state.endOffset = endOffset
      state.epochs.restore(epochs)
    }
    throw error
  }
}

/** Empties the log; its next record gets `offset`. Durable when it returns. */
export function truncateFullyAndStartAt(state: LogState, offset: number): void {
  state.finishReplacement()
  state.write()
  state.cuts++
  announce(state, () => {
    state.epochs.clear()
    state.writeEpochs()
    state.flush.truncated(0)
    state.endOffset = offset
    // Until the new segment is there nothing is durable: what a crash leaves of the old ones is not taken for damage.
    state.flushedOffset = 0
    state.recoveryPoint = 0
    state.dirtyFrom = offset
    if (state.isOnDisk) state.place.cut(0)
  })
  // Not announced: where there is no room for that the log goes on, and a start beyond its end would end it after a crash.
  state.startOffset = offset
  state.active = null
  // First, or a crash would leave them to speak of producers whose records are gone.
  state.keepSnapshots(0, -1)
  for (const segment of [...state.segments.all]) removeNow(state, segment)
  state.flushedOffset = offset
  state.recoveryPoint = offset
  state.forgetProducers()
  if (!state.isOnDisk) return
  state.begin(offset)
  state.flush.syncDirectories()
  state.place.cut(offset, true)
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
  for (const segment of segments) {
    place.logger.info({ segment: segment.path(LOG_SUFFIX), size: segment.size }, 'Segment deleted.')
    discarded.push(...letGo(state, segment))
  }
  state.startOffset = Math.max(state.startOffset, state.segments.first!.baseOffset)
  state.epochs.truncateFromStart(state.startOffset)
  state.marks.keep(state.segments.first!.baseOffset, Number.POSITIVE_INFINITY)
  place.discard(discarded, segments, state.config['file.delete.delay.ms'])
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
  const producers = isMissing ? producersAt(place, state.segments, state.snapshots(), next.baseOffset) : null
  const file = place.disk.open(path, 'create')
  if (producers !== null) {
    const bytes = encodeSnapshot(producers.entries(), producers.size)
    file.write(bytes, 0, bytes.length, 0)
  }
  file.syncNow()
  file.close()
  if (isMissing) place.disk.syncDirectory(directory)
}

function letGo(state: LogState, segment: Segment): string[] {
  state.flush.forget(segment)
  state.segments.remove(segment)
  segment.retire()
  return markDeleted(state.place.disk, state.directory, segment.baseOffset, true)
}

function removeNow(state: LogState, segment: Segment): void {
  const paths = letGo(state, segment)
  segment.close()
  for (const path of paths) state.place.disk.remove(path)
}

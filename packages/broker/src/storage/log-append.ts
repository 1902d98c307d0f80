/** Putting a batch at the end of a log, when it has been decided that it belongs there. */
import type { BatchHeader, ControlRecord, Slice } from '@odradek/protocol'
import { isNoRoom } from './disk-room.ts'
import type { LogPlace } from './log-place.ts'
import type { LogState } from './log-state.ts'
import { PositionRing } from './position-ring.ts'
import { RELATIVE_OFFSET_MAX, type Segment } from './segment.ts'

/**
 * Batches from this size on are written straight from where they were received. Copying smaller ones together costs less
 * than it saves: a write that begins and ends within a page makes the kernel take that page by itself, and the page cache
 * holds what comes in long writes in larger units. 16 KiB batches cost half the CPU for it, at 64 KiB it is the same.
 */
const STAGED_BATCH_BYTES_MAX = 32 * 1024

/**
 * Puts a batch, whose bytes and `header` have their final offsets, at the end of the log: begins a new segment where one is
 * due, stages or writes the bytes, and notes them in indexes, epochs and producers. `control` is its record when it is a
 * control batch. An I/O error is thrown and sets `failed`. False where the disk has no room: the batch is not in the log
 * then, nor are those that were staged with it.
 */
export function putBatch(state: LogState, batch: Slice, header: BatchHeader, control: ControlRecord | null): boolean {
  const size = batch.end - batch.start
  const { undone } = state
  const isStaged = size < STAGED_BATCH_BYTES_MAX
  // Nothing of it is staged: there is nothing to undo.
  if (state.dirtyBytes === 0 && isCrowded(state.place)) return false
  try {
    // Where they have to be read, what is staged is written before: there may be no room for that.
    const producers = header.producerId >= 0 ? state.producers.current : null
    const segment = segmentFor(state, header, size)
    const position = segment.size
    segment.reserve(size, state.writtenBytes)
    if (isStaged) stage(state, batch)
    else {
      state.write()
      if (state.undone === undone) segment.write(batch.buffer, batch.start, batch.end, position)
    }
    if (state.undone !== undone) {
      state.stage.clear()
      return false
    }
    segment.track(header, size)
    state.flush.dirty(segment)
    state.dirtyBytes += size
    state.recent ??= new PositionRing()
    state.recent.add(header.lastOffset, position)
    if (header.leaderEpoch > state.epochs.latest) state.epochs.assign(header.leaderEpoch, header.baseOffset)
    state.endOffset = header.nextOffset
    if (producers !== null) {
      const aborted = producers.apply(header, control)
      const { producerIdsMax } = state.place
      if (producers.size > producerIdsMax) producers.forgetOldest(producerIdsMax, header.producerId)
      if (aborted !== null) segment.addAborted(aborted)
    }
    if (!isStaged) state.noteWritten()
    return true
  } catch (error) {
    if (isNoRoom(error)) {
      state.undo(error)
      return false
    }
    state.fail(error as Error)
    throw error
  }
}

/** Whether a log in which nothing waits for its flush would be one too many in which something does. */
function isCrowded({ room, openFiles }: LogPlace): boolean {
  if (room.isCrowded) return true
  if (!openFiles.isCrowded()) return false
  room.crowded()
  return true
}

function stage(state: LogState, batch: Slice): void {
  if (state.stage.add(batch.buffer, batch.start, batch.end)) return
  state.write()
  state.stage.add(batch.buffer, batch.start, batch.end)
}

/** The segment for a batch of that size: the active one, or a new one where that one is full or too old. */
function segmentFor(state: LogState, header: BatchHeader, size: number): Segment {
  const { config } = state
  const active = state.active ?? state.activate()
  if (active.size === 0 && active.canHold(header.lastOffset)) return active
  const age =
    active.firstTimestamp >= 0
      ? header.maxTimestamp - active.firstTimestamp
      : state.place.clock.now() - active.createdMs
  const isFull =
    active.size > config['segment.bytes'] - size ||
    age > ageMsMax(state, active.baseOffset) ||
    active.isIndexFull(config['segment.index.bytes']) ||
    !active.canHold(header.lastOffset)
  if (isFull) {
    // Segments follow one another without a gap, unless the batch would be out of their reach.
    const canFollow = header.lastOffset - state.endOffset <= RELATIVE_OFFSET_MAX
    state.roll(canFollow ? state.endOffset : header.baseOffset)
  }
  return state.active!
}

/** At which age a segment is closed: earlier by its share of the jitter, and in time for `max.compaction.lag.ms`. */
function ageMsMax({ config, topicId }: LogState, baseOffset: number): number {
  const segmentMs = config['segment.ms']
  const jitterMs = Math.min(config['segment.jitter.ms'], segmentMs)
  const ageMs = jitterMs === 0 ? segmentMs : segmentMs - Math.floor(jitterMs * shareOf(topicId, baseOffset))
  const isCompacted = config['cleanup.policy'].includes('compact')
  return isCompacted ? Math.min(ageMs, config['max.compaction.lag.ms']) : ageMs
}

/** A fraction that differs from segment to segment, and is the same whenever it is asked for. */
function shareOf(topicId: string, baseOffset: number): number {
  let bits = baseOffset >>> 0
  for (let at = 0; at < topicId.length; at++) bits = Math.imul(bits ^ topicId.charCodeAt(at), 0x01000193)
  bits = Math.imul(bits ^ (bits >>> 15), 0x85ebca6b)
  return ((bits ^ (bits >>> 13)) >>> 0) / 2 ** 32
}

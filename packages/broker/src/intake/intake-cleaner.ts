/**
 * Lets go of the old segments of an intake log. One goes when nothing waits in it any more, and both what was delivered
 * from it and what was noted about it are on the disk. Where an old segment is mostly over but for a few records
 * that wait for long, these are moved forward, so that they do not hold it.
 */
import { encodeBatch } from '@odradek/protocol'
import type { Log } from '../storage/log.ts'
import type { Segment } from '../storage/segment.ts'
import type { IntakeMachine } from './intake-machine.ts'
import type { MovedNote } from './intake-note.ts'
import type { StoredRecord } from './stored-record.ts'

/** A segment that is closed for the sake of letting it go is at least so large. */
const ROLL_BYTES_MIN = 1024 * 1024
/** Records are moved while no more than this share of the segment's, or of all, wait. */
const WAITING_SHARE_MAX = 0.5
/** Records moved in one go, and their bytes. */
const MOVED_RECORDS_MAX = 1_000
const MOVED_BYTES_MAX = 1_000_000

export interface CleanerOptions {
  readonly log: Log
  readonly machine: IntakeMachine
  /** The ends of the targets now: what was delivered lies below. */
  readonly targets: () => readonly Log[]
  /** With the times at which they are due. */
  readonly bodies: (offsets: readonly number[]) => Map<number, StoredRecord>
  /** Appends records that are moved; false where the log takes none now. */
  readonly move: (moves: readonly { readonly note: MovedNote; readonly body: Buffer }[]) => boolean
}

export class IntakeCleaner {
  readonly #options: CleanerOptions
  /** Nothing waited below, as of the last look; and how far the log and its targets then were. */
  #candidate: { readonly below: number; readonly logs: readonly { log: Log; end: number }[] } | null = null

  constructor(options: CleanerOptions) {
    this.#options = options
  }

  /** One look: `committed` is below what is known and committed. True where segments were let go. */
  clean(committed: number): boolean {
    const { log, machine } = this.#options
    const removed = this.#removeCandidate(committed)
    const last = log.segments().at(-1)
    if (last !== undefined && last.size >= ROLL_BYTES_MIN && !hasWaiting(machine, last.baseOffset, log.endOffset))
      log.roll()
    const below = this.#overBelow(committed)
    if (below > log.startOffset) {
      const logs = [log, ...this.#options.targets()].map((each) => ({ log: each, end: each.endOffset }))
      this.#candidate = { below, logs }
    } else this.#moveForward()
    return removed
  }

  /** The start of the first segment in which something waits, or may be about to, or of the active one. */
  #overBelow(committed: number): number {
    const { log, machine } = this.#options
    const segments = log.segments()
    for (const [at, segment] of segments.entries()) {
      const next = segments[at + 1]
      const isKnown = next !== undefined && next.baseOffset <= committed
      if (!isKnown || hasWaiting(machine, segment.baseOffset, next.baseOffset)) return segment.baseOffset
    }
    return log.startOffset
  }

  #removeCandidate(committed: number): boolean {
    const candidate = this.#candidate
    if (candidate === null || candidate.below > committed) return false
    // What was delivered must outlast a power failure, and so must the notes of it.
    if (candidate.logs.some(({ log, end }) => log.failed === null && log.flushedOffset < end)) return false
    this.#candidate = null
    const { log } = this.#options
    const segments = log.segments()
    const over: Segment[] = []
    for (const [at, segment] of segments.entries()) {
      const next = segments[at + 1]
      if (next === undefined || next.baseOffset > candidate.below) break
      over.push(segment)
    }
    if (over.length === 0) return false
    log.deleteSegments(over)
    return true
  }

  /** Moves some records of the oldest segment to the log's end, where that is worth it. */
  #moveForward(): void {
    const { log, machine, bodies, move } = this.#options
    const [oldest, next] = log.segments()
    if (oldest === undefined || next === undefined) return
    const waiting = [...machine.waitingBetween(oldest.baseOffset, next.baseOffset)]
    const inSegment = next.baseOffset - oldest.baseOffset
    const inAll = log.endOffset - log.startOffset
    const isWorthIt =
      waiting.length <= inSegment * WAITING_SHARE_MAX || machine.waitingCount <= inAll * WAITING_SHARE_MAX
    if (!isWorthIt) return
    // What waits for another time than its body tells is due now; its place holds the note that says so behind it.
    const movable = waiting.filter((offset) => !machine.isFlying(offset) && !machine.isRescheduled(offset))
    for (let at = 0; at < movable.length; at += MOVED_RECORDS_MAX) {
      const moves: { note: MovedNote; body: Buffer }[] = []
      let bytes = 0
      for (const [offset, record] of bodies(movable.slice(at, at + MOVED_RECORDS_MAX))) {
        if (bytes + record.sizeInBytes > MOVED_BYTES_MAX && moves.length > 0) {
          if (!move(moves.splice(0))) return
          bytes = 0
        }
        bytes += record.sizeInBytes
        const note: MovedNote = { kind: 'moved', lane: machine.laneOf(offset), due: record.due, offset }
        moves.push({ note, body: bodyOf(record) })
      }
      if (moves.length > 0 && !move(moves)) return
    }
  }
}

function hasWaiting(machine: IntakeMachine, from: number, to: number): boolean {
  for (const _ of machine.waitingBetween(from, to)) return true
  return false
}

/** A record as a batch of its own. */
function bodyOf({ key, value, headers, timestamp }: StoredRecord): Buffer {
  return encodeBatch({ records: [{ key, value, headers, timestamp }] })
}

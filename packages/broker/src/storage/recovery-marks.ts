/**
 * Marks: how little of a segment has to be read after an unclean stop. Every so many bytes of the active segment its indexes
 * are written as far as they go, together with a snapshot of the producers at that offset, and made durable by the same
 * flush that then moves the recovery point past it:
 *
 *     mark      indexes and <offset>.snapshot are written       ┐ one flush
 *     records that follow                                       ┘ recovery point > mark
 *
 * So a snapshot within a segment that lies *below* the recovery point vouches for the indexes up to its offset. One at the
 * recovery point or above proves nothing: it may be newer than the last flush.
 */
import type { LogPlace } from './log-place.ts'
import type { ProducerEntry } from './producer-entry.ts'
import { decodeSnapshot } from './producer-snapshot.ts'
import type { Segment } from './segment.ts'
import { fileName, SNAPSHOT_SUFFIX } from './segment-files.ts'

/** Marks whose snapshots are kept: the recovery point on disk may be behind the newest. */
const MARKS_MAX = 8

export interface Mark {
  readonly offset: number
  readonly producers: readonly ProducerEntry[]
}

/**
 * The newest mark in `segment`, the one that holds the recovery point; the segment is ready to be read from there on. Null
 * when there is none that can be trusted.
 */
export function trustedMark(
  place: LogPlace,
  segment: Segment,
  snapshots: readonly number[],
  recoveryPoint: number,
): Mark | null {
  for (const offset of snapshots.toReversed()) {
    if (offset >= recoveryPoint) continue
    if (offset <= segment.baseOffset) return null
    const bytes = place.disk.readFile(`${place.directory}/${fileName(offset, SNAPSHOT_SUFFIX)}`)
    const producers = bytes === null ? 'gone' : decodeSnapshot(bytes)
    if (typeof producers !== 'string' && segment.trustUpTo(offset)) return { offset, producers }
  }
  return null
}

/** The marks of the segment that grows. */
export class RecoveryMarks {
  readonly #place: LogPlace
  /** Of snapshots within segments, rising. */
  readonly #offsets: number[] = []
  /** Up to this position the active segment is marked; -1: to the end it is found to have. */
  #position: number

  constructor(place: LogPlace, position: number) {
    this.#place = place
    this.#position = position
  }

  /** A segment that was closed goes on growing. */
  resumed(segment: Segment): void {
    if (this.#position < 0) this.#position = segment.size
  }

  /** A segment begins at `offset`, or was cut to end there: nothing of it is marked, and a snapshot there is no mark. */
  reset(offset: number): void {
    this.#position = 0
    const at = this.#offsets.indexOf(offset)
    if (at >= 0) this.#offsets.splice(at, 1)
  }

  /** Whether so much came since the last mark that the next is due. */
  isDue(segment: Segment): boolean {
    return this.#position >= 0 && segment.size - this.#position >= this.#place.markBytes()
  }

  /** All of `segment` is marked by the snapshot at `offset`; the oldest marks go. */
  made(segment: Segment, offset: number): void {
    this.#position = segment.size
    this.#offsets.push(offset)
    const old = this.#offsets.splice(0, Math.max(0, this.#offsets.length - MARKS_MAX))
    if (old.length === 0) return
    // Beside the loop: beside flushes an unlink may wait for the file system's journal. One that stays is only a file too many.
    const paths = old.map((before) => this.#path(before))
    this.#place.disk.removeFiles(paths).catch(() => {})
  }

  /** The log begins, or ends, at another offset now: the marks outside go. */
  keep(from: number, to: number): void {
    for (const offset of [...this.#offsets]) {
      if (offset >= from && offset <= to) continue
      this.#offsets.splice(this.#offsets.indexOf(offset), 1)
      this.#remove(offset)
    }
  }

  #remove(offset: number): void {
    this.#place.disk.remove(this.#path(offset))
  }

  #path(offset: number): string {
    return `${this.#place.directory}/${fileName(offset, SNAPSHOT_SUFFIX)}`
  }
}

import type { Logger } from 'pino'
import type { Clock } from '../host/clock.ts'
import type { Disk } from '../host/disk.ts'
import type { Damage } from './damage.ts'
import type { DiskRoom } from './disk-room.ts'
import type { FlushTally } from './flush-tally.ts'
import type { Journal } from './journal.ts'
import type { LogCut } from './log-cut.ts'
import type { RecencyBound } from './recency-bound.ts'
import type { Segment } from './segment.ts'
import type { KeptStages } from './stage.ts'

/** Where a log lives and what its segments need to work there. */
export interface LogPlace {
  readonly disk: Disk
  readonly clock: Clock
  /** Segments with an open file. */
  readonly openFiles: RecencyBound
  /** Indexes of closed segments that are in memory. */
  readonly loadedIndexes: RecencyBound
  /** What small writes of several logs are made durable by together; null where each log is flushed by itself. */
  readonly journal: Journal | null
  readonly tally: FlushTally
  readonly room: DiskRoom
  /** What logs keep staged for the journal's sake. */
  readonly keptStages: KeptStages
  /** `producer.ids.max`: how many producers a log remembers. */
  readonly producerIdsMax: number
  readonly logger: Logger
  /** `<data directory>/<topic>-<partition>`; another after the directory was renamed for deletion. */
  directory: string
  /** `index.interval.bytes` */
  indexIntervalBytes: number
  /** After `delayMs`: closes `segments`, which nobody finds any more, and removes `paths`, their renamed files, off the loop. */
  discard(paths: readonly string[], segments: readonly Segment[], delayMs: number): void
  /** Whether room for so many bytes may be reserved ahead of what is written [always]. */
  mayReserve?(bytes: number): boolean
  /** So many bytes of the log are to be read again after an unclean stop, if nothing was lost: how far marks are apart. */
  markBytes(): number
  /** `bytes` more of the log are durable. */
  flushed(bytes: number): void
  /** A read came upon a part of what was durable that is not right: the log is not to be served any more. */
  damaged(damage: Damage): void
  /** The disk could not read some of it: the log is not to be served any more in this life. */
  unreadable(): void
  /**
   * The recovery point went back: the checkpoint that says otherwise must be written before the log is cut. `isStart`: the log
   * begins there now, which is written in any case.
   */
  cut(offset: number, isStart?: boolean): void
  /** The same off the loop, together with other logs: takes the steps of `cut`. */
  cutLater(cut: LogCut): void
}

import type { Logger } from 'pino'
import type { Clock } from '../host/clock.ts'
import type { Disk } from '../host/disk.ts'
import type { OpenFiles } from './open-files.ts'

/** Where a log lives and what its segments need to work there. */
export interface LogPlace {
  readonly disk: Disk
  readonly clock: Clock
  readonly openFiles: OpenFiles
  readonly logger: Logger
  /** `<data directory>/<topic>-<partition>`; another after the directory was renamed for deletion. */
  directory: string
  /** `index.interval.bytes` */
  indexIntervalBytes: number
  /** Removes files that were renamed to `.deleted`, after `delayMs` and off the loop. */
  discard(paths: readonly string[], delayMs: number): void
}

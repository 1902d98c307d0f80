import type { BrokerConfig } from '@odradek/config'
import type { Logger } from 'pino'
import type { Host } from '../host/host.ts'
import type { Log } from './log.ts'
import type { LogDirectory } from './log-directory.ts'
import type { RecencyBound } from './recency-bound.ts'

/** A data directory that is to be opened. */
export interface LogDirectoryOptions {
  readonly host: Pick<Host, 'disk' | 'clock' | 'timers' | 'offload' | 'random'>
  /** The directory; made where it is not there. */
  readonly path: string
  readonly nodeId: number
  readonly config: BrokerConfig
  readonly logger: Logger
  /** How many bytes of each log lie between marks, more or less [by how many logs there are] (recovery-marks.ts). */
  readonly markBytes?: number
  /** The recovery points are written when so much was flushed since they were [256 MiB]. */
  readonly checkpointBytes?: number
  /** From so many on, logs that are cut at once are synced with all that is on their file system [16]. */
  readonly sharedCutsMin?: number
  /** `journal.bytes.max` as it is now [as in `config`]. */
  readonly journalBytesMax?: () => number
  /** Bounds shared with other directories [its own]. */
  readonly openFiles?: RecencyBound
  readonly loadedIndexes?: RecencyBound
  /** Hears once that the directory has gone offline. */
  readonly failed?: (directory: LogDirectory, error: Error) => void
  /** Hears of a log that turned out to be damaged, or that its disk could not read, while it was in use. */
  readonly damaged?: (log: Log) => void
}

import type { Clock } from '../host/clock.ts'
import type { Disk } from '../host/disk.ts'
import type { Random } from '../host/random.ts'
import type { FlushTally } from './flush-tally.ts'

/** What a journal needs of its data directory. */
export interface JournalOptions {
  readonly disk: Disk
  readonly clock: Pick<Clock, 'monotonic'>
  readonly random: Pick<Random, 'below'>
  /** `<data directory>/journal` */
  readonly directory: string
  /** `journal.bytes.max` */
  readonly bytesMax: () => number
  /** Whether room for so many bytes may be taken ahead of what is written. */
  readonly mayReserve: (bytes: number) => boolean
  readonly tally: FlushTally
  /** A write or sync failed: what it holds can no longer be relied on. */
  readonly failed: (error: Error) => void
}

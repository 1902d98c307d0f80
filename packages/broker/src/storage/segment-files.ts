/**
 * The files of a partition's directory, named as Kafka names them:
 *
 *     00000000000000000042.log         batches, the first at or above offset 42
 *     00000000000000000042.index       offset → position          (offset-index.ts)
 *     00000000000000000042.timeindex   timestamp → offset         (time-index.ts)
 *     00000000000000000042.txnindex    aborted transactions       (transaction-index.ts), only where there are any
 *     00000000000000000042.snapshot    producers as of offset 42  (producer-snapshot.ts)
 *     leader-epoch-checkpoint          where each leader's epoch began
 *     partition.metadata               the topic's id
 *
 * Suffixes tell how far a change has come: `.cleaned` is being written by compaction, `.swap` is whole and takes the
 * place of the segments it was made from, `.deleted` waits to be removed.
 */
export const LOG_SUFFIX = '.log'
export const INDEX_SUFFIX = '.index'
export const TIME_INDEX_SUFFIX = '.timeindex'
export const TRANSACTION_INDEX_SUFFIX = '.txnindex'
export const SNAPSHOT_SUFFIX = '.snapshot'
export const CLEANED_SUFFIX = '.cleaned'
export const SWAP_SUFFIX = '.swap'
export const DELETED_SUFFIX = '.deleted'

/** The kinds of file that make up one segment, data first. */
export const SEGMENT_SUFFIXES = [LOG_SUFFIX, INDEX_SUFFIX, TIME_INDEX_SUFFIX, TRANSACTION_INDEX_SUFFIX] as const

export const EPOCH_CHECKPOINT = 'leader-epoch-checkpoint'
export const PARTITION_METADATA = 'partition.metadata'

/** The name a file of a segment has: `fileName(42, '.log')`. */
export function fileName(offset: number, suffix: string): string {
  return offset.toString().padStart(20, '0') + suffix
}

const NAME = /^(\d{20})\.(log|index|timeindex|txnindex|snapshot)(\.cleaned|\.swap|\.deleted)?$/

/** What the name of a file says; null for files that belong to no segment. */
export interface SegmentFileName {
  readonly offset: number
  /** One of the suffixes above, with its dot. */
  readonly kind: string
  /** `.cleaned`, `.swap`, `.deleted`, or empty. */
  readonly state: string
}

export function parseFileName(name: string): SegmentFileName | null {
  const match = NAME.exec(name)
  if (match === null) return null
  return { offset: Number(match[1]), kind: `.${match[2]}`, state: match[3] ?? '' }
}

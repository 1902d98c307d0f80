/**
 * Letting old segments go, for topics with `cleanup.policy` delete: those whose newest record is older than
 * `retention.ms`, and the oldest while the log without them still has `retention.bytes`. The oldest go first and nothing
 * at or above the limit the caller gives (the high watermark). The active segment goes only when it has expired; it is
 * closed first.
 */
import type { Logger } from 'pino'
import type { Clock } from '../host/clock.ts'
import type { Log } from '../storage/log.ts'
import type { Segment } from '../storage/segment.ts'

/** The oldest segments that may go, as of `now` (epoch milliseconds). Pure: looks at the log, changes nothing. */
export function expiredSegments(log: Log, limit: number, now: number): Segment[] {
  const { config } = log
  if (!config['cleanup.policy'].includes('delete')) return []
  const retentionMs = config['retention.ms']
  const retentionBytes = config['retention.bytes']
  const segments = log.segments()
  const expired: Segment[] = []
  let sizeLeft = log.sizeInBytes
  for (let at = 0; at < segments.length; at++) {
    const segment = segments[at]!
    const isActive = at === segments.length - 1
    const end = isActive ? log.endOffset : segments[at + 1]!.baseOffset
    if (end > limit || (isActive && segment.size === 0)) break
    // A segment whose records have no time counts from when it was begun or, after a start, first seen.
    const newest = segment.maxTimestamp >= 0 ? segment.maxTimestamp : segment.createdMs
    const isTooOld = segment.size === 0 || (retentionMs >= 0 && now - newest > retentionMs)
    const isTooMuch = retentionBytes >= 0 && !isActive && sizeLeft - segment.size >= retentionBytes
    if (!isTooOld && !isTooMuch) break
    expired.push(segment)
    sizeLeft -= segment.size
  }
  return expired
}

export class Retention {
  readonly #clock: Clock
  readonly #logger: Logger

  constructor(options: { readonly clock: Clock; readonly logger: Logger }) {
    this.#clock = options.clock
    this.#logger = options.logger
  }

  /**
   * Lets go of the segments of `log` that have expired by now and lie below `limit`, the high watermark. Whether there
   * were any: the log's start has moved then. An I/O error is thrown.
   */
  apply(log: Log, limit: number): boolean {
    if (log.failed !== null) return false
    const expired = expiredSegments(log, limit, this.#clock.now())
    if (expired.length === 0) return false
    log.deleteSegments(expired)
    const { topic, partition, startOffset } = log
    this.#logger.info({ topic, partition, segments: expired.length, startOffset }, 'Old segments were let go.')
    return true
  }
}

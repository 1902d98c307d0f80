/**
 * Letting old segments go, for topics with `cleanup.policy` delete: those whose newest record is older than
 * `retention.ms`, and the oldest while the log without them still has `retention.bytes`. The oldest go first and nothing
 * at or above the limit the caller gives (the high watermark). The active segment goes only when it has expired; it is
 * closed first.
 */
import type { Logger } from 'pino'
import type { Clock, Timer, Timers } from '../host/clock.ts'
import type { Log } from '../storage/log.ts'
import type { Segment } from '../storage/segment.ts'

/** What retention looks at. Records at or above `limit` are not to be deleted: the high watermark. */
export interface RetainedLog {
  readonly log: Log
  readonly limit: number
}

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
    if (end > limit || segment.size === 0) break
    // A segment whose records have no time counts from when it was begun or, after a start, first seen.
    const newest = segment.maxTimestamp >= 0 ? segment.maxTimestamp : segment.createdMs
    const isTooOld = retentionMs >= 0 && now - newest > retentionMs
    const isTooMuch = retentionBytes >= 0 && !isActive && sizeLeft - segment.size >= retentionBytes
    if (!isTooOld && !isTooMuch) break
    expired.push(segment)
    sizeLeft -= segment.size
  }
  return expired
}

export interface RetentionOptions {
  readonly clock: Clock
  readonly timers: Timers
  /** `log.retention.check.interval.ms` */
  readonly intervalMs: number
  readonly logger: Logger
  /** The logs to look at, asked for anew at each check. */
  readonly logs: () => Iterable<RetainedLog>
  /** The start of `log` has moved. */
  readonly onDeleted?: (log: Log) => void
  readonly onFailed: (log: Log, error: Error) => void
}

export class Retention {
  readonly #options: RetentionOptions
  #timer: Timer | null = null

  constructor(options: RetentionOptions) {
    this.#options = options
  }

  /** Checks from now on every `intervalMs`. */
  start(): void {
    this.#timer = this.#options.timers.after(this.#options.intervalMs, () => {
      this.check()
      this.start()
    })
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = null
  }

  /** Lets go what has expired by now, in all logs; forgets producers that have. */
  check(): void {
    const now = this.#options.clock.now()
    for (const { log, limit } of this.#options.logs()) {
      if (log.failed !== null) continue
      try {
        log.expireProducers(now)
        const expired = expiredSegments(log, limit, now)
        if (expired.length === 0) continue
        log.deleteSegments(expired)
        this.#options.onDeleted?.(log)
      } catch (error) {
        this.#options.onFailed(log, error as Error)
      }
    }
  }
}

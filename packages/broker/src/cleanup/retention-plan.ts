/**
 * Which old segments go, for topics with `cleanup.policy` delete: those whose newest record is older than `retention.ms`,
 * and the oldest while the log without them still has `retention.bytes`. Oldest first, up to the first that stays, and
 * nothing at or above the last stable offset.
 *
 * When they go is the profile's (`cleanup.profile`):
 *
 *                              kafka                        rocketmq
 *     time is over             at each retention check      in the hours of delete.when
 *     … and the disk is tight  at each look at the disk     at each look at the disk
 *     too many bytes           at each retention check      at each retention check
 *     active segment           like the others              only while the disk is tight and nothing is written to it
 */
import { type BrokerConfig, hourAt } from '@odradek/config'
import {
  type Deletion,
  type DeletionReason,
  newestTime,
  type PlannedLog,
  type PlannedPartition,
  segmentEnd,
} from './planned-log.ts'

/** What may go in one pass. */
export interface RetentionRules {
  readonly byTime: boolean
  readonly bySize: boolean
  /** Whether the active segment goes too when its time is over: always, or where nothing was written since the last look. */
  readonly active: 'never' | 'idle' | 'always'
}

/** The rules of a pass at `now` (epoch milliseconds). */
export function retentionRules(
  config: BrokerConfig,
  now: number,
  occasion: { readonly isRetentionCheck: boolean; readonly isDiskTight: boolean },
): RetentionRules {
  const { isRetentionCheck, isDiskTight } = occasion
  if (config['cleanup.profile'] === 'kafka') {
    const isDue = isRetentionCheck || isDiskTight
    return { byTime: isDue, bySize: isDue, active: 'always' }
  }
  return {
    byTime: isDiskTight || isDeletionHour(config, now),
    bySize: isRetentionCheck || isDiskTight,
    active: isDiskTight ? 'idle' : 'never',
  }
}

/** Whether `now` lies in an hour of `delete.when`. */
export function isDeletionHour(config: BrokerConfig, now: number): boolean {
  const hour = hourAt(now, config['delete.when.timezone'])
  return config['delete.when'].some((item) => Number(item) === hour)
}

/**
 * What goes of one partition, as of `now`. `isIdle` tells whether nothing was written to its active segment since the last
 * look. Pure: looks at the log, changes nothing.
 */
export function planRetention<P extends PlannedPartition>(
  partition: P,
  now: number,
  rules: RetentionRules,
  isIdle: (partition: P) => boolean,
): Deletion<P>[] {
  const log: PlannedLog = partition.log
  const { config } = log
  if (!config['cleanup.policy'].includes('delete')) return []
  const retentionMs = rules.byTime ? config['retention.ms'] : -1
  const retentionBytes = rules.bySize ? config['retention.bytes'] : -1
  if (retentionMs < 0 && retentionBytes < 0) return []
  const segments = log.segments()
  const deletions: Deletion<P>[] = []
  let limit = -1
  let sizeLeft = -1
  for (let at = 0; at < segments.length; at++) {
    const segment = segments[at]!
    const isActive = at === segments.length - 1
    if (isActive && segment.size === 0) break
    if (isActive && !(rules.active === 'always' || (rules.active === 'idle' && isIdle(partition)))) break
    if (sizeLeft < 0) sizeLeft = retentionBytes < 0 ? 0 : log.sizeInBytes
    const isTooOld = retentionMs >= 0 && (segment.size === 0 || now - newestTime(segment) > retentionMs)
    const isTooMuch = retentionBytes >= 0 && !isActive && sizeLeft - segment.size >= retentionBytes
    if (!isTooOld && !isTooMuch) break
    // Only now: it may have to be looked up in what is known of producers.
    if (limit < 0) limit = partition.lastStableOffset
    const end = segmentEnd(log, at)
    if (end > limit) break
    addTo(deletions, partition, segment, end, isTooOld ? 'time' : 'size')
    sizeLeft -= segment.size
  }
  return deletions
}

/** Adds a segment to the last deletion where that is for the same reason, else begins the next. */
export function addTo<P extends PlannedPartition>(
  deletions: Deletion<P>[],
  partition: P,
  segment: Deletion<P>['segments'][number],
  startOffset: number,
  reason: DeletionReason,
): void {
  const last = deletions.at(-1)
  if (last === undefined || last.reason !== reason || last.partition !== partition) {
    deletions.push({ partition, segments: [segment], reason, startOffset })
    return
  }
  last.segments.push(segment)
  deletions[deletions.length - 1] = { ...last, startOffset }
}

/**
 * Whose segments go when a disk is so full that they go whether their time is over or not. Always from the topic that has
 * the most bytes that may go, and of that the oldest, until enough is free: so a topic that fills the disk gives back before
 * one that only has old records, and all that are large are cut down to one size.
 *
 * Never victims: the active segment, topics that are compacted, those that are spared (internal ones, intake logs), and
 * what lies at or above the last stable offset.
 */

import { type Deletion, newestTime, type PlannedLog, type PlannedPartition, segmentEnd } from './planned-log.ts'
import { addTo } from './retention-plan.ts'

/** A partition with what may go of it. */
interface Candidate<P extends PlannedPartition> {
  readonly partition: P
  /** The number of oldest segments that may go. */
  readonly count: number
  /** The number of those that were chosen. */
  taken: number
}

interface CandidateTopic<P extends PlannedPartition> {
  readonly name: string
  readonly partitions: Candidate<P>[]
  bytes: number
}

/**
 * What to delete so that `bytesWanted` become free, or as much as there is. Pure. `isSpared` names topics that are never
 * victims.
 */
export function planForced<P extends PlannedPartition>(
  partitions: Iterable<P>,
  bytesWanted: number,
  isSpared: (topic: string) => boolean,
): Deletion<P>[] {
  const topics = candidates(partitions, isSpared)
  const taken = new Map<Candidate<P>, Deletion<P>[]>()
  for (let bytesFreed = 0; bytesFreed < bytesWanted; ) {
    const topic = largest(topics)
    if (topic === null) break
    const candidate = oldest(topic)
    const log: PlannedLog = candidate.partition.log
    const segment = log.segments()[candidate.taken]!
    const deletions = taken.get(candidate) ?? []
    taken.set(candidate, deletions)
    addTo(deletions, candidate.partition, segment, segmentEnd(log, candidate.taken), 'forced')
    candidate.taken++
    topic.bytes -= segment.size
    bytesFreed += segment.size
  }
  return [...taken.values()].flat()
}

/** Bytes that could be freed so, at most. */
export function forcibleBytes(partitions: Iterable<PlannedPartition>, isSpared: (topic: string) => boolean): number {
  return candidates(partitions, isSpared).reduce((sum, { bytes }) => sum + bytes, 0)
}

function candidates<P extends PlannedPartition>(
  partitions: Iterable<P>,
  isSpared: (topic: string) => boolean,
): CandidateTopic<P>[] {
  const topics = new Map<string, CandidateTopic<P>>()
  for (const partition of partitions) {
    const log: PlannedLog = partition.log
    const segments = log.segments()
    if (segments.length < 2 || isSpared(partition.topic) || log.config['cleanup.policy'].includes('compact')) continue
    const limit = partition.lastStableOffset
    let count = 0
    let bytes = 0
    while (count + 1 < segments.length && segments[count + 1]!.baseOffset <= limit) bytes += segments[count++]!.size
    if (count === 0) continue
    const topic = topics.get(partition.topic) ?? { name: partition.topic, partitions: [], bytes: 0 }
    topics.set(partition.topic, topic)
    topic.partitions.push({ partition, count, taken: 0 })
    topic.bytes += bytes
  }
  return [...topics.values()]
}

/** The topic with the most bytes that may go; by name where several have as many. Null when nothing is left. */
function largest<P extends PlannedPartition>(topics: readonly CandidateTopic<P>[]): CandidateTopic<P> | null {
  let found: CandidateTopic<P> | null = null
  for (const topic of topics) {
    if (!topic.partitions.some(({ taken, count }) => taken < count)) continue
    if (found === null || topic.bytes > found.bytes || (topic.bytes === found.bytes && topic.name < found.name))
      found = topic
  }
  return found
}

/** The partition of a topic whose next segment is the oldest. */
function oldest<P extends PlannedPartition>(topic: CandidateTopic<P>): Candidate<P> {
  let found: Candidate<P> | null = null
  let foundTime = Number.POSITIVE_INFINITY
  for (const candidate of topic.partitions) {
    if (candidate.taken === candidate.count) continue
    const time = newestTime(candidate.partition.log.segments()[candidate.taken]!)
    if (found === null || time < foundTime) {
      found = candidate
      foundTime = time
    }
  }
  return found!
}

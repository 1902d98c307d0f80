/**
 * What cleanup will take of each topic, when and why, as far as it can be known now: by the same plans that it works by, with
 * other times. How much will be written until then is not known: what `retention.bytes` and the disk's thresholds will take
 * of records to come is not in it.
 */
import { type BrokerConfig, nextTimeInHours } from '@odradek/config'
import { planForced } from './forced-plan.ts'
import { type DeletionReason, newestTime, type PlannedLog, type PlannedPartition, segmentEnd } from './planned-log.ts'

/** Segments of one topic that go at one time for one reason. */
export interface ForecastStep {
  /** Epoch milliseconds. */
  readonly at: number
  readonly reason: DeletionReason
  readonly segments: number
  readonly bytes: number
  /** Where logs begin afterwards. */
  readonly startOffsets: Readonly<Record<number, number>>
}

/**
 * Why nothing of a topic goes. `young`: its limits are not reached. They are, somewhere: `active`: by a segment that grows and
 * that this profile closes only where the disk is tight; `undecided`: by records that are not committed, or of a transaction
 * that is open.
 */
export type KeptReason = 'compacted' | 'internal' | 'unlimited' | 'young' | 'active' | 'undecided'

export interface TopicForecast {
  readonly topic: string
  readonly cleanupPolicy: readonly string[]
  readonly retentionMs: number
  readonly retentionBytes: number
  readonly bytes: number
  readonly segments: number
  /** In the order of time. */
  readonly steps: readonly ForecastStep[]
  /** Where there are no steps. */
  readonly kept: KeptReason | null
}

/** What a forecast looks at. */
export interface ForecastInput {
  readonly partitions: Iterable<PlannedPartition>
  readonly config: BrokerConfig
  /** Epoch milliseconds. */
  readonly now: number
  /** When retention is checked next; epoch milliseconds. */
  readonly nextRetentionCheckAt: number
  /** Nothing later is told; epoch milliseconds. */
  readonly until: number
  readonly isInternal: (topic: string) => boolean
  /** Of the disk that a partition lies on: whether what is over goes at once. */
  readonly isDiskTight: (partition: PlannedPartition) => boolean
  /** For each disk above the threshold for that: its partitions, and what is to be freed there. */
  readonly forced: readonly { readonly partitions: Iterable<PlannedPartition>; readonly bytesWanted: number }[]
}

interface MutableStep {
  at: number
  reason: DeletionReason
  segments: number
  bytes: number
  startOffsets: Record<number, number>
}

/** By the topics' names. Pure. */
export function forecastCleanup(input: ForecastInput): TopicForecast[] {
  const goneBelow = new Map<PlannedPartition, number>()
  const steps = new Map<string, Map<string, MutableStep>>()
  const held = new Map<string, KeptReason>()
  for (const { partitions, bytesWanted } of input.forced) {
    for (const { partition, segments, startOffset, reason } of planForced(partitions, bytesWanted, input.isInternal)) {
      for (const { size } of segments) note(steps, partition, { at: input.now, reason, bytes: size, startOffset })
      goneBelow.set(partition, startOffset)
    }
  }
  const topics = new Map<string, PlannedPartition[]>()
  for (const partition of input.partitions) {
    const others = topics.get(partition.topic)
    if (others === undefined) topics.set(partition.topic, [partition])
    else others.push(partition)
    const reason = retentionSteps(input, partition, goneBelow.get(partition) ?? 0, steps)
    if (reason !== null) held.set(partition.topic, reason)
  }
  return [...topics]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([topic, partitions]) =>
      topicForecast(input, topic, partitions, [...(steps.get(topic)?.values() ?? [])], held.get(topic) ?? 'young'),
    )
}

function topicForecast(
  { isInternal }: ForecastInput,
  topic: string,
  partitions: readonly PlannedPartition[],
  steps: MutableStep[],
  held: KeptReason,
): TopicForecast {
  const { config } = partitions[0]!.log
  const retentionMs = config['retention.ms']
  const retentionBytes = config['retention.bytes']
  const kept = (): KeptReason => {
    if (isInternal(topic)) return 'internal'
    if (!config['cleanup.policy'].includes('delete')) return 'compacted'
    return retentionMs < 0 && retentionBytes < 0 ? 'unlimited' : held
  }
  return {
    topic,
    cleanupPolicy: config['cleanup.policy'],
    retentionMs,
    retentionBytes,
    bytes: partitions.reduce((sum, { log }) => sum + log.sizeInBytes, 0),
    segments: partitions.reduce((sum, { log }) => sum + log.segments().length, 0),
    steps: steps.sort((a, b) => a.at - b.at || (a.reason < b.reason ? -1 : 1)),
    kept: steps.length === 0 ? kept() : null,
  }
}

/**
 * What retention takes of one partition, in the order of its segments: each goes when it and all before it may. Returns what
 * holds the first that does not, though its time is over by then; null where none is.
 */
function retentionSteps(
  input: ForecastInput,
  partition: PlannedPartition,
  goneBelow: number,
  steps: Map<string, Map<string, MutableStep>>,
): KeptReason | null {
  const log: PlannedLog = partition.log
  const { config } = log
  if (!config['cleanup.policy'].includes('delete')) return null
  const retentionMs = config['retention.ms']
  const retentionBytes = config['retention.bytes']
  if (retentionMs < 0 && retentionBytes < 0) return null
  const isTight = input.isDiskTight(partition)
  const isActiveTaken = input.config['cleanup.profile'] === 'kafka' || isTight
  const sizeCheckAt = isTight ? input.now : input.nextRetentionCheckAt
  const segments = log.segments()
  const limit = partition.lastStableOffset
  let sizeLeft = log.sizeInBytes
  let earliest = input.now
  for (let at = 0; at < segments.length; at++) {
    const segment = segments[at]!
    const isActive = at === segments.length - 1
    const end = segmentEnd(log, at)
    sizeLeft -= segment.size
    if (end <= goneBelow) continue
    if (isActive && segment.size === 0) return null
    const overAt = retentionMs < 0 ? Number.POSITIVE_INFINITY : newestTime(segment) + retentionMs + 1
    const byTime = nextPass(input, Math.max(earliest, overAt), isTight)
    const isTooMuch = retentionBytes >= 0 && !isActive && sizeLeft >= retentionBytes
    const bySize = isTooMuch ? Math.max(earliest, sizeCheckAt) : Number.POSITIVE_INFINITY
    earliest = Math.min(byTime, bySize)
    if (earliest > input.until) return null
    if (isActive && !isActiveTaken) return 'active'
    if (end > limit) return 'undecided'
    const reason = byTime <= bySize ? 'time' : 'size'
    note(steps, partition, { at: earliest, reason, bytes: segment.size, startOffset: end })
  }
  return null
}

/** When segments are next looked at whose time is over from `time` on. */
function nextPass({ config, now, nextRetentionCheckAt }: ForecastInput, time: number, isTight: boolean): number {
  if (!Number.isFinite(time)) return time
  if (isTight) return Math.max(time, now)
  if (config['cleanup.profile'] === 'rocketmq')
    return nextTimeInHours(time, config['delete.when'], config['delete.when.timezone'])
  if (time <= nextRetentionCheckAt) return nextRetentionCheckAt
  const interval = config['log.retention.check.interval.ms']
  return nextRetentionCheckAt + Math.ceil((time - nextRetentionCheckAt) / interval) * interval
}

function note(
  steps: Map<string, Map<string, MutableStep>>,
  { topic, index }: PlannedPartition,
  { at, reason, bytes, startOffset }: { at: number; reason: DeletionReason; bytes: number; startOffset: number },
): void {
  const ofTopic = steps.get(topic) ?? new Map<string, MutableStep>()
  steps.set(topic, ofTopic)
  const key = `${at} ${reason}`
  const step = ofTopic.get(key) ?? { at, reason, segments: 0, bytes: 0, startOffsets: {} }
  ofTopic.set(key, step)
  step.segments++
  step.bytes += bytes
  step.startOffsets[index] = startOffset
}

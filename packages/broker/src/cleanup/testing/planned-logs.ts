/** Logs for tests of plans: no files, only what plans look at. */
import { resolveTopicConfig } from '@odradek/config'
import type { PlannedLog, PlannedPartition, PlannedSegment } from '../planned-log.ts'

export interface PlannedLogOptions {
  readonly topic?: string
  readonly index?: number
  readonly config?: Readonly<Record<string, string>>
  /** Of each segment its bytes and the time of its newest record; each has ten offsets. The last is the active one. */
  readonly segments: readonly (readonly [size: number, newest: number])[]
  /** [the end of the log] */
  readonly lastStableOffset?: number
}

export const OFFSETS_PER_SEGMENT = 10

export function plannedPartition(options: PlannedLogOptions): PlannedPartition {
  const segments: PlannedSegment[] = options.segments.map(([size, newest], at) => ({
    baseOffset: at * OFFSETS_PER_SEGMENT,
    size,
    maxTimestamp: newest,
    createdMs: 0,
  }))
  const endOffset = segments.length * OFFSETS_PER_SEGMENT
  const log: PlannedLog = {
    config: resolveTopicConfig(options.config ?? {}),
    endOffset,
    sizeInBytes: segments.reduce((sum, { size }) => sum + size, 0),
    segments: () => segments,
  }
  const { topic = 't', index = 0, lastStableOffset = endOffset } = options
  return { topic, index, log, lastStableOffset }
}

import { describeLogDirectories } from '../../log-sizes.ts'
import type { MessageSource } from './message-source.ts'
import { leaderless, leadersOf } from './partition-leader.ts'
import { resolveRanges } from './resolve-ranges.ts'
import type { PartitionRange, ScanRequest } from './scan-request.ts'

export interface ScanEstimate {
  /** Offsets between the bounds: at most so many records. */
  readonly records: number
  /** What those take on disk, about; null where the brokers do not tell sizes. */
  readonly bytes: number | null
  readonly partitions: number
  readonly leaderless: readonly number[]
  readonly ranges: readonly PartitionRange[]
}

/** How much a scan would read, before it is started. */
export async function estimateScan(
  source: MessageSource,
  request: Pick<ScanRequest, 'topic' | 'partitions' | 'from' | 'to' | 'readCommitted'>,
): Promise<ScanEstimate> {
  const topic = await source.topic(request.topic)
  const partitions = leadersOf(topic, request.partitions).map(({ partition }) => partition)
  const whole = { from: { kind: 'earliest' }, to: { kind: 'now' }, readCommitted: false } as const
  const [ranges, logs, sizes] = await Promise.all([
    resolveRanges(source, topic, request, partitions),
    resolveRanges(source, topic, whole, partitions),
    sizesOf(source, request.topic, partitions),
  ])
  let records = 0
  let bytes: number | null = sizes === null ? null : 0
  for (const { partition, start, end } of ranges) {
    records += end - start
    const log = logs.find((range) => range.partition === partition)
    const held = log === undefined ? 0 : log.end - log.start
    if (bytes !== null && held > 0) bytes += ((sizes?.get(partition) ?? 0) * (end - start)) / held
  }
  return {
    records,
    bytes: bytes === null ? null : Math.round(bytes),
    partitions: ranges.length,
    leaderless: leaderless(topic, request.partitions),
    ranges,
  }
}

async function sizesOf(
  { cluster }: MessageSource,
  topic: string,
  partitions: readonly number[],
): Promise<Map<number, number> | null> {
  const { brokers } = await cluster.metadata()
  const { directories, missing } = await describeLogDirectories(cluster, brokers, [{ topic, partitions }])
  if (directories.length === 0 && missing.length > 0) return null
  const sizes = new Map<number, number>()
  for (const replica of directories.flatMap(({ replicas }) => replicas)) {
    if (replica.topic !== topic) continue
    sizes.set(replica.partition, Math.max(sizes.get(replica.partition) ?? 0, replica.sizeBytes))
  }
  return sizes
}

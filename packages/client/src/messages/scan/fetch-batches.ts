import { Fetch, type Slice } from '@odradek/protocol'
import type { Cluster } from '../../cluster.ts'
import { assertNone } from '../../cluster-errors.ts'
import type { PartitionLeader } from './partition-leader.ts'

/** 0: up to the high watermark; 1: up to the last stable offset, without what was rolled back. */
export type IsolationLevel = 0 | 1

export interface FetchPosition extends PartitionLeader {
  readonly offset: number
}

export interface FetchedPartition {
  readonly partition: number
  readonly errorCode: number
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly logStartOffset: number
  readonly abortedTransactions: readonly { readonly producerId: number; readonly firstOffset: number }[]
  readonly records: Slice | null
}

export interface FetchLimits {
  readonly isolation: IsolationLevel
  readonly maxBytes: number
  readonly partitionMaxBytes: number
  /** How long the broker may wait for something new [0]. */
  readonly maxWaitMs?: number
}

/** One Fetch of several partitions that the same broker leads. Errors of a partition are in its answer. */
export async function fetchBatches(
  cluster: Cluster,
  topic: string,
  positions: readonly FetchPosition[],
  limits: FetchLimits,
): Promise<FetchedPartition[]> {
  const answer = await cluster.request(
    Fetch,
    {
      maxWaitMs: limits.maxWaitMs ?? 0,
      minBytes: 1,
      maxBytes: limits.maxBytes,
      isolationLevel: limits.isolation,
      topics: [
        {
          topic,
          partitions: positions.map(({ partition, offset }) => ({
            partition,
            fetchOffset: offset,
            partitionMaxBytes: limits.partitionMaxBytes,
          })),
        },
      ],
    },
    positions[0]!.leader,
    // Newer versions name topics by id.
    { atMost: 12, tried: `read topic "${topic}"` },
  )
  assertNone(answer.errorCode, `read topic "${topic}"`)
  const partitions = answer.responses.flatMap((response) => response.partitions)
  return partitions.map(({ partitionIndex, abortedTransactions, records, ...rest }) => ({
    partition: partitionIndex,
    errorCode: rest.errorCode,
    highWatermark: rest.highWatermark,
    lastStableOffset: rest.lastStableOffset,
    logStartOffset: rest.logStartOffset,
    abortedTransactions: abortedTransactions ?? [],
    records: records !== null && records.end > records.start ? records : null,
  }))
}

/** Log directories of the brokers, and from them the sizes of topics. */
import { DescribeLogDirs } from '@odradek/protocol'
import { inTime, mapBounded } from './bounded.ts'
import type { Cluster } from './cluster.ts'
import { kafkaErrorName } from './cluster-errors.ts'
import type { BrokerNode } from './cluster-metadata.ts'

export interface LogDirectory {
  readonly nodeId: number
  readonly path: string
  /** The protocol's name where the directory fails. */
  readonly error: string | null
  /** Of the volume; null where the broker does not tell. */
  readonly totalBytes: number | null
  readonly freeBytes: number | null
  readonly replicas: readonly ReplicaSize[]
}

export interface ReplicaSize {
  readonly topic: string
  readonly partition: number
  readonly sizeBytes: number
  /** Offsets that it lacks of what is committed; null where it cannot be used. */
  readonly offsetLag: number | null
  readonly isFuture: boolean
}

export interface LogDirectories {
  readonly directories: readonly LogDirectory[]
  /** Brokers that did not answer, with the reason. */
  readonly missing: readonly { readonly nodeId: number; readonly reason: string }[]
}

/** Whoever asks wants to know of the other brokers too. */
const ANSWER_MS_MAX = 6_000

/** Asks every broker given for its log directories (of `topics`, or of all). A broker that fails is told, not thrown. */
export async function describeLogDirectories(
  cluster: Cluster,
  brokers: readonly BrokerNode[],
  topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[] | null = null,
): Promise<LogDirectories> {
  const directories: LogDirectory[] = []
  const missing: { nodeId: number; reason: string }[] = []
  await mapBounded(brokers, 8, async ({ nodeId }) => {
    try {
      const answer = await inTime(cluster.request(DescribeLogDirs, { topics }, nodeId), ANSWER_MS_MAX)
      if (answer.errorCode !== 0) {
        missing.push({ nodeId, reason: kafkaErrorName(answer.errorCode) })
        return
      }
      for (const { errorCode, logDir, topics, totalBytes, usableBytes } of answer.results) {
        directories.push({
          nodeId,
          path: logDir,
          error: errorCode === 0 ? null : kafkaErrorName(errorCode),
          totalBytes: totalBytes < 0 ? null : totalBytes,
          freeBytes: usableBytes < 0 ? null : usableBytes,
          replicas: topics.flatMap(({ name, partitions }) =>
            partitions.map(({ partitionIndex, partitionSize, offsetLag, isFutureKey }) => ({
              topic: name,
              partition: partitionIndex,
              sizeBytes: partitionSize,
              offsetLag: offsetLag < 0 ? null : offsetLag,
              isFuture: isFutureKey,
            })),
          ),
        })
      }
    } catch (error) {
      missing.push({ nodeId, reason: (error as Error).message })
    }
  })
  directories.sort((a, b) => a.nodeId - b.nodeId || (a.path < b.path ? -1 : 1))
  return { directories, missing }
}

/** One topic in full: its figures and its partitions. */
import {
  describeLogDirectories,
  EARLIEST,
  KafkaError,
  kafkaErrorName,
  LATEST,
  listOffsets,
  MAX_TIMESTAMP,
  offsetOf,
  type TopicPlaces,
  topicPlaces,
} from '@odradek/client'
import type { ClusterSession, TopicSize } from './cluster-session.ts'
import { type TopicHealth, topicHealth } from './topic-health.ts'

export interface TopicDetail extends TopicHealth {
  readonly name: string
  readonly id: string
  readonly isInternal: boolean
  readonly sizeBytes: number | null
  readonly records: number | null
  readonly recordsInPerSecond: number | null
}

export interface PartitionRow {
  readonly partition: number
  readonly leader: number
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly offline: readonly number[]
  readonly start: number | null
  /** The next offset that a consumer may read up to: the high watermark. */
  readonly highWatermark: number | null
  /** Up to here transactions are decided; null where the cluster does not tell. */
  readonly lastStableOffset: number | null
  /** The greatest timestamp in the log and the offset that has it; null: empty, or not told. */
  readonly newest: { readonly timestampMs: number; readonly offset: number } | null
  readonly sizeBytes: number | null
  /** The protocol's name of what is wrong; null: nothing. */
  readonly error: string | null
}

export async function topicDetail(session: ClusterSession, name: string): Promise<TopicDetail> {
  const topic = await findTopic(session, name)
  const [partitions, size] = await Promise.all([offsetsOf(session, topic), sizeOf(session, topic)])
  const records = partitions.reduce<number | null>(
    (sum, { start, end }) => (sum === null || start === null || end === null ? null : sum + (end - start)),
    0,
  )
  return {
    name,
    id: topic.id,
    isInternal: topic.isInternal,
    ...topicHealth(topic),
    sizeBytes: size?.sizeBytes ?? null,
    records,
    recordsInPerSecond: session.sampler.last?.rates.get(name) ?? null,
  }
}

export async function topicPartitions(session: ClusterSession, name: string): Promise<PartitionRow[]> {
  const topic = await findTopic(session, name)
  const questions = [{ topic }]
  const { cluster } = session
  const [starts, ends, stable, newest, size] = await Promise.all([
    listOffsets(cluster, questions, EARLIEST),
    listOffsets(cluster, questions, LATEST),
    listOffsets(cluster, questions, LATEST, 'committed'),
    // Kafka has it since 3.0; others answer with an error for each partition.
    listOffsets(cluster, questions, MAX_TIMESTAMP).catch(() => null),
    sizeOf(session, topic),
  ])
  return topic.partitions.map((place) => {
    const { partition } = place
    const end = ends.get(name)?.get(partition)
    const last = newest?.get(name)?.get(partition)
    return {
      ...place,
      start: offsetOf(starts, name, partition),
      highWatermark: offsetOf(ends, name, partition),
      lastStableOffset: offsetOf(stable, name, partition),
      newest: last?.errorCode === 0 && last.offset >= 0 ? { timestampMs: last.timestamp, offset: last.offset } : null,
      sizeBytes: size?.partitions.get(partition) ?? null,
      error: end && end.errorCode !== 0 ? kafkaErrorName(end.errorCode) : null,
    }
  })
}

/** The topic as the cluster has it now; throws UNKNOWN_TOPIC_OR_PARTITION. */
export async function findTopic(session: ClusterSession, name: string): Promise<TopicPlaces> {
  const known = (await session.cluster.metadata()).topics.get(name)
  if (known?.errorCode === 0) return known
  if (known) throw new KafkaError(known.errorCode, `find topic "${name}"`)
  return topicPlaces(session.cluster, name)
}

async function offsetsOf(session: ClusterSession, topic: TopicPlaces) {
  const questions = [{ topic }]
  const [starts, ends] = await Promise.all([
    listOffsets(session.cluster, questions, EARLIEST),
    listOffsets(session.cluster, questions, LATEST),
  ])
  return topic.partitions.map(({ partition }) => ({
    start: offsetOf(starts, topic.name, partition),
    end: offsetOf(ends, topic.name, partition),
  }))
}

/** Asked for now, and of this topic only: the list's sizes may be some seconds old. */
async function sizeOf(session: ClusterSession, topic: TopicPlaces): Promise<TopicSize | null> {
  const { brokers } = await session.cluster.metadata()
  const wanted = [{ topic: topic.name, partitions: topic.partitions.map(({ partition }) => partition) }]
  const { directories } = await describeLogDirectories(session.cluster, brokers, wanted)
  const replicas = directories.flatMap((directory) => directory.replicas)
  if (directories.length === 0) return null
  const partitions = new Map<number, number>()
  for (const { partition, sizeBytes } of replicas) {
    partitions.set(partition, Math.max(partitions.get(partition) ?? 0, sizeBytes))
  }
  return { sizeBytes: replicas.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0), partitions }
}

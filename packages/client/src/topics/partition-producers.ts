/** The producers that partitions remember: idempotent and transactional ones, with open transactions (KIP-664). */
import { DescribeProducers, errors } from '@odradek/protocol'
import { mapBounded } from '../bounded.ts'
import type { Cluster } from '../cluster.ts'
import { kafkaErrorName } from '../cluster-errors.ts'
import type { TopicPlaces } from '../cluster-metadata.ts'

export interface PartitionProducer {
  readonly partition: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly lastSequence: number
  /** -1: not known. */
  readonly lastTimestampMs: number
  readonly coordinatorEpoch: number
  /** First offset of its open transaction; null: none is open. */
  readonly transactionStart: number | null
}

export interface PartitionProducers {
  readonly producers: readonly PartitionProducer[]
  readonly failed: readonly { readonly partition: number; readonly error: string; readonly errorCode: number }[]
}

/** Throws UnsupportedError where the cluster is older than Kafka 2.8. */
export async function describeProducers(
  cluster: Cluster,
  topic: TopicPlaces,
  partitions: readonly number[] | null = null,
): Promise<PartitionProducers> {
  const producers: PartitionProducer[] = []
  const failed: { partition: number; error: string; errorCode: number }[] = []
  const fail = (partition: number, errorCode: number) =>
    failed.push({ partition, error: kafkaErrorName(errorCode), errorCode })
  const wanted = topic.partitions.filter(({ partition }) => partitions?.includes(partition) ?? true)
  for (const { partition } of wanted.filter(({ leader }) => leader < 0)) {
    fail(partition, errors.LEADER_NOT_AVAILABLE.code)
  }
  const led = wanted.filter(({ leader }) => leader >= 0)
  const byLeader = Map.groupBy(led, ({ leader }) => leader)
  await mapBounded([...byLeader], 8, async ([leader, places]) => {
    const partitionIndexes = places.map(({ partition }) => partition)
    const topics = [{ name: topic.name, partitionIndexes }]
    const answer = await cluster.request(DescribeProducers, { topics }, leader)
    for (const { partitionIndex, errorCode, activeProducers } of answer.topics[0]?.partitions ?? []) {
      if (errorCode !== 0) fail(partitionIndex, errorCode)
      for (const producer of activeProducers) {
        producers.push({
          partition: partitionIndex,
          producerId: producer.producerId,
          producerEpoch: producer.producerEpoch,
          lastSequence: producer.lastSequence,
          lastTimestampMs: producer.lastTimestamp,
          coordinatorEpoch: producer.coordinatorEpoch,
          transactionStart: producer.currentTxnStartOffset < 0 ? null : producer.currentTxnStartOffset,
        })
      }
    }
  })
  producers.sort((a, b) => a.partition - b.partition || a.producerId - b.producerId)
  return { producers, failed }
}

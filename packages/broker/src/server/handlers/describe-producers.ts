/**
 * DescribeProducers (key 61, version 0): the producers whose sequence a partition remembers (KIP-664). Where records wait
 * before they are seen, that is what clients write to; the broker's own producer, by which they become visible, is told
 * beside them.
 */
import { DescribeProducers, errors } from '@odradek/protocol'
import { isNoFile } from '../../host/no-room.ts'
import type { Partition } from '../../replication/partition.ts'
import { RESERVED_PRODUCER_ID_MIN } from '../../storage/reserved-producer-ids.ts'
import type { BrokerContext } from '../broker-context.ts'
import { handle } from '../exchange.ts'
import { answerInSlices, bytesOfPart } from '../in-slices.ts'
import { missingPartitionError } from '../missing-partition-error.ts'
import { partitionsOnce } from '../named-once.ts'

export const describeProducers = handle(DescribeProducers, (request, exchange, broker) =>
  answerInSlices(
    exchange,
    partitionsOnce(request.topics),
    ({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => describePartition(broker, name, partitionIndex)),
    }),
    ({ partitions }) =>
      partitions.reduce((bytes, { activeProducers }) => bytes + bytesOfPart(activeProducers?.length), bytesOfPart()),
    (topics) => ({ topics }),
  ),
)

function describePartition(broker: BrokerContext, name: string, partitionIndex: number) {
  const partition = broker.partitions.get(name, partitionIndex)
  const errorCode = partition
    ? partition.offlineCode
    : missingPartitionError(broker.metadata.image, name, partitionIndex)
  if (errorCode !== 0 || !partition) return { partitionIndex, errorCode }
  try {
    return { partitionIndex, errorCode: 0, activeProducers: activeProducers(broker, partition) }
  } catch (error) {
    // Too many files are open to read them, for now.
    if (!isNoFile(error)) throw error
    return { partitionIndex, errorCode: errors.KAFKA_STORAGE_ERROR.code }
  }
}

/** Throws I/O errors. */
function activeProducers(broker: BrokerContext, partition: Partition) {
  const written = partition.hasIntake ? broker.intakes.get(partition)?.partition : undefined
  const clients = [...(written?.log.producers() ?? [])].filter(
    ({ producerId }) => producerId < RESERVED_PRODUCER_ID_MIN,
  )
  return [...clients, ...partition.log.producers()].map((producer) => ({
    producerId: producer.producerId,
    producerEpoch: producer.epoch,
    lastSequence: producer.lastSequence,
    lastTimestamp: producer.lastTimestamp,
    coordinatorEpoch: producer.coordinatorEpoch,
    currentTxnStartOffset: producer.transactionStartOffset,
  }))
}

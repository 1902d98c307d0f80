/** DeleteRecords (key 21, versions 0 to 2): raises the log start offset (KIP-107); -1 stands for the high watermark. */
import { DeleteRecords, errors } from '@odradek/protocol'
import type { BrokerContext } from '../broker-context.ts'
import { handle } from '../exchange.ts'
import { missingPartitionError } from '../missing-partition-error.ts'

const HIGH_WATERMARK = -1

export const deleteRecords = handle(DeleteRecords, (request, _exchange, broker) => ({
  topics: request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex, offset }) => deleteBelow(broker, name, partitionIndex, offset)),
  })),
}))

function deleteBelow(broker: BrokerContext, topic: string, partitionIndex: number, offset: number) {
  const partition = broker.partitions.get(topic, partitionIndex)
  if (!partition)
    return { partitionIndex, errorCode: missingPartitionError(broker.metadata.image, topic, partitionIndex) }
  if (partition.offlineCode !== 0) return { partitionIndex, errorCode: partition.offlineCode }
  const { log, highWatermark } = partition
  const isDeletable =
    !broker.metadata.image.topics.get(topic)?.isInternal && log.config['cleanup.policy'].includes('delete')
  if (!isDeletable) return { partitionIndex, errorCode: errors.POLICY_VIOLATION.code }
  const target = offset === HIGH_WATERMARK ? highWatermark : offset
  if (target < 0 || target > highWatermark) return { partitionIndex, errorCode: errors.OFFSET_OUT_OF_RANGE.code }
  try {
    log.advanceStartOffset(target)
  } catch (error) {
    broker.partitions.failed(partition, error as Error)
    return { partitionIndex, errorCode: errors.KAFKA_STORAGE_ERROR.code }
  }
  partition.changed()
  return { partitionIndex, errorCode: 0, lowWatermark: log.startOffset }
}

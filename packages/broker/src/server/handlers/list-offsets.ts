/**
 * ListOffsets (key 2, versions 1 to 11): the offset of a time (of the first record that is not older), or of a special one:
 * -1 latest, -2 earliest, -3 greatest timestamp, -4 earliest local, -5 latest tiered, -6 earliest pending upload.
 */
import { errors, ListOffsets, type ListOffsetsRequest, type ListOffsetsResponse } from '@odradek/protocol'
import type { Partition } from '../../replication/partition.ts'
import type { BrokerContext } from '../broker-context.ts'
import { handle } from '../exchange.ts'
import { leaderEpochError } from '../leader-epoch-error.ts'
import { missingPartitionError } from '../missing-partition-error.ts'

const LATEST = -1
const EARLIEST = -2
const MAX_TIMESTAMP = -3
const EARLIEST_LOCAL = -4
const LATEST_TIERED = -5
const EARLIEST_PENDING_UPLOAD = -6
const READ_COMMITTED = 1
const NOT_FOUND = { timestamp: -1, offset: -1, leaderEpoch: -1 }

interface Found {
  readonly timestamp: number
  readonly offset: number
  readonly leaderEpoch: number
}

export const listOffsets = handle(ListOffsets, (request, exchange, broker) => {
  if (!request.topics.some(({ name, partitions }) => partitions.some(isBeingWritten(broker, name)))) {
    return respond(request, broker)
  }
  // What this connection produced before it asked counts, also where that is not written until the end of the turn.
  broker.turn.defer('answer', { endTurn: () => exchange.answer(respond(request, broker)) })
  return undefined
})

function isBeingWritten(broker: BrokerContext, topic: string) {
  return ({ partitionIndex }: { partitionIndex: number }): boolean => {
    const partition = broker.partitions.get(topic, partitionIndex)
    return partition !== undefined && partition.endOffset > partition.highWatermark
  }
}

function respond(request: ListOffsetsRequest, broker: BrokerContext): ListOffsetsResponse {
  return {
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, currentLeaderEpoch, timestamp }) => {
        const partition = broker.partitions.get(name, partitionIndex)
        const errorCode = partition
          ? partition.offlineCode || leaderEpochError(currentLeaderEpoch, partition.leaderEpoch)
          : missingPartitionError(broker.metadata.image, name, partitionIndex)
        if (errorCode !== 0 || !partition) return { partitionIndex, errorCode }
        const committedOnly = request.isolationLevel === READ_COMMITTED
        const upTo = committedOnly ? partition.lastStableOffset : partition.highWatermark
        const found = find(partition, timestamp, upTo)
        if (!found) return { partitionIndex, errorCode: errors.UNSUPPORTED_VERSION.code }
        return { partitionIndex, errorCode: 0, ...found }
      }),
    })),
  }
}

/** The leader epoch that wrote `offset`, -1 where nothing did. */
function epochAt({ log }: Partition, offset: number): number {
  return log.epochs.findLast(({ startOffset }) => startOffset <= offset)?.epoch ?? -1
}

/** The offset of `timestamp`, or null where no such special timestamp exists. */
function find(partition: Partition, timestamp: number, upTo: number): Found | null {
  const { log, leaderEpoch } = partition
  switch (timestamp) {
    case LATEST:
      return { timestamp: -1, offset: upTo, leaderEpoch }
    case EARLIEST:
    case EARLIEST_LOCAL:
      return { timestamp: -1, offset: log.startOffset, leaderEpoch: epochAt(partition, log.startOffset) }
    case MAX_TIMESTAMP:
      return log.maxTimestamp(upTo) ?? NOT_FOUND
    case LATEST_TIERED:
    case EARLIEST_PENDING_UPLOAD:
      return NOT_FOUND
    default:
      if (timestamp < 0) return null
      return log.offsetForTimestamp(timestamp, upTo) ?? NOT_FOUND
  }
}

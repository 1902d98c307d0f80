/**
 * ListOffsets (key 2, versions 1 to 11): the offset of a time (of the first record that is not older), or of a special one:
 * -1 latest, -2 earliest, -3 greatest timestamp, -4 earliest local, -5 latest tiered, -6 earliest pending upload.
 */
import {
  CorruptBatchError,
  errors,
  ListOffsets,
  type ListOffsetsRequest,
  type ListOffsetsResponse,
} from '@odradek/protocol'
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
    return respond(request, exchange.version, broker)
  }
  // What this connection produced before it asked counts, also where that is not written until the end of the turn.
  broker.turn.defer('answer', { endTurn: () => exchange.answer(respond(request, exchange.version, broker)) })
  return undefined
})

function isBeingWritten(broker: BrokerContext, topic: string) {
  return ({ partitionIndex }: { partitionIndex: number }): boolean => {
    const partition = broker.partitions.get(topic, partitionIndex)
    return partition !== undefined && partition.endOffset > partition.highWatermark
  }
}

/** The first version in which a special timestamp means something. */
const SINCE_VERSION: ReadonlyMap<number, number> = new Map([
  [LATEST, 0],
  [EARLIEST, 0],
  [MAX_TIMESTAMP, 7],
  [EARLIEST_LOCAL, 8],
  [LATEST_TIERED, 9],
  [EARLIEST_PENDING_UPLOAD, 11],
])

function isUnderstood(timestamp: number, version: number): boolean {
  return timestamp >= 0 || version >= (SINCE_VERSION.get(timestamp) ?? Infinity)
}

function respond(request: ListOffsetsRequest, version: number, broker: BrokerContext): ListOffsetsResponse {
  return {
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, currentLeaderEpoch, timestamp }) => {
        if (!isUnderstood(timestamp, version)) return { partitionIndex, errorCode: errors.UNSUPPORTED_VERSION.code }
        const partition = broker.partitions.get(name, partitionIndex)
        const errorCode = partition
          ? partition.offlineCode || leaderEpochError(currentLeaderEpoch, partition.leaderEpoch)
          : missingPartitionError(broker.metadata.image, name, partitionIndex)
        if (errorCode !== 0 || !partition) return { partitionIndex, errorCode }
        const committedOnly = request.isolationLevel === READ_COMMITTED
        const upTo = committedOnly ? partition.lastStableOffset : partition.highWatermark
        try {
          return { partitionIndex, errorCode: 0, ...find(partition, timestamp, upTo) }
        } catch (error) {
          // Compressed batches are stored unopened: here it may show that one cannot be opened.
          if (!(error instanceof CorruptBatchError)) throw error
          broker.logLimiter.warn(
            'batch',
            { topic: name, partition: partitionIndex, timestamp },
            `No offset by time: ${error.message}`,
          )
          return { partitionIndex, errorCode: errors.CORRUPT_MESSAGE.code }
        }
      }),
    })),
  }
}

/** The leader epoch that wrote `offset`, or would write it next; -1 where that is not known. */
function epochAt({ log, leaderEpoch }: Partition, offset: number): number {
  if (offset === log.endOffset) return leaderEpoch
  return log.epochs.findLast(({ startOffset }) => startOffset <= offset)?.epoch ?? -1
}

/** The offset of `timestamp`, all below `upTo`. */
function find(partition: Partition, timestamp: number, upTo: number): Found {
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
      return log.offsetForTimestamp(timestamp, upTo) ?? NOT_FOUND
  }
}

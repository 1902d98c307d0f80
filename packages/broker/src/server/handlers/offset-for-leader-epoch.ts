/** OffsetForLeaderEpoch (key 23, versions 2 to 4): where an epoch ends, for clients that look for lost records (KIP-320). */
import { OffsetForLeaderEpoch } from '@odradek/protocol'
import { handle } from '../exchange.ts'
import { answerInSlices, bytesOfPart } from '../in-slices.ts'
import { leaderEpochError } from '../leader-epoch-error.ts'
import { missingPartitionError } from '../missing-partition-error.ts'

export const offsetForLeaderEpoch = handle(OffsetForLeaderEpoch, (request, exchange, broker) =>
  answerInSlices(
    exchange,
    request.topics,
    ({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition: index, currentLeaderEpoch, leaderEpoch }) => {
        const partition = broker.partitions.get(topic, index)
        const errorCode = partition
          ? partition.offlineCode || leaderEpochError(currentLeaderEpoch, partition.leaderEpoch)
          : missingPartitionError(broker.metadata.image, topic, index)
        if (errorCode !== 0 || !partition) return { partition: index, errorCode }
        const found = partition.log.endOffsetForEpoch(leaderEpoch)
        return { partition: index, errorCode: 0, leaderEpoch: found?.epoch ?? -1, endOffset: found?.endOffset ?? -1 }
      }),
    }),
    ({ partitions }) => bytesOfPart(partitions.length),
    (topics) => ({ topics }),
  ),
)

/**
 * DescribeLogDirs (key 35, versions 1 to 4): sizes of the logs in each data directory, and of its volume (KIP-827): what can be
 * filled, without what the file system keeps for root, so that shares are those of `df` and of the disk.* thresholds. The lag of a
 * replica is what it lacks of the leader's high watermark; -1 where its log cannot be used.
 */
import { DescribeLogDirs, errors } from '@odradek/protocol'
import { usableBytes } from '../../cleanup/disk-state.ts'
import type { BrokerContext } from '../broker-context.ts'
import { handle } from '../exchange.ts'

export const describeLogDirs = handle(DescribeLogDirs, (request, _exchange, broker) => {
  const { directories, host } = broker
  const wanted = request.topics?.map(({ topic, partitions }) => ({ name: topic, indexes: partitions }))
  const asked = wanted ?? allTopics(broker)
  const offline = directories.offline.map(({ path }) => ({
    errorCode: errors.KAFKA_STORAGE_ERROR.code,
    logDir: path,
    topics: [],
  }))
  const online = [...directories].filter((directory) => directory.offline === null)
  return {
    results: [
      ...online.map((directory) => {
        const space = host.disk.space(directory.path)
        const topics = asked.map(({ name, indexes }) => ({
          name,
          partitions: indexes.flatMap((partitionIndex) => {
            const log = broker.partitions.logOf(name, partitionIndex)
            if (log === undefined || directories.directoryOf(log) !== directory) return []
            const own = log.failed === null ? 0 : -1
            const offsetLag = broker.partitions.follower(name, partitionIndex)?.offsetLag ?? own
            return [{ partitionIndex, partitionSize: log.sizeInBytes, offsetLag, isFutureKey: false }]
          }),
        }))
        return {
          errorCode: 0,
          logDir: directory.path,
          topics: topics.filter(({ partitions }) => partitions.length > 0),
          totalBytes: usableBytes(space),
          usableBytes: space.freeBytes,
        }
      }),
      ...offline,
    ],
  }
})

function allTopics(broker: BrokerContext): { name: string; indexes: number[] }[] {
  return [...broker.metadata.image.topics.values()].map(({ name, partitions }) => ({
    name,
    indexes: partitions.map(({ index }) => index),
  }))
}

/** DescribeLogDirs (key 35, versions 1 to 4): sizes of the logs in the data directory, and of its volume (KIP-827). */
import { DescribeLogDirs, errors } from '@odradek/protocol'
import type { BrokerContext } from '../broker-context.ts'
import { handle } from '../exchange.ts'

export const describeLogDirs = handle(DescribeLogDirs, (request, _exchange, broker) => {
  const { directory, host } = broker
  if (directory.offline) {
    return { results: [{ errorCode: errors.KAFKA_STORAGE_ERROR.code, logDir: directory.path, topics: [] }] }
  }
  const wanted = request.topics?.map(({ topic, partitions }) => ({ name: topic, indexes: partitions }))
  const topics = (wanted ?? allTopics(broker)).map(({ name, indexes }) => ({
    name,
    partitions: indexes.flatMap((partitionIndex) => {
      const partition = broker.partitions.get(name, partitionIndex)
      if (!partition) return []
      return [{ partitionIndex, partitionSize: partition.log.sizeInBytes, offsetLag: 0, isFutureKey: false }]
    }),
  }))
  const { totalBytes, freeBytes } = host.disk.space(directory.path)
  return {
    results: [
      {
        errorCode: 0,
        logDir: directory.path,
        topics: topics.filter(({ partitions }) => partitions.length > 0),
        totalBytes,
        usableBytes: freeBytes,
      },
    ],
  }
})

function allTopics(broker: BrokerContext): { name: string; indexes: number[] }[] {
  return [...broker.metadata.image.topics.values()].map(({ name, partitions }) => ({
    name,
    indexes: partitions.map(({ index }) => index),
  }))
}

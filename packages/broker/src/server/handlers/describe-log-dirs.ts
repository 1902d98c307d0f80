/**
 * DescribeLogDirs (key 35, versions 1 to 4): sizes of the logs in each data directory, and of its volume (KIP-827): what can be
 * filled, without what the file system keeps for root, so that shares are those of `df` and of the disk.* thresholds. The lag of a
 * replica is what it lacks of the leader's high watermark; -1 where its log cannot be used. So is the size of a volume that the
 * system does not tell. One that could not be begun yet is told where it was to be.
 */
import { DescribeLogDirs, type DescribeLogDirsResponse, errors } from '@odradek/protocol'
import { usableBytes } from '../../cleanup/disk-state.ts'
import type { LogDirectory } from '../../storage/log-directory.ts'
import type { BrokerContext } from '../broker-context.ts'
import { handle } from '../exchange.ts'
import { answerInSlices, bytesOfPart } from '../in-slices.ts'

type ToldTopic = NonNullable<DescribeLogDirsResponse['results'][number]['topics']>[number]
type ToldPartition = ToldTopic['partitions'][number]

export const describeLogDirs = handle(DescribeLogDirs, (request, exchange, broker) => {
  const { directories, partitions } = broker
  const asked = request.topics?.map(({ topic, partitions }) => ({ name: topic, indexes: partitions }))
  const online = [...directories].filter(isOnline)
  const topicsIn = new Map<LogDirectory | undefined, ToldTopic[]>(online.map((directory) => [directory, []]))
  const tell = ({ name, indexes }: { name: string; indexes: readonly number[] }) => {
    const toldIn = new Map<LogDirectory | undefined, ToldPartition[]>()
    for (const partitionIndex of indexes) {
      const log = partitions.logOf(name, partitionIndex)
      if (log === undefined) continue
      const directory = directories.directoryOf(log) ?? online.find(({ path }) => log.directory.startsWith(`${path}/`))
      const own = log.failed === null ? 0 : -1
      const offsetLag = partitions.follower(name, partitionIndex)?.offsetLag ?? own
      const told = toldIn.get(directory) ?? []
      told.push({ partitionIndex, partitionSize: log.sizeInBytes, offsetLag, isFutureKey: false })
      toldIn.set(directory, told)
    }
    for (const [directory, told] of toldIn) topicsIn.get(directory)?.push({ name, partitions: told })
    return indexes.length
  }
  return answerInSlices(exchange, asked ?? allTopics(broker), tell, bytesOfPart, () => ({
    results: [
      // One may have failed since the first slice.
      ...online.filter(isOnline).map((directory) => ({
        errorCode: 0,
        logDir: directory.path,
        topics: topicsIn.get(directory) ?? [],
        ...volumeOf(directory, broker),
      })),
      ...directories.offline.map(({ path }) => ({
        errorCode: errors.KAFKA_STORAGE_ERROR.code,
        logDir: path,
        topics: [],
      })),
    ],
  }))
})

/** As the protocol has it, by its defaults where it cannot be told. */
function volumeOf({ path }: LogDirectory, { host, logger }: BrokerContext) {
  try {
    const space = host.disk.space(path)
    return { totalBytes: usableBytes(space), usableBytes: space.freeBytes }
  } catch (error) {
    logger.warn({ directory: path, err: error }, 'The room on a disk could not be told.')
    return {}
  }
}

function isOnline(directory: LogDirectory): boolean {
  return directory.offline === null
}

function allTopics(broker: BrokerContext): { name: string; indexes: number[] }[] {
  return [...broker.metadata.image.topics.values()].map(({ name, partitions }) => ({
    name,
    indexes: partitions.map(({ index }) => index),
  }))
}

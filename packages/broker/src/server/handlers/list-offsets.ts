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
import { isNoFile } from '../../host/no-room.ts'
import type { Partition } from '../../replication/partition.ts'
import { job, type RecordSearch } from '../../storage/record-search.ts'
import type { SearchBeside } from '../../storage/time-lookup.ts'
import { answerLater } from '../answer-later.ts'
import type { BrokerContext } from '../broker-context.ts'
import { type Exchange, handle } from '../exchange.ts'
import { doInSlices, forEachPiece } from '../in-slices.ts'
import { leaderEpochError } from '../leader-epoch-error.ts'
import { missingPartitionError } from '../missing-partition-error.ts'

const LATEST = -1
const EARLIEST = -2
const MAX_TIMESTAMP = -3
const EARLIEST_LOCAL = -4
const LATEST_TIERED = -5
const EARLIEST_PENDING_UPLOAD = -6
const READ_COMMITTED = 1
/** The first version whose clients know OFFSET_NOT_AVAILABLE (KIP-207). */
const OFFSET_NOT_AVAILABLE_VERSION = 5
const NOT_FOUND = { timestamp: -1, offset: -1, leaderEpoch: -1 }

type AskedPartition = ListOffsetsRequest['topics'][number]['partitions'][number]
type PartitionAnswer = {
  -readonly [K in keyof ListOffsetsResponse['topics'][number]['partitions'][number]]: ListOffsetsResponse['topics'][number]['partitions'][number][K]
}

interface Found {
  readonly timestamp: number
  readonly offset: number
  readonly leaderEpoch: number
}

export const listOffsets = handle(ListOffsets, (request, exchange, broker) => {
  if (!request.topics.some(({ name, partitions }) => partitions.some(isBeingWritten(broker, name)))) {
    find(request, exchange, broker)
    return undefined
  }
  // What this connection produced before it asked counts, also where that is not written until the end of the turn.
  broker.turn.defer('answer', { endTurn: () => find(request, exchange, broker) })
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

/** Looks at all partitions, and answers; where searches go on beside the loop, they are one at a time for each connection. */
function find(request: ListOffsetsRequest, exchange: Exchange, broker: BrokerContext): void {
  const committedOnly = request.isolationLevel === READ_COMMITTED
  const searches: Promise<void>[] = []
  const topics: { name: string; partitions: PartitionAnswer[] }[] = []
  const pieces = request.topics.flatMap(({ name, partitions }) => {
    const answers: PartitionAnswer[] = []
    topics.push({ name, partitions: answers })
    return partitions.map((asked) => ({ name, asked, answers }))
  })
  const serve = ({ name, asked, answers }: (typeof pieces)[number]) => {
    const found = findPartition(name, asked, exchange.version, broker)
    if ('errorCode' in found) answers.push(found)
    else {
      const upTo = committedOnly ? found.lastStableOffset : found.highWatermark
      // It cannot be found out for now; where readers begin is not to be guessed.
      if (committedOnly && !found.log.isLastStableOffsetKnown)
        answers.push({ partitionIndex: found.index, errorCode: errors.KAFKA_STORAGE_ERROR.code })
      else answers.push(answerOf({ partition: found, timestamp: asked.timestamp, upTo }, broker, searches))
    }
  }
  const finish = () => {
    if (searches.length === 0) {
      exchange.answer({ topics })
      return
    }
    exchange.blocks = true
    const done = Promise.all(searches)
    answerLater(
      exchange,
      done.then(() => ({ topics })),
    )
  }
  doInSlices(exchange, forEachPiece(pieces, serve, finish))
}

/** The partition whose offset is to be found, or the answer where it cannot be. */
function findPartition(
  name: string,
  { partitionIndex, currentLeaderEpoch, timestamp }: AskedPartition,
  version: number,
  broker: BrokerContext,
): Partition | PartitionAnswer {
  if (!isUnderstood(timestamp, version)) return { partitionIndex, errorCode: errors.UNSUPPORTED_VERSION.code }
  const partition = broker.partitions.get(name, partitionIndex)
  const errorCode = partition
    ? partition.offlineCode || leaderEpochError(currentLeaderEpoch, partition.leaderEpoch)
    : missingPartitionError(broker.metadata.image, name, partitionIndex)
  if (errorCode !== 0 || !partition) return { partitionIndex, errorCode }
  // A new leader may know less than clients of the one before were told: nothing is to go back.
  if (timestamp !== EARLIEST && timestamp !== EARLIEST_LOCAL && !partition.isHighWatermarkKnown) {
    const isCodeKnown = version >= OFFSET_NOT_AVAILABLE_VERSION
    const { code } = isCodeKnown ? errors.OFFSET_NOT_AVAILABLE : errors.LEADER_NOT_AVAILABLE
    return { partitionIndex, errorCode: code }
  }
  return partition
}

interface Asked {
  readonly partition: Partition
  readonly timestamp: number
  /** All below is searched. */
  readonly upTo: number
}

/** The answer for one partition; where a search goes on beside the loop, it is filled in when that is done. */
function answerOf(asked: Asked, broker: BrokerContext, searches: Promise<void>[]): PartitionAnswer {
  const { partition } = asked
  const answered: PartitionAnswer = { partitionIndex: partition.index, errorCode: 0, ...NOT_FOUND }
  const search = (fromOffset: number): Promise<Found> | Found => {
    let later: Promise<Found> | null = null
    const found = findIn(asked, fromOffset, (rest, nextOffset) => {
      later = searchBeside(rest, broker).then(
        (found) => found ?? (nextOffset < asked.upTo ? search(nextOffset) : NOT_FOUND),
      )
    })
    return later ?? found
  }
  try {
    const found = search(0)
    if (found instanceof Promise) {
      const filled = found.then((later) => void Object.assign(answered, later))
      searches.push(filled.catch((error: Error) => failed(asked, answered, broker, error)))
    } else Object.assign(answered, found)
  } catch (error) {
    failed(asked, answered, broker, error as Error)
  }
  return answered
}

async function searchBeside(search: RecordSearch, { host }: BrokerContext): Promise<Found | null> {
  const { found, problem } = await host.offload.run(job, search)
  if (problem !== null) throw new CorruptBatchError(problem)
  return found
}

/** Compressed batches are stored unopened: here it may show that one cannot be opened. */
function failed({ partition, timestamp }: Asked, answered: PartitionAnswer, broker: BrokerContext, error: Error): void {
  if (partition.offlineCode !== 0) answered.errorCode = partition.offlineCode
  else if (error instanceof CorruptBatchError) answered.errorCode = errors.CORRUPT_MESSAGE.code
  // The segment went while it was searched: asked again, the log has others.
  else if (isGone(error)) answered.errorCode = errors.NOT_LEADER_OR_FOLLOWER.code
  // Too many files are open for now.
  else if (isNoFile(error)) answered.errorCode = errors.KAFKA_STORAGE_ERROR.code
  else throw error
  broker.logLimiter.warn(
    'batch',
    { topic: partition.topic, partition: partition.index, timestamp },
    `No offset by time: ${error.message}`,
  )
}

function isGone(error: Error): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}

/** The leader epoch that wrote `offset`, or would write it next; -1 where that is not known. */
function epochAt({ log, leaderEpoch }: Partition, offset: number): number {
  if (offset === log.endOffset) return leaderEpoch
  return log.epochs.findLast(({ startOffset }) => startOffset <= offset)?.epoch ?? -1
}

/** The offset of a time, from `fromOffset` on where records are searched. */
function findIn({ partition, timestamp, upTo }: Asked, fromOffset: number, beside: SearchBeside): Found {
  const { log, leaderEpoch } = partition
  switch (timestamp) {
    case LATEST:
      return { timestamp: -1, offset: upTo, leaderEpoch }
    case EARLIEST:
    case EARLIEST_LOCAL:
      return { timestamp: -1, offset: log.startOffset, leaderEpoch: epochAt(partition, log.startOffset) }
    case MAX_TIMESTAMP:
      return log.maxTimestamp(upTo, beside) ?? NOT_FOUND
    case LATEST_TIERED:
    case EARLIEST_PENDING_UPLOAD:
      return NOT_FOUND
    default:
      return log.offsetForTimestamp(timestamp, upTo, beside, fromOffset) ?? NOT_FOUND
  }
}

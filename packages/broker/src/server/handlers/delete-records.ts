/**
 * DeleteRecords (key 21, versions 0 to 2): raises the log start offset (KIP-107); -1 stands for the high watermark. It is
 * answered when no replica that can be used has any of it left and the new start is durable here, so that no crash gives the
 * records back; or with REQUEST_TIMED_OUT: then it goes on all the same, also where the disk has no room to note the start.
 */
import { DeleteRecords, errors } from '@odradek/protocol'
import type { OffsetWait } from '../../replication/offset-waits.ts'
import type { Partition } from '../../replication/partition.ts'
import { isNoRoom } from '../../storage/disk-room.ts'
import type { Log } from '../../storage/log.ts'
import type { BrokerContext } from '../broker-context.ts'
import { type Exchange, handle } from '../exchange.ts'
import { doInSlices, forEachPiece } from '../in-slices.ts'
import { missingPartitionError } from '../missing-partition-error.ts'

const HIGH_WATERMARK = -1

interface PartitionAnswer {
  readonly partitionIndex: number
  errorCode: number
  lowWatermark?: number
}

export const deleteRecords = handle(DeleteRecords, (request, exchange, broker) => {
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex }): PartitionAnswer => ({ partitionIndex, errorCode: 0 })),
  }))
  const pieces = request.topics.flatMap(({ name, partitions }, topicAt) =>
    partitions.map(({ offset }, at) => ({ name, offset, answer: topics[topicAt]!.partitions[at]! })),
  )
  const deletions: Deletion[] = []
  const serve = ({ name, offset, answer }: (typeof pieces)[number]) => {
    const partition = broker.partitions.get(name, answer.partitionIndex)
    if (partition) answer.errorCode = deleteBelow(broker, partition, offset)
    else answer.errorCode = missingPartitionError(broker.metadata.image, name, answer.partitionIndex)
    if (partition && answer.errorCode === 0) deletions.push(new Deletion(partition, answer))
  }
  const finish = () => {
    noteStarts(broker, deletions)
    answerWhenDone(exchange, request.timeoutMs, topics, deletions)
  }
  doInSlices(exchange, forEachPiece(pieces, serve, finish))
  return undefined
})

function answerWhenDone(
  exchange: Exchange,
  timeoutMs: number,
  topics: { name: string; partitions: PartitionAnswer[] }[],
  deletions: readonly Deletion[],
): void {
  let left = deletions.filter(({ isDone }) => !isDone).length
  if (left === 0) {
    exchange.answer({ topics })
    return
  }
  const timer = exchange.broker.host.timers.after(timeoutMs, () => {
    for (const deletion of deletions) deletion.timedOut()
  })
  exchange.onAbandoned = () => {
    timer.cancel()
    for (const deletion of deletions) deletion.giveUp()
  }
  const ended = () => {
    left -= 1
    if (left > 0) return
    timer.cancel()
    exchange.answer({ topics })
  }
  for (const deletion of deletions) deletion.wait(ended)
}

/** Has the new starts noted durably: once for each data directory. */
function noteStarts({ directories }: BrokerContext, deletions: readonly Deletion[]): void {
  for (const [directory, theirs] of Map.groupBy(deletions, ({ log }) => directories.directoryOf(log)))
    directory?.checkpointLater((error) => {
      for (const deletion of theirs) deletion.noted(error)
    })
}

/** Lets go of all below `offset`; returns the error that says why not, or 0. */
function deleteBelow(broker: BrokerContext, partition: Partition, offset: number): number {
  const { topic, log, highWatermark } = partition
  if (partition.offlineCode !== 0) return partition.offlineCode
  const isDeletable =
    !broker.metadata.image.topics.get(topic)?.isInternal && log.config['cleanup.policy'].includes('delete')
  if (!isDeletable) return errors.POLICY_VIOLATION.code
  const target = offset === HIGH_WATERMARK ? highWatermark : offset
  if (target < 0 || target > highWatermark) return errors.OFFSET_OUT_OF_RANGE.code
  try {
    log.advanceStartOffset(target)
  } catch (error) {
    broker.partitions.failed(partition, error as Error)
    return errors.KAFKA_STORAGE_ERROR.code
  }
  partition.changed()
  return errors.NONE.code
}

/** What one partition let go of, what its followers are still to let go of, and whether a crash could undo it. */
class Deletion implements OffsetWait {
  readonly #partition: Partition
  readonly #answer: PartitionAnswer
  /** Where the leader's log began when it was asked for. */
  readonly #startOffset: number
  #ended: (() => void) | null = null
  /** No replica has any of it left. */
  #isGone: boolean
  /** The start is durable. */
  #isNoted = false
  isDone = false

  constructor(partition: Partition, answer: PartitionAnswer) {
    this.#partition = partition
    this.#answer = answer
    this.#startOffset = partition.startOffset
    this.#isGone = partition.lowWatermark >= this.#startOffset
  }

  get log(): Log {
    return this.#partition.log
  }

  /** Calls `ended` when it is done. */
  wait(ended: () => void): void {
    if (this.isDone) return
    this.#ended = ended
    if (!this.#isGone) this.#partition.waitForDeletion(this.#startOffset, this)
  }

  /** No replica has any of it left, or nobody will know. */
  reached(errorCode: number): void {
    this.#isGone = true
    if (errorCode !== errors.NONE.code || this.#isNoted) this.#end(errorCode)
  }

  /** The start is durable, or cannot be for `error`. */
  noted(error: Error | null): void {
    this.#isNoted = true
    if (error !== null) {
      this.#partition.removeDeletion(this)
      this.#end(isNoRoom(error) ? errors.REQUEST_TIMED_OUT.code : errors.KAFKA_STORAGE_ERROR.code)
    } else if (this.#isGone) this.#end(errors.NONE.code)
  }

  /** It goes on, but is not waited for any longer. */
  timedOut(): void {
    this.#partition.removeDeletion(this)
    this.#end(errors.REQUEST_TIMED_OUT.code)
  }

  /** Nobody waits for it any more. */
  giveUp(): void {
    this.isDone = true
    this.#ended = null
    this.#partition.removeDeletion(this)
  }

  #end(errorCode: number): void {
    if (this.isDone) return
    this.isDone = true
    this.#answer.errorCode = errorCode
    if (errorCode === errors.NONE.code) this.#answer.lowWatermark = this.#partition.lowWatermark
    const ended = this.#ended
    this.#ended = null
    ended?.()
  }
}

/**
 * DeleteRecords (key 21, versions 0 to 2): raises the log start offset (KIP-107); -1 stands for the high watermark. It is
 * answered when no replica that can be used has any of it left, or with REQUEST_TIMED_OUT: then it goes on all the same.
 */
import { DeleteRecords, errors } from '@odradek/protocol'
import type { OffsetWait } from '../../replication/offset-waits.ts'
import type { Partition } from '../../replication/partition.ts'
import type { BrokerContext } from '../broker-context.ts'
import { handle } from '../exchange.ts'
import { missingPartitionError } from '../missing-partition-error.ts'

const HIGH_WATERMARK = -1

interface PartitionAnswer {
  readonly partitionIndex: number
  errorCode: number
  lowWatermark?: number
}

export const deleteRecords = handle(DeleteRecords, (request, exchange, broker) => {
  const deletions: Deletion[] = []
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex, offset }) => {
      const partition = broker.partitions.get(name, partitionIndex)
      if (!partition)
        return { partitionIndex, errorCode: missingPartitionError(broker.metadata.image, name, partitionIndex) }
      const answer: PartitionAnswer = { partitionIndex, errorCode: deleteBelow(broker, partition, offset) }
      if (answer.errorCode === 0) deletions.push(new Deletion(partition, answer))
      return answer
    }),
  }))
  let left = deletions.filter(({ isDone }) => !isDone).length
  if (left === 0) return { topics }
  const timer = broker.host.timers.after(request.timeoutMs, () => {
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
  return undefined
})

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

/** What one partition let go of, and what its followers are still to let go of. */
class Deletion implements OffsetWait {
  readonly #partition: Partition
  readonly #answer: PartitionAnswer
  /** Where the leader's log began when it was asked for. */
  readonly #startOffset: number
  #ended: (() => void) | null = null
  isDone = false

  constructor(partition: Partition, answer: PartitionAnswer) {
    this.#partition = partition
    this.#answer = answer
    this.#startOffset = partition.startOffset
    if (partition.lowWatermark >= this.#startOffset) this.reached(errors.NONE.code)
  }

  /** Calls `ended` when it is done. */
  wait(ended: () => void): void {
    if (this.isDone) return
    this.#ended = ended
    this.#partition.waitForDeletion(this.#startOffset, this)
  }

  reached(errorCode: number): void {
    if (this.isDone) return
    this.isDone = true
    this.#answer.errorCode = errorCode
    if (errorCode === errors.NONE.code) this.#answer.lowWatermark = this.#partition.lowWatermark
    const ended = this.#ended
    this.#ended = null
    ended?.()
  }

  /** It goes on, but is not waited for any longer. */
  timedOut(): void {
    this.#partition.removeDeletion(this)
    this.reached(errors.REQUEST_TIMED_OUT.code)
  }

  /** Nobody waits for it any more. */
  giveUp(): void {
    this.isDone = true
    this.#ended = null
    this.#partition.removeDeletion(this)
  }
}

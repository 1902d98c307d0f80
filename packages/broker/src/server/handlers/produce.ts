/**
 * Produce (key 0, versions 3 to 13). One batch per partition is validated and appended where it lies; the answer comes at
 * the end of the turn (acks=1), or when the high watermark has passed what was appended (acks=all, and `flush.mode=sync`).
 */
import {
  type BlamedRecord,
  errors,
  Produce,
  type ProduceRequest,
  type ProduceResponse,
  RECORDS_BLAMED_MAX,
  sliceOf,
  ZERO_UUID,
} from '@odradek/protocol'
import type { Timer } from '../../host/clock.ts'
import type { TurnTask } from '../../host/turn.ts'
import type { OffsetWait } from '../../replication/offset-waits.ts'
import type { Partition } from '../../replication/partition.ts'
import type { BrokerContext } from '../broker-context.ts'
import type { BrokerEndpoint } from '../broker-endpoints.ts'
import { type CurrentLeader, currentLeaderFor, endpointsOf } from '../current-leader.ts'
import { type Exchange, handle } from '../exchange.ts'
import { doInSlices, type SlicedWork } from '../in-slices.ts'
import {
  ACKS_ALL,
  appendProduced,
  failAnswer,
  type PartitionAnswer,
  type RequestOfBatches,
  refused,
  waitsForReplicas,
} from '../produced-batch.ts'

const TOPIC_ID_VERSION = 13
/** About how long it takes to write what was appended to a partition, at the end of the turn. */
const WRITE_MS = 0.01

type TopicData = ProduceRequest['topicData'][number]
type PartitionData = TopicData['partitionData'][number]
type TopicResponse = ProduceResponse['responses'][number]

export const produce = handle(Produce, (request, exchange) => {
  doInSlices(exchange, new PendingProduce(exchange, request))
  return undefined
})

/** Why this broker has no such partition. */
function absent(broker: BrokerContext, byId: boolean, topic: { name: string; topicId: string }, index: number): number {
  const { topics, topicsById } = broker.metadata.image
  const known = byId ? topicsById.get(topic.topicId) : topics.get(topic.name)
  if (known?.partitions[index]) return errors.NOT_LEADER_OR_FOLLOWER.code
  return byId && !known ? errors.UNKNOWN_TOPIC_ID.code : errors.UNKNOWN_TOPIC_OR_PARTITION.code
}

/**
 * A Produce request whose batches are appended, one after the other, and whose answer is due when all of them are safe enough.
 * The first append to a partition makes files: of thousands at once, most follow in later turns.
 */
class PendingProduce implements TurnTask, SlicedWork, RequestOfBatches {
  readonly responses: TopicResponse[] = []
  readonly acks: number
  readonly #exchange: Exchange
  readonly #requestTimeoutMs: number
  /** What is to be appended, until all of it was: the request must not outlive that. */
  #topicData: readonly TopicData[]
  /** The batch that is next: of which topic, and which of its partitions. */
  #topicAt = 0
  #partitionAt = 0
  #partitionResponses: PartitionAnswer[] = []
  readonly #waits: PartitionWait[] = []
  readonly #opened: Promise<void>[] = []
  #blamed = 0
  #missing = 0
  #served = 0
  #timeoutMs = 0
  #timer: Timer | null = null

  constructor(exchange: Exchange, request: ProduceRequest) {
    this.#exchange = exchange
    this.acks = request.acks
    this.#requestTimeoutMs = request.timeoutMs
    this.#topicData = request.topicData
  }

  get broker(): BrokerContext {
    return this.#exchange.broker
  }

  /** Each partition is written by itself, when the turn ends. */
  get laterMs(): number {
    return this.#served * WRITE_MS
  }

  /** Appends the next batch. */
  step(): boolean {
    const topic = this.#topicData[this.#topicAt]
    if (topic === undefined) return false
    if (this.#partitionAt === 0) {
      this.#partitionResponses = []
      const { name, topicId } = topic
      this.responses.push({ name, topicId: topicId ?? ZERO_UUID, partitionResponses: this.#partitionResponses })
    }
    const data = topic.partitionData[this.#partitionAt++]
    if (data !== undefined) this.#partitionResponses.push(this.#serve(topic, data))
    this.#served++
    if (this.#partitionAt >= topic.partitionData.length) {
      this.#topicAt++
      this.#partitionAt = 0
    }
    return this.#topicAt < this.#topicData.length
  }

  #serve(topic: TopicData, { index, records }: PartitionData): PartitionAnswer {
    const exchange = this.#exchange
    const { broker, version } = exchange
    const byId = version >= TOPIC_ID_VERSION
    const { acks } = this
    if (acks < ACKS_ALL || acks > 1)
      return refused(index, errors.INVALID_REQUIRED_ACKS.code, `acks must be -1, 0 or 1, not ${acks}.`)
    const partition = byId ? broker.partitions.byId(topic.topicId, index) : broker.partitions.get(topic.name, index)
    if (!partition) return refused(index, absent(broker, byId, topic, index), null)
    return appendProduced(exchange, partition, records, acks, this)
  }

  /** Copies the batches that are left. */
  setAside(): number {
    const left: { -readonly [K in keyof PartitionData]: PartitionData[K] }[] = []
    let bytes = 0
    for (let topicAt = this.#topicAt; topicAt < this.#topicData.length; topicAt++) {
      const { partitionData } = this.#topicData[topicAt]!
      for (let at = topicAt === this.#topicAt ? this.#partitionAt : 0; at < partitionData.length; at++) {
        const data = partitionData[at]!
        if (data.records === null) continue
        left.push(data)
        bytes += data.records.end - data.records.start
      }
    }
    const { buffer, view } = sliceOf(Buffer.allocUnsafeSlow(bytes))
    let end = 0
    for (const data of left) {
      const { records } = data
      const start = end
      end += records!.buffer.copy(buffer, start, records!.start, records!.end)
      data.records = { buffer, view, start, end }
    }
    return bytes
  }

  /** How many records more are named as being to blame: a request of a few megabytes may have millions, in small batches. */
  get blamedMax(): number {
    return RECORDS_BLAMED_MAX - this.#blamed
  }

  /** Those of a batch's records to blame that its answer names: the first, and others as long as there were not too many. */
  named(blamed: readonly BlamedRecord[]): readonly BlamedRecord[] {
    const count = Math.min(blamed.length, Math.max(this.blamedMax, 1))
    this.#blamed = Math.min(this.#blamed + count, RECORDS_BLAMED_MAX)
    return blamed.slice(0, count)
  }

  await(partition: Partition, offset: number, response: PartitionAnswer): void {
    this.#waits.push(new PartitionWait(this, partition, offset, response))
  }

  /** A batch is opened beside the loop, and appended when that is done: nothing is answered before. */
  waitForOpened(opened: Promise<void>): void {
    this.#opened.push(opened)
  }

  /** All batches were appended or refused, but for those that are being opened. */
  finish(): void {
    this.#topicData = []
    if (this.#opened.length === 0) {
      this.#begin()
      return
    }
    // What the connection asks next may be to append behind it.
    this.#exchange.blocks = true
    Promise.all(this.#opened).then(
      () => this.#begin(),
      (error: Error) => this.#exchange.refuse(`a batch could not be opened: ${error.message}`),
    )
  }

  #begin(): void {
    const { broker, acks } = this
    if (acks === 0) {
      // Nobody hears an error of acks=0: ending the connection is how the client learns of it.
      const failed = this.#firstError()
      if (failed !== 0) this.#exchange.refuse(`a Produce with acks=0 failed with error ${failed}`)
      else this.#exchange.answer(null)
      return
    }
    if (this.#waits.length === 0) {
      this.#answer()
      return
    }
    for (const wait of this.#waits) {
      // Undone while others were being opened: at its offset there may be something else by now.
      if (wait.partition.isUndone(wait.offset, wait.undone)) continue
      if (waitsForReplicas(acks, wait.partition)) {
        this.#missing += 1
        wait.partition.waitFor(wait.offset, wait)
      } else if (wait.partition.isFlushSynchronous) {
        this.#missing += 1
        wait.partition.waitForFlush(wait.offset, wait)
      }
    }
    const waitsForDisk = this.#waits.some(({ partition }) => partition.isFlushSynchronous)
    const longestMs = waitsForDisk ? broker.config['flush.timeout.ms'] : Number.POSITIVE_INFINITY
    this.#timeoutMs = Math.min(Math.max(this.#requestTimeoutMs, 0), longestMs)
    broker.turn.defer('answer', this)
  }

  /** End of the turn: what was appended is written, or its log has failed. */
  endTurn(): void {
    for (const { partition, offset, undone, response } of this.#waits) {
      if (response.errorCode !== 0) continue
      if (partition.offlineCode !== 0) failAnswer(response, partition.offlineCode)
      else if (partition.isUndone(offset, undone)) failAnswer(response, errors.NOT_ENOUGH_REPLICAS.code)
    }
    if (this.#missing === 0) {
      this.#answer()
      return
    }
    // Bound, not arrow functions: those that are made here outlive every minor collection (Node 26), and with them the whole
    // request; a quarter of all that was allocated became old that way, and collecting it took a tenth of the time.
    const timer = this.#exchange.broker.host.timers.after(this.#timeoutMs, this.#timedOut.bind(this))
    this.#timer = timer
    this.#exchange.onAbandoned = timer.cancel.bind(timer)
  }

  /** One partition is safe, or will never be. */
  reached(): void {
    this.#missing -= 1
    if (this.#missing === 0) this.#answer()
  }

  #timedOut(): void {
    for (const wait of this.#waits) {
      if (!wait.done && wait.response.errorCode === 0) failAnswer(wait.response, errors.REQUEST_TIMED_OUT.code)
    }
    this.#answer()
  }

  #answer(): void {
    if (this.#exchange.answered) return
    this.#timer?.cancel()
    this.#exchange.answer({ responses: this.responses, throttleTimeMs: 0, nodeEndpoints: this.#tellLeaders() })
  }

  /** Says who leads what this broker does not, and where those are. */
  #tellLeaders(): BrokerEndpoint[] {
    const { broker, connection } = this.#exchange
    const leaders: CurrentLeader[] = []
    for (const { name, topicId, partitionResponses } of this.responses) {
      for (const response of partitionResponses as PartitionAnswer[]) {
        if (response.errorCode === 0) continue
        const { topics, topicsById } = broker.metadata.image
        const topic = topicsById.get(topicId ?? ZERO_UUID) ?? topics.get(name ?? '')
        const leader = currentLeaderFor(response.errorCode, topic, response.index)
        if (leader === undefined) continue
        response.currentLeader = leader
        leaders.push(leader)
      }
    }
    return leaders.length === 0 ? [] : endpointsOf(broker, connection.listenerName, leaders)
  }

  #firstError(): number {
    for (const topic of this.responses)
      for (const { errorCode } of topic.partitionResponses) if (errorCode) return errorCode
    return 0
  }
}

class PartitionWait implements OffsetWait {
  readonly partition: Partition
  readonly offset: number
  /** See Partition.isUndone. */
  readonly undone: number
  readonly response: PartitionAnswer
  readonly #pending: PendingProduce
  readonly needsInSync = true
  done = false

  constructor(pending: PendingProduce, partition: Partition, offset: number, response: PartitionAnswer) {
    this.#pending = pending
    this.partition = partition
    this.offset = offset
    this.undone = partition.undone
    this.response = response
  }

  reached(errorCode: number): void {
    this.done = true
    if (errorCode !== 0) failAnswer(this.response, errorCode)
    this.#pending.reached()
  }
}

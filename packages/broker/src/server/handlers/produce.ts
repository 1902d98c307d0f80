/**
 * Produce (key 0, versions 3 to 13). One batch per partition is validated and appended where it lies; the answer comes at
 * the end of the turn (acks=1), or when the high watermark has passed what was appended (acks=all, and `flush.mode=sync`).
 */
import type { TopicConfig } from '@odradek/config'
import {
  BatchHeader,
  type BlamedRecord,
  errors,
  PRODUCER_ID,
  Produce,
  type ProduceRequest,
  type ProduceResponse,
  RECORDS,
  RECORDS_BLAMED_MAX,
  readBatchHeader,
  type Slice,
  setMaxTimestamp,
  sliceOf,
  type ValidationOptions,
  validateProducedBatch,
  ZERO_UUID,
} from '@odradek/protocol'
import type { Timer } from '../../host/clock.ts'
import type { TurnTask } from '../../host/turn.ts'
import type { Admission } from '../../intake/intake-rules.ts'
import type { PartitionIntake } from '../../intake/partition-intake.ts'
import type { OffsetWait } from '../../replication/offset-waits.ts'
import type { Partition } from '../../replication/partition.ts'
import { RESERVED_PRODUCER_ID_MIN } from '../../storage/reserved-producer-ids.ts'
import type { BrokerContext } from '../broker-context.ts'
import type { BrokerEndpoint } from '../broker-endpoints.ts'
import { type CurrentLeader, currentLeaderFor, endpointsOf } from '../current-leader.ts'
import { type Exchange, handle } from '../exchange.ts'
import { doInSlices, type SlicedWork } from '../in-slices.ts'
import { inflatesBeyond, OPENED_INLINE_BYTES_MAX, openBeside, openedBytesMax } from '../open-beside.ts'
import { storedBatch } from '../stored-batch.ts'

const ACKS_ALL = -1
const TOPIC_ID_VERSION = 13
const NO_OFFSET = -1
/** Records that wait are opened more than once, where others wait for it. */
const INTAKE_INFLATED_BYTES_MAX = 8 * 1024 * 1024
/** About how long it takes to write what was appended to a partition, at the end of the turn. */
const WRITE_MS = 0.01
const header = new BatchHeader()

type TopicData = ProduceRequest['topicData'][number]
type PartitionData = TopicData['partitionData'][number]
type TopicResponse = ProduceResponse['responses'][number]
type PartitionResponse = TopicResponse['partitionResponses'][number]
type MutablePartitionResponse = { -readonly [K in keyof PartitionResponse]: PartitionResponse[K] }

export const produce = handle(Produce, (request, exchange) => {
  doInSlices(exchange, new PendingProduce(exchange, request))
  return undefined
})

/** Whether records are acknowledged only when all in-sync replicas have them. */
function waitsForReplicas(acks: number, partition: Partition): boolean {
  return acks === ACKS_ALL || (acks === 1 && partition.isReplicationSynchronous)
}

/** Why this broker has no such partition. */
function absent(broker: BrokerContext, byId: boolean, topic: { name: string; topicId: string }, index: number): number {
  const { topics, topicsById } = broker.metadata.image
  const known = byId ? topicsById.get(topic.topicId) : topics.get(topic.name)
  if (known?.partitions[index]) return errors.NOT_LEADER_OR_FOLLOWER.code
  return byId && !known ? errors.UNKNOWN_TOPIC_ID.code : errors.UNKNOWN_TOPIC_OR_PARTITION.code
}

function append(
  exchange: Exchange,
  partition: Partition,
  records: Slice | null,
  acks: number,
  pending: PendingProduce,
): MutablePartitionResponse {
  const { broker, version: apiVersion } = exchange
  const { index } = partition
  // Records that wait are written to another log than they are read from.
  const intake = partition.hasIntake ? broker.intakes.get(partition) : null
  if (intake === undefined) return refused(index, errors.NOT_LEADER_OR_FOLLOWER.code, null)
  const written = intake === null ? partition : intake.partition
  if (written.offlineCode !== 0) return refused(index, written.offlineCode, null)
  if (broker.metadata.image.topics.get(partition.topic)?.isInternal) {
    return refused(index, errors.TOPIC_AUTHORIZATION_FAILED.code, `${partition.topic} is written by the broker only.`)
  }
  if (!records) return refused(index, errors.INVALID_RECORD.code, 'A partition was sent without a record batch.')
  if (waitsForReplicas(acks, written) && !written.hasMinInsyncReplicas) {
    const text = tooFewText(written)
    return refused(index, errors.NOT_ENOUGH_REPLICAS.code, text)
  }
  const full = written.clientRefusal(records.end - records.start)
  if (full !== null) return refused(index, errors.NOT_ENOUGH_REPLICAS.code, full)
  const { config } = partition.log
  const delivered = isDelivery(records, config)
  const target: Target = { exchange, partition, written, intake, pending, delivered }
  const options: ValidationOptions = {
    maxMessageBytes: delivered ? Number.MAX_SAFE_INTEGER : config['max.message.bytes'],
    timestampType: config['message.timestamp.type'],
    beforeMaxMs: config['message.timestamp.before.max.ms'],
    afterMaxMs: config['message.timestamp.after.max.ms'],
    nowMs: broker.host.clock.now(),
    compacted: !delivered && config['cleanup.policy'].includes('compact'),
    // Records that are compressed anew are opened anyway.
    deep: config['record.validation'] === 'deep' || config['compression.type'] !== 'producer',
    apiVersion,
    inflatedBytesMax: OPENED_INLINE_BYTES_MAX,
    blamedMax: pending.blamedMax,
  }
  if (intake !== null && inflatesBeyond(records, INTAKE_INFLATED_BYTES_MAX)) {
    const text = `Records that wait may inflate to ${INTAKE_INFLATED_BYTES_MAX} bytes at most.`
    return badBatch(pending, partition, errors.MESSAGE_TOO_LARGE.code, [], text)
  }
  const isTooLarge = records.end - records.start > options.maxMessageBytes
  if ((options.deep || options.compacted) && !isTooLarge && inflatesBeyond(records, OPENED_INLINE_BYTES_MAX)) {
    const inflatedBytesMax = openedBytesMax(options.maxMessageBytes)
    return openLater(target, records, { ...options, inflatedBytesMax })
  }
  const check = validateProducedBatch(records, options)
  if (check.errorCode !== 0) {
    return badBatch(pending, partition, check.errorCode, check.blamed, check.text)
  }
  if (check.walked && check.maxTimestamp !== check.header.maxTimestamp) {
    setMaxTimestamp(records.buffer, records.view, records.start, check.maxTimestamp)
  }
  return store(target, storedBatch(records, check.header.codec, config))
}

/** Where a batch goes. */
interface Target {
  readonly exchange: Exchange
  readonly partition: Partition
  /** The partition itself, or that of its intake log. */
  readonly written: Partition
  readonly intake: PartitionIntake | null
  readonly pending: PendingProduce
  /** See isDelivery. */
  readonly delivered: boolean
}

/**
 * Whether another broker delivers here what waited there: dead letters, nothing else goes to other brokers. That was within
 * bounds when it was accepted, and has grown by what the broker says of it since: a bound of this topic would keep it, and all
 * that is due after it, for ever.
 */
function isDelivery({ view, start, end }: Slice, config: TopicConfig): boolean {
  if (config['dlq.group'] === '' || end - start < RECORDS) return false
  return view.getInt32(start + PRODUCER_ID) >= RESERVED_PRODUCER_ID_MIN / 2 ** 32
}

/** A batch that is opened beside the loop: its answer is filled in when that is done, and the request's waits for it. */
function openLater(target: Target, records: Slice, options: ValidationOptions): MutablePartitionResponse {
  const { exchange, partition, written, pending } = target
  const { broker } = exchange
  const response = refused(partition.index, errors.NONE.code, null)
  const opening = openBeside(broker, records, options, partition.log.config)
  if (opening === null) {
    const text = 'memory.request.bytes.max is used up; batches that inflate to much wait for it.'
    return refused(partition.index, errors.NOT_ENOUGH_REPLICAS.code, text)
  }
  const settled = opening.then(({ errorCode, blamed, text, stored }) => {
    if (stored === null) return badBatch(pending, partition, errorCode, blamed, text)
    if (written.offlineCode !== 0) return refused(partition.index, written.offlineCode, null)
    return store(target, sliceOf(Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength)))
  })
  pending.waitForOpened(settled.then((answer) => void Object.assign(response, answer)))
  return response
}

/** Appends a batch that was validated and is in its topic's form. */
function store(target: Target, valid: Slice): MutablePartitionResponse {
  const { exchange, partition, written, intake, pending, delivered } = target
  const { index } = partition
  let batch = valid
  readBatchHeader(batch.view, batch.start, header)
  const bytesMax = partition.log.config['max.message.bytes']
  if (header.sizeInBytes > bytesMax && !delivered) {
    const text = `The batch has ${header.sizeInBytes} bytes as its topic stores it; max.message.bytes is ${bytesMax}.`
    return badBatch(pending, partition, errors.MESSAGE_TOO_LARGE.code, [], text)
  }
  if (header.producerId >= RESERVED_PRODUCER_ID_MIN && !delivered) {
    const text = `Producer id ${header.producerId} is one of the broker's own.`
    return badBatch(pending, partition, errors.INVALID_RECORD.code, [], text)
  }
  if (header.isTransactional) {
    // Nobody could end the transaction: who reads committed records would wait behind it for ever.
    return refused(index, errors.INVALID_TXN_STATE.code, 'Transactions are not served.')
  }
  let admission: Admission | null = null
  if (intake !== null) {
    const admitted = intake.admit(batch, header, {
      clientId: exchange.clientId,
      host: exchange.connection.remoteAddress,
    })
    if ('text' in admitted) {
      return badBatch(pending, partition, admitted.errorCode, admitted.blamed, admitted.text)
    }
    admission = admitted
    batch = admission.batch
  }
  const result = written.append(batch, header)
  if (result.errorCode !== 0) {
    const isFull = result.errorCode === errors.NOT_ENOUGH_REPLICAS.code
    return refused(index, result.errorCode, isFull ? 'The disk is full, or too many files are open.' : null)
  }
  if (admission !== null && !result.duplicate) intake!.accepted(result.baseOffset, admission)
  const response: MutablePartitionResponse = {
    index,
    errorCode: 0,
    baseOffset: result.baseOffset,
    logAppendTimeMs: intake === null ? result.logAppendTime : -1,
    logStartOffset: written.startOffset,
    recordErrors: [],
    errorMessage: null,
  }
  pending.await(written, result.lastOffset + 1, response)
  return response
}

/** The answer to a batch that is not as it should be, with the records that are to blame. */
function badBatch(
  pending: PendingProduce,
  { topic, index }: Partition,
  errorCode: number,
  blamed: readonly BlamedRecord[],
  text: string | null,
): MutablePartitionResponse {
  const record = blamed[0]?.index ?? -1
  pending.broker.logLimiter.warn(
    'batch',
    { topic, partition: index, errorCode, record },
    `Refused a record batch: ${text}`,
  )
  const response = refused(index, errorCode, text)
  response.recordErrors = pending
    .named(blamed)
    .map(({ index, text }) => ({ batchIndex: index, batchIndexErrorMessage: text }))
  return response
}

function refused(index: number, errorCode: number, errorMessage: string | null): MutablePartitionResponse {
  return {
    index,
    errorCode,
    baseOffset: NO_OFFSET,
    logAppendTimeMs: -1,
    logStartOffset: NO_OFFSET,
    recordErrors: [],
    errorMessage,
  }
}

/**
 * A Produce request whose batches are appended, one after the other, and whose answer is due when all of them are safe enough.
 * The first append to a partition makes files: of thousands at once, most follow in later turns.
 */
class PendingProduce implements TurnTask, SlicedWork {
  readonly responses: TopicResponse[] = []
  readonly acks: number
  readonly #exchange: Exchange
  readonly #requestTimeoutMs: number
  /** What is to be appended, until all of it was: the request must not outlive that. */
  #topicData: readonly TopicData[]
  /** The batch that is next: of which topic, and which of its partitions. */
  #topicAt = 0
  #partitionAt = 0
  #partitionResponses: MutablePartitionResponse[] = []
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

  #serve(topic: TopicData, { index, records }: PartitionData): MutablePartitionResponse {
    const exchange = this.#exchange
    const { broker, version } = exchange
    const byId = version >= TOPIC_ID_VERSION
    const { acks } = this
    if (acks < ACKS_ALL || acks > 1)
      return refused(index, errors.INVALID_REQUIRED_ACKS.code, `acks must be -1, 0 or 1, not ${acks}.`)
    const partition = byId ? broker.partitions.byId(topic.topicId, index) : broker.partitions.get(topic.name, index)
    if (!partition) return refused(index, absent(broker, byId, topic, index), null)
    return append(exchange, partition, records, acks, this)
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

  await(partition: Partition, offset: number, response: MutablePartitionResponse): void {
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
      if (partition.offlineCode !== 0) fail(response, partition.offlineCode)
      else if (partition.isUndone(offset, undone)) fail(response, errors.NOT_ENOUGH_REPLICAS.code)
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
      if (!wait.done && wait.response.errorCode === 0) fail(wait.response, errors.REQUEST_TIMED_OUT.code)
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
      for (const response of partitionResponses as MutablePartitionResponse[]) {
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
  readonly response: MutablePartitionResponse
  readonly #pending: PendingProduce
  readonly needsInSync = true
  done = false

  constructor(pending: PendingProduce, partition: Partition, offset: number, response: MutablePartitionResponse) {
    this.#pending = pending
    this.partition = partition
    this.offset = offset
    this.undone = partition.undone
    this.response = response
  }

  reached(errorCode: number): void {
    this.done = true
    if (errorCode !== 0) fail(this.response, errorCode)
    this.#pending.reached()
  }
}

function fail(response: MutablePartitionResponse, errorCode: number): void {
  response.errorCode = errorCode
  response.baseOffset = NO_OFFSET
}

function tooFewText({ isr, log }: Partition): string {
  const minInsync = log.config['min.insync.replicas']
  if (isr.length < minInsync) return `${isr.length} replicas are in sync, and min.insync.replicas is ${minInsync}.`
  return `${isr.length} replicas are in sync: too few for the broker that noted it, though min.insync.replicas is ${minInsync} here. Have it the same on all brokers.`
}

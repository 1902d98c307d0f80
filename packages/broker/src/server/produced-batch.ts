/**
 * One batch of a Produce request: whether it is accepted, and appending it. What of the request is due when is that one's matter
 * (handlers/produce.ts).
 */
import type { TopicConfig } from '@odradek/config'
import {
  BatchHeader,
  type BlamedRecord,
  errors,
  PRODUCER_ID,
  type ProduceResponse,
  RECORDS,
  readBatchHeader,
  type Slice,
  setMaxTimestamp,
  sliceOf,
  type ValidationOptions,
  validateProducedBatch,
} from '@odradek/protocol'
import type { Admission } from '../intake/intake-rules.ts'
import type { PartitionIntake } from '../intake/partition-intake.ts'
import type { Partition } from '../replication/partition.ts'
import { RESERVED_PRODUCER_ID_MIN } from '../storage/reserved-producer-ids.ts'
import type { BrokerContext } from './broker-context.ts'
import type { Exchange } from './exchange.ts'
import { inflatesBeyond, OPENED_INLINE_BYTES_MAX, openBeside, openedBytesMax } from './open-beside.ts'
import { storedBatch } from './stored-batch.ts'

export const ACKS_ALL = -1
const NO_OFFSET = -1
/** Records that wait are opened more than once, where others wait for it. */
const INTAKE_INFLATED_BYTES_MAX = 8 * 1024 * 1024
const header = new BatchHeader()

type PartitionResponse = ProduceResponse['responses'][number]['partitionResponses'][number]
/** What is answered for a partition; it may change until it is sent. */
export type PartitionAnswer = { -readonly [K in keyof PartitionResponse]: PartitionResponse[K] }

/** The request that a batch came with, as far as it concerns the batch. */
export interface RequestOfBatches {
  readonly broker: BrokerContext
  /** How many records more are named as being to blame. */
  readonly blamedMax: number
  /** Those of a batch's records to blame that its answer names. */
  named(blamed: readonly BlamedRecord[]): readonly BlamedRecord[]
  /** `answer` is due when all below `offset` is safe enough. */
  await(partition: Partition, offset: number, answer: PartitionAnswer): void
  /** A batch is opened beside the loop, and appended when that is done: nothing is answered before. */
  waitForOpened(opened: Promise<void>): void
}

/** Whether `acks` has records acknowledged only when all in-sync replicas have them. */
export function waitsForReplicas(acks: number, partition: Partition): boolean {
  return acks === ACKS_ALL || (acks === 1 && partition.isReplicationSynchronous)
}

/**
 * Validates a batch where it lies and appends it. Its answer; that is filled in later where the batch is opened beside the loop, and
 * `request` waits for that, and for where what was appended ends.
 */
export function appendProduced(
  exchange: Exchange,
  partition: Partition,
  records: Slice | null,
  acks: number,
  request: RequestOfBatches,
): PartitionAnswer {
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
  const target: Target = { exchange, partition, written, intake, request, delivered }
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
    blamedMax: request.blamedMax,
  }
  if (intake !== null && inflatesBeyond(records, INTAKE_INFLATED_BYTES_MAX)) {
    const text = `Records that wait may inflate to ${INTAKE_INFLATED_BYTES_MAX} bytes at most.`
    return badBatch(request, partition, errors.MESSAGE_TOO_LARGE.code, [], text)
  }
  const isTooLarge = records.end - records.start > options.maxMessageBytes
  if ((options.deep || options.compacted) && !isTooLarge && inflatesBeyond(records, OPENED_INLINE_BYTES_MAX)) {
    const inflatedBytesMax = openedBytesMax(options.maxMessageBytes)
    return openLater(target, records, { ...options, inflatedBytesMax })
  }
  const check = validateProducedBatch(records, options)
  if (check.errorCode !== 0) {
    return badBatch(request, partition, check.errorCode, check.blamed, check.text)
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
  readonly request: RequestOfBatches
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
function openLater(target: Target, records: Slice, options: ValidationOptions): PartitionAnswer {
  const { exchange, partition, written, request } = target
  const { broker } = exchange
  const response = refused(partition.index, errors.NONE.code, null)
  const opening = openBeside(broker, records, options, partition.log.config)
  if (opening === null) {
    const text = 'memory.request.bytes.max is used up; batches that inflate to much wait for it.'
    return refused(partition.index, errors.NOT_ENOUGH_REPLICAS.code, text)
  }
  const settled = opening.then(({ errorCode, blamed, text, stored }) => {
    if (stored === null) return badBatch(request, partition, errorCode, blamed, text)
    if (written.offlineCode !== 0) return refused(partition.index, written.offlineCode, null)
    return store(target, sliceOf(Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength)))
  })
  request.waitForOpened(settled.then((answer) => void Object.assign(response, answer)))
  return response
}

/** Appends a batch that was validated and is in its topic's form. */
function store(target: Target, valid: Slice): PartitionAnswer {
  const { exchange, partition, written, intake, request, delivered } = target
  const { index } = partition
  let batch = valid
  readBatchHeader(batch.view, batch.start, header)
  const bytesMax = partition.log.config['max.message.bytes']
  if (header.sizeInBytes > bytesMax && !delivered) {
    const text = `The batch has ${header.sizeInBytes} bytes as its topic stores it; max.message.bytes is ${bytesMax}.`
    return badBatch(request, partition, errors.MESSAGE_TOO_LARGE.code, [], text)
  }
  if (header.producerId >= RESERVED_PRODUCER_ID_MIN && !delivered) {
    const text = `Producer id ${header.producerId} is one of the broker's own.`
    return badBatch(request, partition, errors.INVALID_RECORD.code, [], text)
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
      return badBatch(request, partition, admitted.errorCode, admitted.blamed, admitted.text)
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
  const response: PartitionAnswer = {
    index,
    errorCode: 0,
    baseOffset: result.baseOffset,
    logAppendTimeMs: intake === null ? result.logAppendTime : -1,
    logStartOffset: written.startOffset,
    recordErrors: [],
    errorMessage: null,
  }
  request.await(written, result.lastOffset + 1, response)
  return response
}

/** The answer to a batch that is not as it should be, with the records that are to blame. */
function badBatch(
  request: RequestOfBatches,
  { topic, index }: Partition,
  errorCode: number,
  blamed: readonly BlamedRecord[],
  text: string | null,
): PartitionAnswer {
  const record = blamed[0]?.index ?? -1
  request.broker.logLimiter.warn(
    'batch',
    { topic, partition: index, errorCode, record },
    `Refused a record batch: ${text}`,
  )
  const response = refused(index, errorCode, text)
  response.recordErrors = request
    .named(blamed)
    .map(({ index, text }) => ({ batchIndex: index, batchIndexErrorMessage: text }))
  return response
}

/** The answer of a partition of which nothing was appended. */
export function refused(index: number, errorCode: number, errorMessage: string | null): PartitionAnswer {
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

function tooFewText({ isr, log }: Partition): string {
  const minInsync = log.config['min.insync.replicas']
  if (isr.length < minInsync) return `${isr.length} replicas are in sync, and min.insync.replicas is ${minInsync}.`
  return `${isr.length} replicas are in sync: too few for the broker that noted it, though min.insync.replicas is ${minInsync} here. Have it the same on all brokers.`
}

/** What was accepted is not safe, and will not be said to be. */
export function failAnswer(answer: PartitionAnswer, errorCode: number): void {
  answer.errorCode = errorCode
  answer.baseOffset = NO_OFFSET
}

/**
 * Delivers what is due of one lane, one batch after the other, in steps that the work queue takes (each `▶` may be in another
 * turn):
 *
 *   idle ──due──▶ offsets are taken ▶ bodies are read ▶ batch is made, intent appended ──committed──▶ batch appended to the
 *   target ──committed──▶ next batch is made; the end of the one before is noted together with its intent
 *
 * The intent is committed before the target sees any of its records, so whoever goes on after a crash appends the same
 * records under the same sequence, and the target knows whether it has them. A target that refuses gets the same again
 * after a pause.
 */
import { BatchHeader, errorName, errors, readBatchHeader, sliceOf } from '@odradek/protocol'
import type { Logger } from 'pino'
import type { Clock, Timer, Timers } from '../host/clock.ts'
import type { Partition } from '../replication/partition.ts'
import { BodyWindow } from './body-window.ts'
import { DeliveryBatch } from './delivery-batch.ts'
import type { DeliveryTarget } from './delivery-target.ts'
import type { IntakeMachine, Target } from './intake-machine.ts'
import type { IntakeNote, IntentNote, Lane } from './intake-note.ts'
import type { IntakeRules } from './intake-rules.ts'
import { RecordArena } from './record-arena.ts'
import type { StoredRecord } from './stored-record.ts'
import type { Work, WorkQueue } from './work-queue.ts'

/** Records of one delivery, and the bytes it should not grow above: fewer beside others, more where each waits for the disk. */
const DELIVERY_RECORDS_MAX = 2_000
const DELIVERY_BYTES_MAX = 100_000
const DELIVERY_BYTES_MAX_BESIDE = 18_000
const SYNCED_DELIVERY_BYTES_MAX = 400_000
/** Records whose bodies are read ahead, and about how many bytes. */
const WINDOW_RECORDS_MAX = 20_000
const WINDOW_BYTES_MAX = 24_000_000
/** Offsets taken, and records put into a batch, in one step. */
const TAKEN_AT_ONCE = 32
const ENCODED_AT_ONCE = 8
const ENCODED_BYTES_AT_ONCE = 64_000
const RETRY_MS_MIN = 100
const RETRY_MS_MAX = 10_000
const SEQUENCES = 0x8000_0000

/** Why a target does not take what is due. */
export interface Refusal {
  readonly errorCode: number
  readonly text: string
  /** Epoch milliseconds. */
  readonly sinceMs: number
  readonly attempts: number
}

export interface LaneDeliveryOptions {
  readonly lane: Lane
  /** For logs. */
  readonly topic: string
  readonly machine: IntakeMachine
  /** Of the intake log. */
  readonly partition: Partition
  readonly producerId: number
  readonly rules: () => IntakeRules
  /** The partition to deliver to, or why there is none now. */
  readonly target: () => DeliveryTarget | string
  /** Appends and applies notes: NONE, or why nothing was appended. */
  readonly append: (notes: readonly IntakeNote[]) => number
  /** Does what reads the log; false where that failed, which ends the intake. */
  readonly guarded: (run: () => void) => boolean
  /** The lane is idle, or waits for other times than before. */
  readonly settled: () => void
  readonly work: WorkQueue
  readonly clock: Clock
  readonly timers: Timers
  readonly logger: Logger
}

/** An intent, and its batch; null where that has to be made again from the bodies. */
interface Flight {
  readonly intent: IntentNote
  batch: Buffer | null
  /** How often the target stood elsewhere than the intent said. */
  readonly rebases: number
}

/** What is done next; true where the step after it can follow at once. */
type Step = () => boolean

export class LaneDelivery implements Work {
  readonly #options: LaneDeliveryOptions
  readonly #header = new BatchHeader()
  readonly #arena = new RecordArena()
  #step: Step = () => false
  /** Whether something is under way, or held up. */
  #isBusy = false
  #isClosed = false
  #window: BodyWindow | null = null
  /** The target has what was intended last, and that is not noted yet. */
  #isLanded = false
  #timer: Timer | null = null
  #refusal: Refusal | null = null
  /** About what a record takes. */
  #recordBytes = 1_000
  /** Whether anything was delivered since the start. */
  isUsed = false

  constructor(options: LaneDeliveryOptions) {
    this.#options = options
  }

  get isIdle(): boolean {
    return !this.#isBusy
  }

  /** Why what is due is not taken; null while it is. */
  get refusal(): Refusal | null {
    return this.#refusal
  }

  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
    this.#window = null
  }

  /** Begins to deliver what is due, if the lane is idle and anything is. */
  begin(): void {
    const { machine, lane, clock } = this.#options
    if (this.#isBusy || this.#isClosed || machine.nextDue(lane) > clock.now()) return
    this.#isBusy = true
    this.#do(this.#taking())
  }

  /** Goes on with an intent that is in the log: perhaps only there, and not committed. */
  resume(intent: IntentNote): void {
    this.#isBusy = true
    this.#fly({ intent, batch: null, rebases: 0 })
  }

  step(): boolean {
    return !this.#isClosed && this.#step()
  }

  /** Lets `step` come next, in the queue. */
  #do(step: Step): void {
    if (this.#isClosed) return
    this.#step = step
    this.#options.work.add(this)
  }

  /** Lets `step` come next, now that a step is done. */
  #then(step: Step): true {
    this.#step = step
    return true
  }

  /** Takes out what is due, as much as is read ahead. */
  #taking(): Step {
    const { machine, lane, clock, partition } = this.#options
    const count = Math.max(1, Math.min(WINDOW_RECORDS_MAX, Math.ceil(WINDOW_BYTES_MAX / this.#recordBytes)))
    const offsets: number[] = []
    return () => {
      const now = clock.now()
      const taken = machine.take(lane, now, Math.min(TAKEN_AT_ONCE, count - offsets.length))
      for (const offset of taken) offsets.push(offset)
      if (taken.length > 0 && offsets.length < count && machine.nextDue(lane) <= now) return true
      if (offsets.length === 0) return this.#rest()
      this.#arena.reset()
      const window = new BodyWindow(partition.log, offsets, (offset) => machine.locationOf(offset), this.#arena)
      this.#window = window
      return this.#then(() => this.#readBodies(window))
    }
  }

  /** Nothing is due any more: the end of what was delivered last is noted. */
  #rest(): false {
    this.#window = null
    if (!this.#note([], () => this.#rest())) return false
    this.#arena.release()
    this.#isBusy = false
    this.begin()
    this.#options.settled()
    return false
  }

  #readBodies(window: BodyWindow): boolean {
    const { guarded, logger, topic, partition } = this.#options
    if (!guarded(() => window.read())) return false
    if (!window.isRead) return true
    if (window.missing.length > 0) {
      const offsets = window.missing.slice(0, 10)
      logger.error(
        { topic, partition: partition.index, offsets },
        'Records that are due cannot be read; they are kept.',
      )
    }
    return this.#then(() => this.#draftNext())
  }

  /** Begins the next batch of what was read. */
  #draftNext(): boolean {
    const { partition } = this.#options
    if (this.#nextOffset() < 0) {
      // There may be more by now.
      this.#window = null
      return this.#then(this.#taking())
    }
    const target = this.#findTarget(() => this.#draftNext())
    if (target === null) return false
    const isSynced = target.of.isFlushSynchronous || partition.isFlushSynchronous
    const unsyncedMax = this.#options.work.isBeside ? DELIVERY_BYTES_MAX_BESIDE : DELIVERY_BYTES_MAX
    const bytesMax = isSynced ? SYNCED_DELIVERY_BYTES_MAX : unsyncedMax
    const { record, remaining } = this.#window!
    const bytesHint = Math.ceil(Math.min(remaining * this.#recordBytes, bytesMax) * 1.1)
    const batch = this.#batchFrom(record, target, target.of, bytesHint)
    return this.#then(() => this.#encode(batch, target, bytesMax))
  }

  #nextOffset(): number {
    return this.#window!.next((offset) => this.#isOurs(offset))
  }

  /** Whether a record waits still, and for this lane. */
  #isOurs(offset: number): boolean {
    const { machine, lane } = this.#options
    return machine.waitsIn(lane, offset)
  }

  /** Adds some records to a batch; one that is full, or has all there are, is intended. */
  #encode(batch: DeliveryBatch, target: Target, bytesMax: number): boolean {
    const window = this.#window!
    const stepEnd = batch.bytes + ENCODED_BYTES_AT_ONCE
    for (let count = 0; count < ENCODED_AT_ONCE && batch.bytes < stepEnd; count++) {
      const offset = this.#nextOffset()
      if (offset < 0 || batch.count >= DELIVERY_RECORDS_MAX) return this.#intend(batch, target)
      if (batch.count > 0 && batch.bytes + window.nextBytes > bytesMax) return this.#intend(batch, target)
      batch.add(offset, window.shift())
    }
    return true
  }

  /** Notes what is delivered next. What was taken back while the batch was made is not in it. */
  #intend(drafted: DeliveryBatch, target: Target): boolean {
    const { machine, lane } = this.#options
    const batch = drafted.only((offset) => this.#isOurs(offset))
    if (batch === null) return this.#then(() => this.#draftNext())
    const intent = machine.intend(lane, target, batch.offsets)
    const bytes = batch.build()
    if (!this.#note([intent], () => this.#intend(batch, target))) return false
    this.#recordBytes = Math.max(1, (this.#recordBytes + batch.bytes / batch.count) / 2)
    this.#fly({ intent, batch: bytes, rebases: 0 })
    return false
  }

  /** The target and its next sequence; null where there is none now: then `again` comes after a pause. */
  #findTarget(again: Step): (Target & { readonly of: DeliveryTarget }) | null {
    const { target, producerId } = this.#options
    this.isUsed = true
    const found = target()
    if (typeof found === 'string') {
      this.#again(errors.NOT_LEADER_OR_FOLLOWER.code, found, again)
      return null
    }
    const known = found.offlineCode === 0 ? found.log.producer(producerId) : undefined
    if (known === null) {
      const text = `${found.topic}-${found.index} cannot tell what it has already: too many files are open`
      this.#again(errors.NOT_ENOUGH_REPLICAS.code, text, again)
      return null
    }
    const sequence = known === undefined || known.batches === 0 ? 0 : (known.lastSequence + 1) % SEQUENCES
    const { topicId, index } = found
    return { of: found, topicId, partition: index, epoch: Math.max(known?.epoch ?? 0, 0), sequence }
  }

  /**
   * Appends notes, behind one that the target has what was delivered last. False where the log takes none now: then `again`
   * comes after a pause.
   */
  #note(notes: readonly IntakeNote[], again: Step): boolean {
    const { append, lane, machine } = this.#options
    const all = this.#isLanded ? [machine.delivered(lane), ...notes] : notes
    const errorCode = all.length === 0 ? errors.NONE.code : append(all)
    if (errorCode !== errors.NONE.code) return this.#again(errorCode, 'the intake log takes no notes', again)
    this.#isLanded = false
    return true
  }

  #batchFrom(first: StoredRecord, intended: Target, target: DeliveryTarget, bytesHint: number): DeliveryBatch {
    const { lane, rules, clock, producerId } = this.#options
    return new DeliveryBatch(first, {
      producerId,
      epoch: intended.epoch,
      sequence: intended.sequence,
      nowMs: clock.now(),
      compression: target.log.config['compression.type'],
      bytesHint,
      headersOf: (record) => rules().headersOf(record, lane),
    })
  }

  /** Waits until the intent is committed, then delivers. */
  #fly(flight: Flight): void {
    const { partition } = this.#options
    partition.waitFor(partition.endOffset, {
      reached: (errorCode) => {
        // With the intake log lost, its next leader reads what is committed.
        if (errorCode === errors.NONE.code) this.#do(() => this.#deliver(flight))
      },
    })
  }

  /** The intent is committed: its batch is appended to the target, now or when that takes it. */
  #deliver(flight: Flight): false {
    const again = () => this.#deliver(flight)
    const { intent } = flight
    this.isUsed = true
    const target = this.#options.target()
    if (typeof target === 'string') return this.#again(errors.NOT_LEADER_OR_FOLLOWER.code, target, again)
    const name = `${target.topic}-${target.index}`
    if (target.topicId !== intent.topicId || target.index !== intent.partition) return this.#rebase(flight, target)
    if (target.offlineCode !== 0 || !target.hasMinInsyncReplicas) {
      return this.#again(target.offlineCode || errors.NOT_ENOUGH_REPLICAS.code, `${name} takes no records`, again)
    }
    if (flight.batch === null && !this.#options.guarded(() => this.#encodeAgain(flight, target))) return false
    const batch = sliceOf(flight.batch!)
    readBatchHeader(batch.view, batch.start, this.#header)
    const { errorCode, lastOffset } = target.append(batch, this.#header)
    if (errorCode === errors.NONE.code) {
      target.waitFor(lastOffset + 1, {
        reached: (code) => {
          if (code === errors.NONE.code) this.#arrived()
          else if (isOutOfOrder(code)) this.#outOfOrder(flight, target, code)
          else this.#again(code, `${name} answers ${errorName(code)}`, again)
        },
      })
      return false
    }
    if (!isOutOfOrder(errorCode))
      return this.#again(errorCode, `${name} refuses records: ${errorName(errorCode)}`, again)
    return this.#outOfOrder(flight, target, errorCode)
  }

  #outOfOrder(flight: Flight, target: DeliveryTarget, errorCode: number): false {
    if (flight.rebases === 0) return this.#rebase(flight, target)
    const text = `${target.topic}-${target.index} finds records out of order`
    return this.#again(errorCode, text, () => this.#rebase(flight, target))
  }

  #encodeAgain(flight: Flight, target: DeliveryTarget): void {
    const { machine, partition } = this.#options
    const { intent } = flight
    const arena = new RecordArena()
    const window = new BodyWindow(partition.log, intent.offsets, (offset) => machine.locationOf(offset), arena)
    while (!window.isRead) window.read()
    if (window.missing.length > 0) {
      throw new Error(`Records at intake offsets ${window.missing.slice(0, 10).join(', ')} cannot be read.`)
    }
    const batch = this.#batchFrom(window.record, intent, target, 0)
    for (const offset of intent.offsets) batch.add(offset, window.shift())
    flight.batch = batch.build()
  }

  /** The target stands elsewhere than the intent says: the same records get the sequence that comes next there. */
  #rebase(flight: Flight, before: DeliveryTarget): false {
    const { topicId, index } = before
    const target = this.#findTarget(() => this.#rebase(flight, before))
    if (target === null) return false
    const { machine, lane } = this.#options
    const intent = machine.rebase(lane, target)
    if (!this.#note([intent], () => this.#rebase(flight, before))) return false
    const rebases = target.topicId === topicId && target.partition === index ? flight.rebases + 1 : 0
    this.#fly({ intent, batch: null, rebases })
    return false
  }

  /** The target has it, safely. */
  #arrived(): void {
    this.#refusal = null
    this.#isLanded = true
    this.#do(this.#window === null ? this.#taking() : () => this.#draftNext())
  }

  /** Notes a refusal, and does `step` after a pause, longer from time to time. */
  #again(errorCode: number, text: string, step: Step): false {
    if (this.#isClosed) return false
    const { clock, timers, logger, topic, partition } = this.#options
    const attempts = (this.#refusal?.attempts ?? 0) + 1
    this.#refusal = { errorCode, text, sinceMs: this.#refusal?.sinceMs ?? clock.now(), attempts }
    if (attempts === 1) {
      logger.warn({ topic, partition: partition.index, errorCode }, `What is due is not taken: ${text}; trying again.`)
    }
    const pauseMs = Math.min(RETRY_MS_MIN * 2 ** Math.min(attempts - 1, 10), RETRY_MS_MAX)
    this.#timer = timers.after(pauseMs, () => this.#do(step))
    return false
  }
}

function isOutOfOrder(errorCode: number): boolean {
  return errorCode === errors.OUT_OF_ORDER_SEQUENCE_NUMBER.code || errorCode === errors.INVALID_PRODUCER_EPOCH.code
}

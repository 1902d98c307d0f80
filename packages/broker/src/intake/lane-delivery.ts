/**
 * Delivers what is due of one lane, one batch after the other:
 *
 *   idle ──due──▶ bodies are read ──▶ intent appended ──committed──▶ batch appended to the target ──committed──▶ end noted
 *                      ▲                                                │ refused: again after a pause        │
 *                      └────────────────────────────────────────────────┴──────────────────────────────────────┘
 *
 * The intent is committed before the target sees any of its records, so whoever goes on after a crash appends the same
 * records under the same sequence, and the target knows whether it has them.
 */
import { BatchHeader, errors, readBatchHeader, sliceOf } from '@odradek/protocol'
import type { Logger } from 'pino'
import type { Clock, Timer, Timers } from '../host/clock.ts'
import type { Partition } from '../replication/partition.ts'
import { BodyWindow } from './body-window.ts'
import { deliveryBatch } from './delivery-batch.ts'
import type { IntakeMachine, Target } from './intake-machine.ts'
import type { IntakeNote, IntentNote, Lane } from './intake-note.ts'
import type { IntakeRules } from './intake-rules.ts'
import type { StoredRecord } from './stored-record.ts'

/** Records of one delivery, and the bytes it should not grow above. */
const DELIVERY_RECORDS_MAX = 2_000
const DELIVERY_BYTES_MAX = 400_000
/** Records whose bodies are read ahead, and about how many bytes. */
const WINDOW_RECORDS_MAX = 20_000
const WINDOW_BYTES_MAX = 24_000_000
/** How long reading bodies may hold up everybody else at a time. */
const READ_MS_MAX = 1
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
  readonly target: () => Partition | string
  /** Appends and applies notes: NONE, or why nothing was appended. */
  readonly append: (notes: readonly IntakeNote[]) => number
  /** Does what reads the log; false where that failed, which ends the intake. */
  readonly guarded: (run: () => void) => boolean
  /** The lane is idle, or waits for other times than before. */
  readonly settled: () => void
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

export class LaneDelivery {
  readonly #options: LaneDeliveryOptions
  readonly #header = new BatchHeader()
  /** Whether something is under way, or held up. */
  #isBusy = false
  #isClosed = false
  #window: BodyWindow | null = null
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
    if (this.#isBusy || this.#isClosed) return
    const { machine, lane, clock, partition } = this.#options
    const count = Math.max(1, Math.min(WINDOW_RECORDS_MAX, Math.ceil(WINDOW_BYTES_MAX / this.#recordBytes)))
    const offsets = machine.take(lane, clock.now(), count)
    if (offsets.length === 0) return
    this.#isBusy = true
    this.#window = new BodyWindow(partition.log, offsets, (offset) => machine.locationOf(offset))
    this.#readBodies(this.#window)
  }

  /** Goes on with an intent that is in the log: perhaps only there, and not committed. */
  resume(intent: IntentNote): void {
    this.#isBusy = true
    this.#fly({ intent, batch: null, rebases: 0 })
  }

  /** Reads bodies, a few milliseconds at a time. */
  #readBodies(window: BodyWindow): void {
    const { clock, guarded, timers, logger, topic, partition } = this.#options
    if (this.#isClosed) return
    const until = clock.monotonic() + READ_MS_MAX
    const isRead = guarded(() => {
      while (!window.isRead && clock.monotonic() < until) window.read()
    })
    if (!isRead) return
    if (!window.isRead) {
      this.#timer = timers.after(0, () => this.#readBodies(window))
      return
    }
    if (window.missing.length > 0) {
      const offsets = window.missing.slice(0, 10)
      logger.error(
        { topic, partition: partition.index, offsets },
        'Records that are due cannot be read; they are kept.',
      )
    }
    this.#next()
  }

  /** Decides what is delivered next of what was read. */
  #next(): void {
    const { machine, lane, append, settled } = this.#options
    const target = this.#findTarget(() => this.#next())
    if (target === null) return
    const isWaiting = (offset: number) => machine.waitsIn(lane, offset)
    const { offsets, records, bytes } = this.#window!.take(DELIVERY_BYTES_MAX, DELIVERY_RECORDS_MAX, isWaiting)
    if (records.length === 0) {
      this.#window = null
      this.#isBusy = false
      this.begin()
      settled()
      return
    }
    this.#recordBytes = Math.max(1, (this.#recordBytes + bytes / records.length) / 2)
    const intent = machine.intend(lane, target, offsets)
    const flight = { intent, batch: this.#encode(intent, records, target.of), rebases: 0 }
    this.#noting([intent], append, () => this.#fly(flight))
  }

  /** The target and its next sequence; null where there is none now: then it is looked for again after a pause. */
  #findTarget(again: () => void): (Target & { readonly of: Partition }) | null {
    const { target, producerId } = this.#options
    this.isUsed = true
    const found = target()
    if (typeof found === 'string') {
      this.#again(errors.NOT_LEADER_OR_FOLLOWER.code, found, again)
      return null
    }
    const known = found.offlineCode === 0 ? found.log.producer(producerId) : undefined
    const sequence = known === undefined || known.batches === 0 ? 0 : (known.lastSequence + 1) % SEQUENCES
    const { topicId, index } = found
    return { of: found, topicId, partition: index, epoch: Math.max(known?.epoch ?? 0, 0), sequence }
  }

  /** Appends notes, again after pauses while the log takes none, and then goes on. */
  #noting(notes: readonly IntakeNote[], append: LaneDeliveryOptions['append'], then: () => void): void {
    if (this.#isClosed) return
    const errorCode = append(notes)
    if (errorCode === errors.NONE.code) then()
    else this.#again(errorCode, 'the intake log takes no notes', () => this.#noting(notes, append, then))
  }

  #encode(intent: IntentNote, records: readonly StoredRecord[], target: Partition): Buffer {
    const { rules, clock, producerId } = this.#options
    return deliveryBatch(records, {
      producerId,
      epoch: intent.epoch,
      sequence: intent.sequence,
      nowMs: clock.now(),
      compression: target.log.config['compression.type'],
      headersOf: (record) => rules().headersOf(record, intent.lane),
    })
  }

  /** Waits until the intent is committed, then delivers. */
  #fly(flight: Flight): void {
    const { partition } = this.#options
    partition.waitFor(partition.endOffset, {
      reached: (errorCode) => {
        // With the intake log lost, its next leader reads what is committed.
        if (errorCode === errors.NONE.code) this.#deliver(flight)
      },
    })
  }

  /** The intent is committed: its batch is appended to the target, now or when that takes it. */
  #deliver(flight: Flight): void {
    if (this.#isClosed) return
    const again = () => this.#deliver(flight)
    const { intent } = flight
    this.isUsed = true
    const target = this.#options.target()
    if (typeof target === 'string') {
      this.#again(errors.NOT_LEADER_OR_FOLLOWER.code, target, again)
      return
    }
    const name = `${target.topic}-${target.index}`
    if (target.topicId !== intent.topicId || target.index !== intent.partition) {
      this.#rebase(flight, target)
      return
    }
    if (target.offlineCode !== 0 || !target.hasMinInsyncReplicas) {
      this.#again(target.offlineCode || errors.NOT_ENOUGH_REPLICAS.code, `${name} takes no records`, again)
      return
    }
    if (flight.batch === null && !this.#options.guarded(() => this.#encodeAgain(flight, target))) return
    const batch = sliceOf(flight.batch!)
    readBatchHeader(batch.view, batch.start, this.#header)
    const { errorCode, lastOffset } = target.append(batch, this.#header)
    if (errorCode === errors.NONE.code) {
      target.waitFor(lastOffset + 1, {
        reached: (code) => {
          if (code === errors.NONE.code) this.#arrived()
          else this.#again(code, `${name} was lost`, again)
        },
      })
    } else if (isOutOfOrder(errorCode)) {
      if (flight.rebases === 0) this.#rebase(flight, target)
      else this.#again(errorCode, `${name} finds records out of order`, () => this.#rebase(flight, target))
    } else this.#again(errorCode, `${name} refuses records`, again)
  }

  #encodeAgain(flight: Flight, target: Partition): void {
    const { machine, partition } = this.#options
    const { intent } = flight
    const window = new BodyWindow(partition.log, intent.offsets, (offset) => machine.locationOf(offset))
    while (!window.isRead) window.read()
    const { records } = window.take(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, () => true)
    if (records.length < intent.offsets.length) {
      throw new Error(`Records at intake offsets ${window.missing.slice(0, 10).join(', ')} cannot be read.`)
    }
    flight.batch = this.#encode(intent, records, target)
  }

  /** The target stands elsewhere than the intent says: the same records get the sequence that comes next there. */
  #rebase(flight: Flight, before: Partition): void {
    const { topicId, index } = before
    const target = this.#findTarget(() => this.#rebase(flight, before))
    if (target === null) return
    const { machine, lane, append } = this.#options
    const intent = machine.rebase(lane, target)
    const rebases = target.topicId === topicId && target.partition === index ? flight.rebases + 1 : 0
    this.#noting([intent], append, () => this.#fly({ intent, batch: null, rebases }))
  }

  /** The target has it, safely. */
  #arrived(): void {
    if (this.#isClosed) return
    const { machine, lane, append, settled } = this.#options
    this.#refusal = null
    this.#noting([machine.delivered(lane)], append, () => {
      if (this.#window !== null && !this.#window.isEmpty) {
        this.#next()
        return
      }
      this.#window = null
      this.#isBusy = false
      this.begin()
      settled()
    })
  }

  /** Notes a refusal and goes on after a pause, longer from time to time. */
  #again(errorCode: number, text: string, run: () => void): void {
    if (this.#isClosed) return
    const { clock, timers, logger, topic, partition } = this.#options
    const attempts = (this.#refusal?.attempts ?? 0) + 1
    this.#refusal = { errorCode, text, sinceMs: this.#refusal?.sinceMs ?? clock.now(), attempts }
    if (attempts === 1) {
      logger.warn({ topic, partition: partition.index, errorCode }, `What is due is not taken: ${text}; trying again.`)
    }
    const pauseMs = Math.min(RETRY_MS_MIN * 2 ** Math.min(attempts - 1, 10), RETRY_MS_MAX)
    this.#timer = timers.after(pauseMs, () => {
      if (!this.#isClosed) run()
    })
  }
}

function isOutOfOrder(errorCode: number): boolean {
  return errorCode === errors.OUT_OF_ORDER_SEQUENCE_NUMBER.code || errorCode === errors.INVALID_PRODUCER_EPOCH.code
}

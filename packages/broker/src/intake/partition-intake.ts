/**
 * The intake of one partition: it reads what clients wrote to the intake log, holds it until it is due, and delivers it
 * once to the partition that clients read.
 *
 *   intake log ──committed──▶ machine ──due──▶ bodies are read ──▶ intent is appended and committed
 *                                ▲                                            │
 *                                └── end is noted ◀── committed ◀── batch is appended to the target, in its sequence
 *
 * A target that refuses is tried again, with longer and longer pauses, and says so in `refusals`; nothing is dropped.
 */
import type { TopicConfig } from '@odradek/config'
import { type BatchHeader, errors, type Slice } from '@odradek/protocol'
import type { Logger } from 'pino'
import type { Clock, Timer, Timers } from '../host/clock.ts'
import type { Disk } from '../host/disk.ts'
import type { Turn, TurnTask } from '../host/turn.ts'
import type { FetchWait } from '../replication/fetch-waits.ts'
import { Partition } from '../replication/partition.ts'
import type { Log } from '../storage/log.ts'
import { RESERVED_PRODUCER_ID_MIN } from '../storage/reserved-producer-ids.ts'
import type { DeliveryTarget } from './delivery-target.ts'
import { IntakeCleaner } from './intake-cleaner.ts'
import { IntakeFeed } from './intake-feed.ts'
import { IntakeIndex } from './intake-index.ts'
import { IntakeMachine } from './intake-machine.ts'
import {
  DEAD,
  deliveryProducerId,
  type Lane,
  type MovedNote,
  type RecalledNote,
  type RescheduledNote,
  VISIBLE,
} from './intake-note.ts'
import { RecordFinder } from './intake-reader.ts'
import type { Admission, AdmissionRefusal, IntakeRules, Sender } from './intake-rules.ts'
import { LaneDelivery, type Refusal } from './lane-delivery.ts'
import { StoredRecord } from './stored-record.ts'
import type { WorkQueue } from './work-queue.ts'

/** The longest that the timer sleeps. */
const SLEEP_MS_MAX = 60_000

/** Finds the partition that a lane delivers to, or says why there is none now. */
export type TargetOf = (lane: Lane) => DeliveryTarget | string

export interface PartitionIntakeOptions {
  /** The partition of the internal topic: what clients write to. */
  readonly partition: Partition
  readonly topic: string
  /** Of the topic that clients see. */
  readonly topicId: string
  /** Those of the topic's `message.type`. */
  readonly rules: () => IntakeRules
  /** The topic's settings in force. */
  readonly config: () => TopicConfig
  readonly targetOf: TargetOf
  /** What was appended is not in the log, for want of room: what is known here is more than there is. To be begun anew. */
  readonly undone: () => void
  /** For the index of what waits. */
  readonly disk: Disk
  /** Whether a start needs nothing but the index; else all of the log is read, and the index made anew. */
  readonly isIndexEnough: boolean
  /** What delivers, shared with other intakes. */
  readonly work: WorkQueue
  readonly clock: Clock
  readonly timers: Timers
  readonly turn: Turn
  readonly logger: Logger
}

export class PartitionIntake implements FetchWait, TurnTask {
  readonly partition: Partition
  readonly topic: string
  readonly topicId: string
  readonly #options: PartitionIntakeOptions
  readonly #index: IntakeIndex
  readonly #machine: IntakeMachine
  readonly #cleaner: IntakeCleaner
  readonly #feed: IntakeFeed
  readonly #lanes: readonly [LaneDelivery, LaneDelivery]
  /** How often appends to the log had been undone when this began. */
  readonly #undone: number
  #isClosed = false
  #isDeferred = false
  #timer: Timer | null = null
  /** Wall clock time that the timer is set to. */
  #timerDue = Number.POSITIVE_INFINITY

  constructor(options: PartitionIntakeOptions) {
    this.#options = options
    this.partition = options.partition
    this.topic = options.topic
    this.topicId = options.topicId
    this.#undone = options.partition.undone
    const { log } = options.partition
    this.#index = new IntakeIndex(options.disk, log)
    this.#machine = new IntakeMachine(this.#index)
    this.#cleaner = new IntakeCleaner({
      log,
      machine: this.#machine,
      targets: () => this.#targetLogs(),
      bodies: (offsets) => this.bodies(offsets, true),
      move: (moves) => this.#move(moves),
    })
    this.#feed = new IntakeFeed({
      partition: options.partition,
      machine: this.#machine,
      index: this.#index,
      isIndexEnough: options.isIndexEnough,
      rules: options.rules,
      clock: options.clock,
      timers: options.timers,
      guarded: (run) => this.#guarded(run),
      loaded: () => this.#loaded(),
    })
    this.#lanes = [this.#lane(VISIBLE), this.#lane(DEAD)]
  }

  get index(): number {
    return this.partition.index
  }

  /** Whether all that was in the log is known. */
  get isLoaded(): boolean {
    return this.#feed.isLoaded
  }

  /** What waits, for looks from outside, which change nothing. */
  get machine(): Readonly<IntakeMachine> {
    return this.#machine
  }

  /** Records that wait, and those that are accepted and not yet committed. */
  get waitingCount(): number {
    return this.#machine.waitingCount + this.#feed.pendingCount
  }

  /** Whether nothing waits, and nothing is about to. */
  get isEmpty(): boolean {
    return this.#feed.isLoaded && this.waitingCount === 0 && this.#feed.isCaughtUp
  }

  /** Whether what waits here can become a dead letter. */
  get hasDeadLetters(): boolean {
    return this.#options.rules().hasDeadLetters
  }

  /** Why what is due is not taken, by lane. */
  get refusals(): readonly [Refusal | null, Refusal | null] {
    return [this.#lanes[VISIBLE].refusal, this.#lanes[DEAD].refusal]
  }

  /** Begins. What is in the log is read chunk by chunk, others run in between. */
  start(): void {
    this.partition.addFetch(this)
    this.#feed.start()
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    try {
      const isSound = this.partition.offlineCode === 0 && !this.#isUndone
      if (this.#feed.isLoaded && isSound) this.#feed.saveIndex(true)
      this.#index.close()
    } catch (error) {
      // The log has all that the index would have told.
      this.#options.logger.warn(
        { topic: this.topic, partition: this.index, err: error },
        'No index of what waits is left.',
      )
    }
    this.partition.removeFetch(this)
    this.#timer?.cancel()
    this.#feed.close()
    for (const lane of this.#lanes) lane.close()
  }

  /** Whether a validated batch of a client may be appended, and what its records wait for then. */
  admit(batch: Slice, header: BatchHeader, sender: Sender): Admission | AdmissionRefusal {
    const { rules, clock, config } = this.#options
    if (header.producerId >= RESERVED_PRODUCER_ID_MIN) {
      const text = `Producer id ${header.producerId} is one of the broker's own.`
      return { errorCode: errors.INVALID_RECORD.code, blamed: [], text }
    }
    const full = this.#fullness(config(), header.count)
    if (full !== null) return { errorCode: errors.NOT_ENOUGH_REPLICAS.code, blamed: [], text: full }
    return rules().admit(batch, header, clock.now(), sender)
  }

  get #isUndone(): boolean {
    return this.partition.undone !== this.#undone
  }

  /** Why no more may wait, or null. */
  #fullness(config: TopicConfig, count: number): string | null {
    const recordsMax = config['intake.waiting.records.max']
    if (this.waitingCount + count > recordsMax) {
      return `${this.waitingCount} records wait in ${this.topic}-${this.index}, and intake.waiting.records.max is ${recordsMax}.`
    }
    const bytesMax = config['intake.waiting.bytes.max']
    const bytes = this.partition.log.sizeInBytes
    if (bytes <= bytesMax) return null
    return `What waits in ${this.topic}-${this.index} takes ${bytes} bytes, and intake.waiting.bytes.max is ${bytesMax}.`
  }

  /** A batch that `admission` is of was appended at `baseOffset`. */
  accepted(baseOffset: number, admission: Admission): void {
    this.#feed.accepted(baseOffset, admission)
  }

  /** There may be more that is committed. */
  wake(): void {
    if (this.#isDeferred || this.#isClosed) return
    this.#isDeferred = true
    this.#options.turn.defer('answer', this)
  }

  endTurn(): void {
    this.#isDeferred = false
    if (this.#isClosed) return
    if (this.#isUndone) {
      this.#options.undone()
      return
    }
    if (!this.#feed.isLoaded) return
    this.#guarded(() => {
      this.#feed.pump()
      this.#feed.saveIndex(false)
    })
    this.#deliverDue()
  }

  /** The wall clock may have stepped: everything due is looked at once. */
  clockStepped(): void {
    this.#timerDue = Number.POSITIVE_INFINITY
    this.#timer?.cancel()
    this.#deliverDue()
  }

  /** Takes records back. Returns the offsets of those that will not be delivered; they are, once this is committed. */
  recall(offsets: readonly number[], done: (errorCode: number, recalled: readonly number[]) => void): void {
    this.#decide(this.#machine.recall(offsets), done)
  }

  /** Makes records due now. */
  deliverNow(offsets: readonly number[], done: (errorCode: number, rescheduled: readonly number[]) => void): void {
    this.#decide(this.#machine.reschedule(offsets, this.#options.clock.now()), (errorCode, rescheduled) => {
      done(errorCode, rescheduled)
      this.#deliverDue()
    })
  }

  /** Makes retries dead letters now. */
  bury(offsets: readonly number[], done: (errorCode: number, buried: readonly number[]) => void): void {
    const note = this.hasDeadLetters ? this.#machine.bury(offsets, this.#options.clock.now()) : null
    this.#decide(note, (errorCode, buried) => {
      done(errorCode, buried)
      this.#deliverDue()
    })
  }

  /** The bodies of records that wait, by intake offset; those that cannot be read are left out. */
  bodies(offsets: readonly number[], withDues = false): Map<number, StoredRecord> {
    const rules = this.#options.rules()
    const sorted = offsets
      .map((offset) => ({ offset, location: this.#machine.locationOf(offset) }))
      .sort((a, b) => a.location - b.location)
    const found = new Map<number, StoredRecord>()
    const finder = new RecordFinder(
      this.partition.log,
      sorted.map(({ location }) => location),
      {
        found: (at, cursor, due) => found.set(sorted[at]!.offset, StoredRecord.copyOf(cursor, due)),
        missing: () => {},
      },
      withDues ? (cursor, acceptedMs) => rules.dueOf(cursor, acceptedMs) : undefined,
    )
    while (!finder.isDone) finder.step()
    return found
  }

  #decide(
    note: RecalledNote | RescheduledNote | null,
    done: (errorCode: number, offsets: readonly number[]) => void,
  ): void {
    if (!this.#feed.isLoaded) done(errors.COORDINATOR_LOAD_IN_PROGRESS.code, [])
    else if (note === null) done(errors.NONE.code, [])
    else {
      const errorCode = this.#feed.append([note])
      if (errorCode !== errors.NONE.code) done(errorCode, [])
      else
        this.partition.waitFor(this.partition.endOffset, {
          reached: (code) => done(code, code === 0 ? note.offsets : []),
        })
    }
  }

  /** Lets old segments go, and keeps the index small. For every few seconds. */
  clean(): void {
    if (!this.#feed.isLoaded || this.#isClosed || this.#isUndone) return
    this.#guarded(() => {
      this.#feed.saveIndex(true)
      this.#feed.rewriteIndex()
      if (this.#cleaner.clean(this.#feed.committed)) this.partition.changed()
    })
  }

  /** All that was in the log is known: it goes on where an earlier leader stopped. */
  #loaded(): void {
    for (const lane of [VISIBLE, DEAD] as const) {
      const intent = this.#machine.flight(lane)
      if (intent !== null) this.#lanes[lane].resume(intent)
    }
    this.wake()
    const { logger } = this.#options
    logger.debug({ topic: this.topic, partition: this.index, waiting: this.waitingCount }, 'Intake loaded.')
  }

  #targetLogs(): Log[] {
    return ([VISIBLE, DEAD] as const).flatMap((lane) => {
      if (!this.#lanes[lane].isUsed) return []
      const target = this.#options.targetOf(lane)
      return target instanceof Partition ? [target.log] : []
    })
  }

  #move(moves: readonly { readonly note: MovedNote; readonly body: Buffer }[]): boolean {
    const bodies = moves.map(({ body }) => body)
    return (
      this.#feed.append(
        moves.map(({ note }) => note),
        bodies,
      ) === errors.NONE.code
    )
  }

  #lane(lane: Lane): LaneDelivery {
    const { topic, topicId, rules, targetOf, work, clock, timers, logger, partition } = this.#options
    return new LaneDelivery({
      lane,
      topic,
      machine: this.#machine,
      partition,
      producerId: deliveryProducerId(topicId, partition.index),
      rules,
      target: () => targetOf(lane),
      append: (notes) => this.#feed.append(notes),
      guarded: (run) => this.#guarded(run),
      settled: () => this.#setTimer(),
      work,
      clock,
      timers,
      logger,
    })
  }

  #deliverDue(): void {
    if (!this.#feed.isLoaded || this.#isClosed) return
    for (const lane of this.#lanes) lane.begin()
    this.#setTimer()
  }

  #setTimer(): void {
    if (this.#isClosed) return
    let due = Number.POSITIVE_INFINITY
    for (const lane of [VISIBLE, DEAD] as const) {
      // One that is busy says when it is not.
      if (this.#lanes[lane].isIdle) due = Math.min(due, this.#machine.nextDue(lane))
    }
    if (due >= this.#timerDue) return
    this.#timer?.cancel()
    this.#timerDue = due
    const delayMs = Math.min(Math.max(due - this.#options.clock.now(), 0), SLEEP_MS_MAX)
    this.#timer = this.#options.timers.after(delayMs, () => {
      this.#timerDue = Number.POSITIVE_INFINITY
      this.#deliverDue()
    })
  }

  /** Does what reads the log. False where that failed: its partition is offline then, and with it this. */
  #guarded(run: () => void): boolean {
    try {
      run()
      return true
    } catch (error) {
      const { logger } = this.#options
      logger.error(
        { topic: this.topic, partition: this.index, err: error },
        'The intake log cannot be read; what waits in it is not delivered until the broker is restarted.',
      )
      this.close()
      return false
    }
  }
}

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
import {
  BatchCursor,
  BatchHeader,
  encodeBatch,
  errors,
  RecordCursor,
  readBatchHeader,
  type Slice,
  sliceOf,
} from '@odradek/protocol'
import type { Logger } from 'pino'
import type { Clock, Timer, Timers } from '../host/clock.ts'
import type { Disk } from '../host/disk.ts'
import type { Turn, TurnTask } from '../host/turn.ts'
import type { FetchWait, Partition } from '../replication/partition.ts'
import type { Log } from '../storage/log.ts'
import { RESERVED_PRODUCER_ID_MIN } from '../storage/reserved-producer-ids.ts'
import { countWithin, deliveryBatch } from './delivery-batch.ts'
import { IntakeCleaner } from './intake-cleaner.ts'
import { type IndexPosition, IntakeIndex } from './intake-index.ts'
import { type Candidates, IntakeMachine, type Target } from './intake-machine.ts'
import {
  DEAD,
  decodeNote,
  deliveryProducerId,
  encodeNote,
  type IntakeNote,
  type IntentNote,
  type Lane,
  type MovedNote,
  NOTE_PRODUCER_ID,
  VISIBLE,
} from './intake-note.ts'
import { findRecords, readChunk, type StoredRecord, showCreateTimes } from './intake-reader.ts'
import type { Admission, AdmissionRefusal, IntakeRules, Sender } from './intake-rules.ts'

/** Records of one delivery, and the bytes it should not grow above. */
const DELIVERY_RECORDS_MAX = 2_000
const DELIVERY_BYTES_MAX = 1_000_000
const RETRY_MS_MIN = 100
const RETRY_MS_MAX = 10_000
/** The longest that the timer sleeps. */
const SLEEP_MS_MAX = 60_000
const SEQUENCES = 0x8000_0000
/** How long loading may hold up everybody else at a time. */
const LOAD_MS_MAX = 10

/** Why a target does not take what is due. */
export interface Refusal {
  readonly errorCode: number
  readonly text: string
  readonly sinceMs: number
  readonly attempts: number
}

/** Finds the partition that a lane delivers to, or says why there is none now. */
export type TargetOf = (lane: Lane) => Partition | string

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
  /** For the index of what waits; null where none is kept, and all of the log is read at a start. */
  readonly disk: Disk | null
  readonly clock: Clock
  readonly timers: Timers
  readonly turn: Turn
  readonly logger: Logger
}

/** What is known already of a batch that was just appended, so that it need not be read back. */
interface Handed {
  readonly baseOffset: number
  readonly nextOffset: number
  /** Null for notes, which are in the machine already. */
  readonly dues: Float64Array | null
  readonly lanes: Uint8Array | null
}

/** A lane's delivery that is under way. */
interface Delivery {
  readonly intent: IntentNote
  /** Null where it has to be made again from the bodies. */
  batch: Buffer | null
  attempts: number
  /** How often the target stood elsewhere than the intent said. */
  rebases: number
  timer: Timer | null
}

export class PartitionIntake implements FetchWait, TurnTask {
  readonly partition: Partition
  readonly topic: string
  readonly topicId: string
  readonly #options: PartitionIntakeOptions
  readonly #producerId: number
  readonly #index: IntakeIndex | null
  readonly #machine: IntakeMachine
  readonly #cleaner: IntakeCleaner
  readonly #cursor = new RecordCursor()
  readonly #header = new BatchHeader()
  readonly #handed: Handed[] = []
  /** Records in `#handed`. */
  #handedCount = 0
  readonly #deliveries: [Delivery | null, Delivery | null] = [null, null]
  readonly #refusals: [Refusal | null, Refusal | null] = [null, null]
  /** Records of clients below this are in the machine. */
  #processed: number
  /** Notes below this are in the machine. */
  #noted: number
  /** What was in the log when this broker began to lead it: before all of it is known, nothing is decided. */
  readonly #loadEnd: number
  /** How far it has been read. */
  #loadAt: number
  /** Whether anything went to the dead letters since the start. */
  #usesDead = false
  #isActive = false
  #isClosed = false
  #isDeferred = false
  #timer: Timer | null = null
  /** Wall clock time that the timer is set to. */
  #timerDue = Number.POSITIVE_INFINITY
  #recordBytes = 1_000

  constructor(options: PartitionIntakeOptions) {
    this.#options = options
    this.partition = options.partition
    this.topic = options.topic
    this.topicId = options.topicId
    const { log } = options.partition
    this.#index = options.disk === null ? null : new IntakeIndex(options.disk, log)
    this.#machine = new IntakeMachine(this.#index ?? undefined)
    this.#cleaner = new IntakeCleaner({
      log,
      machine: this.#machine,
      targets: () => this.#targetLogs(),
      bodies: (offsets) => this.bodies(offsets, true),
      move: (moves) => this.#move(moves),
    })
    this.#producerId = deliveryProducerId(options.topicId, options.partition.index)
    this.#processed = options.partition.startOffset
    this.#noted = this.#processed
    this.#loadAt = this.#processed
    this.#loadEnd = options.partition.endOffset
  }

  get index(): number {
    return this.partition.index
  }

  /** Whether all that was in the log is known. */
  get isLoaded(): boolean {
    return this.#isActive
  }

  /** What waits, for looks from outside, which change nothing. */
  get machine(): Readonly<IntakeMachine> {
    return this.#machine
  }

  /** Records that wait, and those that are accepted and not yet committed. */
  get waitingCount(): number {
    return this.#machine.waitingCount + this.#handedCount
  }

  /** Whether nothing waits, and nothing is about to. */
  get isEmpty(): boolean {
    return this.#isActive && this.waitingCount === 0 && this.#processed >= this.partition.endOffset
  }

  /** When the next record is due, epoch milliseconds; too early at times. Infinity for none. */
  get nextDue(): number {
    return Math.min(this.#machine.nextDue(VISIBLE), this.#machine.nextDue(DEAD))
  }

  /** Why what is due is not taken, by lane. */
  get refusals(): readonly [Refusal | null, Refusal | null] {
    return this.#refusals
  }

  /** Begins. What is in the log is read chunk by chunk, others run in between. */
  start(): void {
    this.partition.addFetch(this)
    const isRead = this.#guarded(() => {
      const position = this.#index?.read(this.#machine) ?? null
      if (position === null) return
      const { startOffset } = this.partition
      this.#machine.trim(startOffset)
      this.#processed = Math.max(position.processed, startOffset)
      this.#noted = Math.max(position.noted, startOffset)
      this.#loadAt = this.#processed
    })
    if (isRead) this.#load()
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    try {
      if (this.#isActive && this.partition.offlineCode === 0) this.#saveIndex(true)
      this.#index?.close()
    } catch (error) {
      // The log has all that the index would have told.
      this.#options.logger.warn(
        { topic: this.topic, partition: this.index, err: error },
        'No index of what waits is left.',
      )
    }
    this.partition.removeFetch(this)
    this.#timer?.cancel()
    for (const delivery of this.#deliveries) delivery?.timer?.cancel()
  }

  /** Whether a validated batch of a client may be appended, and what its records wait for then. */
  admit(batch: Slice, header: BatchHeader, sender: Sender): Admission | AdmissionRefusal {
    const { rules, clock, config } = this.#options
    if (header.producerId >= RESERVED_PRODUCER_ID_MIN) {
      const text = `Producer id ${header.producerId} is one of the broker's own.`
      return { errorCode: errors.INVALID_RECORD.code, recordIndex: -1, text }
    }
    const full = this.#fullness(config(), header.count)
    if (full !== null) return { errorCode: errors.NOT_ENOUGH_REPLICAS.code, recordIndex: -1, text: full }
    return rules().admit(batch, header, clock.now(), sender)
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
  accepted(baseOffset: number, { dues, lanes }: Admission): void {
    this.#handed.push({ baseOffset, nextOffset: baseOffset + dues.length, dues, lanes })
    this.#handedCount += dues.length
  }

  /** There may be more that is committed. */
  wake(): void {
    if (this.#isDeferred || this.#isClosed) return
    this.#isDeferred = true
    this.#options.turn.defer('answer', this)
  }

  endTurn(): void {
    this.#isDeferred = false
    if (this.#isClosed || !this.#isActive) return
    this.#guarded(() => {
      this.#pump()
      this.#saveIndex(false)
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

  /** The bodies of records that wait, by intake offset; those that cannot be read are left out. */
  bodies(offsets: readonly number[], withDues = false): Map<number, StoredRecord> {
    const rules = this.#options.rules()
    const sorted = offsets
      .map((offset) => ({ offset, location: this.#machine.locationOf(offset) }))
      .sort((a, b) => a.location - b.location)
    const found = new Map<number, StoredRecord>()
    findRecords(
      this.partition.log,
      sorted.map(({ location }) => location),
      (at, record) => found.set(sorted[at]!.offset, record),
      () => {},
      withDues ? (cursor, acceptedMs) => rules.dueOf(cursor, acceptedMs) : undefined,
    )
    return found
  }

  #decide(
    note: { readonly kind: 'recalled' | 'rescheduled'; readonly offsets: readonly number[] } | null,
    done: (errorCode: number, offsets: readonly number[]) => void,
  ): void {
    if (!this.#isActive) done(errors.COORDINATOR_LOAD_IN_PROGRESS.code, [])
    else if (note === null) done(errors.NONE.code, [])
    else {
      const errorCode = this.#append([note as IntakeNote])
      if (errorCode !== errors.NONE.code) done(errorCode, [])
      else
        this.partition.waitFor(this.partition.endOffset, {
          reached: (code) => done(code, code === 0 ? note.offsets : []),
        })
    }
  }

  /**
   * Reads the log's next chunks; at its end the machine is complete, and goes on where an earlier leader stopped. It goes to
   * the log's end, not to the high watermark: what is there will be committed, or lost with the leadership, and nothing is
   * delivered whose intent, which comes after it, is not committed.
   */
  #load(): void {
    if (this.#isClosed) return
    const { clock } = this.#options
    const { log } = this.partition
    const until = clock.monotonic() + LOAD_MS_MAX
    const isRead = this.#guarded(() => {
      while (this.#loadAt < this.#loadEnd && clock.monotonic() < until) {
        this.#loadAt = this.#read(this.#loadAt, this.#loadEnd, log.lastStableOffset(this.#loadEnd))
        this.#saveIndex(false)
      }
    })
    if (!isRead) return
    if (this.#loadAt < this.#loadEnd) {
      this.#options.timers.after(0, () => this.#load())
      return
    }
    this.#machine.trim(this.partition.startOffset)
    this.#isActive = true
    for (const lane of [VISIBLE, DEAD] as const) {
      const intent = this.#machine.flight(lane)
      // Perhaps it is in the log only, and not committed.
      if (intent !== null) this.#fly(lane, { intent, batch: null, attempts: 0, rebases: 0, timer: null })
    }
    this.wake()
    this.#options.logger.debug(
      { topic: this.topic, partition: this.index, waiting: this.waitingCount },
      'Intake loaded.',
    )
  }

  /** Takes over what is committed. */
  #pump(): void {
    const { partition } = this
    while (this.#processed < partition.lastStableOffset) {
      const upTo = partition.lastStableOffset
      const handed = this.#handedAt(this.#processed)
      if (handed !== null) {
        if (handed.nextOffset > upTo) break
        this.#shiftHanded()
        this.#take(handed)
        this.#processed = handed.nextOffset
        continue
      }
      const before = this.#processed
      this.#read(before, upTo, upTo)
      if (this.#processed === before) break
    }
  }

  /** What was handed over of the batch at `offset`; what lies before it was read from the log. */
  #handedAt(offset: number): Handed | null {
    while (this.#handed.length > 0 && this.#handed[0]!.baseOffset < offset) this.#shiftHanded()
    const [first] = this.#handed
    return first?.baseOffset === offset ? first : null
  }

  #shiftHanded(): void {
    this.#handedCount -= this.#handed.shift()?.dues?.length ?? 0
  }

  #take({ baseOffset, dues, lanes }: Handed): void {
    if (dues === null) return
    const machine = this.#machine
    for (let at = 0; at < dues.length; at++) {
      machine.accepted(baseOffset + at, dues[at]!, lanes?.[at] === DEAD ? DEAD : VISIBLE)
    }
  }

  /**
   * Reads one chunk from `from` on: records of clients up to `stableOffset`, and notes also beyond it. What lies there was
   * written while a transaction was open that still is, and they are about records before that. Returns where to go on.
   */
  #read(from: number, upTo: number, stableOffset: number): number {
    const bytes = readChunk(this.partition.log, from, upTo)
    const chunk = sliceOf(bytes)
    const batches = new BatchCursor(chunk)
    const rules = this.#options.rules()
    const cursor = this.#cursor
    let end = from
    while (batches.next()) {
      const { header } = batches
      end = Math.max(end, header.nextOffset)
      if (header.isControl) continue
      const isNote = header.producerId === NOTE_PRODUCER_ID
      const isStable = header.nextOffset <= stableOffset
      if (isNote ? header.nextOffset <= this.#noted : !isStable) continue
      const acceptedMs = header.maxTimestamp
      showCreateTimes(chunk.view, batches.start)
      cursor.openAt(bytes, chunk.view, batches.start, batches.end)
      while (cursor.next()) {
        if (cursor.offset < (isNote ? this.#noted : this.#processed)) continue
        if (isNote) {
          const note = decodeNote(cursor.key() ?? Buffer.alloc(0), cursor.value())
          if (note !== null) this.#machine.replay(note, cursor.offset)
        } else this.#machine.accepted(cursor.offset, rules.dueOf(cursor, acceptedMs), rules.laneOf(cursor))
      }
    }
    cursor.release()
    if (end === from) end = upTo // nothing is left of what was there
    this.#noted = Math.max(this.#noted, end)
    // Notes may have been read further than records.
    if (from <= this.#processed) this.#processed = Math.max(this.#processed, Math.min(end, stableOffset))
    return end
  }

  /** Writes down what the machine knows, where that is committed and enough has come together (or `now`). */
  #saveIndex(now: boolean): void {
    const index = this.#index
    if (index === null || !(now || index.isDue) || !this.#isCommitted) return
    index.write(this.#position, this.#intents())
  }

  get #position(): IndexPosition {
    return { processed: this.#processed, noted: this.#noted }
  }

  /** Whether all that the machine knows is committed. */
  get #isCommitted(): boolean {
    return this.partition.highWatermark >= Math.max(this.#noted, this.#processed)
  }

  #intents(): IntentNote[] {
    return ([VISIBLE, DEAD] as const).flatMap((lane) => this.#machine.flight(lane) ?? [])
  }

  /** Lets old segments go, and keeps the index small. For every few seconds. */
  clean(): void {
    if (!this.#isActive || this.#isClosed) return
    this.#guarded(() => {
      if (this.#isCommitted) {
        this.#saveIndex(true)
        this.#index?.rewrite(this.#machine, this.#position, this.#intents())
      }
      const committed = Math.min(this.partition.highWatermark, this.#processed)
      if (this.#cleaner.clean(committed)) this.partition.changed()
    })
  }

  #targetLogs(): Log[] {
    return ([VISIBLE, DEAD] as const).flatMap((lane) => {
      if (lane === DEAD && !this.#usesDead) return []
      const target = this.#options.targetOf(lane)
      return typeof target === 'string' ? [] : [target.log]
    })
  }

  #move(moves: readonly { readonly note: MovedNote; readonly body: Buffer }[]): boolean {
    const bodies = moves.map(({ body }) => body)
    return (
      this.#append(
        moves.map(({ note }) => note),
        bodies,
      ) === errors.NONE.code
    )
  }

  /** Appends notes as one batch and applies them. NONE, or why nothing was appended. */
  #append(notes: readonly IntakeNote[], bodies: readonly Buffer[] = []): number {
    const { partition } = this
    if (!partition.hasMinInsyncReplicas) return errors.NOT_ENOUGH_REPLICAS.code
    const timestamp = this.#options.clock.now()
    const records = notes.map((note, at) => ({ ...encodeNote(note, bodies[at]), timestamp }))
    const batch = sliceOf(encodeBatch({ producerId: NOTE_PRODUCER_ID, producerEpoch: 0, records }))
    readBatchHeader(batch.view, batch.start, this.#header)
    const { errorCode, baseOffset } = partition.append(batch, this.#header)
    if (errorCode !== errors.NONE.code) return errorCode
    for (const [at, note] of notes.entries()) this.#machine.replay(note, baseOffset + at)
    this.#noted = partition.endOffset
    this.#handed.push({ baseOffset, nextOffset: this.#noted, dues: null, lanes: null })
    return errors.NONE.code
  }

  #deliverDue(): void {
    if (!this.#isActive || this.#isClosed) return
    for (const lane of [VISIBLE, DEAD] as const) if (this.#deliveries[lane] === null) this.#begin(lane)
    this.#setTimer()
  }

  #setTimer(): void {
    let due = Number.POSITIVE_INFINITY
    for (const lane of [VISIBLE, DEAD] as const) {
      if (this.#deliveries[lane] === null) due = Math.min(due, this.#machine.nextDue(lane))
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

  /** Decides what is delivered next, if anything is due. */
  #begin(lane: Lane): void {
    const now = this.#options.clock.now()
    const countMax = Math.ceil((2 * DELIVERY_BYTES_MAX) / this.#recordBytes)
    const candidates = this.#machine.take(lane, now, Math.min(Math.max(countMax, 1), DELIVERY_RECORDS_MAX))
    if (candidates.offsets.length === 0) return
    const target = this.#target(lane)
    if (typeof target === 'string') {
      this.#holdBack(lane, candidates, errors.NOT_LEADER_OR_FOLLOWER.code, target)
      return
    }
    let made: Delivery | null = null
    if (
      !this.#guarded(() => {
        made = this.#make(lane, candidates, target)
      })
    )
      return
    const delivery = made as Delivery | null
    if (delivery === null) return
    const errorCode = this.#append([delivery.intent])
    if (errorCode === errors.NONE.code) this.#fly(lane, delivery)
    else this.#holdBack(lane, candidates, errorCode, 'the intake log takes no notes')
  }

  /** Waits until the intent is committed, then delivers. */
  #fly(lane: Lane, delivery: Delivery): void {
    this.#deliveries[lane] = delivery
    this.partition.waitFor(this.partition.endOffset, {
      reached: (errorCode) => {
        // With the intake log lost, its next leader reads what is committed.
        if (errorCode === errors.NONE.code) this.#committed(lane, delivery)
      },
    })
  }

  /** Candidates that cannot be delivered now are due again after a pause. */
  #holdBack(lane: Lane, candidates: Candidates, errorCode: number, text: string): void {
    this.#machine.putBack(lane, candidates)
    const attempts = this.#refused(lane, errorCode, text)
    const blocked: Delivery = { intent: NO_INTENT, batch: null, attempts, rebases: 0, timer: null }
    this.#deliveries[lane] = blocked
    blocked.timer = this.#options.timers.after(pauseMs(attempts), () => {
      this.#deliveries[lane] = null
      this.#deliverDue()
    })
  }

  #refused(lane: Lane, errorCode: number, text: string): number {
    const before = this.#refusals[lane]
    const attempts = (before?.attempts ?? 0) + 1
    this.#refusals[lane] = { errorCode, text, sinceMs: before?.sinceMs ?? this.#options.clock.now(), attempts }
    if (attempts === 1) {
      this.#options.logger.warn(
        { topic: this.topic, partition: this.index, errorCode },
        `What is due is not taken: ${text}; trying again.`,
      )
    }
    return attempts
  }

  #target(lane: Lane): (Target & { readonly of: Partition }) | string {
    const found = this.#options.targetOf(lane)
    if (typeof found === 'string') return found
    const known = found.offlineCode === 0 ? found.log.producer(this.#producerId) : undefined
    const sequence = known === undefined || known.batches === 0 ? 0 : (known.lastSequence + 1) % SEQUENCES
    return {
      of: found,
      topicId: found.topicId,
      partition: found.index,
      epoch: Math.max(known?.epoch ?? 0, 0),
      sequence,
    }
  }

  /** Reads the bodies of candidates and makes the batch of as many as fit; the others are put back. Null for none. */
  #make(lane: Lane, candidates: Candidates, target: Target & { readonly of: Partition }): Delivery | null {
    const bodies = this.bodies(candidates.offsets)
    const readable = candidates.offsets.filter((offset) => bodies.has(offset))
    if (readable.length < candidates.offsets.length) {
      const missing = candidates.offsets.filter((offset) => !bodies.has(offset))
      const { logger } = this.#options
      logger.error(
        { topic: this.topic, partition: this.index, offsets: missing.slice(0, 10) },
        'Records that are due cannot be read; they are kept.',
      )
      if (readable.length === 0) return null
    }
    const records = readable.map((offset) => bodies.get(offset)!)
    const count = countWithin(records, DELIVERY_BYTES_MAX)
    const chosen = records.slice(0, count)
    const bytes = chosen.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0)
    this.#recordBytes = Math.max(1, (this.#recordBytes + bytes / count) / 2)
    if (count < readable.length) {
      this.#machine.putBack(lane, candidates, candidates.offsets.indexOf(readable[count]!))
    }
    const intent = this.#machine.intend(lane, target, readable.slice(0, count))
    return { intent, batch: this.#encode(intent, chosen, target.of), attempts: 0, rebases: 0, timer: null }
  }

  #encode(intent: IntentNote, records: readonly StoredRecord[], target: Partition): Buffer {
    const { rules, clock } = this.#options
    return deliveryBatch(records, {
      producerId: this.#producerId,
      epoch: intent.epoch,
      sequence: intent.sequence,
      nowMs: clock.now(),
      compression: target.log.config['compression.type'],
      headersOf: (record) => rules().headersOf(record, intent.lane),
    })
  }

  /** The intent is committed: its batch is appended to the target, now or when that takes it. */
  #committed(lane: Lane, delivery: Delivery): void {
    if (this.#isClosed) return
    this.#deliveries[lane] = delivery
    delivery.timer = null
    if (lane === DEAD) this.#usesDead = true
    const target = this.#options.targetOf(lane)
    if (typeof target === 'string') {
      this.#later(lane, delivery, errors.NOT_LEADER_OR_FOLLOWER.code, target)
      return
    }
    const { intent } = delivery
    if (target.topicId !== intent.topicId || target.index !== intent.partition) {
      this.#rebase(lane, delivery)
      return
    }
    if (target.offlineCode !== 0 || !target.hasMinInsyncReplicas) {
      const errorCode = target.offlineCode || errors.NOT_ENOUGH_REPLICAS.code
      this.#later(lane, delivery, errorCode, `${target.topic}-${target.index} takes no records`)
      return
    }
    if (delivery.batch === null && !this.#guarded(() => this.#encodeAgain(delivery, target))) return
    const batch = sliceOf(delivery.batch!)
    readBatchHeader(batch.view, batch.start, this.#header)
    const { errorCode, lastOffset } = target.append(batch, this.#header)
    if (errorCode === errors.NONE.code) {
      target.waitFor(lastOffset + 1, {
        reached: (code) => {
          if (code === errors.NONE.code) this.#arrived(lane)
          else this.#later(lane, delivery, code, `${target.topic}-${target.index} was lost`)
        },
      })
    } else if (
      errorCode === errors.OUT_OF_ORDER_SEQUENCE_NUMBER.code ||
      errorCode === errors.INVALID_PRODUCER_EPOCH.code
    ) {
      if (delivery.rebases === 0) this.#rebase(lane, delivery)
      else {
        const attempts = this.#refused(lane, errorCode, `${target.topic}-${target.index} finds records out of order`)
        delivery.timer = this.#options.timers.after(pauseMs(attempts), () => this.#rebase(lane, delivery))
      }
    } else this.#later(lane, delivery, errorCode, `${target.topic}-${target.index} refuses records`)
  }

  #encodeAgain(delivery: Delivery, target: Partition): void {
    const { intent } = delivery
    const bodies = this.bodies(intent.offsets)
    const records = intent.offsets.map((offset) => {
      const record = bodies.get(offset)
      if (record === undefined) throw new Error(`The record at intake offset ${offset} cannot be read.`)
      return record
    })
    delivery.batch = this.#encode(intent, records, target)
  }

  /** The target stands elsewhere than the intent says: the same records get the sequence that comes next there. */
  #rebase(lane: Lane, delivery: Delivery): void {
    if (this.#isClosed) return
    const target = this.#target(lane)
    if (typeof target === 'string') {
      this.#later(lane, delivery, errors.NOT_LEADER_OR_FOLLOWER.code, target)
      return
    }
    const intent = this.#machine.rebase(lane, target)
    const errorCode = this.#append([intent])
    if (errorCode === errors.NONE.code)
      this.#fly(lane, { intent, batch: null, attempts: 0, rebases: delivery.rebases + 1, timer: null })
    else this.#later(lane, delivery, errorCode, 'the intake log takes no notes')
  }

  #later(lane: Lane, delivery: Delivery, errorCode: number, text: string): void {
    if (this.#isClosed) return
    delivery.attempts = this.#refused(lane, errorCode, text)
    delivery.timer = this.#options.timers.after(pauseMs(delivery.attempts), () => this.#committed(lane, delivery))
  }

  /** The target has it, safely: that is noted, together with what comes next. */
  #arrived(lane: Lane): void {
    if (this.#isClosed) return
    this.#refusals[lane] = null
    this.#ended(lane)
  }

  #ended(lane: Lane): void {
    this.#deliveries[lane] = null
    const errorCode = this.#append([this.#machine.delivered(lane)])
    if (errorCode !== errors.NONE.code) {
      const attempts = this.#refused(lane, errorCode, 'the intake log takes no notes')
      const blocked: Delivery = { intent: NO_INTENT, batch: null, attempts, rebases: 0, timer: null }
      this.#deliveries[lane] = blocked
      blocked.timer = this.#options.timers.after(pauseMs(attempts), () => this.#ended(lane))
      return
    }
    this.#deliverDue()
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

const NO_INTENT: IntentNote = {
  kind: 'intent',
  lane: VISIBLE,
  topicId: '',
  partition: -1,
  epoch: 0,
  sequence: 0,
  offsets: [],
}

/** Longer from attempt to attempt. */
function pauseMs(attempts: number): number {
  return Math.min(RETRY_MS_MIN * 2 ** Math.min(attempts - 1, 10), RETRY_MS_MAX)
}

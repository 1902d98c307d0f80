/**
 * Runs one machine on one partition, visibly:
 *
 *     loading ──all replayed──▶ active ──append or wait failed, or a bug──▶ dropped ──▶ loading
 *
 * In a turn: a request is decided, its records are replayed at once, so that the next request finds the new state. At the
 * turn's end all records of the turn are appended as one batch, and the answers of the turn (reads too) wait together
 * until the high watermark has passed the last record applied. Nothing leaves the shell that could still be undone.
 */
import { errors, RecordBatchBuilder, sliceOf } from '@odradek/protocol'
import type { Logger } from 'pino'
import type { Clock, Timer, Timers } from '../host/clock.ts'
import type { Turn, TurnTask } from '../host/turn.ts'
import { coordinatorErrorOf } from './append-error.ts'
import type { Decision, Now, Token } from './decision.ts'
import type { Machine, RecordCodec } from './machine.ts'
import { MachineLoader } from './machine-loader.ts'
import type { MachinePartition } from './machine-partition.ts'
import { UnprovenAnswers } from './unproven-answers.ts'

/** Takes the outcome of a request, once: NONE and the response, or the code of what went wrong and null. */
export type Answer<T> = (errorCode: number, response: T | null) => void

/** A request that waits for a later decision. */
export interface ParkedRequest {
  readonly token: number
  /** What kind of request it is, for listings. */
  readonly what: string
  /** Since when, monotonic. */
  readonly sinceMs: number
}

export interface MachineShellOptions<M extends Machine<R>, R> {
  /** For logs: the partition's name. */
  readonly name: string
  readonly partition: MachinePartition
  readonly create: () => M
  readonly codec: RecordCodec<R>
  readonly clock: Clock
  readonly timers: Timers
  readonly turn: Turn
  readonly logger: Logger
  /** Called when `nextDeadline` may have moved. */
  readonly deadlineMoved: () => void
  readonly limits?: Partial<MachineShellLimits>
}

export interface MachineShellLimits {
  /** Requests that may wait for later decisions. */
  readonly parkedMax: number
  /** A batch is ended before it grows above this; must be within the topic's `max.message.bytes`. */
  readonly batchBytesMax: number
  /** Read and replayed at once while loading. */
  readonly loadChunkBytes: number
  /** Between the end of a machine, or a failed load, and the next load. */
  readonly reloadDelayMs: number
  /** Deadlines dealt with in one turn. */
  readonly dueMax: number
  /** Answers that may wait for the proof that this broker leads. */
  readonly unprovenMax: number
  /** … and how long: longer than a broker that died counts as alive, shorter than clients wait. */
  readonly proofTimeoutMs: number
}

const defaultLimits: MachineShellLimits = {
  parkedMax: 100_000,
  batchBytesMax: 1_000_000,
  loadChunkBytes: 1 << 20,
  reloadDelayMs: 500,
  dueMax: 1_000,
  unprovenMax: 10_000,
  proofTimeoutMs: 15_000,
}

/** What a record takes in a batch beside its key and value, at most. */
const RECORD_OVERHEAD_BYTES = 32

interface Parked extends ParkedRequest {
  readonly answer: Answer<unknown>
}

/** An answer that is known and waits for the high watermark. */
interface Settled {
  readonly answer: Answer<unknown>
  readonly response: unknown
  /** Whether it must not be older than what another leader may have told meanwhile. */
  readonly needsProof: boolean
}

export class MachineShell<M extends Machine<R>, R> implements TurnTask {
  readonly partition: MachinePartition
  readonly #options: MachineShellOptions<M, R>
  readonly #limits: MachineShellLimits
  /** Null while loading and after the end. */
  #machine: M | null = null
  #closed = false
  /** One more for each machine dropped, so that what belonged to an earlier one is known. */
  #incarnation = 0
  /** The offset after the last record applied. */
  #appliedOffset = 0
  /** Records applied in this turn, to be appended at its end. */
  #staged: R[] = []
  #settled: Settled[] = []
  #isDeferred = false
  readonly #unproven: UnprovenAnswers<Settled>
  readonly #parked = new Map<number, Parked>()
  #lastToken = 0
  #loadTimer: Timer | null = null

  constructor(options: MachineShellOptions<M, R>) {
    this.partition = options.partition
    this.#options = options
    this.#limits = { ...defaultLimits, ...options.limits }
    this.#unproven = new UnprovenAnswers({
      partition: options.partition,
      clock: options.clock,
      timers: options.timers,
      countMax: this.#limits.unprovenMax,
      timeoutMs: this.#limits.proofTimeoutMs,
      refused: (settled) => {
        for (const { answer } of settled) answer(errors.NOT_COORDINATOR.code, null)
      },
    })
  }

  get isActive(): boolean {
    return this.#machine !== null
  }

  /** The machine for a look from outside, which changes nothing; null while it is not loaded. */
  get machine(): Readonly<M> | null {
    return this.#machine
  }

  /** The requests that wait for later decisions, oldest first. */
  parked(): Iterable<ParkedRequest> {
    return this.#parked.values()
  }

  get parkedCount(): number {
    return this.#parked.size
  }

  /** Starts loading. An empty log is loaded at once. */
  load(): void {
    const machine = this.#options.create()
    const { codec } = this.#options
    const loader = new MachineLoader(machine, this.partition, codec, this.#limits.loadChunkBytes)
    if (loader.isDone) this.#activate(machine, loader)
    else this.#loadTimer = this.#options.timers.after(0, () => this.#loadStep(machine, loader))
  }

  /**
   * Decides on a request. The answer comes when what it rests on is committed; with `needsProof` when it is certain as well
   * that this broker still led its partition then, so that nobody is told what another leader has overtaken. Where that takes
   * too long, it is NOT_COORDINATOR: whoever asks looks for the coordinator again.
   */
  run<T>(decide: (machine: M, now: Now) => Decision<T, R>, answer: Answer<T>, needsProof = false): void {
    const machine = this.#machine
    if (machine === null) {
      answer(this.#unavailable(), null)
      return
    }
    const decision = this.#execute(machine, () => decide(machine, this.#now()))
    if (decision === null) {
      answer(errors.UNKNOWN_SERVER_ERROR.code, null)
      return
    }
    if (decision.response === null) throw new TypeError('A request without a token was decided without a response.')
    this.#settle(answer as Answer<unknown>, decision.response, needsProof)
    this.#complete(decision)
  }

  /** The same for a request that may have to wait for a later decision, which then names its token. */
  runParked<T>(
    what: string,
    decide: (machine: M, now: Now, token: Token<T>) => Decision<T, R>,
    answer: Answer<T>,
  ): void {
    const machine = this.#machine
    const isFull = this.#parked.size >= this.#limits.parkedMax
    if (machine === null || isFull) {
      answer(machine === null ? this.#unavailable() : errors.COORDINATOR_NOT_AVAILABLE.code, null)
      return
    }
    const now = this.#now()
    const token = ++this.#lastToken
    const decision = this.#execute(machine, () => decide(machine, now, token as Token<T>))
    if (decision === null) {
      answer(errors.UNKNOWN_SERVER_ERROR.code, null)
      return
    }
    const untyped = answer as Answer<unknown>
    if (decision.response !== null) this.#settle(untyped, decision.response)
    else this.#parked.set(token, { token, what, sinceMs: now.monotonicMs, answer: untyped })
    this.#complete(decision)
  }

  /** Lets the machine deal with what is due. */
  tick(): void {
    const now = this.#now()
    for (let count = 0; count < this.#limits.dueMax; count++) {
      const machine = this.#machine
      if (machine === null || machine.nextDeadline() > now.monotonicMs) return
      const decision = this.#execute(machine, () => machine.due(now))
      if (decision !== null) this.#complete(decision)
    }
  }

  /** The monotonic time at which `tick` wants to be called, Infinity for never. */
  nextDeadline(): number {
    return this.#machine?.nextDeadline() ?? Number.POSITIVE_INFINITY
  }

  /** Ends the shell: this broker does not lead the partition any more. All that waits is answered NOT_COORDINATOR. */
  close(): void {
    this.#closed = true
    this.#drop(errors.NOT_COORDINATOR.code)
  }

  /** The end of a turn in which something was decided. */
  endTurn(): void {
    this.#isDeferred = false
    const appendError = this.#append()
    if (appendError !== errors.NONE.code) {
      this.#restart(coordinatorErrorOf(appendError))
      return
    }
    const settled = this.#settled
    if (settled.length > 0) {
      this.#settled = []
      const incarnation = this.#incarnation
      const proven = settled.filter(({ needsProof }) => needsProof)
      const others = proven.length === 0 ? settled : settled.filter(({ needsProof }) => !needsProof)
      this.partition.waitFor(this.#appliedOffset, (errorCode) => {
        this.#release(others, errorCode, incarnation)
        if (proven.length === 0) return
        if (errorCode !== errors.NONE.code) this.#release(proven, errorCode, incarnation)
        else this.#unproven.wait(proven, (answers, code) => this.#release(answers, code, incarnation))
      })
    }
    this.#options.deadlineMoved()
  }

  #now(): Now {
    const { clock } = this.#options
    return { wallMs: clock.now(), monotonicMs: clock.monotonic() }
  }

  #unavailable(): number {
    return this.#closed ? errors.NOT_COORDINATOR.code : errors.COORDINATOR_LOAD_IN_PROGRESS.code
  }

  /** Decides and replays. A machine that throws has a bug and may be half changed: null, and it is loaded anew. */
  #execute<T>(machine: M, decide: () => Decision<T, R>): Decision<T, R> | null {
    try {
      const decision = decide()
      for (const record of decision.records) {
        machine.replay(record)
        this.#staged.push(record)
      }
      return decision
    } catch (error) {
      const { logger, name } = this.#options
      logger.error({ err: error, partition: name }, 'a machine failed to decide; it is loaded anew')
      this.#restart(errors.NOT_COORDINATOR.code)
      return null
    }
  }

  /** Lets the answers that a decision brings wait for its records. */
  #complete(decision: Decision<unknown, R>): void {
    for (const { token, response } of decision.answers ?? []) {
      const parked = this.#parked.get(token)
      if (parked === undefined) continue
      this.#parked.delete(token)
      this.#settle(parked.answer, response)
    }
    this.#defer()
  }

  #settle(answer: Answer<unknown>, response: unknown, needsProof = false): void {
    this.#settled.push({ answer, response, needsProof })
  }

  #defer(): void {
    if (this.#isDeferred) return
    this.#isDeferred = true
    this.#options.turn.defer('write', this)
  }

  /** Appends the records of the turn, in as few batches as their size allows. Returns NONE or why it failed. */
  #append(): number {
    const staged = this.#staged
    if (staged.length === 0) return errors.NONE.code
    this.#staged = []
    const timestamp = this.#options.clock.now()
    let builder = new RecordBatchBuilder()
    for (const record of staged) {
      const { key, value } = this.#options.codec.encode(record)
      const recordBytes = key.length + (value?.length ?? 0) + RECORD_OVERHEAD_BYTES
      if (builder.count > 0 && builder.sizeInBytes + recordBytes > this.#limits.batchBytesMax) {
        const errorCode = this.#appendBatch(builder)
        if (errorCode !== errors.NONE.code) return errorCode
        builder = new RecordBatchBuilder()
      }
      builder.append({ key, value, timestamp })
    }
    return this.#appendBatch(builder)
  }

  #appendBatch(builder: RecordBatchBuilder): number {
    const { logger, name } = this.#options
    try {
      const { errorCode, baseOffset } = this.partition.append(sliceOf(builder.build()))
      if (errorCode === errors.NONE.code) this.#appliedOffset = baseOffset + builder.count
      else logger.warn({ partition: name, errorCode }, 'the log refused the records of a machine; it is loaded anew')
      return errorCode
    } catch (error) {
      logger.error({ err: error, partition: name }, 'appending the records of a machine failed; it is loaded anew')
      return errors.KAFKA_STORAGE_ERROR.code
    }
  }

  #release(settled: readonly Settled[], errorCode: number, incarnation: number): void {
    if (errorCode === errors.NONE.code) {
      for (const { answer, response } of settled) answer(errorCode, response)
      return
    }
    const told = coordinatorErrorOf(errorCode)
    for (const { answer } of settled) answer(told, null)
    if (incarnation === this.#incarnation) this.#restart(told)
  }

  #restart(errorCode: number): void {
    this.#drop(errorCode)
    if (!this.#closed) this.#loadLater()
  }

  /** Forgets the machine. What was decided this turn is answered with `errorCode`, what waits for more NOT_COORDINATOR. */
  #drop(errorCode: number): void {
    this.#machine = null
    this.#incarnation++
    this.#loadTimer?.cancel()
    this.#loadTimer = null
    this.#staged = []
    const settled = this.#settled
    const parked = [...this.#parked.values()]
    this.#settled = []
    this.#parked.clear()
    for (const { answer } of settled) answer(errorCode, null)
    for (const { answer } of parked) answer(errors.NOT_COORDINATOR.code, null)
  }

  /** Not at once: what made it necessary may last, and a load reads the whole log. */
  #loadLater(): void {
    this.#loadTimer = this.#options.timers.after(this.#limits.reloadDelayMs, () => this.load())
  }

  #loadStep(machine: M, loader: MachineLoader<R>): void {
    const { logger, name, timers } = this.#options
    try {
      loader.step()
    } catch (error) {
      logger.error({ err: error, partition: name, offset: loader.offset }, 'loading a machine failed; trying again')
      this.#loadLater()
      return
    }
    if (loader.isDone) this.#activate(machine, loader)
    else this.#loadTimer = timers.after(0, () => this.#loadStep(machine, loader))
  }

  #activate(machine: M, loader: MachineLoader<R>): void {
    const { logger, name } = this.#options
    this.#loadTimer = null
    this.#machine = machine
    this.#appliedOffset = loader.offset
    const { replayed, skipped } = loader
    if (replayed > 0 || skipped > 0) logger.debug({ partition: name, replayed, skipped }, 'machine loaded')
    if (skipped > 0) logger.warn({ partition: name, skipped }, 'records of unknown kind or form were passed over')
    const decision = this.#execute(machine, () => machine.loaded(this.#now()))
    if (decision !== null) this.#complete(decision)
  }
}

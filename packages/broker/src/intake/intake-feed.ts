/**
 * Between an intake log and its machine: what clients wrote comes in when it is committed, notes go out and are applied at
 * once, and the index of both is kept.
 */
import {
  BatchCursor,
  BatchHeader,
  encodeBatch,
  errors,
  RecordCursor,
  readBatchHeader,
  sliceOf,
} from '@odradek/protocol'
import type { Clock, Timers } from '../host/clock.ts'
import type { Partition } from '../replication/partition.ts'
import { isNoRoom } from '../storage/disk-room.ts'
import type { IndexPosition, IntakeIndex } from './intake-index.ts'
import type { IntakeMachine } from './intake-machine.ts'
import {
  DEAD,
  decodeNote,
  encodeNote,
  type IntakeNote,
  type IntentNote,
  NOTE_PRODUCER_ID,
  VISIBLE,
} from './intake-note.ts'
import { readChunk, showCreateTimes } from './intake-reader.ts'
import type { Admission, IntakeRules } from './intake-rules.ts'

/** How long loading may hold up everybody else at a time. */
const LOAD_MS_MAX = 10

/** What is known already of a batch that was just appended, so that it need not be read back. */
interface Handed {
  readonly baseOffset: number
  readonly nextOffset: number
  /** Null for notes, which are in the machine already. */
  readonly dues: Float64Array | null
  readonly lanes: Uint8Array | null
}

export interface IntakeFeedOptions {
  /** Of the intake log. */
  readonly partition: Partition
  readonly machine: IntakeMachine
  readonly index: IntakeIndex
  /** Whether what the index says need not be read again from the log. */
  readonly isIndexEnough: boolean
  readonly rules: () => IntakeRules
  readonly clock: Clock
  readonly timers: Timers
  /** Does what reads the log; false where that failed, which ends the intake. */
  readonly guarded: (run: () => void) => boolean
  /** All that was in the log is known. */
  readonly loaded: () => void
}

export class IntakeFeed {
  readonly #options: IntakeFeedOptions
  readonly #cursor = new RecordCursor()
  readonly #header = new BatchHeader()
  readonly #handed: Handed[] = []
  /** Records in `#handed`. */
  #handedCount = 0
  /** Records of clients below this are in the machine. */
  #processed: number
  /** Notes below this are in the machine. */
  #noted: number
  /** What was in the log when this broker began to lead it: before all of it is known, nothing is decided. */
  readonly #loadEnd: number
  /** How far it has been read. */
  #loadAt: number
  #isLoaded = false
  #isClosed = false

  constructor(options: IntakeFeedOptions) {
    this.#options = options
    const { startOffset, endOffset } = options.partition
    this.#processed = startOffset
    this.#noted = startOffset
    this.#loadAt = startOffset
    this.#loadEnd = endOffset
  }

  get isLoaded(): boolean {
    return this.#isLoaded
  }

  /** Records that are accepted and not yet in the machine. */
  get pendingCount(): number {
    return this.#handedCount
  }

  /** Whether all of the log is in the machine. */
  get isCaughtUp(): boolean {
    return this.#processed >= this.#options.partition.endOffset
  }

  /** All below is committed and in the machine. */
  get committed(): number {
    return Math.min(this.#options.partition.highWatermark, this.#processed)
  }

  /** Begins with what the index says. What came after it is read chunk by chunk, others run in between. */
  start(): void {
    const { guarded, index, isIndexEnough, machine, partition } = this.#options
    const isRead = guarded(() => {
      const position = isIndexEnough ? index.read(machine) : null
      if (position === null) return
      const { startOffset } = partition
      this.#processed = Math.max(position.processed, startOffset)
      this.#noted = Math.max(position.noted, startOffset)
      this.#loadAt = this.#processed
    })
    if (isRead) this.#load()
  }

  close(): void {
    this.#isClosed = true
  }

  /** A batch that `admission` is of was appended at `baseOffset`. */
  accepted(baseOffset: number, { dues, lanes }: Admission): void {
    this.#handed.push({ baseOffset, nextOffset: baseOffset + dues.length, dues, lanes })
    this.#handedCount += dues.length
  }

  /**
   * Reads the log's next chunks; at its end the machine is complete, and goes on where an earlier leader stopped. It goes to
   * the log's end, not to the high watermark: what is there will be committed, or lost with the leadership, and nothing is
   * delivered whose intent, which comes after it, is not committed.
   */
  #load(): void {
    if (this.#isClosed) return
    const { clock, guarded, machine, partition, timers } = this.#options
    const { log } = partition
    const until = clock.monotonic() + LOAD_MS_MAX
    const isRead = guarded(() => {
      while (this.#loadAt < this.#loadEnd && clock.monotonic() < until) {
        this.#loadAt = this.#read(this.#loadAt, this.#loadEnd, log.lastStableOffset(this.#loadEnd))
        this.saveIndex(false)
      }
    })
    if (!isRead) return
    if (this.#loadAt < this.#loadEnd) {
      timers.after(0, () => this.#load())
      return
    }
    machine.trim(partition.startOffset)
    this.#isLoaded = true
    this.#options.loaded()
  }

  /** Takes over what is committed. */
  pump(): void {
    const { partition } = this.#options
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
    const { machine } = this.#options
    for (let at = 0; at < dues.length; at++) {
      machine.accepted(baseOffset + at, dues[at]!, lanes?.[at] === DEAD ? DEAD : VISIBLE)
    }
  }

  /**
   * Reads one chunk from `from` on: records of clients up to `stableOffset`, and notes also beyond it. What lies there was
   * written while a transaction was open that still is, and they are about records before that. Returns where to go on.
   */
  #read(from: number, upTo: number, stableOffset: number): number {
    const { machine, partition } = this.#options
    const bytes = readChunk(partition.log, from, upTo)
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
          if (note !== null) machine.replay(note, cursor.offset)
        } else machine.accepted(cursor.offset, rules.dueOf(cursor, acceptedMs), rules.laneOf(cursor))
      }
    }
    cursor.release()
    if (end === from) end = upTo // nothing is left of what was there
    this.#noted = Math.max(this.#noted, end)
    // Notes may have been read further than records.
    if (from <= this.#processed) this.#processed = Math.max(this.#processed, Math.min(end, stableOffset))
    return end
  }

  /**
   * Writes down what the machine knows, where that is committed and enough has come together (or `now`). A disk without room
   * gets it later: the log says everything.
   */
  saveIndex(now: boolean): void {
    const { index } = this.#options
    if (!(now || index.isDue) || !this.#isCommitted) return
    whereRoom(() => index.write(this.#position, this.#intents()))
  }

  /** Writes the index anew where that is worth it. */
  rewriteIndex(): void {
    const { index, machine } = this.#options
    if (this.#isCommitted) whereRoom(() => index.rewrite(machine, this.#position, this.#intents()))
  }

  get #position(): IndexPosition {
    return { processed: this.#processed, noted: this.#noted }
  }

  /** Whether all that the machine knows is committed. */
  get #isCommitted(): boolean {
    return this.#options.partition.highWatermark >= Math.max(this.#noted, this.#processed)
  }

  #intents(): IntentNote[] {
    return ([VISIBLE, DEAD] as const).flatMap((lane) => this.#options.machine.flight(lane) ?? [])
  }

  /** Appends notes as one batch and applies them. NONE, or why nothing was appended. */
  append(notes: readonly IntakeNote[], bodies: readonly Buffer[] = []): number {
    const { clock, machine, partition } = this.#options
    if (!partition.hasMinInsyncReplicas) return errors.NOT_ENOUGH_REPLICAS.code
    const timestamp = clock.now()
    const records = notes.map((note, at) => ({ ...encodeNote(note, bodies[at]), timestamp }))
    const batch = sliceOf(encodeBatch({ producerId: NOTE_PRODUCER_ID, producerEpoch: 0, records }))
    readBatchHeader(batch.view, batch.start, this.#header)
    const { errorCode, baseOffset } = partition.append(batch, this.#header)
    if (errorCode !== errors.NONE.code) return errorCode
    for (const [at, note] of notes.entries()) machine.replay(note, baseOffset + at)
    this.#noted = partition.endOffset
    this.#handed.push({ baseOffset, nextOffset: this.#noted, dues: null, lanes: null })
    return errors.NONE.code
  }
}

function whereRoom(write: () => void): void {
  try {
    write()
  } catch (error) {
    if (!isNoRoom(error)) throw error
  }
}

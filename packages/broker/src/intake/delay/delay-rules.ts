/**
 * Timed messages (`message.type=DELAY`): a record is seen at the time that one of its headers says. A batch is stored as it
 * was sent, but for records whose time the log alone would not tell: by levels of the topic's own, which may be others when
 * it is read back.
 */
import { parseDurationMs, resolveTopicConfig, type TopicConfig } from '@odradek/config'
import {
  type BatchHeader,
  CorruptBatchError,
  codecWithId,
  errors,
  RecordBatchBuilder,
  RecordCursor,
  readBatchHeader,
  type Slice,
  sliceOf,
  Validation,
} from '@odradek/protocol'
import { type Lane, VISIBLE } from '../intake-note.ts'
import type { Admission, AdmissionRefusal, IntakeRules } from '../intake-rules.ts'
import { refusalOf } from '../refusal-of.ts'
import { StoredRecord } from '../stored-record.ts'
import { DELAY_DUE_TIME, type TimerLimits, TimerReader } from '../timer-headers.ts'

/** To take it away would mean to build the batch anew, for every client that asks for it. */
const NOTE_TEXT = `Header ${DELAY_DUE_TIME} is the broker's own.`
const NO_LIMIT = Number.POSITIVE_INFINITY
const DEFAULT_LEVELS_MS = levelsMsOf(resolveTopicConfig())
/** Of what is in the log. */
const STORED_LIMITS: TimerLimits = { levelsMs: DEFAULT_LEVELS_MS, delayMaxMs: NO_LIMIT }

export class DelayRules implements IntakeRules {
  readonly hasDeadLetters = false
  readonly #config: () => TopicConfig
  readonly #cursor = new RecordCursor()
  readonly #timer = new TimerReader()
  readonly #check = new Validation()
  #limitsOf: TopicConfig | null = null
  #limits: TimerLimits = { levelsMs: [], delayMaxMs: 0 }
  #hasOwnLevels = false

  /** `config` gives the topic's settings in force. */
  constructor(config: () => TopicConfig) {
    this.#config = config
  }

  admit(batch: Slice, header: BatchHeader, nowMs: number): Admission | AdmissionRefusal {
    this.#readLimits()
    const cursor = this.#cursor
    const timer = this.#timer
    const check = this.#check
    check.reset()
    const dues = new Float64Array(header.count)
    let needsNotes = false
    try {
      cursor.open(batch)
      for (let index = 0; cursor.next(); index++) {
        if (cursor.offsetDelta !== index) {
          check.refuse(errors.INVALID_RECORD.code, `Record ${index} has offset delta ${cursor.offsetDelta}.`, index)
          break
        }
        const due = timer.dueOf(cursor, nowMs, this.#limits)
        const problem = timer.problem ?? (timer.hasNote ? NOTE_TEXT : null)
        if (problem !== null && !check.blame(errors.INVALID_RECORD.code, index, problem)) break
        dues[index] = due
        needsNotes ||= this.#hasOwnLevels && timer.isByLevel
      }
    } catch (error) {
      if (!(error instanceof CorruptBatchError)) throw error
      check.refuse(errors.INVALID_RECORD.code, error.message)
    } finally {
      cursor.release()
    }
    if (check.errorCode !== 0) return refusalOf(check)
    return { errorCode: 0, batch: needsNotes ? this.#withNotes(batch, header, dues) : batch, dues, lanes: null }
  }

  /** The same batch, with notes of when records are due that have a timer header; `header` is that of it then. */
  #withNotes(batch: Slice, header: BatchHeader, dues: Float64Array): Slice {
    const { producerId, producerEpoch, baseSequence, isTransactional: transactional } = header
    const codec = codecWithId(header.codec).name
    const builder = new RecordBatchBuilder({ producerId, producerEpoch, baseSequence, transactional, codec })
    const cursor = this.#cursor
    try {
      cursor.open(batch)
      for (let index = 0; cursor.next(); index++) {
        const { key, value, headers, timestamp } = StoredRecord.copyOf(cursor)
        const note = headers.length === 0 ? [] : [{ key: DELAY_DUE_TIME, value: String(dues[index]) }]
        builder.append({ key, value, headers: [...headers, ...note], timestamp })
      }
    } finally {
      cursor.release()
    }
    const noted = sliceOf(builder.build())
    readBatchHeader(noted.view, noted.start, header)
    return noted
  }

  dueOf(cursor: RecordCursor, acceptedMs: number): number {
    const due = this.#timer.dueOf(cursor, acceptedMs, STORED_LIMITS)
    if (this.#timer.noted >= 0) return this.#timer.noted
    // It was good when it was accepted.
    return due < 0 ? acceptedMs : due
  }

  laneOf(): Lane {
    return VISIBLE
  }

  headersOf(): null {
    return null
  }

  #readLimits(): void {
    const config = this.#config()
    if (config === this.#limitsOf) return
    this.#limitsOf = config
    const levelsMs = levelsMsOf(config)
    this.#limits = { levelsMs, delayMaxMs: config['delay.max.ms'] }
    this.#hasOwnLevels = levelsMs.join() !== DEFAULT_LEVELS_MS.join()
  }
}

function levelsMsOf(config: TopicConfig): number[] {
  return config['delay.levels'].map((text) => parseDurationMs(text) ?? 0)
}

/** Timed messages (`message.type=DELAY`): a record is seen at the time that one of its headers says. */
import { parseDurationMs, type TopicConfig } from '@odradek/config'
import { type BatchHeader, CorruptBatchError, errors, RecordCursor, type Slice } from '@odradek/protocol'
import { type Lane, VISIBLE } from '../intake-note.ts'
import type { Admission, AdmissionRefusal, IntakeRules } from '../intake-rules.ts'
import { type TimerLimits, TimerReader } from '../timer-headers.ts'

const NO_LIMIT = Number.POSITIVE_INFINITY

export class DelayRules implements IntakeRules {
  readonly hasDeadLetters = false
  readonly #config: () => TopicConfig
  readonly #cursor = new RecordCursor()
  readonly #timer = new TimerReader()
  #limitsOf: TopicConfig | null = null
  #limits: TimerLimits = { levelsMs: [], delayMaxMs: 0 }
  #stored: TimerLimits = this.#limits

  /** `config` gives the topic's settings in force. */
  constructor(config: () => TopicConfig) {
    this.#config = config
  }

  admit(batch: Slice, header: BatchHeader, nowMs: number): Admission | AdmissionRefusal {
    this.#readLimits()
    const cursor = this.#cursor
    const timer = this.#timer
    const dues = new Float64Array(header.count)
    try {
      cursor.open(batch)
      for (let index = 0; cursor.next(); index++) {
        if (cursor.offsetDelta !== index) {
          return invalid(index, `Record ${index} has offset delta ${cursor.offsetDelta}.`)
        }
        const due = timer.dueOf(cursor, nowMs, this.#limits)
        if (timer.problem !== null) return invalid(index, timer.problem)
        dues[index] = due
      }
    } catch (error) {
      if (!(error instanceof CorruptBatchError)) throw error
      return invalid(-1, error.message)
    } finally {
      cursor.release()
    }
    return { errorCode: 0, batch, dues, lanes: null }
  }

  dueOf(cursor: RecordCursor, acceptedMs: number): number {
    this.#readLimits()
    const due = this.#timer.dueOf(cursor, acceptedMs, this.#stored)
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
    const levelsMs = config['delay.levels'].map((text) => parseDurationMs(text) ?? 0)
    this.#limits = { levelsMs, delayMaxMs: config['delay.max.ms'] }
    this.#stored = { levelsMs, delayMaxMs: NO_LIMIT }
  }
}

function invalid(recordIndex: number, text: string): AdmissionRefusal {
  return { errorCode: errors.INVALID_RECORD.code, recordIndex, text }
}

/**
 * The headers by which a client says when a record is to be seen; decimal text. RocketMQ's names and precedence: a level
 * first, then seconds, then milliseconds, then a point in time.
 *
 *   DELAY              a level from 1, of `delay.levels`; 0 is no delay
 *   TIMER_DELAY_SEC    seconds from the acceptance
 *   TIMER_DELAY_MS     milliseconds from the acceptance
 *   TIMER_DELIVER_MS   epoch milliseconds
 *
 * What a level stands for can change. Where it is another time than by default, the broker notes in the intake log when the
 * record is due:
 *
 *   DELAY_DUE_TIME     epoch milliseconds; never delivered
 */
import type { RecordCursor } from '@odradek/protocol'

const DELAY = Buffer.from('DELAY')
const TIMER_DELAY_SEC = Buffer.from('TIMER_DELAY_SEC')
const TIMER_DELAY_MS = Buffer.from('TIMER_DELAY_MS')
const TIMER_DELIVER_MS = Buffer.from('TIMER_DELIVER_MS')
const DUE = Buffer.from('DELAY_DUE_TIME')
const DIGITS_MAX = 15

/** The name of the header in which the broker notes when a record is due. */
export const DELAY_DUE_TIME = 'DELAY_DUE_TIME'

/** The names of all that clients may send. */
export const timerHeaderNames: readonly string[] = ['DELAY', 'TIMER_DELAY_SEC', 'TIMER_DELAY_MS', 'TIMER_DELIVER_MS']

export interface TimerLimits {
  /** Milliseconds of the levels, the first being level 1. */
  readonly levelsMs: readonly number[]
  /** How far in the future a record may be due. */
  readonly delayMaxMs: number
}

/** Reads timer headers. One object for all records; `problem` is of the last one. */
export class TimerReader {
  /** What is wrong, a sentence; null when nothing is. */
  problem: string | null = null
  /** Whether that one is due by a level. */
  isByLevel = false
  /** Whether it has a note of when it is due, and what that says; -1 for nothing. */
  hasNote = false
  noted = -1

  /** When the record that `cursor` is at is due, epoch milliseconds: `nowMs` without a header. -1 where `problem` says why not. */
  dueOf(cursor: RecordCursor, nowMs: number, limits: TimerLimits): number {
    this.problem = null
    this.isByLevel = false
    this.hasNote = false
    this.noted = -1
    if (cursor.headerCount === 0) return nowMs
    let level = -1
    let seconds = -1
    let milliseconds = -1
    let time = -1
    const { buffer } = cursor
    cursor.rewindHeaders()
    while (cursor.nextHeader()) {
      const start = cursor.headerKeyStart
      const end = cursor.headerKeyEnd
      switch (end - start) {
        case 5:
          if (isKey(buffer, start, end, DELAY)) level = this.#number(cursor, DELAY)
          break
        case 14:
          if (isKey(buffer, start, end, TIMER_DELAY_MS)) milliseconds = this.#number(cursor, TIMER_DELAY_MS)
          else if (isKey(buffer, start, end, DUE)) {
            this.hasNote = true
            this.noted = numberAt(cursor)
          }
          break
        case 15:
          if (isKey(buffer, start, end, TIMER_DELAY_SEC)) seconds = this.#number(cursor, TIMER_DELAY_SEC)
          break
        case 16:
          if (isKey(buffer, start, end, TIMER_DELIVER_MS)) time = this.#number(cursor, TIMER_DELIVER_MS)
          break
      }
    }
    if (this.problem !== null) return -1
    let due = nowMs
    this.isByLevel = level > 0
    if (level >= 0) due = level === 0 ? nowMs : nowMs + limits.levelsMs[Math.min(level, limits.levelsMs.length) - 1]!
    else if (seconds >= 0) due = nowMs + seconds * 1000
    else if (milliseconds >= 0) due = nowMs + milliseconds
    else if (time >= 0) due = time
    if (due - nowMs <= limits.delayMaxMs) return due
    this.problem = `The record is due in ${due - nowMs} ms, and delay.max.ms is ${limits.delayMaxMs}.`
    return -1
  }

  #number(cursor: RecordCursor, name: Buffer): number {
    const value = numberAt(cursor)
    if (value >= 0) return value
    const { buffer, headerValueStart: start, headerValueEnd: end } = cursor
    const text = start < 0 ? 'null' : `"${buffer.toString('utf8', start, Math.min(end, start + 40))}"`
    this.problem ??= `Header ${name.toString()} must be a whole number of at most ${DIGITS_MAX} decimal digits, not ${text}.`
    return -1
  }
}

/** The value of the header that `cursor` is at; -1 where it is no number. */
function numberAt({ buffer, headerValueStart: start, headerValueEnd: end }: RecordCursor): number {
  if (start < 0 || end === start || end - start > DIGITS_MAX) return -1
  let value = 0
  for (let at = start; at < end; at++) {
    const digit = buffer[at]! - 48
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}

function isKey(buffer: Buffer, start: number, end: number, key: Buffer): boolean {
  return buffer.compare(key, 0, key.length, start, end) === 0
}

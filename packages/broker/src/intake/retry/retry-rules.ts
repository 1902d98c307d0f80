/**
 * Retries (`message.type=RETRY`): a consumer that failed to deal with a record sends it here as it received it, and it is
 * seen again after a while, or becomes a dead letter of the group.
 *
 *   from the client   key, value, all headers as received; EXCEPTION says what went wrong; on the first failure
 *                     ORIGIN_TOPIC, ORIGIN_PARTITION, ORIGIN_OFFSET, ORIGIN_TIMESTAMP
 *   from the broker   RECONSUME_TIME counts the retries; ATTEMPTS tells of each failure; DEAD_LETTER_REASON why there
 *                     is no further one
 *
 * What the broker has to say is written into the records as they are accepted, when it knows who sent them; so the intake
 * log alone says when a record is due and where it goes.
 */
import type { GroupConfig } from '@odradek/config'
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
import { BORN_TIMESTAMP } from '../delivery-batch.ts'
import { DEAD, type Lane, VISIBLE } from '../intake-note.ts'
import type { Admission, AdmissionRefusal, IntakeRules, Sender } from '../intake-rules.ts'
import { refusalOf } from '../refusal-of.ts'
import { type RecordHeaders, StoredRecord } from '../stored-record.ts'
import { timerHeaderNames } from '../timer-headers.ts'
import { withAttempt } from './attempts.ts'
import { retryDelayMs } from './retry-schedule.ts'

export const RECONSUME_TIME = 'RECONSUME_TIME'
export const ATTEMPTS = 'ATTEMPTS'
export const EXCEPTION = 'EXCEPTION'
export const DEAD_LETTER_REASON = 'DEAD_LETTER_REASON'
const ORIGIN_TOPIC = 'ORIGIN_TOPIC'
const ORIGIN_TIMESTAMP = 'ORIGIN_TIMESTAMP'
/** When a record in the intake log is due, epoch milliseconds. It is never delivered. */
export const RETRY_DUE = 'RETRY_DUE_MS'
const RETRY_DUE_BYTES = Buffer.from(RETRY_DUE)
const DEAD_LETTER_REASON_BYTES = Buffer.from(DEAD_LETTER_REASON)
const EXCEPTION_BYTES_MAX = 8 * 1024
const COUNT = /^\d{1,9}$/

export interface RetryRulesOptions {
  /** The group's settings in force. */
  readonly config: () => GroupConfig
  /** Whether the records of a topic are to be seen in the order of their keys. */
  readonly isFifo: (topic: string) => boolean
}

export class RetryRules implements IntakeRules {
  readonly hasDeadLetters = true
  readonly #options: RetryRulesOptions
  readonly #cursor = new RecordCursor()
  readonly #check = new Validation()
  /** When the last record of a key is due, for keys whose order is kept, while that lies ahead. */
  readonly #lastDues = new Map<string, number>()

  constructor(options: RetryRulesOptions) {
    this.#options = options
  }

  admit(batch: Slice, header: BatchHeader, nowMs: number, sender: Sender): Admission | AdmissionRefusal {
    const records = this.#recordsOf(batch)
    if (records === null) return refusalOf(this.#check)
    const { count, producerId, producerEpoch, baseSequence, isTransactional: transactional } = header
    const codec = codecWithId(header.codec).name
    const builder = new RecordBatchBuilder({ producerId, producerEpoch, baseSequence, transactional, codec })
    const dues = new Float64Array(count)
    const lanes = new Uint8Array(count)
    const config = this.#options.config()
    for (const [index, record] of records.entries()) {
      const times = timesOf(record)
      const isDead = Number(times) >= config['retry.max.times']
      const due = isDead ? nowMs : this.#dueAfter(record, nowMs + retryDelayMs(config, Number(times)), nowMs)
      dues[index] = due
      lanes[index] = isDead ? DEAD : VISIBLE
      const reason = isDead ? `Retried ${timesText(times)}, and retry.max.times is ${config['retry.max.times']}.` : null
      const headers = acceptedHeaders(record, due, reason, nowMs, sender)
      builder.append({ key: record.key, value: record.value, headers, timestamp: record.timestamp })
    }
    const accepted = sliceOf(builder.build())
    readBatchHeader(accepted.view, accepted.start, header)
    return { errorCode: 0, batch: accepted, dues, lanes }
  }

  /** The records of a batch, all before anything is done with one; null where `#check` says what is wrong with them. */
  #recordsOf(batch: Slice): StoredRecord[] | null {
    const cursor = this.#cursor
    const check = this.#check
    const records: StoredRecord[] = []
    check.reset()
    try {
      cursor.open(batch)
      for (let index = 0; cursor.next(); index++) {
        if (cursor.offsetDelta !== index) {
          check.refuse(errors.INVALID_RECORD.code, `Record ${index} has offset delta ${cursor.offsetDelta}.`, index)
          break
        }
        const record = StoredRecord.copyOf(cursor)
        const times = timesOf(record)
        if (COUNT.test(times)) records.push(record)
        else {
          const text = `Header ${RECONSUME_TIME} must be a count, not "${times.slice(0, 40)}".`
          if (!check.blame(errors.INVALID_RECORD.code, index, text)) break
        }
      }
    } catch (error) {
      if (!(error instanceof CorruptBatchError)) throw error
      check.refuse(errors.INVALID_RECORD.code, error.message)
    } finally {
      cursor.release()
    }
    return check.errorCode === 0 ? records : null
  }

  dueOf(cursor: RecordCursor, acceptedMs: number): number {
    const text = cursor.lastHeader(RETRY_DUE_BYTES)?.toString('latin1') ?? ''
    const due = /^\d{1,15}$/.test(text) ? Number(text) : acceptedMs
    const record = StoredRecord.copyOf(cursor)
    if (this.#isOrdered(record)) this.#lastDues.set(keyOf(record), due)
    return due
  }

  laneOf(cursor: RecordCursor): Lane {
    return cursor.lastHeader(DEAD_LETTER_REASON_BYTES) === undefined ? VISIBLE : DEAD
  }

  headersOf(record: StoredRecord, lane: Lane): RecordHeaders {
    const times = Number(record.headerText(RECONSUME_TIME) ?? '0')
    const born = record.headerText(BORN_TIMESTAMP) ?? record.headerText(ORIGIN_TIMESTAMP) ?? String(record.timestamp)
    const removed = [RETRY_DUE, RECONSUME_TIME, BORN_TIMESTAMP]
    // A dead letter is never delayed again by what it carried before.
    if (lane === DEAD) removed.push(...timerHeaderNames)
    const headers = [
      ...without(record.headers, removed),
      { key: RECONSUME_TIME, value: String(lane === DEAD ? times : times + 1) },
      { key: BORN_TIMESTAMP, value: born },
    ]
    if (lane === DEAD && record.headerText(DEAD_LETTER_REASON) === null) {
      headers.push({ key: DEAD_LETTER_REASON, value: `Retried ${timesText(times)}, and given up by an operator.` })
    }
    return headers
  }

  /** Not before the records of the same key that were accepted earlier, where that order counts. */
  #dueAfter(record: StoredRecord, due: number, nowMs: number): number {
    if (!this.#isOrdered(record)) return due
    const key = keyOf(record)
    const ordered = Math.max(due, this.#lastDues.get(key) ?? 0)
    if (this.#lastDues.size > 10_000)
      for (const [each, last] of this.#lastDues) if (last <= nowMs) this.#lastDues.delete(each)
    this.#lastDues.set(key, ordered)
    return ordered
  }

  #isOrdered(record: StoredRecord): boolean {
    const origin = record.key === null ? null : record.headerText(ORIGIN_TOPIC)
    return origin !== null && this.#options.isFifo(origin)
  }
}

/** What a record carries in the intake log. */
function acceptedHeaders(
  record: StoredRecord,
  due: number,
  reason: string | null,
  nowMs: number,
  sender: Sender,
): RecordHeaders {
  const error = record.headerText(EXCEPTION)
  const attempt = { time: nowMs, client: sender.clientId ?? '', host: sender.host, error }
  const headers = [
    ...without(record.headers, [RETRY_DUE, DEAD_LETTER_REASON, ATTEMPTS, EXCEPTION]),
    { key: ATTEMPTS, value: withAttempt(record.headerText(ATTEMPTS), attempt) },
    { key: RETRY_DUE, value: String(due) },
  ]
  if (error !== null) headers.push({ key: EXCEPTION, value: cut(error) })
  if (reason !== null) headers.push({ key: DEAD_LETTER_REASON, value: reason })
  return headers
}

/** How often a record was retried, as its client says. */
function timesOf(record: StoredRecord): string {
  return record.headerText(RECONSUME_TIME) ?? '0'
}

function without(
  headers: StoredRecord['headers'],
  names: readonly string[],
): { key: Buffer | string; value: Buffer | string | null }[] {
  return headers.filter(({ key }) => !names.includes(key.toString('latin1')))
}

/** At most 8 KiB of a text, whole characters. */
function cut(text: string): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= EXCEPTION_BYTES_MAX) return text
  let end = EXCEPTION_BYTES_MAX
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}

function timesText(count: number | string): string {
  return Number(count) === 1 ? '1 time' : `${Number(count)} times`
}

function keyOf(record: StoredRecord): string {
  return Buffer.from(record.key ?? []).toString('latin1')
}

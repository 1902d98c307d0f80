/** What a dead letter says of itself, whoever wrote it there. */
import type { RecordCursor } from '@odradek/protocol'
import { errorOfParts, errorOfText, type LetterError } from './letter-error.ts'
import {
  type LetterConvention,
  type LetterFact,
  letterConventions,
  letterHeaders,
  redriveHeaders,
} from './letter-headers.ts'

/** A failure of a record, as the broker noted it. */
export interface DeadLetterAttempt {
  /** Epoch milliseconds. */
  readonly time: number
  readonly client: string
  readonly host: string
  readonly error: string | null
}

/** Where a letter was read first. Numbers are -1 where it does not say. */
export interface LetterOrigin {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestampMs: number
}

/** That a record was sent by a resend once before. */
export interface LetterRedrive {
  readonly job: string | null
  readonly from: string | null
  readonly by: string | null
  readonly at: string | null
  readonly edit: string | null
}

export interface LetterMeaning {
  /** Whose headers it has; null for none that are known. */
  readonly convention: LetterConvention | null
  /** The consumer group that gave up on it, where its headers say. */
  readonly group: string | null
  readonly origin: LetterOrigin | null
  readonly retries: number
  readonly reason: string | null
  /** Newest last; only Odradek notes them. */
  readonly attempts: readonly DeadLetterAttempt[]
  readonly error: LetterError | null
  /** It only says where its record is: share groups copy that only where they are told to (KIP-1191). */
  readonly isReference: boolean
  readonly redrive: LetterRedrive | null
}

/** What facets count by: cheap to read. */
export interface BriefMeaning {
  readonly errorClass: string | null
  readonly originTopic: string | null
  readonly retries: number
}

/** Of a Date. */
const TIME_MS_MAX = 8.64e15

type Facts = Partial<Record<LetterFact, Buffer>>

/** Reads what the record at `cursor` says of itself. */
export function meaningOf(cursor: RecordCursor): LetterMeaning {
  const found = factsOf(cursor)
  const redrive = redriveOf(cursor)
  const nothing = {
    convention: null,
    group: null,
    origin: null,
    retries: 0,
    reason: null,
    attempts: [],
    error: null,
    isReference: false,
  }
  if (found === null) return { ...nothing, redrive }
  const { convention, facts } = found
  const topic = textOf(facts.topic)
  const connector = textOf(facts.connector)
  const attempts = attemptsOf(textOf(facts.attempts))
  return {
    convention,
    group: textOf(facts.group) ?? (connector === null ? null : `connect-${connector}`),
    origin:
      topic === null
        ? null
        : {
            topic,
            partition: numberOf(convention, facts.partition),
            offset: numberOf(convention, facts.offset),
            timestampMs: numberOf(convention, facts.timestamp),
          },
    retries: retriesOf(convention, facts),
    reason: textOf(facts.reason),
    attempts,
    error: errorOf(facts, attempts.at(-1)?.error ?? null),
    isReference: convention === 'share' && cursor.keyStart < 0 && cursor.valueStart < 0,
    redrive,
  }
}

/** The same, only what letters are counted by. */
export function briefMeaningOf(cursor: RecordCursor): BriefMeaning {
  const found = factsOf(cursor)
  if (found === null) return { errorClass: null, originTopic: null, retries: 0 }
  const { convention, facts } = found
  // The last attempt has the same words as EXCEPTION, and takes longer to read.
  const last = facts.error === undefined ? (attemptsOf(textOf(facts.attempts)).at(-1)?.error ?? null) : null
  return {
    errorClass: errorOf(facts, last)?.className ?? null,
    originTopic: textOf(facts.topic),
    retries: retriesOf(convention, facts),
  }
}

/** The headers of the convention that the record is of: the one that names a reason first, else the first there is. */
function factsOf(cursor: RecordCursor): { convention: LetterConvention; facts: Facts } | null {
  const byConvention: Partial<Record<LetterConvention, Facts>> = {}
  cursor.rewindHeaders()
  while (cursor.nextHeader()) {
    const name = cursor.buffer.toString('latin1', cursor.headerKeyStart, cursor.headerKeyEnd)
    const header = letterHeaders.get(name)
    if (header === undefined || cursor.headerValueStart < 0) continue
    const { convention, fact } = header
    let facts = byConvention[convention]
    if (facts === undefined) {
      facts = {}
      byConvention[convention] = facts
    }
    facts[fact] = cursor.headerValue()!
  }
  if (byConvention.odradek?.reason !== undefined) return { convention: 'odradek', facts: byConvention.odradek }
  for (const convention of letterConventions.toReversed()) {
    const facts = byConvention[convention]
    if (facts !== undefined) return { convention, facts }
  }
  return null
}

function errorOf(facts: Facts, lastAttempt: string | null): LetterError | null {
  const text = textOf(facts.error) ?? lastAttempt
  if (text !== null) return errorOfText(text)
  // A listener's failure wraps what went wrong; the cause says it.
  const className = textOf(facts.causeClass) ?? textOf(facts.errorClass)
  return errorOfParts(className, textOf(facts.errorMessage), textOf(facts.stack))
}

function redriveOf(cursor: RecordCursor): LetterRedrive | null {
  const found = new Map<string, string | null>()
  cursor.rewindHeaders()
  while (cursor.nextHeader()) {
    const name = cursor.buffer.toString('latin1', cursor.headerKeyStart, cursor.headerKeyEnd)
    if (name.startsWith('x-redrive-')) found.set(name, cursor.headerValue()?.toString() ?? null)
  }
  if (found.size === 0) return null
  const { job, from, by, at, edit } = redriveHeaders
  const value = (name: string) => found.get(name) ?? null
  return { job: value(job), from: value(from), by: value(by), at: value(at), edit: value(edit) }
}

function textOf(bytes: Buffer | undefined): string | null {
  return bytes?.toString() ?? null
}

/** How often it was tried again: Kafka counts deliveries, Spring numbers the attempt that would have been the next. */
function retriesOf(convention: LetterConvention, facts: Facts): number {
  const told = numberOf(convention, facts.retries)
  return Math.max(0, convention === 'share' ? told - 1 : convention === 'spring' ? told - 2 : told)
}

/** Decimal text, or as Spring writes it 4 or 8 bytes, big-endian; -1 for nothing or something else. */
function numberOf(convention: LetterConvention, bytes: Buffer | undefined): number {
  if (bytes === undefined) return -1
  const text = bytes.toString('latin1')
  if (/^\d{1,16}$/.test(text)) return Number(text)
  if (convention !== 'spring') return -1
  if (bytes.length === 4) return bytes.readInt32BE()
  return bytes.length === 8 ? Number(bytes.readBigInt64BE()) : -1
}

function attemptsOf(text: string | null): DeadLetterAttempt[] {
  try {
    const parsed: unknown = JSON.parse(text ?? '[]')
    return Array.isArray(parsed) ? parsed.filter(isAttempt).map(attemptOf) : []
  } catch {
    return []
  }
}

type NotedAttempt = { readonly time: number } & { readonly [name in 'client' | 'host' | 'error']?: unknown }

/** Whoever writes to the topic can write anything: what has no time that is one is left out. */
function isAttempt(value: unknown): value is NotedAttempt {
  if (typeof value !== 'object' || value === null || !('time' in value) || typeof value.time !== 'number') return false
  return Math.abs(value.time) <= TIME_MS_MAX
}

function attemptOf({ time, client, host, error }: NotedAttempt): DeadLetterAttempt {
  const text = (noted: unknown) => (typeof noted === 'string' ? noted : '')
  return { time, client: text(client), host: text(host), error: typeof error === 'string' ? error : null }
}

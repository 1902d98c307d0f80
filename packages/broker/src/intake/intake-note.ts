/**
 * What an intake machine writes into its intake log, between the records of clients. A note is a record of a batch that
 * carries the producer id of notes, which no client may use; its key says what it is, its value is JSON.
 *
 *   intent       these records are delivered next, under this sequence: committed before the target sees any of them
 *   delivered    the target has what the lane's last intent named
 *   recalled     these records will not be delivered
 *   rescheduled  these records are due at another time, and may have become dead letters
 *   moved        the record of that offset is here now, so that its old place can go
 */
import { RESERVED_PRODUCER_ID_MIN } from '../storage/reserved-producer-ids.ts'

/** The producer id of batches of notes. */
export const NOTE_PRODUCER_ID: number = Number.MAX_SAFE_INTEGER

/** Where delivered records go: 0 the topic itself, 1 the dead letters of its group. */
export type Lane = 0 | 1
export const VISIBLE: Lane = 0
export const DEAD: Lane = 1

export interface IntentNote {
  readonly kind: 'intent'
  readonly lane: Lane
  readonly topicId: string
  readonly partition: number
  readonly epoch: number
  /** The sequence of the first record; the others follow. */
  readonly sequence: number
  /** Intake offsets in the order of delivery. */
  readonly offsets: readonly number[]
}

export interface DeliveredNote {
  readonly kind: 'delivered'
  readonly lane: Lane
}

export interface RecalledNote {
  readonly kind: 'recalled'
  readonly offsets: readonly number[]
}

export interface RescheduledNote {
  readonly kind: 'rescheduled'
  readonly due: number
  readonly offsets: readonly number[]
  /** Where they go, where that is another lane than the one they were accepted for. */
  readonly lane?: Lane
}

export interface MovedNote {
  readonly kind: 'moved'
  readonly lane: Lane
  readonly due: number
  /** The offset under which the record was accepted. */
  readonly offset: number
}

export type IntakeNote = IntentNote | DeliveredNote | RecalledNote | RescheduledNote | MovedNote

/** The producer id under which an intake partition delivers: its own, so that targets tell its batches from all others. */
export function deliveryProducerId(topicId: string, partition: number): number {
  const bytes = Buffer.from(topicId, 'base64url')
  const hash = bytes.readUIntBE(0, 4) * 8 + (bytes[4]! & 7)
  return RESERVED_PRODUCER_ID_MIN + (hash * 65_536 + (partition & 0xffff))
}

/** Key and value of a note's record; a moved note has the record itself as its value, `body`. */
export function encodeNote(note: IntakeNote, body: Buffer | null = null): { key: Buffer; value: Buffer } {
  const { kind, ...rest } = note
  if (kind === 'moved') return { key: Buffer.from(`${kind} ${JSON.stringify(rest)}`), value: body ?? Buffer.alloc(0) }
  return { key: Buffer.from(kind), value: Buffer.from(JSON.stringify(rest)) }
}

/** The note of a record; null for one of an unknown kind (a newer broker's). Throws a SyntaxError for damaged ones. */
export function decodeNote(key: Buffer, value: Buffer | null): IntakeNote | null {
  const text = key.toString('latin1')
  const space = text.indexOf(' ')
  const kind = space < 0 ? text : text.slice(0, space)
  const json = () => JSON.parse(space < 0 ? (value?.toString('latin1') ?? '') : text.slice(space + 1))
  switch (kind) {
    case 'intent':
    case 'delivered':
    case 'recalled':
    case 'rescheduled':
    case 'moved':
      return { kind, ...json() } as IntakeNote
    default:
      return null
  }
}

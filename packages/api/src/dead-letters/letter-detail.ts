/** A dead letter in full: why it is one, what was done about it, and the record that it was made from. */
import {
  type DeadLetter,
  type Decoders,
  type FoundMessage,
  type FullMessage,
  type LetterMeaning,
  letterHistory,
  letterState,
  type MissingReason,
  readLetter,
} from '@odradek/client'
import type { ClusterSession } from '../cluster-session.ts'
import type { Console } from '../console.ts'

export interface LetterQuery {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly decoders: Decoders
  readonly bytesMax: number
}

/** The record that a letter was made from, as it is where it was read first. */
export interface OriginalRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly message: FullMessage | null
  /** Why it is not there, in the words of the protocol or of the search; null where it is. */
  readonly missing: MissingReason | null
  readonly failure: string | null
  /** Whether key and value are byte for byte those of the letter; null where that cannot be told, or it has no copy. */
  readonly isSameKey: boolean | null
  readonly isSameValue: boolean | null
}

export async function letterDetail(console: Console, session: ClusterSession, query: LetterQuery) {
  const { topic, partition, offset } = query
  const place = { partition, offset }
  const { cluster, settings } = session
  const found: FoundMessage = await console.scans.get(settings, query)
  if (found.message === null) return { found, meaning: null, state: null, history: [], original: null }
  const [letter, history, state] = await Promise.all([
    readLetter(cluster, topic, place),
    letterHistory(cluster, topic, place),
    letterState(cluster, topic, place),
  ])
  if (letter === null) return { found, meaning: null, state: null, history, original: null }
  const original = await originalOf(console, session, query, letter, found.message)
  const { convention, group, origin, retries, reason, attempts, error, isReference, redrive } = letter
  const meaning: LetterMeaning = { convention, group, origin, retries, reason, attempts, error, isReference, redrive }
  return { found, meaning, state, history, original }
}

async function originalOf(
  console: Console,
  session: ClusterSession,
  { decoders, bytesMax }: LetterQuery,
  { origin, isReference }: DeadLetter,
  message: FullMessage,
): Promise<OriginalRecord | null> {
  if (origin === null || origin.partition < 0 || origin.offset < 0) return null
  const { topic, partition, offset } = origin
  const nothing = { topic, partition, offset, message: null, isSameKey: null, isSameValue: null }
  try {
    const found = await console.scans.get(session.settings, { topic, partition, offset, decoders, bytesMax })
    const { message: original, missing } = found
    if (original === null) return { ...nothing, missing, failure: null }
    return {
      ...nothing,
      message: original,
      missing: null,
      failure: null,
      isSameKey: isReference ? null : isSame(original.key, message.key),
      isSameValue: isReference ? null : isSame(original.value, message.value),
    }
  } catch (error) {
    return { ...nothing, missing: null, failure: (error as Error).message }
  }
}

/** Null where only the beginnings are known and these are the same. */
function isSame(one: FullMessage['value'], other: FullMessage['value']): boolean | null {
  if (one.sizeInBytes !== other.sizeInBytes || (one.kind === 'null') !== (other.kind === 'null')) return false
  if (one.base64 !== other.base64) return false
  return one.truncated || other.truncated ? null : true
}

/** Reads letters of a job by their numbers, as many as fit in a bound of bytes. */
import { chunks } from '../../bounded.ts'
import type { Cluster } from '../../cluster.ts'
import { topicPlaces } from '../../cluster-metadata.ts'
import { type DeadLetter, letterAt, walkPartition } from '../dead-letter.ts'
import { withOriginals } from '../original-records.ts'
import { type LedgerJob, WAITING } from './ledger-job.ts'
import { letterReason } from './letter-reasons.ts'

export interface ReadLetters {
  /** By number; those that are gone are not in it. */
  readonly letters: ReadonlyMap<number, DeadLetter>
  /** How many of the numbers asked for were looked for. */
  readonly count: number
}

const LETTERS_BYTES_MAX = 16 * 1024 * 1024
const ORIGINALS_AT_ONCE = 64
const FORBIDDEN = letterReason('originForbidden', {})

/**
 * `numbers` rise. Letters that only say where their record is come with it, where it is still there and the job may copy it: that is
 * decided here, where records are read, for a letter may be written, or become one to send, after the job was made.
 */
export async function lettersOfJob(
  cluster: Cluster,
  job: LedgerJob,
  numbers: readonly number[],
  bytesMax: number = LETTERS_BYTES_MAX,
): Promise<ReadLetters> {
  const letters = new Map<number, DeadLetter>()
  if (numbers.length === 0) return { letters, count: 0 }
  const { topic: name, topicId } = job.record
  const topic = await topicPlaces(cluster, name)
  // Made again under its name: those letters are gone.
  if (topic.id !== topicId) return { letters, count: numbers.length }
  let bytes = 0
  let at = 0
  while (at < numbers.length) {
    const { partition, offset: from } = job.places[numbers[at]!]!
    let end = at
    while (end < numbers.length && job.places[numbers[end]!]!.partition === partition) end++
    const to = job.places[numbers[end - 1]!]!.offset + 1
    let isFull = false
    await walkPartition(cluster, topic, partition, from, to, (cursor) => {
      while (at < end && job.places[numbers[at]!]!.offset < cursor.offset) at++
      const number = numbers[at]
      if (at >= end || number === undefined || job.places[number]!.offset !== cursor.offset) return at < end
      if (bytes > bytesMax) {
        isFull = true
        return false
      }
      letters.set(number, letterAt(cursor, partition))
      bytes += cursor.end - cursor.start
      at++
      return at < end
    })
    if (isFull) break
    at = end
  }
  if (job.record.mayCopy === false) {
    for (const [number, letter] of letters)
      if (letter.isReference) letters.set(number, { ...letter, problem: FORBIDDEN })
    return { letters, count: at }
  }
  return { letters, count: await followReferences(cluster, letters, numbers.slice(0, at), bytesMax) }
}

/** Puts the records in the place of letters that only name them; returns how many of the numbers are dealt with then. */
async function followReferences(
  cluster: Cluster,
  letters: Map<number, DeadLetter>,
  numbers: readonly number[],
  bytesMax: number,
): Promise<number> {
  const references = [...letters].filter(([, { isReference }]) => isReference)
  let bytes = 0
  for (const some of chunks(references, ORIGINALS_AT_ONCE)) {
    if (bytes > bytesMax) {
      const count = numbers.indexOf(some[0]![0])
      for (const number of numbers.slice(count)) letters.delete(number)
      return count
    }
    const followed = await withOriginals(
      cluster,
      some.map(([, letter]) => letter),
    )
    for (const [at, letter] of followed.entries()) {
      letters.set(some[at]![0], letter)
      bytes += (letter.key?.length ?? 0) + (letter.value?.length ?? 0)
    }
  }
  return numbers.length
}

/** The first letters that wait, by their numbers. */
export function waitingLetters({ outcomes }: LedgerJob, most: number): number[] {
  const numbers: number[] = []
  for (let at = outcomes.indexOf(WAITING); at >= 0 && numbers.length < most; at = outcomes.indexOf(WAITING, at + 1)) {
    numbers.push(at)
  }
  return numbers
}

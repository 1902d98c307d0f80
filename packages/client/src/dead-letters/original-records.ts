/**
 * The records of letters that only say where theirs is: a share group's letter has topic, partition and offset in its
 * headers, and a copy of key and value only where the group is configured so (KIP-1191).
 */
import { errors } from '@odradek/protocol'
import { mapBounded } from '../bounded.ts'
import type { Cluster } from '../cluster.ts'
import { KafkaError } from '../cluster-errors.ts'
import { fetchMetadata, type TopicPlaces } from '../cluster-metadata.ts'
import { EARLIEST, LATEST, listOffsets, offsetOf } from '../partition-offsets.ts'
import { type DeadLetter, walkPartition } from './dead-letter.ts'
import { letterReason } from './jobs/letter-reasons.ts'
import type { LetterOrigin } from './letter-meaning.ts'

/** What the console keeps in the cluster. */
const OWN_TOPICS: ReadonlySet<string> = new Set(['odradek-alerts', 'odradek-audit'])
const GONE = letterReason('originalGone', {})
const AT_ONCE = 8
/** One batch is told at least, however large it is. */
const FETCH_BYTES = 64 * 1024

/** The letter with key, value and headers of its record; as it is where it has them itself, or the record is gone. */
export async function withOriginal(cluster: Cluster, letter: DeadLetter): Promise<DeadLetter> {
  const [followed] = await withOriginals(cluster, [letter])
  return followed!
}

/**
 * The same for many, in their order. Throws a retriable KafkaError where a record cannot be read now; that one may not be
 * read at all is a matter of its letter, which says so: whoever writes a letter decides what it names.
 */
export async function withOriginals(cluster: Cluster, letters: readonly DeadLetter[]): Promise<DeadLetter[]> {
  const names = new Set(letters.flatMap(({ isReference, origin }) => (isReference && origin ? [origin.topic] : [])))
  if (names.size === 0) return [...letters]
  const { topics } = await fetchMetadata(cluster, [...names])
  return mapBounded(letters, AT_ONCE, async (letter) => {
    const { isReference, origin } = letter
    const topic = topics.get(origin?.topic ?? '')
    if (!isReference || origin === null || topic === undefined) return letter
    const problem = problemOf(topic, origin.partition)
    if (problem !== null) return { ...letter, problem }
    try {
      return (await recordOf(cluster, topic, letter, origin)) ?? letter
    } catch (error) {
      if (!(error instanceof KafkaError) || error.isRetriable) throw error
      return { ...letter, problem: refusedText(origin, error) }
    }
  })
}

async function recordOf(
  cluster: Cluster,
  topic: TopicPlaces,
  letter: DeadLetter,
  { partition, offset }: LetterOrigin,
): Promise<DeadLetter | null> {
  let found: DeadLetter | null = null
  const visit: Parameters<typeof walkPartition>[5] = (cursor) => {
    // What the letter says of itself stays, beside what its record says.
    const headers = [...cursor.headers(), ...letter.headers]
    found = { ...letter, key: cursor.key(), value: cursor.value(), headers, isReference: false }
    return false
  }
  await walkPartition(cluster, topic, partition, offset, offset + 1, visit, { bytesMax: FETCH_BYTES })
  return found
}

/** Of these places the ones whose record certainly cannot be had, and why. Partitions that cannot be asked now are left out. */
export async function lostOriginals(
  cluster: Cluster,
  origins: readonly LetterOrigin[],
): Promise<Map<LetterOrigin, string>> {
  const lost = new Map<LetterOrigin, string>()
  if (origins.length === 0) return lost
  const byTopic = Map.groupBy(origins, ({ topic }) => topic)
  const { topics } = await fetchMetadata(cluster, [...byTopic.keys()])
  const questions = [...byTopic].flatMap(([name, places]) => {
    const topic = topics.get(name)
    if (topic === undefined || topic.errorCode !== 0) return []
    return [{ topic, partitions: [...new Set(places.map(({ partition }) => partition))] }]
  })
  const [starts, ends] = await Promise.all([
    listOffsets(cluster, questions, EARLIEST),
    listOffsets(cluster, questions, LATEST),
  ])
  for (const origin of origins) {
    const { topic: name, partition, offset } = origin
    const topic = topics.get(name)
    const start = offsetOf(starts, name, partition) ?? 0
    const end = offsetOf(ends, name, partition) ?? Number.MAX_SAFE_INTEGER
    const problem = topic === undefined || offset < start || offset >= end ? GONE : problemOf(topic, partition)
    if (problem !== null) lost.set(origin, problem)
  }
  return lost
}

/** Why nothing is read of a partition; null: it can be asked. Throws where that cannot be told now. */
function problemOf({ name, isInternal, errorCode, partitions }: TopicPlaces, partition: number): string | null {
  // Those hold what its writer may not see: no letter has them copied to where it can be seen.
  if (isInternal || OWN_TOPICS.has(name)) return letterReason('originalInternal', { topic: name })
  if (errorCode === errors.UNKNOWN_TOPIC_OR_PARTITION.code || errorCode === errors.INVALID_TOPIC_EXCEPTION.code) {
    return GONE
  }
  if (errorCode !== 0) {
    const error = new KafkaError(errorCode, `read topic "${name}"`)
    if (error.isRetriable) throw error
    return refusedText({ topic: name, partition }, error)
  }
  return partitions.some((place) => place.partition === partition) ? null : GONE
}

function refusedText({ topic, partition }: Pick<LetterOrigin, 'topic' | 'partition'>, error: KafkaError): string {
  return letterReason('refused', { place: `${topic}-${partition}`, text: error.message, error: error.errorName })
}

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
import type { LetterOrigin } from './letter-meaning.ts'

const AT_ONCE = 8
/** One batch is told at least, however large it is. */
const FETCH_BYTES = 64 * 1024

/** The letter with key, value and headers of its record; as it is where it has them itself, or the record is gone. */
export async function withOriginal(cluster: Cluster, letter: DeadLetter): Promise<DeadLetter> {
  const [followed] = await withOriginals(cluster, [letter])
  return followed!
}

/** The same for many, in their order. Throws a KafkaError where a record cannot be read now. */
export async function withOriginals(cluster: Cluster, letters: readonly DeadLetter[]): Promise<DeadLetter[]> {
  const names = new Set(letters.flatMap(({ isReference, origin }) => (isReference && origin ? [origin.topic] : [])))
  if (names.size === 0) return [...letters]
  const { topics } = await fetchMetadata(cluster, [...names])
  return mapBounded(letters, AT_ONCE, async (letter) => {
    const { isReference, origin } = letter
    const topic = topics.get(origin?.topic ?? '')
    if (!isReference || origin === null || topic === undefined) return letter
    return (await recordOf(cluster, topic, letter, origin)) ?? letter
  })
}

async function recordOf(
  cluster: Cluster,
  topic: TopicPlaces,
  letter: DeadLetter,
  { partition, offset }: LetterOrigin,
): Promise<DeadLetter | null> {
  if (!isThere(topic, partition)) return null
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

/** Of these places the ones whose record is certainly gone. Partitions that cannot be asked now are left out. */
export async function goneOriginals(cluster: Cluster, origins: readonly LetterOrigin[]): Promise<Set<LetterOrigin>> {
  const gone = new Set<LetterOrigin>()
  if (origins.length === 0) return gone
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
    if (topic === undefined || !isThere(topic, partition) || offset < start || offset >= end) gone.add(origin)
  }
  return gone
}

/** Throws where that cannot be told now. */
function isThere({ name, errorCode, partitions }: TopicPlaces, partition: number): boolean {
  if (errorCode === errors.UNKNOWN_TOPIC_OR_PARTITION.code || errorCode === errors.INVALID_TOPIC_EXCEPTION.code) {
    return false
  }
  if (errorCode !== 0) throw new KafkaError(errorCode, `read topic "${name}"`)
  return partitions.some((place) => place.partition === partition)
}

/** A record that somebody gave up on, read from its dead-letter topic, where it stays. */
import { errors, type RecordCursor } from '@odradek/protocol'
import type { Cluster } from '../cluster.ts'
import { assertNone, KafkaError } from '../cluster-errors.ts'
import { type TopicPlaces, topicPlaces } from '../cluster-metadata.ts'
import { describeConfigs } from '../configs/describe-configs.ts'
import { fetchBatches } from '../messages/scan/fetch-batches.ts'
import { BatchWalk, offsetAfter, WalkCounts } from '../messages/scan/walk-batches.ts'
import { EARLIEST, LATEST, listOffsets, offsetOf } from '../partition-offsets.ts'
import { type LetterMeaning, meaningOf } from './letter-meaning.ts'

/** Where a letter is in its topic. */
export interface LetterPlace {
  readonly partition: number
  readonly offset: number
}

export interface DeadLetter extends LetterPlace, LetterMeaning {
  /** When it became a dead letter, epoch milliseconds. */
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly { readonly key: string; readonly value: Buffer | null }[]
  /** Why the record that it names cannot be had. */
  readonly problem?: string
}

/** The topics of a group's failed records; they may not exist yet. */
export interface GroupTopics {
  readonly retry: string
  readonly deadLetters: string
}

const FETCH_BYTES = 4 * 1024 * 1024

/** Throws where the cluster does not tell: it is no Odradek. */
export async function groupTopics(cluster: Cluster, group: string): Promise<GroupTopics> {
  const names = ['retry.topic.name', 'dlq.topic.name']
  const entries = await describeConfigs(cluster, { type: 'group', name: group }, names)
  const [retry, deadLetters] = names.map((name) => entries.find((entry) => entry.name === name)?.value)
  if (retry && deadLetters) return { retry, deadLetters }
  throw new Error('The cluster does not tell the topics of a group: it is no Odradek.')
}

/** The letter that the cursor is at, copied out of its batch. */
export function letterAt(cursor: RecordCursor, partition: number): DeadLetter {
  const { offset, timestamp } = cursor
  const meaning = meaningOf(cursor)
  return {
    partition,
    offset,
    timestamp,
    key: cursor.key(),
    value: cursor.value(),
    headers: cursor.headers(),
    ...meaning,
  }
}

/** The dead letters of one partition in `[from, to)`, oldest first; those that are gone are left out. */
export async function readDeadLetters(
  cluster: Cluster,
  topic: string,
  partition: number,
  from: number,
  to: number,
): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = []
  const places = await topicPlaces(cluster, topic)
  await walkPartition(cluster, places, partition, from, to, (cursor) => {
    letters.push(letterAt(cursor, partition))
    return true
  })
  return letters
}

/** One letter, or null where it is gone. */
export async function readLetter(cluster: Cluster, topic: string, place: LetterPlace): Promise<DeadLetter | null> {
  const [letter] = await readDeadLetters(cluster, topic, place.partition, place.offset, place.offset + 1)
  return letter ?? null
}

/**
 * Tells `visit` of each committed record of a partition in `[from, to)`, as far as there are any; it returns false to end
 * that. Returns the offset that was reached: everything before it was looked at, or is gone. `bytesMax`: of one fetch;
 * `uncommitted`: also what transactions that are open, and those that were given up, have written, and what is behind it.
 */
export async function walkPartition(
  cluster: Cluster,
  topic: TopicPlaces,
  partition: number,
  from: number,
  to: number,
  visit: (cursor: RecordCursor) => boolean,
  { bytesMax = FETCH_BYTES, uncommitted = false }: { readonly bytesMax?: number; readonly uncommitted?: boolean } = {},
): Promise<number> {
  const tried = `read topic "${topic.name}"`
  const leader = topic.partitions.find((place) => place.partition === partition)?.leader ?? -1
  if (leader < 0) throw new KafkaError(errors.LEADER_NOT_AVAILABLE.code, tried)
  const limits = { isolation: uncommitted ? 0 : 1, maxBytes: bytesMax, partitionMaxBytes: bytesMax } as const
  let offset = from
  while (offset < to) {
    const [fetched] = await fetchBatches(cluster, topic.name, [{ partition, leader, offset }], limits)
    if (!fetched) break
    if (fetched.errorCode === errors.OFFSET_OUT_OF_RANGE.code) {
      if (offset >= fetched.logStartOffset) break
      offset = fetched.logStartOffset
      continue
    }
    assertNone(fetched.errorCode, tried)
    const walk = new BatchWalk(new WalkCounts())
    if (!walk.run(fetched, offset, to, !uncommitted, visit)) return walk.reached
    const next = offsetAfter(fetched, offset)
    if (next <= offset) break
    offset = next
  }
  return Math.min(to, offset)
}

/** The newest dead letters of a group, newest first, at most `limit`. None where the topic does not exist. */
export async function listDeadLetters(cluster: Cluster, group: string, limit = 100): Promise<DeadLetter[]> {
  const { deadLetters: name } = await groupTopics(cluster, group)
  const { topics } = await cluster.metadata(0)
  if (!topics.has(name)) return []
  return newestDeadLetters(cluster, name, limit)
}

/** The newest dead letters of a topic, newest first, at most `limit`. */
export async function newestDeadLetters(cluster: Cluster, name: string, limit = 100): Promise<DeadLetter[]> {
  const topic = await topicPlaces(cluster, name)
  const partitions = topic.partitions.map(({ partition }) => partition)
  const [starts, ends] = await Promise.all([
    listOffsets(cluster, [{ topic, partitions }], EARLIEST),
    listOffsets(cluster, [{ topic, partitions }], LATEST),
  ])
  const lists = await Promise.all(
    partitions.map((partition) => {
      const end = offsetOf(ends, name, partition) ?? 0
      const start = Math.max(offsetOf(starts, name, partition) ?? 0, end - limit)
      return readDeadLetters(cluster, name, partition, start, end)
    }),
  )
  const letters = lists.flat().sort((a, b) => b.timestamp - a.timestamp || b.offset - a.offset)
  return letters.slice(0, limit)
}

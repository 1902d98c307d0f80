/** What a consumer group gave up on: read from its dead-letter topic, where it stays. */
import { errors } from '@odradek/protocol'
import type { Cluster } from '../cluster.ts'
import { assertNone, KafkaError } from '../cluster-errors.ts'
import { topicPlaces } from '../cluster-metadata.ts'
import { describeConfigs } from '../configs/describe-configs.ts'
import { fetchBatches } from '../messages/scan/fetch-batches.ts'
import { BatchWalk, offsetAfter, WalkCounts } from '../messages/scan/walk-batches.ts'
import { EARLIEST, LATEST, listOffsets, offsetOf } from '../partition-offsets.ts'

/** A failure of a record, as the broker noted it. */
export interface DeadLetterAttempt {
  /** Epoch milliseconds. */
  readonly time: number
  readonly client: string
  readonly host: string
  readonly error: string | null
}

export interface DeadLetter {
  readonly partition: number
  readonly offset: number
  /** When it became a dead letter, epoch milliseconds. */
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly { readonly key: string; readonly value: Buffer | null }[]
  /** Where it was read first; null where its client did not say. */
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: number } | null
  readonly retries: number
  readonly reason: string | null
  /** Newest last. */
  readonly attempts: readonly DeadLetterAttempt[]
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

/** The dead letters of one partition in `[from, to)`, oldest first; those that are gone are left out. */
export async function readDeadLetters(
  cluster: Cluster,
  topic: string,
  partition: number,
  from: number,
  to: number,
): Promise<DeadLetter[]> {
  const tried = `read topic "${topic}"`
  const { partitions } = await topicPlaces(cluster, topic)
  const leader = partitions.find((place) => place.partition === partition)?.leader ?? -1
  if (leader < 0) throw new KafkaError(5, tried)
  const letters: DeadLetter[] = []
  const limits = { isolation: 1, maxBytes: FETCH_BYTES, partitionMaxBytes: FETCH_BYTES } as const
  for (let offset = from; offset < to; ) {
    const [fetched] = await fetchBatches(cluster, topic, [{ partition, leader, offset }], limits)
    if (!fetched) break
    if (fetched.errorCode === errors.OFFSET_OUT_OF_RANGE.code) {
      if (offset >= fetched.logStartOffset) break
      offset = fetched.logStartOffset
      continue
    }
    assertNone(fetched.errorCode, tried)
    new BatchWalk(new WalkCounts()).run(fetched, offset, to, true, (cursor) => {
      const headers = cursor.headers()
      const { offset: at, timestamp } = cursor
      letters.push(letterOf(partition, at, timestamp, cursor.key(), cursor.value(), headers))
      return true
    })
    const next = offsetAfter(fetched, offset)
    if (next <= offset) break
    offset = next
  }
  return letters
}

/** The newest dead letters of a group, newest first, at most `limit`. None where the topic does not exist. */
export async function listDeadLetters(cluster: Cluster, group: string, limit = 100): Promise<DeadLetter[]> {
  const { deadLetters: name } = await groupTopics(cluster, group)
  const { topics } = await cluster.metadata(0)
  if (!topics.has(name)) return []
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

function letterOf(
  partition: number,
  offset: number,
  timestamp: number,
  key: Buffer | null,
  value: Buffer | null,
  headers: DeadLetter['headers'],
): DeadLetter {
  const text = (name: string) => headers.findLast((header) => header.key === name)?.value?.toString() ?? null
  const topic = text('ORIGIN_TOPIC')
  const place = { partition: Number(text('ORIGIN_PARTITION')), offset: Number(text('ORIGIN_OFFSET')) }
  return {
    partition,
    offset,
    timestamp,
    key,
    value,
    headers,
    origin: topic === null ? null : { topic, ...place },
    retries: Number(text('RECONSUME_TIME') ?? 0),
    reason: text('DEAD_LETTER_REASON'),
    attempts: attemptsOf(text('ATTEMPTS')),
  }
}

function attemptsOf(text: string | null): DeadLetterAttempt[] {
  try {
    const parsed: unknown = JSON.parse(text ?? '[]')
    return Array.isArray(parsed) ? (parsed as DeadLetterAttempt[]) : []
  } catch {
    return []
  }
}

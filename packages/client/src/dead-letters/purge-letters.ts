/**
 * Removes dead letters for good. Kafka can remove records only from a partition's start, so what is purged is always the
 * oldest run of letters of each partition (DeleteRecords); of a topic that is only compacted the keys of those letters get
 * tombstones instead, and compaction takes them when it comes by. A plan says what goes and what of it nobody has resolved.
 */
import { encodeBatch } from '@odradek/protocol'
import { chunks } from '../bounded.ts'
import type { Cluster } from '../cluster.ts'
import { KafkaError, RefusedError } from '../cluster-errors.ts'
import { topicPlaces } from '../cluster-metadata.ts'
import { describeConfigs } from '../configs/describe-configs.ts'
import type { MessageSource } from '../messages/scan/message-source.ts'
import { EARLIEST, LATEST, listOffsets, offsetOf } from '../partition-offsets.ts'
import { deleteRecords } from '../topics/delete-records.ts'
import { walkPartition } from './dead-letter.ts'
import { jobsLogOf } from './jobs/jobs-log.ts'
import { LetterMarks } from './jobs/letter-marks.ts'
import { readPlaces } from './jobs/place-list.ts'
import { produceBatch } from './jobs/produce-batch.ts'

/** All there are now; those older than a time; in each partition the oldest up to the first that is not resolved. */
export type PurgeTarget =
  | { readonly kind: 'all' }
  | { readonly kind: 'time'; readonly timestampMs: number }
  | { readonly kind: 'resolved' }

export interface PurgeRow {
  readonly partition: number
  readonly start: number
  readonly end: number
  /** Letters before this offset go. */
  readonly before: number
  /** How many go, and how many of them are not marked as resolved. */
  readonly letters: number
  readonly unresolved: number
  /** Resolved ones that stay, behind one that is not. */
  readonly left: number
}

export interface PurgePlan {
  readonly topic: string
  readonly topicId: string
  readonly how: 'deleteRecords' | 'tombstones'
  readonly rows: readonly PurgeRow[]
  readonly letters: number
  readonly unresolved: number
  /** What will happen, a sentence. */
  readonly note: string
}

export interface PurgedPartition {
  readonly partition: number
  /** The first offset that is there now; null: it failed, or compaction will come by. */
  readonly start: number | null
  readonly error: string | null
}

const TOMBSTONES_PER_BATCH = 1000

/** Reads the letters that would go; changes nothing. */
export async function planPurge(source: MessageSource, topicName: string, target: PurgeTarget): Promise<PurgePlan> {
  const { cluster } = source
  const topic = await topicPlaces(cluster, topicName)
  const questions = [{ topic }]
  const [starts, ends, since, { marks }, policies] = await Promise.all([
    listOffsets(cluster, questions, EARLIEST),
    listOffsets(cluster, questions, LATEST),
    target.kind === 'time' ? listOffsets(cluster, questions, target.timestampMs) : null,
    jobsLogOf(cluster).sync(),
    describeConfigs(cluster, { type: 'topic', name: topicName }, ['cleanup.policy']).catch(() => []),
  ])
  const ofTopic = marks.of(LetterMarks.topicKey(topic.name, topic.id))
  const rows: PurgeRow[] = []
  for (const { partition } of topic.partitions) {
    const start = offsetOf(starts, topicName, partition)
    const end = offsetOf(ends, topicName, partition)
    if (start === null || end === null) throw new KafkaError(5, `plan to purge topic "${topicName}"`)
    const resolved = (offset: number) => (ofTopic?.get(partition)?.get(offset) ?? 0) % 2 === 1
    const atTime = since === null ? end : (offsetOf(since, topicName, partition) ?? -1)
    let before = target.kind === 'resolved' ? start : atTime < 0 ? end : Math.max(start, atTime)
    let letters = 0
    let unresolved = 0
    let left = 0
    let isPrefix = true
    await walkPartition(cluster, topic, partition, start, end, ({ offset }) => {
      if (target.kind === 'resolved' && isPrefix && resolved(offset)) before = offset + 1
      else if (target.kind === 'resolved') isPrefix = false
      if (offset < before) {
        letters++
        if (!resolved(offset)) unresolved++
      } else if (resolved(offset)) left++
      return true
    })
    rows.push({ partition, start, end, before, letters, unresolved, left })
  }
  const words = (policies[0]?.value ?? 'delete').split(',').map((word) => word.trim())
  const how = words.includes('delete') ? 'deleteRecords' : 'tombstones'
  const sum = (name: 'letters' | 'unresolved' | 'left') => rows.reduce((total, row) => total + row[name], 0)
  const stay = sum('left') === 0 ? '' : ` ${sum('left')} resolved ones stay: one that is not lies before them.`
  const note =
    how === 'deleteRecords'
      ? `The oldest ${sum('letters')} letters are deleted at once and for good (DeleteRecords).${stay}`
      : `The topic is compacted: ${sum('letters')} letters get a tombstone for their key, which also takes newer letters of these keys.${stay}`
  return {
    topic: topicName,
    topicId: topic.id,
    how,
    rows,
    letters: sum('letters'),
    unresolved: sum('unresolved'),
    note,
  }
}

/** Does what the plan says, each partition on its own; refuses where the topic is another by now. */
export async function purgeLetters(cluster: Cluster, plan: PurgePlan): Promise<PurgedPartition[]> {
  const rows = plan.rows.filter(({ letters }) => letters > 0)
  const topic = await topicPlaces(cluster, plan.topic)
  if (topic.id !== plan.topicId) {
    const tried = `purge topic "${plan.topic}"`
    throw new RefusedError('The topic has been deleted and made again since the plan.', tried, 'Plan again.')
  }
  const results =
    plan.how === 'tombstones'
      ? await Promise.all(rows.map((row) => bury(cluster, plan.topic, row)))
      : await deleteRecords(cluster, {
          topic: plan.topic,
          topicId: plan.topicId,
          rows: rows.map(({ partition, start, end, before }) => {
            return { partition, start, end, before, records: before - start, flags: [], error: null }
          }),
          records: plan.letters,
          changed: rows.length,
          emptied: rows.filter(({ before, end }) => before === end).length,
        })
  await forgetMarks(cluster, plan.topic)
  return results
}

/** Marks of letters that are gone need not be kept. */
async function forgetMarks(cluster: Cluster, topicName: string): Promise<void> {
  const topic = await topicPlaces(cluster, topicName)
  const starts = await listOffsets(cluster, [{ topic }], EARLIEST)
  const log = jobsLogOf(cluster)
  const { notedMarks } = await log.sync()
  const isGone = ({ partition, offset }: { partition: number; offset: number }) =>
    offset < (offsetOf(starts, topicName, partition) ?? 0)
  const keys = [...notedMarks]
    .filter(([, { record }]) => record.topic === topicName)
    .filter(([, { record }]) => record.topicId !== topic.id || readPlaces(record.places).every(isGone))
    .map(([key]) => ({ key, record: null }))
  if (keys.length > 0) await log.appendEntries(keys)
}

async function bury(cluster: Cluster, topicName: string, row: PurgeRow): Promise<PurgedPartition> {
  const { partition } = row
  try {
    const topic = await topicPlaces(cluster, topicName)
    const keys = new Map<string, Buffer>()
    await walkPartition(cluster, topic, partition, row.start, row.before, (cursor) => {
      const key = cursor.key()
      if (key !== null) keys.set(key.toString('latin1'), key)
      return true
    })
    const leader = topic.partitions.find((place) => place.partition === partition)?.leader ?? -1
    for (const part of chunks([...keys.values()], TOMBSTONES_PER_BATCH)) {
      const batch = encodeBatch({ records: part.map((key) => ({ key, value: null, timestamp: Date.now() })) })
      const answer = await produceBatch(cluster, { topic: topicName, partition, leader, batch })
      if (answer.errorCode !== 0) throw new KafkaError(answer.errorCode, `purge topic "${topicName}"`, answer.text)
    }
    return { partition, start: null, error: null }
  } catch (error) {
    return { partition, start: null, error: (error as Error).message }
  }
}

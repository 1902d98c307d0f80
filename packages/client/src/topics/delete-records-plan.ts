/**
 * What deleting records would remove, partition by partition, before anything is removed.
 *
 * A time after the last record of a partition stands for all its records. The plan says so and names the offset where the
 * partition ends now; it never becomes the protocol's -1, which would also remove what arrives in the meantime.
 */
import type { Cluster } from '../cluster.ts'
import { KafkaError, kafkaErrorName, RefusedError } from '../cluster-errors.ts'
import { fetchMetadata } from '../cluster-metadata.ts'
import { describeConfigs } from '../configs/describe-configs.ts'
import { EARLIEST, LATEST, listOffsets, offsetOf } from '../partition-offsets.ts'

export type DeleteRecordsTarget =
  /** Everything that is there now. */
  | { readonly kind: 'all' }
  /** Records older than this. */
  | { readonly kind: 'time'; readonly timestampMs: number }
  /** Records before this offset, by partition. */
  | { readonly kind: 'offsets'; readonly offsets: Readonly<Record<number, number>> }
  /** All but the newest `count` of each partition. */
  | { readonly kind: 'keep'; readonly count: number }

export type DeleteRecordsFlag =
  /** The time is after the last record: the partition would be emptied. */
  | 'afterLastRecord'
  /** Nothing would remain. */
  | 'empties'
  /** The offset lies outside of the log and was moved to its end or start. */
  | 'clamped'
  /** Nothing would be removed. */
  | 'nothing'

export interface DeleteRecordsRow {
  readonly partition: number
  readonly start: number | null
  readonly end: number | null
  /** Records before this offset go; null: the partition cannot be asked. */
  readonly before: number | null
  /** Offsets that go: records, and what compaction and markers took. */
  readonly records: number
  readonly flags: readonly DeleteRecordsFlag[]
  /** The protocol's name of why the partition cannot be asked. */
  readonly error: string | null
}

export interface DeleteRecordsPlan {
  readonly topic: string
  readonly topicId: string
  readonly rows: readonly DeleteRecordsRow[]
  readonly records: number
  /** Partitions that lose something, and those that lose everything. */
  readonly changed: number
  readonly emptied: number
}

/** Plans for the partitions given, or all. Throws where the topic is not there, or compacted only (it would refuse). */
export async function planDeleteRecords(
  cluster: Cluster,
  topicName: string,
  target: DeleteRecordsTarget,
  partitions: readonly number[] | null = null,
): Promise<DeleteRecordsPlan> {
  const tried = `plan to delete records of topic "${topicName}"`
  const topic = (await fetchMetadata(cluster, [topicName])).topics.get(topicName)
  if (topic?.errorCode !== 0) throw new KafkaError(topic?.errorCode ?? 3, tried)
  await assertDeletable(cluster, topicName, tried)
  const known = new Set(topic.partitions.map(({ partition }) => partition))
  const asked = target.kind === 'offsets' ? Object.keys(target.offsets).map(Number) : (partitions ?? [...known])
  const unknown = asked.filter((partition) => !known.has(partition))
  if (unknown.length > 0) {
    throw new RefusedError(
      `Topic "${topicName}" has no partition ${unknown.join(', ')}.`,
      tried,
      `Choose from 0 to ${known.size - 1}.`,
    )
  }
  const questions = [{ topic, partitions: asked }]
  const [starts, ends, found] = await Promise.all([
    listOffsets(cluster, questions, EARLIEST),
    listOffsets(cluster, questions, LATEST),
    target.kind === 'time' ? listOffsets(cluster, questions, target.timestampMs) : null,
  ])
  const rows = [...asked]
    .sort((a, b) => a - b)
    .map((partition): DeleteRecordsRow => {
      const start = offsetOf(starts, topicName, partition)
      const end = offsetOf(ends, topicName, partition)
      const atTime = found?.get(topicName)?.get(partition)
      const failure = [starts, ends, found].map((offsets) => offsets?.get(topicName)?.get(partition)?.errorCode ?? 0)
      const errorCode = failure.find((code) => code !== 0) ?? 0
      if (start === null || end === null || errorCode !== 0) {
        return { partition, start, end, before: null, records: 0, flags: [], error: kafkaErrorName(errorCode || -1) }
      }
      const wish = wishOf(target, partition, end, atTime?.offset ?? -1)
      const before = Math.min(Math.max(wish.before, start), end)
      const records = before - start
      const flags: DeleteRecordsFlag[] = []
      if (wish.isAfterLast && records > 0) flags.push('afterLastRecord')
      if (records > 0 && before === end) flags.push('empties')
      if (target.kind === 'offsets' && before !== wish.before) flags.push('clamped')
      if (records === 0) flags.push('nothing')
      return { partition, start, end, before, records, flags, error: null }
    })
  return {
    topic: topicName,
    topicId: topic.id,
    rows,
    records: rows.reduce((sum, row) => sum + row.records, 0),
    changed: rows.filter(({ records }) => records > 0).length,
    emptied: rows.filter(({ flags }) => flags.includes('empties')).length,
  }
}

/** Brokers refuse to delete records of a topic that only compacts; where its configs cannot be read, they will say so. */
async function assertDeletable(cluster: Cluster, topic: string, tried: string): Promise<void> {
  const entries = await describeConfigs(cluster, { type: 'topic', name: topic }, ['cleanup.policy']).catch(() => [])
  const policy = entries[0]?.value ?? 'delete'
  if (policy.split(',').some((word) => word.trim() === 'delete')) return
  throw new RefusedError(
    `Topic "${topic}" is compacted (cleanup.policy=${policy}): its records go when a newer one has their key.`,
    tried,
    'Write tombstones, or set cleanup.policy=compact,delete first.',
  )
}

function wishOf(
  target: DeleteRecordsTarget,
  partition: number,
  end: number,
  atTime: number,
): { before: number; isAfterLast: boolean } {
  switch (target.kind) {
    case 'all':
      return { before: end, isAfterLast: false }
    case 'time':
      return atTime < 0 ? { before: end, isAfterLast: true } : { before: atTime, isAfterLast: false }
    case 'offsets':
      return { before: target.offsets[partition] ?? 0, isAfterLast: false }
    case 'keep':
      return { before: end - target.count, isAfterLast: false }
    default:
      return target satisfies never
  }
}

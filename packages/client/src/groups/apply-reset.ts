/** Does what a plan says, or refuses where something has moved since. */
import { errors, OffsetCommit, OffsetDelete } from '@odradek/protocol'
import type { Cluster } from '../cluster.ts'
import { KafkaError, kafkaErrorName, RefusedError } from '../cluster-errors.ts'
import { EARLIEST, LATEST, listOffsets, offsetOf } from '../partition-offsets.ts'
import { committedOffsets } from './committed-offsets.ts'
import { groupNow } from './group-now.ts'
import type { ResetPlan, ResetRow } from './reset-plan.ts'

export interface ResetResult {
  readonly topic: string
  readonly partition: number
  /** Committed before; null: nothing. */
  readonly before: number | null
  /** Committed now; null: nothing. */
  readonly after: number | null
  readonly error: string | null
}

/** The group, its commits or the log have moved since the plan: what moved, for a new plan. */
export class DriftError extends RefusedError {
  readonly moved: readonly { readonly topic: string; readonly partition: number; readonly now: number | null }[]

  constructor(tried: string, moved: DriftError['moved']) {
    super(
      `${moved.length} ${moved.length === 1 ? 'partition has' : 'partitions have'} moved since the plan: ${moved
        .slice(0, 5)
        .map(({ topic, partition }) => `${topic}-${partition}`)
        .join(', ')}.`,
      tried,
      'Plan again.',
    )
    this.moved = moved
  }
}

/**
 * Checks the group, its commits and the bounds of the log again, then commits. Each partition has a result of its own, read
 * back from the coordinator. Throws a DriftError, or a RefusedError where the group has members.
 */
export async function applyReset(cluster: Cluster, plan: ResetPlan): Promise<ResetResult[]> {
  const { group } = plan
  const tried = `reset group "${group}"`
  const moving = plan.rows.filter(({ error, flags }) => error === null && !flags.includes('unchanged'))
  if (moving.length === 0) throw new RefusedError('The plan moves nothing.', tried, 'Choose another target or scope.')
  const now = await groupNow(cluster, group)
  if (!now.canBeMoved) {
    const clients = [...new Set(now.members.map(({ clientId, host }) => `${clientId} (${host})`))]
      .slice(0, 5)
      .join(', ')
    throw new RefusedError(
      clients === ''
        ? `The group is ${now.state} with ${now.members.length} members. Offsets can be moved only while it has none.`
        : `The group is ${now.state} with ${now.members.length} members: ${clients}. Offsets can be moved only while it has none.`,
      tried,
      'Stop the consumers, then apply.',
    )
  }
  await assertNothingMoved(cluster, plan, tried)
  const failed = new Map<string, string>()
  await commit(
    cluster,
    group,
    now.coordinator,
    moving.filter(({ target }) => target !== null),
    failed,
    tried,
  )
  await remove(
    cluster,
    group,
    now.coordinator,
    moving.filter(({ target }) => target === null),
    failed,
    tried,
  )
  const after = await committedOffsets(cluster, group)
  cluster.forget()
  return moving.map(({ topic, partition, current, target }) => {
    const offset = after.get(topic)?.get(partition)?.offset ?? null
    const error =
      failed.get(keyOf(topic, partition)) ?? (offset === target ? null : 'It is elsewhere after the commit.')
    return { topic, partition, before: current, after: offset, error }
  })
}

async function assertNothingMoved(cluster: Cluster, plan: ResetPlan, tried: string): Promise<void> {
  const metadata = await cluster.metadata(0)
  const byTopic = Map.groupBy(plan.rows, ({ topic }) => topic)
  const questions = [...byTopic].flatMap(([name, rows]) => {
    const topic = metadata.topics.get(name)
    return topic ? [{ topic, partitions: rows.map(({ partition }) => partition) }] : []
  })
  const [committed, starts, ends] = await Promise.all([
    committedOffsets(cluster, plan.group),
    listOffsets(cluster, questions, EARLIEST),
    listOffsets(cluster, questions, LATEST),
  ])
  const moved = plan.rows.flatMap(({ topic, partition, current, target, error }) => {
    const now = committed.get(topic)?.get(partition)?.offset ?? null
    const start = offsetOf(starts, topic, partition)
    const end = offsetOf(ends, topic, partition)
    const isOutside =
      error === null && target !== null && (start === null || end === null || target < start || target > end)
    return now !== current || isOutside ? [{ topic, partition, now }] : []
  })
  if (moved.length > 0) throw new DriftError(tried, moved)
}

async function commit(
  cluster: Cluster,
  groupId: string,
  coordinator: number,
  rows: readonly ResetRow[],
  failed: Map<string, string>,
  tried: string,
): Promise<void> {
  if (rows.length === 0) return
  const topics = [...Map.groupBy(rows, ({ topic }) => topic)].map(([name, partitions]) => ({
    name,
    partitions: partitions.map(({ partition, target }) => ({ partitionIndex: partition, committedOffset: target! })),
  }))
  // From version 10 topics have ids instead of names.
  const answer = await cluster.request(OffsetCommit, { groupId, topics }, coordinator, { atMost: 9, tried })
  for (const { name, partitions } of answer.topics) {
    for (const { partitionIndex, errorCode } of partitions) {
      if (errorCode !== 0) failed.set(keyOf(name, partitionIndex), kafkaErrorName(errorCode))
    }
  }
  const all = answer.topics.flatMap(({ partitions }) => partitions)
  const codes = new Set(all.map(({ errorCode }) => errorCode))
  const [only] = codes
  if (codes.size === 1 && only !== undefined && only !== errors.NONE.code) throw new KafkaError(only, tried)
}

async function remove(
  cluster: Cluster,
  groupId: string,
  coordinator: number,
  rows: readonly ResetRow[],
  failed: Map<string, string>,
  tried: string,
): Promise<void> {
  if (rows.length === 0) return
  for (const [key, error] of await deleteOffsets(cluster, groupId, coordinator, rows, tried)) failed.set(key, error)
}

/** Takes commits away. Returns those that failed, by `topic-partition`. */
export async function deleteOffsets(
  cluster: Cluster,
  groupId: string,
  coordinator: number,
  partitions: readonly { readonly topic: string; readonly partition: number }[],
  tried: string,
): Promise<Map<string, string>> {
  const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([name, rows]) => ({
    name,
    partitions: rows.map(({ partition }) => ({ partitionIndex: partition })),
  }))
  const answer = await cluster.request(OffsetDelete, { groupId, topics }, coordinator, { tried })
  if (answer.errorCode !== 0) throw new KafkaError(answer.errorCode, tried)
  const failed = new Map<string, string>()
  for (const { name, partitions: results } of answer.topics) {
    for (const { partitionIndex, errorCode } of results) {
      if (errorCode !== 0) failed.set(keyOf(name, partitionIndex), kafkaErrorName(errorCode))
    }
  }
  return failed
}

function keyOf(topic: string, partition: number): string {
  return `${topic}-${partition}`
}

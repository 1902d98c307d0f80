/** How far groups have read. */
import { errors, OffsetFetch } from '@odradek/protocol'
import { chunks, mapBounded } from '../bounded.ts'
import type { Cluster } from '../cluster.ts'
import { assertNone, UnsupportedError } from '../cluster-errors.ts'
import { findCoordinator } from './coordinator.ts'

export interface CommittedOffset {
  readonly offset: number
  readonly leaderEpoch: number
  readonly metadata: string
}

/** Topic → partition → what is committed; partitions without a commit are not in it. */
export type CommittedByTopic = ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>>

const GROUPS_PER_REQUEST_MAX = 50

/** The commits of one group. */
export async function committedOffsets(cluster: Cluster, groupId: string): Promise<CommittedByTopic> {
  const coordinator = await findCoordinator(cluster, groupId)
  const { commits, failed } = await committedOffsetsOf(cluster, [{ id: groupId, coordinator }])
  const code = failed.get(groupId)
  // A group that is not there has committed nothing.
  if (code !== undefined && code !== errors.GROUP_ID_NOT_FOUND.code)
    assertNone(code, `read the offsets of group "${groupId}"`)
  return commits.get(groupId) ?? new Map()
}

/** The commits of many groups, some tens of groups a request where the cluster can (OffsetFetch from version 8). */
export async function committedOffsetsOf(
  cluster: Cluster,
  groups: readonly { readonly id: string; readonly coordinator: number }[],
): Promise<{ commits: Map<string, CommittedByTopic>; failed: Map<string, number> }> {
  const commits = new Map<string, CommittedByTopic>()
  const failed = new Map<string, number>()
  const byCoordinator = Map.groupBy(groups, ({ coordinator }) => coordinator)
  const requests = [...byCoordinator].flatMap(([coordinator, asked]) =>
    chunks(
      asked.map(({ id }) => id),
      GROUPS_PER_REQUEST_MAX,
    ).map((ids) => ({ coordinator, ids })),
  )
  const note = (id: string, errorCode: number, topics: Topics) => {
    if (errorCode === 0) commits.set(id, byTopic(topics))
    else failed.set(id, errorCode)
  }
  await mapBounded(requests, 8, async ({ coordinator, ids }) => {
    try {
      // From version 10 topics have ids instead of names.
      const groups = ids.map((groupId) => ({ groupId, topics: null }))
      const answer = await cluster.request(OffsetFetch, { groups }, coordinator, { atLeast: 8, atMost: 9 })
      for (const { groupId, errorCode, topics } of answer.groups) note(groupId, errorCode, topics)
    } catch (error) {
      if (!(error instanceof UnsupportedError)) throw error
      for (const groupId of ids) {
        const range = { atLeast: 2, atMost: 7 }
        const answer = await cluster.request(OffsetFetch, { groupId, topics: null }, coordinator, range)
        note(groupId, answer.errorCode, answer.topics)
      }
    }
  })
  return { commits, failed }
}

type Topics = readonly {
  name: string
  partitions: readonly {
    partitionIndex: number
    committedOffset: number
    committedLeaderEpoch: number
    metadata: string | null
    errorCode: number
  }[]
}[]

function byTopic(topics: Topics): CommittedByTopic {
  const result = new Map<string, Map<number, CommittedOffset>>()
  for (const { name, partitions } of topics) {
    const found = new Map<number, CommittedOffset>()
    for (const { partitionIndex, committedOffset, committedLeaderEpoch, metadata, errorCode } of partitions) {
      if (errorCode !== 0 || committedOffset < 0) continue
      found.set(partitionIndex, {
        offset: committedOffset,
        leaderEpoch: committedLeaderEpoch,
        metadata: metadata ?? '',
      })
    }
    if (found.size > 0) result.set(name, found)
  }
  return result
}

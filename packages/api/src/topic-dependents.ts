/** Who depends on a topic: groups that have read it, and whether they are at it now. */
import { describeGroups, lagBetween, offsetOf } from '@odradek/client'
import type { ClusterSession } from './cluster-session.ts'

export interface TopicGroup {
  readonly id: string
  readonly state: string
  /** Members that have partitions of this topic. */
  readonly members: number
  readonly lag: number | null
}

/** By topic, the groups with commits in it or members that read it. Commits are at most `ageMaxMs` old, members are as now. */
export async function groupsOfTopics(
  session: ClusterSession,
  topics: readonly string[],
  ageMaxMs = 5000,
): Promise<ReadonlyMap<string, readonly TopicGroup[]>> {
  const sample = await session.sampler.recent(ageMaxMs)
  // An empty group has no members, and matters only where it has commits here.
  const concerned = sample.groups.filter(({ id, state }) => {
    return state !== 'Empty' || topics.some((topic) => sample.commits.get(id)?.has(topic) === true)
  })
  const { groups: described } = await describeGroups(session.cluster, concerned)
  const result = new Map<string, TopicGroup[]>(topics.map((topic) => [topic, []]))
  for (const { id, state } of concerned) {
    const commits = sample.commits.get(id)
    const members = described.get(id)?.members ?? []
    for (const topic of topics) {
      const reading = members.filter(({ assignment, subscription }) => {
        return assignment?.some((assigned) => assigned.topic === topic) || subscription?.includes(topic)
      }).length
      const partitions = commits?.get(topic)
      if (!partitions && reading === 0) continue
      let lag: number | null = null
      for (const [partition, { offset }] of partitions ?? []) {
        const end = offsetOf(sample.ends, topic, partition)
        lag = (lag ?? 0) + (lagBetween(offset, offsetOf(sample.starts, topic, partition), end) ?? 0)
      }
      result.get(topic)!.push({ id, state: described.get(id)?.state ?? state, members: reading, lag })
    }
  }
  for (const groups of result.values()) groups.sort((a, b) => b.members - a.members || (a.id < b.id ? -1 : 1))
  return result
}

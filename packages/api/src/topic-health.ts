/** How a topic's partitions fare, in numbers that a list can sort by. */
import type { TopicPlaces } from '@odradek/client'

export interface TopicHealth {
  readonly partitions: number
  /** The most replicas that a partition has. */
  readonly replicationFactor: number
  /** Nobody leads them. */
  readonly leaderless: number
  /** Fewer replicas in sync than there are replicas. */
  readonly underReplicated: number
  /** With a replica on a broker or disk that is away. */
  readonly offline: number
}

export function topicHealth(topic: TopicPlaces): TopicHealth {
  let replicationFactor = 0
  let leaderless = 0
  let underReplicated = 0
  let offline = 0
  for (const { leader, replicas, isr, offline: away } of topic.partitions) {
    replicationFactor = Math.max(replicationFactor, replicas.length)
    if (leader < 0) leaderless += 1
    if (isr.length < replicas.length) underReplicated += 1
    if (away.length > 0) offline += 1
  }
  return { partitions: topic.partitions.length, replicationFactor, leaderless, underReplicated, offline }
}

import type { TopicPlaces } from '../../cluster-metadata.ts'

export interface PartitionLeader {
  readonly partition: number
  /** Node id of the broker that leads it. */
  readonly leader: number
}

/** The partitions of a topic that are led, of those `wanted` [all]. */
export function leadersOf(topic: TopicPlaces, wanted?: readonly number[]): PartitionLeader[] {
  return topic.partitions
    .filter(({ partition, leader }) => leader >= 0 && (wanted === undefined || wanted.includes(partition)))
    .map(({ partition, leader }) => ({ partition, leader }))
}

/** Those of `wanted` [all] that nobody leads. */
export function leaderless(topic: TopicPlaces, wanted?: readonly number[]): number[] {
  return topic.partitions
    .filter(({ partition, leader }) => leader < 0 && (wanted === undefined || wanted.includes(partition)))
    .map(({ partition }) => partition)
}

/** Partitions by the broker that leads them, so that one request asks for all of a broker's. */
export function byLeader<T extends PartitionLeader>(leaders: readonly T[]): T[][] {
  return [...Map.groupBy(leaders, ({ leader }) => leader).values()]
}

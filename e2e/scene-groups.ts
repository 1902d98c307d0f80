import type { Scene } from './scene.ts'

/** Commits offsets for a group from outside, topic by topic, an offset for each partition from 0 on. */
export async function commit(
  scene: Scene,
  groupId: string,
  offsets: Readonly<Record<string, readonly number[]>>,
): Promise<void> {
  const topics = Object.entries(offsets).map(([name, all]) => ({
    name,
    partitionOffsets: all.map((offset, partition) => ({ partition, offset: BigInt(offset) })),
  }))
  await scene.admin.alterConsumerGroupOffsets({ groupId, topics })
}

/** What the broker has as the group's commits in a topic, in the order of partitions. */
export async function committed(scene: Scene, groupId: string, topic: string): Promise<number[]> {
  const [group] = await scene.admin.listConsumerGroupOffsets({ groups: [groupId] })
  const partitions = group?.topics.find(({ name }) => name === topic)?.partitions ?? []
  return partitions
    .toSorted((a, b) => a.partitionIndex - b.partitionIndex)
    .map(({ committedOffset }) => Number(committedOffset))
}

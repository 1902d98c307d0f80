import type { Scene } from './scene.ts'

/** Where each partition's log begins and ends, as the broker says. */
export async function logBounds(
  scene: Scene,
  topic: string,
  partitions: number,
): Promise<[start: number, end: number][]> {
  const asked = async (timestamp: bigint) => {
    const indexes = Array.from({ length: partitions }, (_, partitionIndex) => ({ partitionIndex, timestamp }))
    const [answer] = await scene.admin.listOffsets({ topics: [{ name: topic, partitions: indexes }] })
    return (answer?.partitions ?? [])
      .toSorted((a, b) => a.partitionIndex - b.partitionIndex)
      .map(({ offset }) => Number(offset))
  }
  const [starts, ends] = await Promise.all([asked(-2n), asked(-1n)])
  return starts.map((start, partition) => [start, ends[partition] ?? -1])
}

/** A topic's config as the broker has it. */
export async function topicConfig(scene: Scene, topic: string, name: string): Promise<string | null | undefined> {
  const [answer] = await scene.admin.describeConfigs({
    resources: [{ resourceType: 2, resourceName: topic, configurationKeys: [name] }],
  })
  return answer?.configs.find((config) => config.name === name)?.value
}

/**
 * `items` without those whose key one before them has. What is named again is told once: else a request of some kilobytes that
 * names one thing over and over would have an answer of gigabytes.
 */
export function namedOnce<T>(items: readonly T[], keyOf: (item: T) => string): readonly T[] {
  const seen = new Set<string>()
  const first = items.filter((item) => seen.size < seen.add(keyOf(item)).size)
  return first.length === items.length ? items : first
}

interface NamedPartitions {
  readonly name: string
  readonly topicId?: string
  readonly partitionIndexes: readonly number[]
}

/** `topics` without the partitions that were named before. */
export function partitionsOnce<T extends NamedPartitions>(topics: readonly T[]): T[] {
  const seen = new Set<string>()
  return topics.map((topic) => {
    const { name, topicId = '', partitionIndexes } = topic
    const isNew = (index: number) => seen.size < seen.add(`${topicId} ${name} ${index}`).size
    return { ...topic, partitionIndexes: partitionIndexes.filter(isNew) }
  })
}

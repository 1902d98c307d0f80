/**
 * Those of `items` whose key none before them has, as they are asked for. What is named again is told once: else a request of
 * some kilobytes that names one thing over and over would have an answer of gigabytes.
 */
export function* namedOnce<T>(items: Iterable<T>, keyOf: (item: T) => string): Generator<T> {
  const seen = new Set<string>()
  for (const item of items) if (seen.size < seen.add(keyOf(item)).size) yield item
}

interface NamedPartitions {
  readonly name: string
  readonly topicId?: string
  readonly partitionIndexes: readonly number[]
}

/** `topics` without the partitions that were named before. */
export function* partitionsOnce<T extends NamedPartitions>(topics: Iterable<T>): Generator<T> {
  const seenOf = new Map<string, Set<number>>()
  for (const topic of topics) {
    const { name, topicId, partitionIndexes } = topic
    const key = topicId === undefined ? name : `${topicId} ${name}`
    const seen = seenOf.get(key) ?? new Set()
    seenOf.set(key, seen)
    const isNew = (index: number) => seen.size < seen.add(index).size
    yield { ...topic, partitionIndexes: partitionIndexes.filter(isNew) }
  }
}

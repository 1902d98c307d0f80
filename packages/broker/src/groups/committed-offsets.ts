import type { OffsetCommitValue } from '@odradek/protocol'

type Partitions = Map<number, OffsetCommitValue>
type Topics = Map<string, Partitions>

const NO_TOPICS: ReadonlyMap<string, ReadonlyMap<number, OffsetCommitValue>> = new Map()

/** How far each group has read: group id, topic, partition. Nested maps, no joined keys. */
export class CommittedOffsets {
  readonly #groups = new Map<string, Topics>()

  has(groupId: string): boolean {
    return this.#groups.has(groupId)
  }

  get(groupId: string, topic: string, partition: number): OffsetCommitValue | null {
    return this.#groups.get(groupId)?.get(topic)?.get(partition) ?? null
  }

  /** The offsets of a group by topic and partition. */
  topics(groupId: string): ReadonlyMap<string, ReadonlyMap<number, OffsetCommitValue>> {
    return this.#groups.get(groupId) ?? NO_TOPICS
  }

  groupIds(): Iterable<string> {
    return this.#groups.keys()
  }

  set(groupId: string, topic: string, partition: number, value: OffsetCommitValue): void {
    let topics = this.#groups.get(groupId)
    if (topics === undefined) {
      topics = new Map()
      this.#groups.set(groupId, topics)
    }
    let partitions = topics.get(topic)
    if (partitions === undefined) {
      partitions = new Map()
      topics.set(topic, partitions)
    }
    partitions.set(partition, value)
  }

  delete(groupId: string, topic: string, partition: number): void {
    const topics = this.#groups.get(groupId)
    const partitions = topics?.get(topic)
    if (topics === undefined || partitions === undefined || !partitions.delete(partition)) return
    if (partitions.size === 0) topics.delete(topic)
    if (topics.size === 0) this.#groups.delete(groupId)
  }
}

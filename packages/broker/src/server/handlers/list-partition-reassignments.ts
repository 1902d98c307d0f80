/** ListPartitionReassignments (key 46, version 0): partitions whose replicas are being moved, as this broker knows. */
import { ListPartitionReassignments } from '@odradek/protocol'
import type { PartitionImage, TopicImage } from '../../metadata/image.ts'
import { handle } from '../exchange.ts'

export const listPartitionReassignments = handle(ListPartitionReassignments, ({ topics }, _exchange, broker) => {
  const { image } = broker.metadata
  const asked: { topic: TopicImage | undefined; indexes: readonly number[] | null }[] =
    topics === null
      ? image.listedTopics().map((topic) => ({ topic, indexes: null }))
      : topics.map(({ name, partitionIndexes }) => ({ topic: image.topics.get(name), indexes: partitionIndexes }))
  const moving = asked.flatMap(({ topic, indexes }) => {
    const partitions = (topic?.partitions ?? []).filter(
      (partition) => isMoving(partition) && (indexes === null || indexes.includes(partition.index)),
    )
    if (topic === undefined || partitions.length === 0) return []
    return [{ name: topic.name, partitions: partitions.map(describe) }]
  })
  return { errorCode: 0, errorMessage: null, topics: moving }
})

function isMoving({ adding, removing }: PartitionImage): boolean {
  return adding !== undefined || removing !== undefined
}

function describe({ index, replicas, adding = [], removing = [] }: PartitionImage) {
  return { partitionIndex: index, replicas, addingReplicas: adding, removingReplicas: removing }
}

import { errors } from '@odradek/protocol'
import type { MetadataImage } from '../metadata/image.ts'

/** Why this broker does not have a partition: another one leads it, or nobody has it. */
export function missingPartitionError(image: MetadataImage, topic: string, index: number): number {
  const known = image.topics.get(topic)?.partitions[index]
  return known ? errors.NOT_LEADER_OR_FOLLOWER.code : errors.UNKNOWN_TOPIC_OR_PARTITION.code
}

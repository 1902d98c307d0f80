import { SimRandom } from '../../host/sim/index.ts'
import type { Change, Decision } from '../controller/decision.ts'
import type { MetadataImage } from '../image.ts'
import { topicKey } from '../keys.ts'
import { type Configs, formatTopic, type PartitionImage } from '../values.ts'
import { after } from './cluster-image.ts'

export type PartitionFields = Partial<PartitionImage> & Pick<PartitionImage, 'replicas'>

/** The id of the topic `name` that `withTopic` makes. */
export function idOf(name: string): string {
  let sum = 0
  for (const character of name) sum = (31 * sum + character.charCodeAt(0)) % 1_000_000_007
  return new SimRandom(sum).uuid()
}

/** The image with a topic: all in sync, led by the first, in leader epoch 5 and partition epoch 7 unless said otherwise. */
export function withTopic(
  image: MetadataImage,
  name: string,
  partitions: readonly PartitionFields[],
  configs: Configs = {},
): MetadataImage {
  const whole = partitions.map((fields, index): PartitionImage => {
    const { replicas } = fields
    return { index, isr: replicas, leader: replicas[0]!, leaderEpoch: 5, partitionEpoch: 7, ...fields }
  })
  const change: Change = {
    key: topicKey(name),
    value: formatTopic({ topicId: idOf(name), partitions: whole, configs }),
    base: image.topics.get(name)?.modRevision ?? 0,
  }
  return after(image, change)
}

/** The partitions of a topic after a decision, without their index. */
export function partitionsAfter(image: MetadataImage, decision: Decision<unknown>, name: string) {
  return after(image, decision)
    .topics.get(name)!
    .partitions.map(({ index: _, ...fields }) => fields)
}

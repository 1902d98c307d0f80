import { errors } from '@odradek/protocol'
import type { TopicImage } from '../metadata/image.ts'
import type { BrokerContext } from './broker-context.ts'

type PartitionImage = TopicImage['partitions'][number]

/** Who leads a partition and which replicas cannot be used, as clients are told; leader -1 where nobody can serve it. */
export interface Leadership {
  readonly errorCode: number
  readonly leaderId: number
  readonly offlineReplicas: number[]
}

/** As the image says, but for partitions whose log directory failed here: those have no leader. */
export function leaderOf(broker: BrokerContext, topic: string, partition: PartitionImage): Leadership {
  const { brokers } = broker.metadata.image
  const { nodeId } = broker
  const isLost =
    partition.replicas.includes(nodeId) &&
    (broker.partitions.get(topic, partition.index) ?? broker.partitions.follower(topic, partition.index))
      ?.offlineCode === errors.KAFKA_STORAGE_ERROR.code
  const isUsable = (replica: number) =>
    brokers.has(replica) && !(isLost && replica === nodeId) && partition.offline?.includes(replica) !== true
  const isLed = isUsable(partition.leader)
  return {
    errorCode: isLed ? errors.NONE.code : errors.LEADER_NOT_AVAILABLE.code,
    leaderId: isLed ? partition.leader : -1,
    offlineReplicas: partition.replicas.filter((replica) => !isUsable(replica)),
  }
}

/** What a cluster tells of itself: brokers, controller, topics and who leads their partitions. */
import { errors, Metadata } from '@odradek/protocol'
import type { Cluster } from './cluster.ts'
import { KafkaError } from './cluster-errors.ts'

export interface BrokerNode {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

export interface PartitionPlace {
  readonly partition: number
  /** -1: nobody leads it. */
  readonly leader: number
  /** -1: the cluster does not tell. */
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly offline: readonly number[]
}

export interface TopicPlaces {
  readonly name: string
  /** Empty text where the cluster has no topic ids. */
  readonly id: string
  readonly isInternal: boolean
  /** By number. */
  readonly partitions: readonly PartitionPlace[]
  /** Not 0: what the cluster says instead of partitions. */
  readonly errorCode: number
}

export interface ClusterMetadata {
  readonly clusterId: string | null
  /** -1: not known. */
  readonly controllerId: number
  readonly brokers: readonly BrokerNode[]
  /** By name. */
  readonly topics: ReadonlyMap<string, TopicPlaces>
}

const NO_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAA'

/** Asks any broker for everything; topics that only a client made up are not created by asking. */
export async function fetchMetadata(
  cluster: Cluster,
  names: readonly string[] | null = null,
): Promise<ClusterMetadata> {
  const topics = names?.map((name) => ({ name })) ?? null
  const answer = await cluster.request(Metadata, { topics, allowAutoTopicCreation: false }, 'any', {
    atLeast: 1,
    tried: 'read the metadata of the cluster',
  })
  if (answer.errorCode !== 0) throw new KafkaError(answer.errorCode, 'read the metadata of the cluster')
  const byName = new Map<string, TopicPlaces>()
  for (const topic of answer.topics) {
    if (topic.name === null) continue
    const partitions = topic.partitions
      .map((partition) => ({
        partition: partition.partitionIndex,
        leader: partition.leaderId,
        leaderEpoch: partition.leaderEpoch,
        replicas: partition.replicaNodes,
        isr: partition.isrNodes,
        offline: partition.offlineReplicas,
      }))
      .sort((a, b) => a.partition - b.partition)
    byName.set(topic.name, {
      name: topic.name,
      id: topic.topicId === NO_TOPIC_ID ? '' : topic.topicId,
      isInternal: topic.isInternal || topic.name.startsWith('__'),
      partitions,
      errorCode: topic.errorCode,
    })
  }
  const brokers = answer.brokers.map(({ nodeId, host, port, rack }) => ({ nodeId, host, port, rack }))
  brokers.sort((a, b) => a.nodeId - b.nodeId)
  return { clusterId: answer.clusterId, controllerId: answer.controllerId, brokers, topics: byName }
}

/** The topic, or a KafkaError that says it does not exist or cannot be seen. A name that no topic may have is of none. */
export async function topicPlaces(cluster: Cluster, name: string): Promise<TopicPlaces> {
  const metadata = await fetchMetadata(cluster, [name])
  const topic = metadata.topics.get(name)
  if (topic?.errorCode === 0) return topic
  const code = topic?.errorCode ?? errors.UNKNOWN_TOPIC_OR_PARTITION.code
  const isMissing = code === errors.INVALID_TOPIC_EXCEPTION.code
  throw new KafkaError(isMissing ? errors.UNKNOWN_TOPIC_OR_PARTITION.code : code, `find topic "${name}"`)
}

/** What is known of the cluster, asked anew where one of the topics is not in it: it may be newer than that. */
export async function metadataWith(cluster: Cluster, topics: readonly string[]): Promise<ClusterMetadata> {
  const metadata = await cluster.metadata()
  return topics.every((topic) => metadata.topics.has(topic)) ? metadata : cluster.metadata(0)
}

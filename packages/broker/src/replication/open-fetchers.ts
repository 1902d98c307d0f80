import type { BrokerConfig } from '@odradek/config'
import type { Turn } from '../host/turn.ts'
import { Fetchers } from './fetchers.ts'
import type { ReplicationOptions } from './partitions.ts'
import { namesReplica, ReplicationQuota } from './replication-quota.ts'

/** The fetchers of broker `nodeId`, by its settings in force and by what the metadata has of its replicas. */
export function openFetchers(
  { host, peers, image }: ReplicationOptions,
  turn: Turn,
  nodeId: number,
  config: () => BrokerConfig,
): Fetchers {
  const isInSync = (topicId: string, index: number) =>
    image().topicsById.get(topicId)?.partitions[index]?.isr.includes(nodeId)
  return new Fetchers({
    host,
    turn,
    peers,
    nodeId,
    brokerEpoch: () => image().brokers.get(nodeId)?.epoch ?? -1,
    quota: new ReplicationQuota(host.clock, () => config()['follower.replication.throttled.rate']),
    isThrottled: ({ log, topicId, index }) =>
      namesReplica(log.config['follower.replication.throttled.replicas'], index, nodeId) &&
      isInSync(topicId, index) === false,
    isInSync: ({ topicId, index }) => isInSync(topicId, index) === true,
    settings: () => ({
      waitMsMax: config()['replica.fetch.wait.max.ms'],
      lagMsMax: config()['replica.lag.time.max.ms'],
      partitionBytesMax: config()['replica.fetch.max.bytes'],
      answerBytesMax: config()['replica.fetch.response.max.bytes'],
      timeoutMs: config()['replica.socket.timeout.ms'],
    }),
  })
}

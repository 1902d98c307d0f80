import { errors } from '@odradek/protocol'
import type { TopicImage } from '../metadata/image.ts'
import type { BrokerContext } from './broker-context.ts'
import { type BrokerEndpoint, brokerEndpoints } from './broker-endpoints.ts'

/** Who leads a partition, for an answer that says that this broker does not (KIP-951). */
export interface CurrentLeader {
  readonly leaderId: number
  readonly leaderEpoch: number
}

/** The leader to be told along with `errorCode`; undefined where that code needs none, or nobody leads. */
export function currentLeaderFor(
  errorCode: number,
  topic: TopicImage | undefined,
  index: number,
): CurrentLeader | undefined {
  if (errorCode !== errors.NOT_LEADER_OR_FOLLOWER.code && errorCode !== errors.FENCED_LEADER_EPOCH.code)
    return undefined
  const partition = topic?.partitions[index]
  if (partition === undefined || partition.leader < 0) return undefined
  return { leaderId: partition.leader, leaderEpoch: partition.leaderEpoch }
}

/** Where the leaders are reached that an answer tells of. */
export function endpointsOf(
  broker: BrokerContext,
  listenerName: string,
  leaders: Iterable<CurrentLeader | undefined>,
): BrokerEndpoint[] {
  const ids = new Set<number>()
  for (const leader of leaders) if (leader !== undefined) ids.add(leader.leaderId)
  if (ids.size === 0) return []
  return brokerEndpoints(broker.metadata.image, listenerName).filter(({ nodeId }) => ids.has(nodeId))
}

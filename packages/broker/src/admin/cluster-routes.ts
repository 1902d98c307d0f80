/** `GET /v1/cluster`: the cluster as this broker knows it: who is alive, who is controller, what is not as it should be. */
import type { MetadataImage } from '../metadata/image.ts'
import type { AdminRoute } from './admin-route.ts'

/** A `BrokerCore`, as far as this route needs it. */
export interface ClusterBroker {
  readonly nodeId: number
  readonly metadata: { readonly image: MetadataImage; readonly problem: Error | null }
}

export interface ClusterView {
  readonly clusterId: string
  /** -1 while no broker is. */
  readonly controllerId: number
  /** Rises with every controller. */
  readonly controllerEpoch: number
  /** Of the metadata that this broker knows. */
  readonly revision: number
  /** Why the metadata cannot be changed now; null while the store answers. */
  readonly storeProblem: string | null
  readonly brokers: readonly {
    readonly id: number
    /** Higher with every start. */
    readonly epoch: number
    readonly rack: string | null
    readonly isStopping: boolean
    readonly listeners: readonly string[]
    readonly leaders: number
    readonly preferredLeaders: number
    readonly replicas: number
    readonly inSync: number
  }[]
  readonly partitions: number
  /** Partitions with replicas that are not in sync; those without a leader; those whose replicas are being moved. */
  readonly underReplicated: readonly PartitionView[]
  readonly offline: readonly PartitionView[]
  readonly moving: readonly PartitionView[]
  /** Whether one of the three lists holds only the first `LISTED_MAX`. */
  readonly isCut: boolean
}

interface PartitionView {
  readonly topic: string
  readonly partition: number
  readonly leader: number
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly adding: readonly number[]
  readonly removing: readonly number[]
}

const LISTED_MAX = 1000

export function clusterRoutes(broker: ClusterBroker): AdminRoute[] {
  return [
    {
      method: 'GET',
      path: '/v1/cluster',
      summary: 'Brokers, controller, partitions that are under-replicated, offline or being moved.',
      answer: () => ({ body: clusterView(broker) }),
    },
  ]
}

function clusterView({ metadata: { image, problem } }: ClusterBroker): ClusterView {
  const counts = new Map<number, { leaders: number; preferredLeaders: number; replicas: number; inSync: number }>()
  const countOf = (id: number) => {
    const count = counts.get(id) ?? { leaders: 0, preferredLeaders: 0, replicas: 0, inSync: 0 }
    counts.set(id, count)
    return count
  }
  const lists = {
    underReplicated: [] as PartitionView[],
    offline: [] as PartitionView[],
    moving: [] as PartitionView[],
  }
  let partitions = 0
  for (const topic of image.topics.values()) {
    for (const partition of topic.partitions) {
      partitions += 1
      const { index, leader, leaderEpoch, replicas, isr, adding = [], removing = [] } = partition
      const view = { topic: topic.name, partition: index, leader, leaderEpoch, replicas, isr, adding, removing }
      if (leader !== -1) countOf(leader).leaders += 1
      if (replicas[0] !== undefined) countOf(replicas[0]).preferredLeaders += 1
      for (const id of replicas) countOf(id).replicas += 1
      for (const id of isr) countOf(id).inSync += 1
      if (isr.length < replicas.length - adding.length) lists.underReplicated.push(view)
      if (!image.brokers.has(leader)) lists.offline.push(view)
      if (adding.length + removing.length > 0) lists.moving.push(view)
    }
  }
  return {
    clusterId: image.clusterId,
    controllerId: image.controllerId,
    controllerEpoch: image.controllerEpoch,
    revision: image.revision,
    storeProblem: problem?.message ?? null,
    brokers: image.liveBrokers().map(({ id, epoch, rack, isStopping, listeners }) => ({
      id,
      epoch,
      rack,
      isStopping,
      listeners: listeners.map(({ name, host, port }) => `${name}://${host}:${port}`),
      ...countOf(id),
    })),
    partitions,
    underReplicated: lists.underReplicated.slice(0, LISTED_MAX),
    offline: lists.offline.slice(0, LISTED_MAX),
    moving: lists.moving.slice(0, LISTED_MAX),
    isCut: Object.values(lists).some((list) => list.length > LISTED_MAX),
  }
}

import type { AppRouter } from '@odradek/api'
import type { inferRouterOutputs } from '@trpc/server'

type Outputs = inferRouterOutputs<AppRouter>['replication']
export type ReplicationOverview = Outputs['overview']
export type PartitionRow = Outputs['partitions']['rows'][number]
export type PartitionFault = PartitionRow['faults'][number]
export type PartitionReplicas = Outputs['partition']
export type ReplicaRow = PartitionReplicas['rows'][number]
export type MovePlan = Outputs['plan']
export type PlannedMove = MovePlan['moves'][number]
export type Move = NonNullable<Outputs['moves']['moves']>[number]
export type HistoryEvent = Outputs['history']['events'][number]
export type Outcome = Outputs['reassign']['results'][number]

export const placeName = ({ topic, partition }: { readonly topic: string; readonly partition: number }): string =>
  `${topic}-${partition}`

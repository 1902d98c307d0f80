import type { AppRouter } from '@odradek/api'
import type { inferRouterOutputs } from '@trpc/server'

type Outputs = inferRouterOutputs<AppRouter>['topics']
export type TopicRow = Outputs['list']['rows'][number]
export type TopicDetail = Outputs['get']
export type PartitionRow = Outputs['partitions'][number]

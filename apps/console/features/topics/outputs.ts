import type { AppRouter } from '@odradek/api'
import type { inferRouterOutputs } from '@trpc/server'

type Outputs = inferRouterOutputs<AppRouter>['topics']
export type TopicRow = Outputs['list']['rows'][number]
export type TopicColumns = Outputs['columns'][number]
export type TopicDetail = Outputs['get']
export type PartitionRow = Outputs['partitions'][number]
export type TopicGroupRow = Outputs['groups'][number]
export type ProducerRow = Outputs['producers']['producers'][number]
export type ConfigEntry = Outputs['configs'][number]
export type DeletePlan = Outputs['deleteRecordsPlan']

import type { AppRouter } from '@odradek/api'
import type { inferRouterOutputs } from '@trpc/server'

type Outputs = inferRouterOutputs<AppRouter>['storage']

export type StorageOverview = Outputs['get']
export type StorageBroker = StorageOverview['brokers'][number]
export type StorageDisk = StorageBroker['disks'][number]
export type TopicRow = Outputs['topics']['rows'][number]
export type TopicForecast = NonNullable<Outputs['topic']>
export type Deletion = StorageBroker['plan']['recent'][number]

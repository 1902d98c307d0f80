import type { AppRouter } from '@odradek/api'
import type { inferRouterOutputs } from '@trpc/server'

type Outputs = inferRouterOutputs<AppRouter>['retries']

export type RetryTopicRow = Outputs['list']['rows'][number]
export type RetryRow = Outputs['records']['rows'][number]
export type RetryOrder = Outputs['deliver']

import type { AppRouter } from '@odradek/api'
import type { inferRouterOutputs } from '@trpc/server'

type Outputs = inferRouterOutputs<AppRouter>['delayed']

export type DelayedTopic = Outputs['topics']['topics'][number]
export type Timeline = Outputs['timeline']
export type WaitingRow = Outputs['list']['records'][number]
export type WaitingMessage = NonNullable<Outputs['get']>
export type OrderResult = Outputs['recall']

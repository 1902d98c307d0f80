import type { AppRouter } from '@odradek/api'
import type { inferRouterOutputs } from '@trpc/server'

type Answer = inferRouterOutputs<AppRouter>['life']['get']

export type Life = NonNullable<Answer['life']>
export type LifeEvent = Life['beginning'][number]
export type GroupLife = Life['groups'][number]
export type LifeUnknown = Life['unknown'][number]
export type LifePlace = Life['asked']

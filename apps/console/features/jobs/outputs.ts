import type { AppRouter } from '@odradek/api'
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server'

type Outputs = inferRouterOutputs<AppRouter>['jobs']

export type Job = Outputs['get']
export type JobResult = Outputs['results']['results'][number]
export type ResendPlan = Outputs['check']
export type ResendQuestion = inferRouterInputs<AppRouter>['jobs']['check']

/** It will do nothing more. */
export function hasEnded({ state }: Pick<Job, 'state'>): boolean {
  return state === 'done' || state === 'cancelled'
}

import type { AppRouter } from '@odradek/api'
import type { inferRouterOutputs } from '@trpc/server'

type Outputs = inferRouterOutputs<AppRouter>
export type OverviewData = Outputs['overview']['get']
export type SeriesData = Outputs['overview']['series']

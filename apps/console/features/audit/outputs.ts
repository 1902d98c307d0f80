import type { AppRouter } from '@odradek/api'
import type { inferRouterOutputs } from '@trpc/server'

type Outputs = inferRouterOutputs<AppRouter>['audit']
export type AuditEntry = Outputs['list']['entries'][number]
export type AuditStatus = Outputs['status']

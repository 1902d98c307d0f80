import type { AppRouter } from '@odradek/api'
import type { inferRouterOutputs } from '@trpc/server'

type Outputs = inferRouterOutputs<AppRouter>['alerts']

export type AlertsView = Outputs['get']
export type AlertsStatus = AlertsView['status']
export type AlertRule = AlertsView['rules'][number]
export type AlertIncident = AlertsView['incidents'][number]
export type AlertKind = AlertRule['kind']

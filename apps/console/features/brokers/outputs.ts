import type { AppRouter } from '@odradek/api'
import type { inferRouterOutputs } from '@trpc/server'

type Outputs = inferRouterOutputs<AppRouter>['brokers']
export type BrokerRow = Outputs['list'][number]
export type BrokerDetail = Outputs['get']
export type LogDirectory = BrokerRow['directories'][number]
export type ReplicaRow = BrokerDetail['largest'][number]

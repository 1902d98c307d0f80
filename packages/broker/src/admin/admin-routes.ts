import type { AdminRoute } from './admin-route.ts'
import { type CleanedBroker, cleanupRoutes } from './cleanup-routes.ts'
import { type ClusterBroker, clusterRoutes } from './cluster-routes.ts'
import { type DelayingBroker, delayedRoutes } from './delayed-routes.ts'
import { type BrokerOfLogs, logRoutes } from './log-routes.ts'

/** Everything that the admin listener answers beside health and metrics. */
export function adminRoutes(broker: CleanedBroker & ClusterBroker & DelayingBroker & BrokerOfLogs): AdminRoute[] {
  return [...cleanupRoutes(broker), ...clusterRoutes(broker), ...delayedRoutes(broker), ...logRoutes(broker)]
}

import type { BrokerCore } from '../broker-core.ts'
import type { AdminRoute } from './admin-route.ts'
import { cleanupRoutes } from './cleanup-routes.ts'
import { delayedRoutes } from './delayed-routes.ts'
import { logRoutes } from './log-routes.ts'

/** Everything that the admin listener answers beside health and metrics. */
export function adminRoutes(broker: BrokerCore): AdminRoute[] {
  return [...cleanupRoutes(broker), ...delayedRoutes(broker), ...logRoutes(broker)]
}

/** `GET /v1/disks`: how full the disks are and what that means; `GET /v1/cleanup/plan`: what cleanup did and will do. */
import { type BrokerConfig, HOUR_MS } from '@odradek/config'
import type { Cleanup } from '../cleanup/cleanup.ts'
import type { Clock } from '../host/clock.ts'
import { type AdminRoute, badRequest } from './admin-route.ts'
import { cleanupPlanView, type DisksView, diskView } from './cleanup-view.ts'

/** A `BrokerCore`, as far as these routes need it. */
export interface CleanedBroker {
  readonly config: BrokerConfig
  readonly cleanup: Cleanup
  readonly host: { readonly clock: Clock }
  readonly directories: { readonly offline: readonly { readonly path: string; readonly error: Error }[] }
}

const HOURS = 24
const HOURS_MAX = 24 * 366

export function cleanupRoutes(broker: CleanedBroker): AdminRoute[] {
  return [
    {
      method: 'GET',
      path: '/v1/disks',
      summary: 'How full the disks are, and what that means.',
      answer() {
        const { cleanup, config, directories } = broker
        const body: DisksView = {
          disks: cleanup.disks.map((disk) => diskView(cleanup, disk, config)),
          offline: offlineOf(directories),
        }
        return { body }
      },
    },
    {
      method: 'GET',
      path: '/v1/cleanup/plan',
      summary: 'What cleanup deleted, and what it will delete and compact: when, and why.',
      answer({ query }) {
        const { cleanup, config, host, directories } = broker
        const hours = Number(query.get('hours') ?? HOURS)
        if (!(hours >= 0 && hours <= HOURS_MAX))
          return badRequest(`hours must be a number from 0 to ${HOURS_MAX}, not "${query.get('hours')}".`)
        const now = host.clock.now()
        const until = now + hours * HOUR_MS
        const topic = query.get('topic')
        return { body: cleanupPlanView(cleanup, config, now, until, topic, offlineOf(directories)) }
      },
    },
  ]
}

function offlineOf({ offline }: CleanedBroker['directories']): DisksView['offline'] {
  return offline.map(({ path, error }) => ({ directory: path, error: error.message }))
}

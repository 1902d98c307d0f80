/** `GET /v1/disks`: how full the disks are and what that means; `GET /v1/cleanup/plan`: what cleanup did and will do. */
import { type BrokerConfig, HOUR_MS } from '@odradek/config'
import type { CleanedDisk } from '../cleanup/cleaned-disk.ts'
import type { Cleanup } from '../cleanup/cleanup.ts'
import { usedPercent } from '../cleanup/disk-state.ts'
import type { Clock } from '../host/clock.ts'
import { type AdminRoute, badRequest } from './admin-route.ts'

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
      answer: () => ({ body: disks(broker) }),
    },
    {
      method: 'GET',
      path: '/v1/cleanup/plan',
      summary: 'What cleanup deleted, and what it will delete and compact: when, and why.',
      answer({ query }) {
        const hours = Number(query.get('hours') ?? HOURS)
        if (!(hours >= 0 && hours <= HOURS_MAX))
          return badRequest(`hours must be a number from 0 to ${HOURS_MAX}, not "${query.get('hours')}".`)
        return { body: plan(broker, hours, query.get('topic')) }
      },
    },
  ]
}

function disks({ cleanup, config, directories }: CleanedBroker): object {
  return {
    disks: cleanup.disks.map((disk) => describeDisk(cleanup, disk, config)),
    offline: directories.offline.map(({ path, error }) => ({ directory: path, error: error.message })),
  }
}

function describeDisk(cleanup: Cleanup, disk: CleanedDisk, config: BrokerConfig): object {
  const { gauge } = disk
  const { space, thresholds } = gauge
  return {
    id: disk.id,
    directories: disk.directories.map(({ path }) => path),
    totalBytes: space.totalBytes,
    usedBytes: space.usedBytes,
    freeBytes: space.freeBytes,
    usedPercent: Number(usedPercent(space).toFixed(2)),
    state: gauge.state,
    thresholds: {
      expiring: { abovePercent: config['disk.expire.above.percent'], aboveBytes: thresholds.expiring },
      forcing: { abovePercent: config['disk.force.above.percent'], aboveBytes: thresholds.forcing },
      refusing: { abovePercent: config['disk.refuse.above.percent'], aboveBytes: thresholds.refusing },
      full: { abovePercent: config['disk.refuse.internal.above.percent'], aboveBytes: thresholds.full },
    },
    // Renamed, not unlinked yet: file.delete.delay.ms.
    deletedBytes: disk.deletedBytes,
    // What forced deletion could free at most.
    forcibleBytes: cleanup.forcibleBytes(disk),
    isExhausted: disk.isExhausted,
    refusedBatches: gauge.refusedBatches,
  }
}

function plan({ cleanup, config, host }: CleanedBroker, hours: number, topic: string | null): object {
  const now = host.clock.now()
  const until = now + hours * HOUR_MS
  const isWanted = (name: string) => topic === null || name === topic
  const compaction = cleanup.compactionStates(isWanted)
  const { totals, newest } = cleanup.history
  return {
    now: time(now),
    until: time(until),
    profile: config['cleanup.profile'],
    nextRetentionCheckAt: time(cleanup.nextRetentionCheckAt),
    deleteWhen:
      config['cleanup.profile'] === 'rocketmq'
        ? { hours: config['delete.when'], timezone: config['delete.when.timezone'] }
        : null,
    disks: cleanup.disks.map((disk) => ({
      directories: disk.directories.map(({ path }) => path),
      usedPercent: Number(usedPercent(disk.gauge.space).toFixed(2)),
      state: disk.gauge.state,
    })),
    topics: cleanup
      .forecast(until)
      .filter((forecast) => isWanted(forecast.topic))
      .map(({ steps, ...forecast }) => ({
        ...forecast,
        steps: steps.map((step) => ({ ...step, at: time(step.at) })),
        compaction: compaction
          .filter((state) => state.topic === forecast.topic)
          .map(({ topic: _, dueAt, ...state }) => ({ ...state, dueAt: dueAt === null ? null : time(dueAt) })),
      })),
    compacting: cleanup.compaction.progress,
    deleted: totals,
    recent: newest.filter((record) => isWanted(record.topic)).map((record) => ({ ...record, time: time(record.time) })),
  }
}

function time(ms: number): string {
  return new Date(ms).toISOString()
}

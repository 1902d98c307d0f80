/** Disks and cleanup as the admin listener tells them: `GET /v1/disks` and `GET /v1/cleanup/plan`. Times are ISO 8601. */
import type { BrokerConfig } from '@odradek/config'
import type { CleanedDisk } from '../cleanup/cleaned-disk.ts'
import type { Cleanup, CompactedLog } from '../cleanup/cleanup.ts'
import type { ForecastStep, TopicForecast } from '../cleanup/cleanup-forecast.ts'
import type { CompactionProgress } from '../cleanup/compaction.ts'
import type { DeletionRecord } from '../cleanup/deletion-history.ts'
import { type DiskState, usedPercent } from '../cleanup/disk-state.ts'
import type { DeletionReason } from '../cleanup/planned-log.ts'

type Threshold = { readonly abovePercent: number; readonly aboveBytes: number }

export interface DiskView {
  readonly id: string
  readonly directories: readonly string[]
  readonly totalBytes: number
  readonly usedBytes: number
  readonly freeBytes: number
  /** Of used + free. */
  readonly usedPercent: number
  readonly state: DiskState
  readonly thresholds: Readonly<Record<Exclude<DiskState, 'roomy'>, Threshold>>
  /** Deleted, but not unlinked yet: `file.delete.delay.ms`. */
  readonly deletedBytes: number
  /** What forced deletion could free at most. */
  readonly forcibleBytes: number
  /** Whether it is too full although nothing is left that may be deleted. */
  readonly isExhausted: boolean
  readonly refusedBatches: number
}

export interface DisksView {
  readonly disks: readonly DiskView[]
  readonly offline: readonly { readonly directory: string; readonly error: string }[]
}

/** With times as text. */
type Told<T, K extends keyof T> = Omit<T, K> & { readonly [P in K]: string }

export interface TopicPlanView extends Omit<TopicForecast, 'steps'> {
  readonly steps: readonly Told<ForecastStep, 'at'>[]
  /** By partition, of a compacted topic; `dueAt` null: not worth a pass by itself. */
  readonly compaction: readonly (Omit<CompactedLog, 'topic' | 'dueAt'> & { readonly dueAt: string | null })[]
}

export interface CleanupPlanView {
  readonly now: string
  /** Nothing later is told. */
  readonly until: string
  readonly profile: BrokerConfig['cleanup.profile']
  readonly nextRetentionCheckAt: string
  /** With the profile of RocketMQ. */
  readonly deleteWhen: { readonly hours: readonly string[]; readonly timezone: string } | null
  /** Without directories that are offline. */
  readonly disks: readonly Pick<DiskView, 'directories' | 'usedPercent' | 'state'>[]
  readonly offline: DisksView['offline']
  readonly topics: readonly TopicPlanView[]
  /** The pass that is on. */
  readonly compacting: CompactionProgress | null
  /** Since the start. */
  readonly deleted: Readonly<Record<DeletionReason, { readonly segments: number; readonly bytes: number }>>
  /** The newest deletions first. */
  readonly recent: readonly Told<DeletionRecord, 'time'>[]
}

export function diskView(cleanup: Cleanup, disk: CleanedDisk, config: BrokerConfig): DiskView {
  const { gauge } = disk
  const { space, thresholds } = gauge
  return {
    id: disk.id,
    directories: disk.directories.map(({ path }) => path),
    totalBytes: space.totalBytes,
    usedBytes: space.usedBytes,
    freeBytes: space.freeBytes,
    usedPercent: roundedPercent(disk),
    state: gauge.toldState,
    thresholds: {
      expiring: { abovePercent: config['disk.expire.above.percent'], aboveBytes: thresholds.expiring },
      forcing: { abovePercent: config['disk.force.above.percent'], aboveBytes: thresholds.forcing },
      refusing: { abovePercent: config['disk.refuse.above.percent'], aboveBytes: thresholds.refusing },
      full: { abovePercent: config['disk.refuse.internal.above.percent'], aboveBytes: thresholds.full },
    },
    deletedBytes: disk.deletedBytes,
    forcibleBytes: cleanup.forcibleBytes(disk),
    isExhausted: disk.isExhausted,
    refusedBatches: gauge.refusedBatches,
  }
}

/** From `now` to `until`, epoch milliseconds; of one topic only where `topic` names it. */
export function cleanupPlanView(
  cleanup: Cleanup,
  config: BrokerConfig,
  now: number,
  until: number,
  topic: string | null,
  offline: DisksView['offline'],
): CleanupPlanView {
  const isWanted = (name: string) => topic === null || name === topic
  const compaction = Map.groupBy(cleanup.compactionStates(isWanted), (state) => state.topic)
  const isByHour = config['cleanup.profile'] === 'rocketmq'
  return {
    now: time(now),
    until: time(until),
    profile: config['cleanup.profile'],
    nextRetentionCheckAt: time(cleanup.nextRetentionCheckAt),
    deleteWhen: isByHour ? { hours: config['delete.when'], timezone: config['delete.when.timezone'] } : null,
    disks: cleanup.disks.flatMap((disk) => {
      const directories = disk.directories.flatMap(({ path, offline }) => (offline === null ? [path] : []))
      return directories.length === 0
        ? []
        : [{ directories, usedPercent: roundedPercent(disk), state: disk.gauge.toldState }]
    }),
    offline,
    topics: cleanup
      .forecast(until)
      .filter((forecast) => isWanted(forecast.topic))
      .map((forecast) => ({
        ...forecast,
        steps: forecast.steps.map((step) => ({ ...step, at: time(step.at) })),
        compaction: (compaction.get(forecast.topic) ?? []).map(({ topic: _, dueAt, ...state }) => ({
          ...state,
          dueAt: dueAt === null ? null : time(dueAt),
        })),
      })),
    compacting: cleanup.compaction.progress,
    deleted: cleanup.history.totals,
    recent: cleanup.history.newest
      .filter((record) => isWanted(record.topic))
      .map((record) => ({ ...record, time: time(record.time) })),
  }
}

function roundedPercent(disk: CleanedDisk): number {
  return Number(usedPercent(disk.gauge.space).toFixed(2))
}

function time(ms: number): string {
  return new Date(ms).toISOString()
}

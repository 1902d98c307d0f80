import type { RecoveryProgress } from '../storage/recovery-progress.ts'
import { type BrokerOfLogs, damagedLogs } from './log-routes.ts'
import type { MetricName } from './metric-table.ts'
import type { Sample } from './sample.ts'

type LogMetric = Extract<MetricName, `odradek_${'recovery' | 'scrub' | 'logs'}_${string}`>

type RecoveryMetric = Extract<MetricName, `odradek_recovery_${string}`>

/** The metrics of recovery, scrubbing and damage. */
export function logSamples(broker: BrokerOfLogs): { readonly [N in LogMetric]: () => Sample[] } {
  const { scrub, directories } = broker
  return {
    ...recoverySamples(directories),
    odradek_scrub_read_bytes_total: () => one(scrub.readBytes),
    odradek_scrub_segments_total: () => one(scrub.segments),
    odradek_scrub_found_total: () => one(scrub.found),
    odradek_logs_damaged: () => one(damagedLogs(directories.logs).length),
    odradek_logs_lost: () => one(directories.lost.count),
  }
}

/** What the start had to check so far. */
export function recoverySamples(directories: Iterable<{ readonly recovery: RecoveryProgress }>): {
  readonly [N in RecoveryMetric]: () => Sample[]
} {
  const recoveries = Array.from(directories, ({ recovery }) => recovery)
  const sum = (of: (recovery: RecoveryProgress) => number) =>
    recoveries.reduce((total, recovery) => total + of(recovery), 0)
  return {
    odradek_recovery_logs: () => [
      { value: sum(({ opened }) => opened), labels: { state: 'open' } },
      { value: sum(({ logs, opened }) => logs - opened), labels: { state: 'left' } },
    ],
    odradek_recovery_read_bytes: () => one(sum(({ readBytes }) => readBytes)),
    // Directories are opened one after the other.
    odradek_recovery_duration_seconds: () => one(Math.max(0, ...recoveries.map(({ durationMs }) => durationMs)) / 1000),
  }
}

function one(value: number): Sample[] {
  return [{ value, labels: {} }]
}

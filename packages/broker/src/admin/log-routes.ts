/** `GET /v1/logs`: what the last start had to check, how far scrubbing is, and which logs are damaged. */
import { DamagedLogError } from '../storage/damage.ts'
import type { Log } from '../storage/log.ts'
import type { LogDirectory } from '../storage/log-directory.ts'
import type { Scrub, ScrubState } from '../storage/scrub.ts'
import type { AdminRoute } from './admin-route.ts'

/** A `BrokerCore`, as far as this route needs it. */
export interface BrokerOfLogs {
  readonly scrub: Scrub
  readonly directories: Iterable<LogDirectory> & { readonly logs: Iterable<Log> }
}

/** A log that is not served. */
export interface DamagedLogView {
  readonly topic: string
  readonly partition: number
  readonly directory: string
  readonly file: string
  /** Byte in the file, -1: the file as a whole. */
  readonly position: number
  readonly problem: string
  /** ISO 8601. */
  readonly foundAt: string
}

export interface LogsView {
  /** By data directory; `logs` is 0 where the last stop was clean. */
  readonly recovery: readonly {
    readonly directory: string
    readonly logs: number
    readonly readBytes: number
    readonly durationMs: number
  }[]
  readonly scrub: {
    readonly readBytes: number
    readonly segments: number
    readonly found: number
    /** What is being read, null: nothing is due. */
    readonly now: ScrubState | null
    /** Of the log that was not read for longest, ISO 8601; null before any was seen. */
    readonly oldestAt: string | null
  }
  readonly damaged: readonly DamagedLogView[]
}

export function logRoutes(broker: BrokerOfLogs): AdminRoute[] {
  return [
    {
      method: 'GET',
      path: '/v1/logs',
      summary: 'What the last start had to check, how far scrubbing is, which logs are damaged.',
      answer: () => ({ body: logsView(broker) }),
    },
  ]
}

/** The logs that are damaged: found at start or by scrubbing, now or in an earlier life. */
export function damagedLogs(logs: Iterable<Log>): DamagedLogView[] {
  const damaged: DamagedLogView[] = []
  for (const { failed, topic, partition, directory } of logs) {
    if (!(failed instanceof DamagedLogError)) continue
    const { file, position, problem, foundMs } = failed.damage
    damaged.push({ topic, partition, directory, file, position, problem, foundAt: new Date(foundMs).toISOString() })
  }
  return damaged
}

function logsView({ scrub, directories }: BrokerOfLogs): LogsView {
  let oldest: number | null = null
  for (const log of directories.logs) {
    const last = scrub.lastMs(log)
    if (last !== null && (oldest === null || last < oldest)) oldest = last
  }
  const { readBytes, segments, found, state } = scrub
  return {
    recovery: Array.from(directories, ({ path, recovery }) => ({
      directory: path,
      logs: recovery.logs,
      readBytes: recovery.readBytes,
      durationMs: recovery.durationMs,
    })),
    scrub: {
      readBytes,
      segments,
      found,
      now: state,
      oldestAt: oldest === null ? null : new Date(oldest).toISOString(),
    },
    damaged: damagedLogs(directories.logs),
  }
}

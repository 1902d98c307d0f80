/**
 * `GET /v1/logs`: what the last start had to check, how far scrubbing is, and which logs are damaged; `POST /v1/logs/scrub`
 * `{ topic, directory }`: reads all logs now, those of a topic, those of a data directory.
 */
import { DamagedLogError } from '../storage/damage.ts'
import type { Log } from '../storage/log.ts'
import type { LogDirectory } from '../storage/log-directory.ts'
import type { Scrub, ScrubState } from '../storage/scrub.ts'
import type { ScrubbedLog, ScrubRequestState } from '../storage/scrub-request.ts'
import { type AdminAnswer, type AdminRoute, badRequest } from './admin-route.ts'

/** A `BrokerCore`, as far as this route needs it. */
export interface BrokerOfLogs {
  readonly scrub: Scrub
  readonly directories: Iterable<LogDirectory> & {
    readonly logs: Iterable<Log>
    readonly lost: { readonly count: number }
  }
}

/** A log that is not served. */
export interface DamagedLogView extends ScrubbedLog {
  readonly file: string
  /** Byte in the file, -1: the file as a whole. */
  readonly position: number
  readonly problem: string
  /** ISO 8601. */
  readonly foundAt: string
}

/** A scrub that was asked for, and what came of it so far. */
export interface ScrubRequestView extends Omit<ScrubRequestState, 'askedMs' | 'endedMs' | 'damaged'> {
  /** ISO 8601; null while it is under way. */
  readonly askedAt: string
  readonly endedAt: string | null
  readonly damaged: readonly DamagedLogView[]
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
    /** Null where nothing was asked for since the start. */
    readonly asked: ScrubRequestView | null
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
    {
      method: 'POST',
      path: '/v1/logs/scrub',
      summary: 'Reads and checks closed segments now: of all logs, of a topic, of a data directory.',
      answer: ({ body }) => scrubNow(broker, body),
    },
  ]
}

function scrubNow({ scrub, directories }: BrokerOfLogs, body: unknown = {}): AdminAnswer {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return badRequest('Send an object; topic and directory narrow what is read.')
  const { topic, directory, ...others } = body as Readonly<Record<string, unknown>>
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) return badRequest(`There is no "${unknown}": topic and directory narrow what is read.`)
  for (const [name, value] of Object.entries({ topic, directory }))
    if (value !== undefined && typeof value !== 'string') return badRequest(`${name} must be a text.`)
  const paths = Array.from(directories, ({ path }) => path)
  const chosen = Array.from(directories).filter(({ path }) => directory === undefined || path === directory)
  if (chosen.length === 0)
    return { status: 404, body: { error: `${directory} is no data directory of this broker: ${paths.join(', ')}.` } }
  const logs = chosen.flatMap((one) => [...one.logs].filter((log) => topic === undefined || log.topic === topic))
  if (logs.length === 0 && topic !== undefined)
    return { status: 404, body: { error: `There is no log of "${topic}" on this broker.` } }
  const asked = scrub.ask(logs)
  if (asked !== null) return { status: 202, body: askedView(asked) }
  return { status: 409, body: { error: 'A scrub that was asked for is under way: GET /v1/logs says how far it is.' } }
}

function askedView({
  askedMs,
  endedMs,
  logs,
  done,
  segments,
  readBytes,
  damaged,
  unread,
}: ScrubRequestState): ScrubRequestView {
  return {
    askedAt: time(askedMs),
    endedAt: endedMs === null ? null : time(endedMs),
    logs,
    done,
    segments,
    readBytes,
    damaged: damaged.map(({ foundMs, ...log }) => ({ ...log, foundAt: time(foundMs) })),
    unread,
  }
}

/** The logs that are damaged: found at start or by scrubbing, now or in an earlier life. */
export function damagedLogs(logs: Iterable<Log>): DamagedLogView[] {
  const damaged: DamagedLogView[] = []
  for (const { failed, topic, partition, directory } of logs) {
    if (!(failed instanceof DamagedLogError)) continue
    const { file, position, problem, foundMs } = failed.damage
    damaged.push({ topic, partition, directory, file, position, problem, foundAt: time(foundMs) })
  }
  return damaged
}

function logsView({ scrub, directories }: BrokerOfLogs): LogsView {
  let oldest: number | null = null
  for (const log of directories.logs) {
    const last = scrub.lastMs(log)
    if (last !== null && (oldest === null || last < oldest)) oldest = last
  }
  const { readBytes, segments, found, state, request } = scrub
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
      asked: request === null ? null : askedView(request),
      oldestAt: oldest === null ? null : time(oldest),
    },
    damaged: damagedLogs(directories.logs),
  }
}

function time(ms: number): string {
  return new Date(ms).toISOString()
}

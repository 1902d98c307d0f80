/** What all brokers of a cluster tell of their disks, and of what cleanup will do: by broker, and by topic over all brokers. */
import {
  type BrokerStorage,
  brokerStorage,
  type CleanupStep,
  describeConfigs,
  type KeptReason,
  mapBounded,
  type TopicCleanup,
} from '@odradek/client'
import type { ClusterSession } from '../cluster-session.ts'
import { Snapshot } from '../snapshot.ts'

/** How far the forecast looks ahead, in hours: a day, a week, thirty days. */
export const horizons = [24, 168, 720] as const
export type Horizon = (typeof horizons)[number]

export type BrokerAnswer = BrokerStorage | { readonly nodeId: number; readonly reason: string }

/** Where and for how long records are not on the disk yet. */
export interface FlushSettings {
  readonly mode: string | null
  readonly intervalMs: number | null
}

export interface StorageTopicRow {
  readonly topic: string
  readonly cleanupPolicy: readonly string[]
  readonly retentionMs: number
  readonly retentionBytes: number
  /** Of the partitions that the brokers lead. */
  readonly bytes: number
  readonly segments: number
  /** The first that goes; null: nothing within the horizon. */
  readonly next: Pick<CleanupStep, 'at' | 'reason' | 'bytes' | 'segments'> | null
  /** All that goes within the horizon. */
  readonly goingBytes: number
  readonly kept: KeptReason | null
  /** Of its dirtiest partition; null: it is not compacted. */
  readonly dirtyRatio: number | null
  /** When the first of its partitions is worth a pass. */
  readonly compactionDueAt: string | null
}

export const storageSorts = ['topic', 'bytes', 'next', 'going', 'dirty'] as const

export interface StorageTopicQuery {
  readonly horizon: Horizon
  readonly search: string
  readonly sort: (typeof storageSorts)[number]
  readonly descending: boolean
  readonly page: number
  readonly pageSize: number
}

/** A plan of thousands of topics costs the broker some milliseconds: everyone who looks shares one. */
const PLAN_AGE_MS_MAX = 10_000
const SETTINGS_AGE_MS_MAX = 30_000

export class StoragePlans {
  readonly #session: ClusterSession
  readonly #plans: Readonly<Record<Horizon, Snapshot<readonly BrokerAnswer[]>>>
  readonly #flush: Snapshot<FlushSettings>

  constructor(session: ClusterSession) {
    this.#session = session
    const snapshot = (hours: Horizon) => new Snapshot(PLAN_AGE_MS_MAX, () => this.#ask(hours))
    this.#plans = { 24: snapshot(24), 168: snapshot(168), 720: snapshot(720) }
    this.#flush = new Snapshot(SETTINGS_AGE_MS_MAX, () => this.#learnFlush())
  }

  /** By broker, without its topics. `problem` set where no broker tells: it is no Odradek, or cannot be asked. */
  async overview(horizon: Horizon) {
    const [answers, flush] = await Promise.all([this.#plans[horizon].get(), this.#flush.get().catch(() => null)])
    const told = answers.filter((answer) => 'plan' in answer)
    const silent = answers.filter((answer) => 'reason' in answer)
    return {
      problem: told.length === 0 ? (silent[0]?.reason ?? 'No broker is known.') : null,
      silent,
      flush,
      brokers: told.map(({ plan: { topics, ...plan }, ...broker }) => ({
        ...broker,
        plan: { ...plan, recent: plan.recent.slice(0, 200) },
        goingBytes: topics.reduce((sum, { steps }) => sum + bytesOf(steps), 0),
      })),
    }
  }

  /** By topic over all brokers: searched, sorted, paged. */
  async topics({ horizon, search, sort, descending, page, pageSize }: StorageTopicQuery) {
    const words = search.toLowerCase().split(/\s+/).filter(Boolean)
    const byTopic = Map.groupBy(await this.#cleanups(horizon), ({ topic }) => topic)
    const rows = [...byTopic]
      .filter(([topic]) => words.every((word) => topic.toLowerCase().includes(word)))
      .map(([topic, parts]) => rowOf(topic, parts))
    const direction = descending ? -1 : 1
    rows.sort((a, b) => direction * compare(a, b, sort) || (a.topic < b.topic ? -1 : 1))
    return { rows: rows.slice(page * pageSize, (page + 1) * pageSize), total: rows.length }
  }

  /** One topic: every step, and compaction by partition. null: no broker tells of it. */
  async topic(horizon: Horizon, topic: string) {
    const parts = (await this.#cleanups(horizon)).filter((each) => each.topic === topic)
    if (parts.length === 0) return null
    const steps = parts.flatMap((part) => part.steps).sort((a, b) => (a.at < b.at ? -1 : 1))
    const compaction = parts.flatMap((part) => part.compaction).sort((a, b) => a.partition - b.partition)
    return { ...rowOf(topic, parts), steps, compaction }
  }

  async #cleanups(horizon: Horizon): Promise<TopicCleanup[]> {
    const answers = await this.#plans[horizon].get()
    return answers.flatMap((answer) => ('plan' in answer ? answer.plan.topics : []))
  }

  async #ask(hours: Horizon): Promise<readonly BrokerAnswer[]> {
    const { cluster, settings } = this.#session
    const { brokers } = await cluster.metadata()
    return mapBounded(brokers, 8, (broker) => brokerStorage(cluster, broker, hours, { base: settings.adminAddress }))
  }

  async #learnFlush(): Promise<FlushSettings> {
    const { cluster } = this.#session
    const [broker] = (await cluster.metadata()).brokers
    if (broker === undefined) return { mode: null, intervalMs: null }
    const names = ['flush.mode', 'flush.interval.ms']
    const entries = await describeConfigs(cluster, { type: 'broker', name: String(broker.nodeId) }, names)
    const value = (wanted: string) => entries.find(({ name }) => name === wanted)?.value ?? null
    const interval = value('flush.interval.ms')
    return { mode: value('flush.mode'), intervalMs: interval === null ? null : Number(interval) }
  }
}

function rowOf(topic: string, parts: readonly TopicCleanup[]): StorageTopicRow {
  const [{ cleanupPolicy, retentionMs, retentionBytes }] = parts as [TopicCleanup]
  const steps = parts.flatMap((part) => part.steps)
  const first = steps.reduce<CleanupStep | null>(
    (best, step) => (best === null || step.at < best.at ? step : best),
    null,
  )
  const together = first === null ? [] : steps.filter(({ at, reason }) => at === first.at && reason === first.reason)
  const compaction = parts.flatMap((part) => part.compaction)
  const dues = compaction.flatMap(({ dueAt }) => dueAt ?? []).sort()
  return {
    topic,
    cleanupPolicy,
    retentionMs,
    retentionBytes,
    bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    segments: parts.reduce((sum, { segments }) => sum + segments, 0),
    next:
      first === null
        ? null
        : {
            at: first.at,
            reason: first.reason,
            bytes: bytesOf(together),
            segments: together.reduce((sum, { segments }) => sum + segments, 0),
          },
    goingBytes: bytesOf(steps),
    kept: steps.length === 0 ? (parts.find(({ kept }) => kept !== null)?.kept ?? null) : null,
    dirtyRatio: compaction.length === 0 ? null : Math.max(...compaction.map(({ dirtyRatio }) => dirtyRatio)),
    compactionDueAt: dues[0] ?? null,
  }
}

function bytesOf(steps: readonly CleanupStep[]): number {
  return steps.reduce((sum, { bytes }) => sum + bytes, 0)
}

/** What goes never is after all that goes at some time. */
function compare(a: StorageTopicRow, b: StorageTopicRow, sort: StorageTopicQuery['sort']): number {
  switch (sort) {
    case 'topic':
      return a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : 0
    case 'bytes':
      return a.bytes - b.bytes
    case 'going':
      return a.goingBytes - b.goingBytes
    case 'dirty':
      return (a.dirtyRatio ?? -1) - (b.dirtyRatio ?? -1)
    case 'next': {
      const [one, other] = [a.next?.at ?? '~', b.next?.at ?? '~']
      return one < other ? -1 : one > other ? 1 : 0
    }
    default:
      return sort satisfies never
  }
}

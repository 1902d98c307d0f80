/**
 * What a broker of Odradek tells of its disks: how full they are, what cleanup did and will do, what is not flushed, how far
 * compaction and scrubbing are. Times are ISO 8601, as the admin listener tells them.
 */
import { adminAddress } from '../admin/admin-address.ts'
import { askAdmin } from '../admin/ask-admin.ts'
import { quantileMs, readMetrics } from '../admin/broker-vitals.ts'
import type { Cluster } from '../cluster.ts'
import type { BrokerNode } from '../cluster-metadata.ts'

/** From `roomy` on each is worse: what is over goes at once, the oldest go anyhow, writes are refused, all of them. */
export type DiskState = 'roomy' | 'expiring' | 'forcing' | 'refusing' | 'full'
export type DeletionReason = 'time' | 'size' | 'forced'
/** Why nothing of a topic goes. */
export type KeptReason = 'compacted' | 'internal' | 'unlimited' | 'young' | 'active' | 'undecided'

export interface StorageDisk {
  readonly id: string
  readonly directories: readonly string[]
  readonly totalBytes: number
  readonly usedBytes: number
  readonly freeBytes: number
  /** Of used + free. */
  readonly usedPercent: number
  readonly state: DiskState
  /** Where each state begins. */
  readonly thresholds: Readonly<Record<Exclude<DiskState, 'roomy'>, { readonly abovePercent: number }>>
  /** Deleted, but not unlinked yet. */
  readonly deletedBytes: number
  /** What forced deletion could free at most. */
  readonly forcibleBytes: number
  /** Too full, and nothing is left that may be deleted. */
  readonly isExhausted: boolean
  readonly refusedBatches: number
}

/** Segments of one topic that go at one time for one reason. */
export interface CleanupStep {
  readonly at: string
  readonly reason: DeletionReason
  readonly segments: number
  readonly bytes: number
  /** By partition, where its log begins afterwards. */
  readonly startOffsets: Readonly<Record<string, number>>
}

export interface CompactionState {
  readonly partition: number
  readonly bytes: number
  readonly dirtyBytes: number
  readonly dirtyRatio: number
  readonly compactedTo: number
  /** null: not worth a pass by itself. */
  readonly dueAt: string | null
}

/** Of one topic, as far as one broker leads it. */
export interface TopicCleanup {
  readonly topic: string
  readonly cleanupPolicy: readonly string[]
  readonly retentionMs: number
  readonly retentionBytes: number
  readonly bytes: number
  readonly segments: number
  readonly steps: readonly CleanupStep[]
  readonly kept: KeptReason | null
  readonly compaction: readonly CompactionState[]
}

export interface Deletion {
  readonly time: string
  readonly topic: string
  readonly partition: number
  readonly reason: DeletionReason
  readonly segments: number
  readonly bytes: number
  readonly startOffset: number
}

export interface CleanupPlan {
  readonly now: string
  /** Nothing later is told. */
  readonly until: string
  readonly profile: string
  readonly nextRetentionCheckAt: string
  readonly deleteWhen: { readonly hours: readonly string[]; readonly timezone: string } | null
  readonly topics: readonly TopicCleanup[]
  /** The pass that is on. */
  readonly compacting: {
    readonly topic: string
    readonly partition: number
    readonly bytesToRead: number
    readonly bytesRead: number
  } | null
  readonly deleted: Readonly<Record<DeletionReason, { readonly segments: number; readonly bytes: number }>>
  /** The newest first. */
  readonly recent: readonly Deletion[]
}

export interface DamagedLog {
  readonly topic: string
  readonly partition: number
  readonly directory: string
  readonly file: string
  readonly problem: string
  readonly foundAt: string
}

export interface BrokerStorage {
  readonly nodeId: number
  readonly disks: readonly StorageDisk[]
  readonly offline: readonly { readonly directory: string; readonly error: string }[]
  readonly plan: CleanupPlan
  readonly flush: {
    /** Written, but not flushed to the logs' own files yet. */
    readonly dirtyBytes: number
    readonly journalBytes: number
    readonly syncs: number
    /** 99 of 100 flushes took no longer, since the start; null: there was none. */
    readonly durationMs: number | null
  }
  readonly scrub: { readonly segments: number; readonly found: number; readonly oldestAt: string | null }
  readonly damaged: readonly DamagedLog[]
}

interface LogsView {
  readonly scrub: BrokerStorage['scrub']
  readonly damaged: readonly DamagedLog[]
}

/**
 * Asks one broker what it plans for the next `hours`, of all topics or of one. Tells the reason where it cannot be asked.
 * `base` (`host:port`) is its admin listener, where that is known; empty text: it is not to be asked.
 */
export async function brokerStorage(
  cluster: Cluster,
  broker: BrokerNode,
  hours: number,
  options: { readonly base?: string | undefined; readonly topic?: string } = {},
): Promise<BrokerStorage | { readonly nodeId: number; readonly reason: string }> {
  const { nodeId } = broker
  const { base, topic } = options
  try {
    if (base === '') return { nodeId, reason: 'The console is told not to ask the admin listener.' }
    const address = base === undefined ? await adminAddress(cluster, broker) : { url: `http://${base}` }
    if ('reason' in address) return { nodeId, reason: address.reason }
    const query = new URLSearchParams({ hours: String(hours), ...(topic !== undefined && { topic }) })
    const [disks, plan, logs, metrics] = await Promise.all([
      told<Pick<BrokerStorage, 'disks' | 'offline'>>(`${address.url}/v1/disks`),
      told<CleanupPlan>(`${address.url}/v1/cleanup/plan?${query}`),
      told<LogsView>(`${address.url}/v1/logs`),
      metricsOf(address.url),
    ])
    const sum = (name: string) =>
      [...metrics].reduce((total, [key, value]) => (key.startsWith(name) ? total + value : total), 0)
    return {
      nodeId,
      disks: disks.disks,
      offline: disks.offline,
      plan,
      flush: {
        dirtyBytes: sum('odradek_flush_dirty_bytes'),
        journalBytes: sum('odradek_journal_bytes'),
        syncs: sum('odradek_flush_syncs_total'),
        durationMs: quantileMs(metrics, 'odradek_flush_duration_seconds', 0.99),
      },
      scrub: logs.scrub,
      damaged: logs.damaged,
    }
  } catch (error) {
    return { nodeId, reason: (error as Error).message }
  }
}

async function told<T>(url: string): Promise<T> {
  const { status, body } = await askAdmin<T>(url)
  if (status !== 200) throw new Error(body.error ?? `The broker answers ${status}.`)
  return body
}

async function metricsOf(url: string): Promise<Map<string, number>> {
  const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(10_000), redirect: 'error' })
  return readMetrics(await response.text())
}

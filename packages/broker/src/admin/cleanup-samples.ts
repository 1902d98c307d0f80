import type { CleanedDisk } from '../cleanup/cleaned-disk.ts'
import type { Cleanup } from '../cleanup/cleanup.ts'
import { diskStates } from '../cleanup/disk-state.ts'
import type { MetricName } from './metric-table.ts'
import type { Sample } from './sample.ts'

type CleanupMetric = Extract<MetricName, `odradek_${'disk' | 'cleanup' | 'compaction'}_${string}`>

/** The metrics of disks, deletion and compaction. */
export function cleanupSamples(cleanup: Cleanup): { readonly [N in CleanupMetric]: () => Sample[] } {
  const { compaction, history, disks } = cleanup
  const ofDisks = (value: (disk: CleanedDisk) => number): Sample[] =>
    disks.map((disk) => ({ value: value(disk), labels: { directory: disk.gauge.path } }))
  const byReason = (what: 'segments' | 'bytes'): Sample[] =>
    Object.entries(history.totals).map(([reason, total]) => ({ value: total[what], labels: { reason } }))
  const one = (value: number): Sample[] => [{ value, labels: {} }]
  return {
    odradek_disk_used_bytes: () => ofDisks(({ gauge }) => gauge.space.usedBytes),
    odradek_disk_free_bytes: () => ofDisks(({ gauge }) => gauge.space.freeBytes),
    odradek_disk_state: () => ofDisks(({ gauge }) => diskStates.indexOf(gauge.toldState)),
    odradek_disk_refused_batches_total: () => ofDisks(({ gauge }) => gauge.refusedBatches),
    odradek_disk_deleted_bytes: () => ofDisks(({ deletedBytes }) => deletedBytes),
    odradek_cleanup_segments_total: () => byReason('segments'),
    odradek_cleanup_bytes_total: () => byReason('bytes'),
    odradek_compaction_passes_total: () => one(compaction.totals.passes),
    odradek_compaction_io_bytes_total: () => one(compaction.totals.ioBytes),
    odradek_compaction_freed_bytes_total: () => one(compaction.totals.bytesFreed),
    odradek_compaction_waiting: () => one(compaction.waiting),
    odradek_compaction_uncleanable: () => one(compaction.uncleanable),
    odradek_compaction_progress_ratio: () => one(progressRatio(cleanup)),
    odradek_compaction_dirty_ratio: () => dirtyRatios(cleanup),
  }
}

function progressRatio({ compaction }: Cleanup): number {
  const { progress } = compaction
  return progress === null || progress.bytesToRead === 0 ? 0 : Math.min(1, progress.bytesRead / progress.bytesToRead)
}

function dirtyRatios(cleanup: Cleanup): Sample[] {
  const ratios = new Map<string, number>()
  for (const { topic, dirtyRatio } of cleanup.compactionStates(() => true))
    ratios.set(topic, Math.max(ratios.get(topic) ?? 0, dirtyRatio))
  return Array.from(ratios, ([topic, value]) => ({ value, labels: { topic } }))
}

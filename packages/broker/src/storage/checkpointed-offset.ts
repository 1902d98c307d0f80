import type { Disk } from '../host/disk.ts'
import { OffsetCheckpoint } from './checkpoint.ts'

/** Written by compaction into the data directory: below, offsets of a log may be missing. */
export const CLEANER_CHECKPOINT = 'cleaner-offset-checkpoint'
/** Where a log starts: also where it ends, when it has no segments. */
export const START_OFFSETS = 'log-start-offset-checkpoint'
/** All below is durable. */
export const RECOVERY_POINTS = 'recovery-point-offset-checkpoint'

/**
 * What a checkpoint of the data directory says of the log in `directory`, whose name tells which that is; 0 when nothing. For
 * the tools that read a log offline.
 */
export function checkpointedOffset(disk: Disk, directory: string, checkpoint: string): number {
  const path = directory.replace(/\/+$/, '')
  const slash = path.lastIndexOf('/')
  const [, topic, partition] = /^(.+)-(\d+)$/.exec(path.slice(slash + 1)) ?? []
  const found = OffsetCheckpoint.read(disk, `${slash < 0 ? '.' : path.slice(0, slash)}/${checkpoint}`)
  if (typeof found === 'string' || topic === undefined) return 0
  return found.get(topic, Number(partition)) ?? 0
}

/**
 * What `odradek log repair` would do to a log, found without changing it:
 *
 *     the last segment is not right from some byte on,   cut there: nothing else follows. Where that lies below the recovery
 *     and nothing readable follows                       point the offsets up to that are filled, so that none is given twice
 *     a segment is damaged, and readable batches follow  written anew with all that can be read; the old file is set aside
 *     offsets are missing between two segments           filled; in a compacted log only where an index tells of a lost one
 *     a segment overlaps the one before it               set aside
 *     indexes, epochs, snapshots disagree with batches   made again, or removed
 *
 * What is filled gets an empty batch, as compaction leaves them: offsets stay what they are, and every reader goes on behind.
 */
import type { Disk } from '../host/disk.ts'
import { CLEANER_CHECKPOINT, checkpointedOffset, RECOVERY_POINTS } from './checkpointed-offset.ts'
import { DAMAGE_NOTE, readDamage } from './damage.ts'
import { findGoodBatches, type GoodBatches } from './good-batches.ts'
import { listLogFiles, lostSegments, type SegmentFiles } from './log-files.ts'
import { decodeSnapshot } from './producer-snapshot.ts'
import { parseFileName } from './segment-files.ts'
import { verifyLog } from './verify.ts'

/** Offsets without records from now on: `[from, to)`. */
export interface LostOffsets {
  readonly from: number
  readonly to: number
}

export interface SegmentRepair {
  readonly files: SegmentFiles
  readonly batches: GoodBatches
  /** cut: at the end of its first good stretch. fill: an empty batch is appended. indexes: only those are made again. */
  readonly deed: 'nothing' | 'cut' | 'rewrite' | 'fill' | 'set aside' | 'indexes'
  /** After it the segment ends there; the last good batch's next offset where nothing is filled. */
  readonly endOffset: number
}

export interface RepairPlan {
  readonly directory: string
  readonly segments: readonly SegmentRepair[]
  /** Offsets whose records cannot be read. */
  readonly lost: readonly LostOffsets[]
  /** Snapshots that are damaged, or of offsets that are not in the log. */
  readonly snapshots: readonly string[]
  /** Files that a crash left, which are settled first. */
  readonly leftovers: readonly string[]
  /** Indexes without their segment. */
  readonly orphans: readonly string[]
  readonly hasBadEpochs: boolean
  /** Whether damage was noted. */
  readonly isNoted: boolean
}

/**
 * Looks at the log in `directory`; its name says which partition the checkpoints beside it are asked for. `names` are those of
 * its files, as they were before leftovers were settled.
 */
export function planRepair(
  disk: Disk,
  directory: string,
  names: readonly string[] = disk.list(directory).map(({ name }) => name),
): RepairPlan {
  const { segments: files, snapshots, leftovers } = listLogFiles(disk, directory)
  const { findings } = verifyLog(disk, directory)
  const recoveryPoint = checkpointedOffset(disk, directory, RECOVERY_POINTS)
  const compactedTo = checkpointedOffset(disk, directory, CLEANER_CHECKPOINT)
  const badFiles = new Set(findings.map(({ file }) => file))
  const segments: SegmentRepair[] = []
  const lost: LostOffsets[] = []
  let nextOffset = files[0]?.baseOffset ?? 0
  for (const [at, file] of files.entries()) {
    const next = files[at + 1]
    const limit = next?.baseOffset ?? Number.POSITIVE_INFINITY
    const batches = findGoodBatches(disk, file.log, file.baseOffset, limit)
    if (file.baseOffset < nextOffset) {
      segments.push({ files: file, batches, deed: 'set aside', endOffset: nextOffset })
      continue
    }
    const end = batches.good.at(-1)?.nextOffset ?? file.baseOffset
    const isCompacted = next !== undefined && next.baseOffset <= compactedTo && batches.bad.length === 0
    // What compaction left out ends where a segment began whose index alone is there.
    const lostFrom = isCompacted ? lostSegments(names, end, next.baseOffset - 1)[0] : end
    const endOffset = lostFrom === undefined ? end : Math.max(end, next?.baseOffset ?? recoveryPoint)
    lost.push(...lostIn(file.baseOffset, lostFrom ?? end, endOffset, batches))
    segments.push({ files: file, batches, deed: deedFor(batches, endOffset, end, file, badFiles), endOffset })
    nextOffset = next?.baseOffset ?? endOffset
  }
  return {
    directory,
    segments,
    lost,
    snapshots: snapshots
      .filter(({ offset, path }) => offset > nextOffset || typeof decodeSnapshot(disk.readFile(path)!) === 'string')
      .map(({ path }) => path),
    leftovers: leftovers.filter((path) => !isOrphan(path)),
    orphans: leftovers.filter(isOrphan),
    hasBadEpochs: findings.some(({ file, problem }) => file.endsWith('-checkpoint') && !problem.startsWith('epoch ')),
    isNoted: disk.exists(`${directory}/${DAMAGE_NOTE}`) && readDamage(disk, directory) !== null,
  }
}

/** Whether the plan changes anything. */
export function changesAnything(plan: RepairPlan): boolean {
  const { segments, snapshots, leftovers, orphans, hasBadEpochs, isNoted } = plan
  const files = [...snapshots, ...leftovers, ...orphans]
  return segments.some(({ deed }) => deed !== 'nothing') || files.length > 0 || hasBadEpochs || isNoted
}

function deedFor(
  { good, bad }: GoodBatches,
  endOffset: number,
  goodEnd: number,
  files: SegmentFiles,
  badFiles: ReadonlySet<string>,
): SegmentRepair['deed'] {
  const isTail = good.length <= 1 && bad.length === 1 && (good[0]?.end ?? 0) === bad[0]!.position
  if (bad.length > 0) return isTail && endOffset === goodEnd ? 'cut' : 'rewrite'
  if (endOffset > goodEnd) return 'fill'
  const derived = [files.index, files.timeIndex, files.transactionIndex, files.log]
  return derived.some((path) => path !== null && badFiles.has(path)) ? 'indexes' : 'nothing'
}

/** The offsets of a segment that no readable batch has, where batches around them are damaged, or missing from `lostFrom` on. */
function lostIn(baseOffset: number, lostFrom: number, endOffset: number, { good, bad }: GoodBatches): LostOffsets[] {
  const lost: LostOffsets[] = []
  let next = baseOffset
  // Between good stretches there is always damage; before the first only where it does not begin the file.
  for (const stretch of good) {
    const isAfterDamage = bad.some(({ end }) => end === stretch.position)
    if (isAfterDamage && stretch.firstOffset > next) lost.push({ from: next, to: stretch.firstOffset })
    next = stretch.nextOffset
  }
  if (endOffset > lostFrom) lost.push({ from: lostFrom, to: endOffset })
  return lost
}

function isOrphan(path: string): boolean {
  return parseFileName(path.slice(path.lastIndexOf('/') + 1))?.state === ''
}

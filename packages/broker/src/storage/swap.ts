/**
 * Replacing segments by what compaction made of them, so that a crash at any point leaves either the old ones or the new
 * one, never both and never neither:
 *
 *     1  <base>.log.cleaned and its indexes are written and synced
 *     2  each is renamed to .swap; when the directory is synced, the change is decided
 *     3  the old segments' files are renamed to .deleted; directory synced
 *     4  .swap is renamed to the final name; directory synced
 *
 * On the loop segment-replacement.ts takes these steps. At start, files left over by a crash before 2 are removed, a decided change is carried through.
 */
import type { Disk } from '../host/disk.ts'
import { BatchReader } from './batch-reader.ts'
import { isNoRoom } from './disk-room.ts'
import type { LogPlace } from './log-place.ts'
import {
  CLEANED_SUFFIX,
  DELETED_SUFFIX,
  fileName,
  LOG_SUFFIX,
  parseFileName,
  SEGMENT_SUFFIXES,
  SNAPSHOT_SUFFIX,
  SWAP_SUFFIX,
} from './segment-files.ts'

/** Step 2: once that is durable, the cleaned segment at `baseOffset` takes the place of those it was made from. */
export function nameAsDecided(disk: Disk, directory: string, baseOffset: number): void {
  for (const suffix of SEGMENT_SUFFIXES) {
    const path = `${directory}/${fileName(baseOffset, suffix)}`
    if (disk.exists(path + CLEANED_SUFFIX)) disk.rename(path + CLEANED_SUFFIX, path + SWAP_SUFFIX)
  }
}

/** Step 4. */
export function nameAsFinal(disk: Disk, directory: string, baseOffset: number): void {
  for (const suffix of SEGMENT_SUFFIXES) {
    const path = `${directory}/${fileName(baseOffset, suffix)}`
    if (disk.exists(path + SWAP_SUFFIX)) disk.rename(path + SWAP_SUFFIX, path)
  }
}

/**
 * Renames the files of a segment (and the snapshot at its first offset) for removal and returns their new paths. Throws I/O
 * errors; for want of room only where its data has its name still, and so have the others.
 */
export function markDeleted(disk: Disk, directory: string, baseOffset: number, withSnapshot: boolean): string[] {
  const marked: string[] = []
  for (const suffix of withSnapshot ? [...SEGMENT_SUFFIXES, SNAPSHOT_SUFFIX] : SEGMENT_SUFFIXES) {
    const path = `${directory}/${fileName(baseOffset, suffix)}`
    if (!disk.exists(path)) continue
    try {
      disk.rename(path, path + DELETED_SUFFIX)
      marked.push(path + DELETED_SUFFIX)
    } catch (error) {
      if (marked.length === 0 || !isNoRoom(error)) throw error
      // Nobody has these open for longer than a look-up takes.
      disk.remove(path)
    }
  }
  return marked
}

/** Brings a directory in order after a crash; `names` are its files. Returns whether anything changed. */
export function settleLeftovers(
  { disk, directory, logger }: Pick<LogPlace, 'disk' | 'directory' | 'logger'>,
  names: readonly string[],
): boolean {
  const files = names.map((name) => ({ name, parsed: parseFileName(name) }))
  const inState = (state: string) => files.filter(({ parsed }) => parsed?.state === state)
  const cleaned = inState(CLEANED_SUFFIX)
  const swaps = inState(SWAP_SUFFIX)
  const deleted = inState(DELETED_SUFFIX)
  if (cleaned.length + swaps.length + deleted.length === 0) return false

  for (const { name } of deleted) disk.remove(`${directory}/${name}`)
  // A swap with a cleaned file at or before it was not decided yet.
  const firstCleaned = Math.min(...cleaned.map(({ parsed }) => parsed!.offset))
  const isDecided = (offset: number) => offset < firstCleaned
  for (const { name } of cleaned) disk.remove(`${directory}/${name}`)
  for (const { name, parsed } of swaps) if (!isDecided(parsed!.offset)) disk.remove(`${directory}/${name}`)

  let decided = swaps.filter(({ parsed }) => isDecided(parsed!.offset))
  for (const { name, parsed } of decided) {
    if (parsed!.kind !== LOG_SUFFIX) continue
    const from = parsed!.offset
    const { nextOffset, problem } = readToEnd(disk, `${directory}/${name}`)
    // It was synced before it was decided: one that is not whole is no work of ours, and what it would replace is still there.
    const isOldWhole =
      files.some(({ parsed: old }) => old?.state === '' && old.kind === LOG_SUFFIX && old.offset === from) &&
      !deleted.some(({ parsed: old }) => old!.kind === LOG_SUFFIX && old!.offset >= from)
    if (problem !== null && isOldWhole) {
      for (const other of decided) if (other.parsed!.offset === from) disk.remove(`${directory}/${other.name}`)
      decided = decided.filter((other) => other.parsed!.offset !== from)
      logger.error(
        { directory, segment: name, problem },
        'A compacted segment is damaged: it is removed, and the segments that it would replace stay. Check the disk.',
      )
      continue
    }
    const to = Math.max(from + 1, nextOffset)
    for (const { name: other, parsed: old } of files) {
      if (old === null || old.state !== '' || old.offset < from || old.offset >= to) continue
      if (old.kind === SNAPSHOT_SUFFIX && old.offset === from) continue
      disk.remove(`${directory}/${other}`)
    }
    logger.info(
      { directory, segment: name, from, to },
      'A compaction was interrupted: its segment takes its place now.',
    )
  }
  for (const offset of new Set(decided.map(({ parsed }) => parsed!.offset))) {
    nameAsFinal(disk, directory, offset)
    disk.syncDirectory(directory)
  }
  disk.syncDirectory(directory)
  return true
}

/** The offset after the last good batch, and why a bad one follows; null where the file ends there. */
function readToEnd(disk: Disk, path: string): { readonly nextOffset: number; readonly problem: string | null } {
  const file = disk.open(path, 'read')
  const reader = new BatchReader()
  let nextOffset = 0
  reader.open(file, 0, file.size(), true)
  while (reader.next()) nextOffset = reader.header.nextOffset
  file.close()
  return { nextOffset, problem: reader.problem }
}

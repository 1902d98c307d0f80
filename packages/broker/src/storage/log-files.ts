import type { Disk } from '../host/disk.ts'
import {
  fileName,
  INDEX_SUFFIX,
  LOG_SUFFIX,
  parseFileName,
  SNAPSHOT_SUFFIX,
  TIME_INDEX_SUFFIX,
  TRANSACTION_INDEX_SUFFIX,
} from './segment-files.ts'

/** What belongs to one segment on disk, for the tools that read a log offline. Paths; null where a file is missing. */
export interface SegmentFiles {
  readonly baseOffset: number
  readonly log: string
  readonly index: string | null
  readonly timeIndex: string | null
  readonly transactionIndex: string | null
}

/** What a partition's directory holds. */
export interface LogFiles {
  readonly segments: readonly SegmentFiles[]
  /** Rising. */
  readonly snapshots: readonly { readonly offset: number; readonly path: string }[]
  /** Files that a crash left: `.cleaned`, `.swap`, `.deleted`; and indexes without their log. */
  readonly leftovers: readonly string[]
}

/** Looks at a partition's directory without changing it. */
export function listLogFiles(disk: Disk, directory: string): LogFiles {
  const names = new Set(disk.list(directory).map(({ name }) => name))
  const segments: SegmentFiles[] = []
  const snapshots: { offset: number; path: string }[] = []
  const leftovers: string[] = []
  const pathOf = (offset: number, suffix: string) => {
    const name = fileName(offset, suffix)
    return names.has(name) ? `${directory}/${name}` : null
  }
  for (const name of names) {
    const parsed = parseFileName(name)
    if (parsed === null) continue
    const { offset, kind, state } = parsed
    if (state !== '' || (kind !== SNAPSHOT_SUFFIX && !names.has(fileName(offset, LOG_SUFFIX)))) {
      leftovers.push(`${directory}/${name}`)
    } else if (kind === SNAPSHOT_SUFFIX) snapshots.push({ offset, path: `${directory}/${name}` })
    else if (kind === LOG_SUFFIX) {
      segments.push({
        baseOffset: offset,
        log: `${directory}/${name}`,
        index: pathOf(offset, INDEX_SUFFIX),
        timeIndex: pathOf(offset, TIME_INDEX_SUFFIX),
        transactionIndex: pathOf(offset, TRANSACTION_INDEX_SUFFIX),
      })
    }
  }
  return { segments, snapshots, leftovers }
}

/**
 * The base offsets of segments whose data is gone though their index is there, of those between `first` and `last`: the disk, or
 * somebody, lost it. `names` are those of the directory before leftovers were settled.
 */
export function lostSegments(names: readonly string[], first: number, last: number): number[] {
  const lost: number[] = []
  for (const name of names) {
    const parsed = parseFileName(name)
    if (parsed === null || parsed.state !== '' || parsed.kind !== INDEX_SUFFIX) continue
    if (parsed.offset < first || parsed.offset > last) continue
    const file = fileName(parsed.offset, LOG_SUFFIX)
    // Whatever is left of it, as .deleted or .swap, tells that it was the broker.
    if (!names.some((other) => other.startsWith(file))) lost.push(parsed.offset)
  }
  return lost.sort((a, b) => a - b)
}

/** Bytes of the files that hold the batches of the log in `directory`. */
export function logFileBytes(disk: Disk, directory: string): number {
  return listLogFiles(disk, directory).segments.reduce((bytes, { log }) => bytes + disk.fileSize(log), 0)
}
